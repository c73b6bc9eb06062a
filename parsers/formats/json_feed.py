"""JSON Feeds, versions 1.0 and 1.1 (jsonfeed.org).

In: a document. Out: an article an item, and a line for each item that could not be read. It must never fetch
the next page that a feed names, and never fail for one bad item.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parsers.article import Article, Document
from parsers.encodings import charset_of
from parsers.errors import ParseError
from parsers.formats.attribution import attributed_outlets
from parsers.formats.entries import derived_headline, entry_id, newest_distinct
from parsers.formats.feed import TITLE_MAX
from parsers.formats.instants import believable, read_instant
from parsers.formats.linked_data import one_line
from parsers.formats.markup import html_paragraphs, plain_paragraphs
from parsers.formats.newest import left_out, newest
from parsers.formats.reading import Reading
from parsers.language import detect_language
from parsers.text import clean, decode, fold, shortened
from parsers.urls import canonical_url, publisher_family

NAME = "json_feed"
VERSION = "2"

_VERSION_URL = "://jsonfeed.org/version/1"
_OPENING_WITHIN = 4_000  # bytes; the version stands first in every feed that was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    """What all items of one feed share."""

    document: Document
    title: str | None
    language: str | None
    authors: tuple[str, ...]


def recognises(document: Document) -> bool:
    """Tell whether a document is a JSON Feed, by its media type or the version that it names."""
    if (document.media_type or "").partition(";")[0].strip().casefold() == "application/feed+json":
        return True
    opening = (
        document.body[:_OPENING_WITHIN].replace(b"\0", b"").replace(b"\\/", b"/").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    )
    return opening.startswith(b"{") and _VERSION_URL.encode() in opening


def read(document: Document) -> Reading:
    """Read the items of a JSON Feed. Raises ParseError for what is none."""
    loaded, problems = _loaded(document)
    if not isinstance(loaded, dict) or _VERSION_URL not in str(loaded.get("version")):
        raise ParseError(document.name, "not a JSON Feed of version 1")
    items = loaded.get("items")
    if not isinstance(items, list):
        raise ParseError(document.name, "a JSON Feed without a list of items")
    feed = _Feed(
        document=document,
        title=_line(loaded.get("title")),
        language=_code(loaded.get("language")),
        authors=_authors(loaded),
    )
    recent = newest(items, _dated)  # first, for each article costs its language
    problems.extend(left_out(len(items) - len(recent)))
    return Reading(articles=newest_distinct(_articles(recent, feed, problems), problems), problems=tuple(problems))


def _dated(item: Any) -> datetime | None:
    named = item.get("date_published") if isinstance(item, dict) else None
    found = read_instant(named) if isinstance(named, str) else None
    return found.at if found else None


def _loaded(document: Document) -> tuple[Any, list[str]]:
    try:
        text, remarks = decode(document.body, named=charset_of(document.media_type))
        return json.loads(text.lstrip("\ufeff"), strict=False), [r for r in remarks if "byte order mark" not in r]
    except RecursionError as error:
        raise ParseError(document.name, "JSON that is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ParseError(document.name, f"broken JSON: {error.msg} in line {error.lineno}") from error
    except ValueError as error:
        raise ParseError(document.name, str(error)) from error


def _articles(items: list[Any], feed: _Feed, problems: list[str]) -> Iterator[Article]:
    for number, item in enumerate(items, start=1):
        article = _article(item, feed) if isinstance(item, dict) else None
        if article is None:
            problems.append(f"item {number}: neither a title nor a text")
        else:
            yield article


def _article(item: Mapping[str, Any], feed: _Feed) -> Article | None:
    title, paragraphs = _line(item.get("title")), _paragraphs(item)
    if title and paragraphs and fold(paragraphs[0]) == fold(title):
        paragraphs = paragraphs[1:]
    text = "\n".join(paragraphs)
    if not title and not fold(text):
        return None
    url = canonical_url(str(item.get("url") or item.get("external_url") or ""), feed.document.url)
    published, modified, remarks = _dates(item, feed.document)
    named = item.get("id")
    return Article(
        external_id=entry_id(str(named) if named not in (None, "") else url, f"{title}\n{text}"),
        namespace=f"json_feed:{publisher_family(url) or feed.document.source}",
        format=NAME,
        headline=shortened(title, TITLE_MAX) if title else derived_headline(text),
        headline_derived=title is None,
        paragraphs=paragraphs,
        url=url,
        outlet=feed.title,
        attributed_to=attributed_outlets(paragraphs),
        authors=_authors(item) or feed.authors,
        language=detect_language(text) or _code(item.get("language")) or feed.language,
        published_at=published,
        modified_at=modified,
        remarks=remarks,
    )


def _paragraphs(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paragraphs of the HTML, else of the plain text, else of the summary."""
    if isinstance(item.get("content_html"), str) and (found := html_paragraphs(item["content_html"])):
        return found
    texts = (item.get(name) for name in ("content_text", "summary"))
    readable = (plain_paragraphs(text) for text in texts if isinstance(text, str))
    return next((found for found in readable if found), ())


def _dates(item: Mapping[str, Any], document: Document) -> tuple[datetime | None, datetime | None, tuple[str, ...]]:
    remarks: list[str] = []
    found: list[datetime | None] = []
    for key, name in (("date_published", "published"), ("date_modified", "modified")):
        text = clean(str(item.get(key) or ""))
        instant = read_instant(text) if text else None
        if instant and not believable(instant, document.retrieved_at):
            remarks.append(f"impossible date left out: {name} {instant.at.date().isoformat()}")
            instant = None
        elif instant:
            remarks.extend(instant.remarks(name))
        elif text or name == "published":
            remarks.append(f"{name}: date not understood" if text else "no date")
        found.append(instant.at if instant else None)
    return found[0], found[1], tuple(remarks)


def _authors(node: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the authors: a list since version 1.1, one before."""
    listed = node.get("authors")
    authors = listed if isinstance(listed, list) else [node.get("author")]
    names = (_line(author.get("name")) for author in authors if isinstance(author, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _line(value: Any) -> str | None:
    return one_line(value) or None if isinstance(value, str) else None


def _code(value: Any) -> str | None:
    code = str(value or "").strip().casefold().replace("_", "-").partition("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None
