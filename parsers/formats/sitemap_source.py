"""The XML of a sitemap or of an index of sitemaps, packed by gzip (sitemap.xml.gz) or not.

In: a document. Out: whether it is one, and its root element. It must never unpack more than a document may have,
nor resolve an entity.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

from lxml import etree  # type: ignore[import-untyped]

from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats.feed_encoding import xml_text
from parsers.formats.linked_data import one_line

UNPACKED_MAX = 10_000_000  # bytes, as of any document; a thousand headlines, the most by the protocol, have 1,000,000

_OPENING = re.compile(rb"<(?:\w+:)?(urlset|sitemapindex)[\s>]")
_OPENING_WITHIN = 2_000  # bytes
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16  # 16: with the header and the check sum of gzip
_PADDING = b"\0 \t\r\n"  # that some servers append to what they packed


def kind_of(document: Document) -> str | None:
    """Return "urlset" or "sitemapindex" by the first such element, None for what is no sitemap."""
    found = _OPENING.search(_opening(document.body).replace(b"\0", b""))
    return found[1].decode() if found else None


def sitemap_root(document: Document) -> tuple[etree._Element, list[str]]:
    """Return the root element and remarks. Raises ParseError for what cannot be unpacked or read."""
    try:
        text, problems = xml_text(replace(document, body=_unpacked(document.body)))
        if "<!ENTITY" in text:
            raise ValueError("it declares entities, which no sitemap needs")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
        root = etree.fromstring(text.encode(), parser)
    except (ValueError, zlib.error, etree.XMLSyntaxError) as error:
        raise ParseError(document.name, f"the sitemap cannot be read: {one_line(str(error))[:200]}") from error
    if root is None:
        raise ParseError(document.name, "the sitemap cannot be read: no element in it")
    if parser.error_log:
        problems.append("not well-formed: what could be read was kept")
    return root, problems


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace or prefix; an empty string for a comment."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _opening(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body[:_OPENING_WITHIN]
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(body, _OPENING_WITHIN)
    except zlib.error:
        return b""


def _unpacked(body: bytes) -> bytes:
    """Return the bytes of a gzip stream, other bytes as they are; ValueError and zlib.error for a bad stream."""
    if not body.startswith(_GZIP):
        return body
    stream = zlib.decompressobj(_GZIP_WINDOW)
    found = stream.decompress(body, UNPACKED_MAX + 1)  # one byte more is enough to know
    if len(found) > UNPACKED_MAX:
        raise ValueError(f"it unpacks to more than {UNPACKED_MAX:,} bytes")
    if not stream.eof:
        raise ValueError("its gzip stream broke off")
    if stream.unused_data.strip(_PADDING):
        raise ValueError("something follows its gzip stream")
    return found
