"""News sitemaps: what an outlet published in the last two days, as headlines with addresses.

In: a document. Out: an article without a text an address that names a title, and a line for each of the others.
An index of sitemaps is refused as such; it must never fetch what it lists, nor resolve an entity.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree  # type: ignore[import-untyped]

from parsers.article import Article, Document
from parsers.errors import ParseError
from parsers.formats.entries import entry_id, newest_distinct
from parsers.formats.feed import TITLE_MAX
from parsers.formats.instants import Instant, believable, read_instant
from parsers.formats.linked_data import one_line
from parsers.formats.newest import left_out, newest
from parsers.formats.reading import Reading
from parsers.formats.sitemap_source import kind_of, local_name, sitemap_root
from parsers.text import clean, shortened
from parsers.urls import canonical_url, publisher_family

NAME = "news_sitemap"
VERSION = "3"

_Fields = dict[str, str]  # the texts of one address by their names without a namespace


def recognises(document: Document) -> bool:
    """Tell whether a document is a sitemap or an index of sitemaps, by its first element."""
    return kind_of(document) is not None


def read(document: Document) -> Reading:
    """Read the headlines of a news sitemap. Raises ParseError for an index and for a sitemap without news."""
    root, problems = sitemap_root(document)
    kind = local_name(root)
    if kind == "sitemapindex":
        listed = sum(local_name(child) == "sitemap" for child in root)
        raise ParseError(document.name, f"an index of {listed} sitemaps; name one of those as a source")
    if kind != "urlset":
        raise ParseError(document.name, "not a sitemap")
    addresses = [_fields(child) for child in root if local_name(child) == "url"]
    if addresses and not any(fields.get("title") for fields in addresses):
        raise ParseError(document.name, f"a sitemap of {len(addresses)} addresses without news titles")
    recent = newest(addresses, _published)
    problems.extend(left_out(len(addresses) - len(recent)))
    return Reading(articles=newest_distinct(_articles(recent, document, problems), problems), problems=tuple(problems))


def _published(fields: _Fields) -> datetime | None:
    found = read_instant(fields.get("publication_date") or "")
    return found.at if found else None


def _articles(addresses: list[_Fields], document: Document, problems: list[str]) -> Iterator[Article]:
    for number, fields in enumerate(addresses, start=1):
        url, title = canonical_url(fields.get("loc") or "", document.url), fields.get("title")
        if url and title:
            yield _article(url, title, fields, document)
        else:
            problems.append(f"address {number}: {'no title' if url else 'no web address'}")


def _article(url: str, title: str, fields: _Fields, document: Document) -> Article:
    language = (fields.get("language") or "").casefold().partition("-")[0]
    published, remarks = _date(fields.get("publication_date"), "published", document)
    modified, noted = _date(fields.get("lastmod"), "modified", document)
    return Article(
        external_id=entry_id(url, title),
        namespace=f"news_sitemap:{publisher_family(url) or document.source}",
        format=NAME,
        headline=shortened(title, TITLE_MAX),
        paragraphs=(),
        url=url,
        outlet=fields.get("name"),
        language=language if len(language) == 2 and language.isascii() else None,
        published_at=published.at if published else None,
        modified_at=modified.at if modified else None,
        remarks=("headline only", *remarks, *noted, *(() if published or remarks else ("no date",))),
    )


def _date(text: str | None, name: str, document: Document) -> tuple[Instant | None, tuple[str, ...]]:
    found = read_instant(text) if text else None
    if found and not believable(found, document.retrieved_at):
        return None, (f"impossible date left out: {name} {found.at.date().isoformat()}",)
    if text and not found:
        return None, (f"{name}: date not understood",)
    return found, found.remarks(name) if found else ()


def _fields(address: etree._Element) -> _Fields:
    """Return the first text of each name; a picture's own title and address are none of the article's."""
    found: dict[str, str] = {}
    for element in address.iter(etree.Element):
        text = one_line(clean("".join(element.itertext(etree.Element)))) if len(element) == 0 else ""
        if text and not (local_name(element) in ("title", "loc") and _is_picture(element)):
            found.setdefault(local_name(element), text)
    return found


def _is_picture(element: etree._Element) -> bool:
    """Tell whether a title or an address is that of a picture or film beside the article."""
    parent = element.getparent()
    return parent is not None and local_name(parent) in ("image", "video")
