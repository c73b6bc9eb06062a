"""The formats that are read, in the order in which they are tried.

In: a document. Out: its articles, by the first format that recognises it. A format is added by one line
here and a case in tests/cases; nothing is discovered at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats import article_file, feed, json_feed, news_sitemap, page
from parsers.formats.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way of reading documents; the version goes up whenever it would read one differently."""

    name: str
    version: str
    title: str  # in words for people
    recognises: Callable[[Document], bool]
    read: Callable[[Document], Reading]


FORMATS = (
    Format(
        name=news_sitemap.NAME,
        version=news_sitemap.VERSION,
        title="a news sitemap",
        recognises=news_sitemap.recognises,
        read=news_sitemap.read,
    ),
    Format(
        name=json_feed.NAME,
        version=json_feed.VERSION,
        title="a JSON Feed",
        recognises=json_feed.recognises,
        read=json_feed.read,
    ),
    Format(
        name=feed.NAME,
        version=feed.VERSION,
        title="an RSS or Atom feed",
        recognises=feed.recognises,
        read=feed.read,
    ),
    Format(
        name=page.NAME,
        version=page.VERSION,
        title="a web page",
        recognises=page.recognises,
        read=page.read,
    ),
    Format(
        name=article_file.NAME,
        version=article_file.VERSION,
        title="an article as a text file",
        recognises=article_file.recognises,
        read=article_file.read,
    ),
)

FEEDS = frozenset({news_sitemap.NAME, json_feed.NAME, feed.NAME})  # what lists several articles as data

# Changes with every reader, so that documents in quarantine are tried again by newer ones.
READERS_VERSION = " ".join(f"{known.name}-{known.version}" for known in FORMATS)


def read(document: Document) -> Reading:
    """Read a document by the first format that recognises it. Raises ParseError when none does or can."""
    if known := _recognised(document):
        return known.read(document)
    tried = ", ".join(known.title for known in FORMATS)
    raise ParseError(document.name, f"not recognised as any of: {tried}")


def read_feed(document: Document) -> Reading:
    """Read a document that is to be a feed of some kind. Raises ParseError for any other, be it an article."""
    known = _recognised(document)
    if known and known.name in FEEDS:
        return known.read(document)
    raise ParseError(document.name, f"not a feed, but {known.title}" if known else "not a feed")


def _recognised(document: Document) -> Format | None:
    return next((known for known in FORMATS if known.recognises(document)), None)
