"""OPML, the form in which readers exchange lists of feeds: outlines in, bytes out, and back.

In: bytes of an OPML file, or outlines. Out: outlines, or bytes. Only what has an address is taken; entities are not
expanded, nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from parsers.errors import ParseError

_LARGEST = 5_000_000  # bytes; lists of feeds are small


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list."""

    title: str
    feed: str
    page: str | None = None
    language: str | None = None


def read_opml(body: bytes, *, name: str) -> tuple[Outline, ...]:
    """Return the feeds of an OPML file, each address once; ParseError names the file and what is wrong."""
    if len(body) > _LARGEST:
        raise ParseError(name, f"larger than {_LARGEST:,} bytes")
    plain = body.replace(b"\x00", b"")  # a declaration in UTF-16 is one too
    if b"<!ENTITY" in plain or b"<!DOCTYPE" in plain:
        raise ParseError(name, "declares entities, which a list of feeds does not need")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (entities and document types were refused)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ParseError(name, f"is no XML: {error}") from error
    if root.tag != "opml":
        raise ParseError(name, f"is no OPML: its root is {root.tag!r}")
    found = {outline.feed: outline for outline in _outlines(root.iter("outline"))}
    return tuple(found.values())


def _outlines(elements: Iterable[ElementTree.Element]) -> Iterator[Outline]:
    for element in elements:
        feed = (element.get("xmlUrl") or "").strip()
        if feed:
            title = (element.get("title") or element.get("text") or feed).strip()
            yield Outline(title=title, feed=feed, page=element.get("htmlUrl"), language=element.get("language"))


def write_opml(outlines: Iterable[Outline], *, title: str) -> bytes:
    """Return an OPML 2.0 file with the outlines in their order."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0"><head><title>{_escaped(title)}</title></head><body>',
    ]
    for outline in outlines:
        attributes = {"type": "rss", "text": outline.title, "title": outline.title, "xmlUrl": outline.feed}
        if outline.page:
            attributes["htmlUrl"] = outline.page
        if outline.language:
            attributes["language"] = outline.language
        lines.append(f"<outline {' '.join(f'{k}={quoteattr(v)}' for k, v in attributes.items())}/>")
    return ("\n".join([*lines, "</body></opml>"]) + "\n").encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
