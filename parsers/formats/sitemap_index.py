"""The sitemaps that an index of sitemaps names: outlets serve their news in several, a hundred addresses each.

In: a document. Out: addresses on the host of the index, the newest sitemap first, within bounds; none for what is no
index. It must never resolve an entity, nor fetch what is listed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]

from parsers.article import Document
from parsers.formats.instants import read_instant
from parsers.formats.sitemap_source import kind_of, local_name, sitemap_root
from parsers.urls import canonical_url

MOST_SITEMAPS = 10  # of one index; the older ones hold what was read long ago
MOST_ENTRIES = 50_000  # of an index, by the protocol
_UNDATED = datetime.min.replace(tzinfo=UTC)


def listed_sitemaps(document: Document) -> tuple[str, ...]:
    """Return the addresses of the sitemaps that an index names, those without a date last, in the order of the index.

    Raises ParseError for an index that cannot be read.
    """
    if kind_of(document) != "sitemapindex":
        return ()
    root, _ = sitemap_root(document)
    if local_name(root) != "sitemapindex":
        return ()
    base = document.url or document.name
    found: dict[str, datetime] = {}
    for entry in islice((child for child in root if local_name(child) == "sitemap"), MOST_ENTRIES):
        address = canonical_url(_field(entry, "loc"), base)
        if address and urlsplit(address).netloc == urlsplit(base).netloc and address != base:
            changed = read_instant(_field(entry, "lastmod"))
            found.setdefault(address, changed.at if changed else _UNDATED)
    newest = sorted(found, key=lambda address: found[address], reverse=True)
    return tuple(newest[:MOST_SITEMAPS])


def _field(entry: etree._Element, name: str) -> str:
    return next((str(child.text or "").strip() for child in entry if local_name(child) == name), "")
