"""Feeds: RSS, RDF and Atom, read by feedparser from bytes in memory.

In: a document. Out: an article an entry, and a line for each entry that could not be read. It must never
fetch anything, never date an entry that has no date, and never fail for one bad entry. What the feed calls
itself decides whether it is one; that it is well-formed does not.
"""

from __future__ import annotations

import calendar
import hashlib
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import feedparser

from parsers.article import Article, Document
from parsers.errors import ParseError
from parsers.formats.attribution import attributed_outlets
from parsers.formats.feed_cut import newest_entries
from parsers.formats.feed_encoding import xml_text
from parsers.formats.markup import html_paragraphs, plain_paragraphs
from parsers.formats.newest import left_out, newest
from parsers.formats.reading import Reading
from parsers.language import detect_language
from parsers.text import clean, fold, sentences, shortened
from parsers.urls import canonical_url, publisher_family

NAME = "feed"
VERSION = "2"
TITLE_MAX = 300  # characters
ID_MAX = 500  # characters; a longer guid is known by its hash
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no feed is older; 1970 is a clock that was never set
DERIVED_MAX = 120  # characters of a headline made from the first sentence
AHEAD_MAX = timedelta(days=2)  # time zones and slow clocks explain no more

_SUFFIXES = frozenset({".xml", ".rss", ".rdf", ".atom"})
_OPENING = re.compile(rb"<(?:rss|feed|rdf:rdf|\w+:feed)[\s>]", re.IGNORECASE)
_OPENING_WITHIN = 2_000  # bytes
_FURNITURE = re.compile(
    r"The post .+ (?:appeared first|first appeared) on .+|L['’]article .+ est apparu en premier sur .+"
)
_END_TAG = re.compile(r"</[a-zA-Z][\w-]{0,30}\s*>")
_ADDRESS_AND_NAME = re.compile(r"[a-z0-9@._-]*\s*\(([^()]+)\)?")  # feedparser leaves bits of long addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    """What all entries of one feed share."""

    document: Document
    title: str | None
    language: str | None
    shared_ids: frozenset[str]  # guids that several entries carry


def recognises(document: Document) -> bool:
    """Tell whether a document looks like a feed, by its first element, its media type or its name."""
    if _OPENING.search(document.body[:_OPENING_WITHIN].replace(b"\0", b"")):
        return True
    if document.media_type:
        return "xml" in document.media_type.casefold() and "html" not in document.media_type.casefold()
    return PurePosixPath(document.name.partition("?")[0]).suffix.casefold() in _SUFFIXES


def read(document: Document) -> Reading:
    """Read the entries of a feed, the newest ones where there are too many. Raises ParseError for no feed."""
    try:
        text, problems = xml_text(document)
    except ValueError as error:
        raise ParseError(document.name, str(error)) from error
    text, dropped = newest_entries(text)
    try:
        # A body given as bytes would be opened as a path; the sanitiser needs seconds for one long attribute.
        parsed = feedparser.parse(io.BytesIO(text.encode()), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # whatever feedparser stumbles over, the document is to blame
        raise ParseError(document.name, f"the feed cannot be read: {type(error).__name__}") from error
    if not parsed.get("version"):
        raise ParseError(document.name, "not a feed")
    if parsed.get("bozo"):
        problems.append(f"not well-formed: {len(parsed.entries)} entries were salvaged")
    # Plain dicts: feedparser's own answer for "updated" with what they know of "published".
    entries = newest([dict(entry) for entry in parsed.entries], _dated)
    problems.extend(left_out(dropped + len(parsed.entries) - len(entries)))
    feed = _Feed(
        document=document,
        title=_plain(parsed.feed.get("title_detail")),
        language=_language_code(parsed.feed.get("language")),
        shared_ids=frozenset(key for key, times in Counter(e.get("id") for e in entries).items() if key and times > 1),
    )
    articles = _articles(entries, feed, problems)
    return Reading(articles=articles, problems=tuple(problems))


def _articles(entries: Sequence[Mapping[str, Any]], feed: _Feed, problems: list[str]) -> tuple[Article, ...]:
    found: dict[str, Article] = {}
    for number, entry in enumerate(entries, start=1):
        try:
            article = _article(entry, feed)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            problems.append(f"entry {number}: {type(error).__name__}: {error}")
            continue
        if article is None:
            problems.append(f"entry {number}: neither a title nor a text")
        elif found.setdefault(article.identity, article) is not article:
            problems.append(f"entry {number}: the id {article.external_id} stands twice; the first is kept")
    return tuple(found.values())


def _dated(entry: Mapping[str, Any]) -> datetime | None:
    return _instant(entry, "published_parsed") or _instant(entry, "updated_parsed")


def _article(entry: Mapping[str, Any], feed: _Feed) -> Article | None:
    title, paragraphs = _plain(entry.get("title_detail")), _paragraphs(entry)
    if title and paragraphs and fold(paragraphs[0]) == fold(title):
        paragraphs = paragraphs[1:]
    if not title and not paragraphs:
        return None
    text = "\n".join(paragraphs)
    url = canonical_url(str(entry.get("link") or ""), feed.document.url)
    published, modified, remarks = _dates(entry, feed.document.retrieved_at)
    return Article(
        external_id=_external_id(entry, url, f"{title}\n{text}", feed.shared_ids),
        namespace=f"feed:{publisher_family(url) or feed.document.source}",
        format=NAME,
        headline=shortened(title, TITLE_MAX) if title else _derived_headline(text),
        headline_derived=title is None,
        paragraphs=paragraphs,
        url=url,
        outlet=_plain(entry.get("source")) or feed.title,
        attributed_to=attributed_outlets(paragraphs),
        authors=_authors(entry),
        language=detect_language(text) or feed.language,
        published_at=published,
        modified_at=modified,
        remarks=remarks,
    )


def _derived_headline(text: str) -> str:
    start, end = sentences(text)[0]
    return shortened(text[start:end], DERIVED_MAX)


def _plain(detail: Mapping[str, Any] | None) -> str | None:
    """Return a title, or what an entry tells of its source, as one line of plain text."""
    return (" ".join(_split(detail)) or None) if detail else None


def _paragraphs(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paragraphs of the full text, else of the summary, without the lines that blogs append."""
    details = [*(entry.get("content") or ()), entry.get("summary_detail") or {}]
    readable = (_split(detail) for detail in details)
    paragraphs = next((found for found in readable if found), ())
    return tuple(paragraph for paragraph in paragraphs if not _FURNITURE.fullmatch(paragraph))


def _split(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paragraphs of a text; feedparser tells whether it is HTML, but for elements it does not know."""
    value = str(detail.get("value") or detail.get("title") or "")
    is_plain = detail.get("type") == "text/plain" and not _END_TAG.search(value)
    return plain_paragraphs(value) if is_plain else html_paragraphs(value)


def _external_id(entry: Mapping[str, Any], url: str | None, content: str, shared_ids: frozenset[str]) -> str:
    """Return the guid, else the link, else a hash of the content; a guid of several entries names none."""
    guid = " ".join(clean(str(entry.get("id") or "")).split())
    found = url if url and (not guid or entry.get("id") in shared_ids) else guid
    if found and len(found) <= ID_MAX:
        return found
    return f"sha256:{hashlib.sha256((found or content).encode()).hexdigest()}"


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    names = (" ".join(html_paragraphs(str(author.get("name") or ""))) for author in entry.get("authors") or ())
    plain = (_ADDRESS_AND_NAME.sub(r"\1", name) for name in names)
    return tuple(dict.fromkeys(name for name in plain if name and "@" not in name))


def _dates(
    entry: Mapping[str, Any], retrieved_at: datetime
) -> tuple[datetime | None, datetime | None, tuple[str, ...]]:
    """Return when an entry was published and changed, with remarks; what cannot be true is left out."""
    published, modified = _instant(entry, "published_parsed"), _instant(entry, "updated_parsed")
    remarks = []
    if published is None and modified is not None and not entry.get("published"):
        published, modified = modified, None  # RDF has one date, and it arrives as the update
        remarks.append("dated by its update")
    believable = [_believable(when, retrieved_at) for when in (published, modified)]
    for when, kept, name in zip((published, modified), believable, ("published", "updated"), strict=True):
        if when is not None and kept is None:
            remarks.append(f"impossible date left out: {name} {when.date().isoformat()}")
    if published is None:
        remarks.append("date not understood" if entry.get("published") else "no date")
    return believable[0], believable[1], tuple(remarks)


def _believable(when: datetime | None, retrieved_at: datetime) -> datetime | None:
    return when if when is not None and EARLIEST <= when <= retrieved_at + AHEAD_MAX else None


def _instant(entry: Mapping[str, Any], key: str) -> datetime | None:
    parsed = entry.get(key)
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def _language_code(named: str | None) -> str | None:
    code = (named or "").strip().casefold().replace("_", "-").partition("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None
