"""The sitemaps that an index of sitemaps names: outlets serve their news in several, a hundred addresses each.

In: a document. Out: addresses on the host of the index, the newest sitemap first, within bounds; none for what is no
index. It must never resolve an entity, nor follow a second index.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from parsers.article import Document
from parsers.text import decode
from parsers.urls import canonical_url

MOST_SITEMAPS = 10  # of one index; the older ones hold what was read long ago
MOST_ENTRIES = 50_000  # of an index, by the protocol
_OPENING = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^>]{0,1000}-->\s*)*<(?:\w+:)?sitemapindex[\s>]")
_ENTRY = re.compile(r"<(?:\w+:)?sitemap>")
_FIELD = re.compile(r"<(?:\w+:)?(loc|lastmod)>\s*(?:<!\[CDATA\[)?([^<\]]*)")


def listed_sitemaps(document: Document) -> tuple[str, ...]:
    """Return the addresses of the sitemaps that an index names; those without a date in the order of the index."""
    if not _OPENING.match(document.body.removeprefix(b"\xef\xbb\xbf")):
        return ()
    base = document.url or document.name
    found: dict[str, str] = {}
    for entry in _ENTRY.split(decode(document.body)[0], MOST_ENTRIES)[1:]:
        fields = dict(_FIELD.findall(entry))
        address = canonical_url(html.unescape(fields.get("loc", "")).strip(), base)
        if address and urlsplit(address).netloc == urlsplit(base).netloc and address != base:
            found.setdefault(address, fields.get("lastmod", "").strip())
    newest = sorted(found, key=lambda address: found[address], reverse=True)
    return tuple(newest[:MOST_SITEMAPS])
