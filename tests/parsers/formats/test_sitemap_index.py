"""Indices of sitemaps: what they name, on their own host and within bounds; and what is packed."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress

import pytest

from parsers.errors import ParseError
from parsers.formats import news_sitemap
from parsers.formats.sitemap_index import MOST_SITEMAPS, listed_sitemaps
from parsers.formats.sitemap_source import UNPACKED_MAX
from tests.parsers.formats.cases import document
from tests.parsers.formats.sitemaps import index, loc, sitemap

ADDRESS = "https://desk.example/news-index.xml"


def listed(text: str) -> tuple[str, ...]:
    return listed_sitemaps(document(text.encode(), name=ADDRESS, url=ADDRESS))


def test_the_newest_come_first_and_not_too_many() -> None:
    entries = [loc(f"https://desk.example/{day}.xml", day) for day in range(1, 20)]
    newest = [f"https://desk.example/{day}.xml" for day in range(19, 19 - MOST_SITEMAPS, -1)]
    assert list(listed(index(*entries))) == newest
    undated = [f"https://desk.example/{n}.xml" for n in range(3)]
    assert list(listed(index(*map(loc, undated)))) == undated


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("<loc> <![CDATA[/a.xml]]> </loc>", ("https://desk.example/a.xml",)),
        (loc("https://elsewhere.example/a.xml"), ()),
        (loc("https://desk.example:8443/a.xml"), ()),
        (loc("http://127.0.0.1/a.xml"), ()),
        (loc("file:///etc/passwd"), ()),
        (loc(ADDRESS), ()),
        (loc("/a.xml") * 3, ("https://desk.example/a.xml",)),
        ("<lastmod>2025-06-01</lastmod>", ()),
    ],
)
def test_addresses_of_an_index(entry: str, found: tuple[str, ...]) -> None:
    assert listed(index(entry)) == found


@pytest.mark.parametrize("text", ["", "<rss/>", sitemap(1), "<html><sitemapindex>", "x" * 100])
def test_what_is_no_index_names_none(text: str) -> None:
    assert listed(text) == ()


HOSTILE = {
    "entries": "<sitemapindex>" + "<sitemap>" * 1_000_000,
    "fields": "<sitemapindex><sitemap>" + "<loc>" * 1_500_000,
    "spaces": "<sitemapindex><sitemap><loc>" + " " * 9_000_000,
    "comments": "<!---->" * 1_000_000,
    "prefix": "<" + "a" * 9_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_index_is_read_soon(text: str) -> None:
    started = time.monotonic()
    with suppress(ParseError):
        listed(text)
    assert time.monotonic() - started < 10


PACKED = gzip.compress(sitemap(1).encode())


def test_a_packed_index_names_its_sitemaps() -> None:
    body = gzip.compress(index(loc("/a.xml.gz")).encode())
    assert listed_sitemaps(document(body, name=ADDRESS, url=ADDRESS)) == ("https://desk.example/a.xml.gz",)


@pytest.mark.parametrize("body", [PACKED, PACKED + b"\0\0\n"], ids=["packed", "padded"])
def test_a_packed_sitemap_is_read(body: bytes) -> None:
    given_document = document(body, name="sitemap.xml.gz", url=ADDRESS)
    assert news_sitemap.recognises(given_document)
    (article,) = news_sitemap.read(given_document).articles
    assert article.url == "https://desk.example/a/1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (PACKED[:-4], "broke off"),
        (PACKED + PACKED, "something follows"),
        (PACKED[:-8] + bytes(8), "incorrect data check"),
        (gzip.compress(b"<urlset>" + b" " * UNPACKED_MAX), "unpacks to more than 10,000,000 bytes"),
        (gzip.compress(PACKED), "binary content"),
    ],
    ids=["cut", "two", "check sum", "bomb", "twice"],
)
def test_what_is_badly_packed_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        news_sitemap.read(document(body, name="sitemap.xml.gz", url=ADDRESS))


@pytest.mark.parametrize("body", [gzip.compress(b"<rss/>"), b"\x1f\x8b", b"\x1f\x8b\xff" * 9, gzip.compress(PACKED)])
def test_what_is_packed_and_no_sitemap_is_not_recognised(body: bytes) -> None:
    assert not news_sitemap.recognises(document(body, name="a.gz"))
