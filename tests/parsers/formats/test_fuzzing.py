"""Whatever the bytes: every parser of bytes reads them or refuses them by a ParseError, and soon.

The readers come from the registry, so that a new one is tried without a line here but its first words.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parsers
from parsers import opml
from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats import listing, registry, sitemap_index
from tests.parsers.formats.cases import assert_spans_hold, document

LIMIT_MS = 10_000

PARSERS: dict[str, Callable[[Document], object]] = {
    **{known.name: known.read for known in registry.FORMATS},
    "listing": listing.article_links,
    "sitemap index": sitemap_index.listed_sitemaps,
    "opml": lambda given_document: opml.read_opml(given_document.body, name=given_document.name),
    "registry": registry.read,
    "any feed": registry.read_feed,
}
# How documents of each kind begin: fuzz that no reader takes for its own tries nothing.
OPENINGS = {
    "news_sitemap": ["<urlset>", "<sitemapindex>", "<urlset xmlns='a' xmlns:news='b'>"],
    "json_feed": [
        '{"version":"https://jsonfeed.org/version/1","items":[',
        '{"version":"https://jsonfeed.org/version/1"',
    ],
    "feed": ["<rss version='2.0'><channel>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<rdf:RDF>"],
    "page": ["<!doctype html><html>", "<html><body><article>"],
    "article_file": ["Credited from: AFP\n", "**Headline**\n"],
    "listing": ["<html><a href=/mali/one-two-three-four>", "<base href='//['>"],
    "sitemap index": ["<sitemapindex><sitemap>", "<s:sitemapindex><s:sitemap><s:loc>"],
    "opml": ["<opml><body>", "<?xml version='1.0' encoding='utf-7'?><opml><body>"],
    "registry": ["<", "{"],
    "any feed": ["<", "{"],
}
PIECES = [
    "<item>", "</item>", "<entry>", "<title>", "</title>", "<link>", "<guid>", "<pubDate>",
    "Mon, 99 Foo 9999 99:99:99 +9999", "9999-99-99T99:99:99+99:99", "0001-01-01T00:00:00+23:59", "<![CDATA[", "]]>",
    "&#xD800;", "&#0;", "&x;", "&lt;p&gt;", "<!--", "-->", "<author>a.a.@", "<source url=", "<language>",
    "<content:encoded>", "<url>", "<loc>", "http://[", "//[", "http://٣.٣/", "<n:news>", "<publication_date>",
    "<outline xmlUrl='", "' text='", "'/>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", '{"id":', '"items":[', "[", "]",
    "{", "}", ",", ":", "null", "1e999", "NaN", "-0", '"\\ud800"', '"date_published":', '"authors":[{"name":',
    '"content_html":"', '"', "<p>", "</p>", "<div>", "<h1>", "<a href='", "'>", "<script type=application/ld+json>",
    "</script>", '{"@type":"Article","datePublished":', "<meta property=og:title content=", "<time datetime=",
    "<table>", "<br>", "</", "\\", "\t", "\n\n", "Credited from: ", "**", "“", "”", "«",
    "The army said on Monday that nine soldiers were killed near Ber. ", "It named no group. ", "é", "\u202e",
    "\u200b", "\ud800", "\udfff", "\x00", "\x1b", "\ufeff", "\uffff", "馬", "٣", "İ", "ß", "𝟛",
]  # fmt: skip
ENCODINGS = [
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-8-sig",
    "cp1252",
    "gb18030",
    "shift_jis",
    "utf-7",
]
NAMES = [
    "a.xml",
    "a.txt",
    "a.html",
    "",
    "\ud800",
    "https://a.example/2025/02/30/x",
    "http://[",
    "https://t.me/s/abc",
    "a\nb",
]
MEDIA_TYPES = [None, "", "text/html", "text/plain; charset=koi8-r", "application/feed+json", "text/xml; charset=utf-7",
               "application/rss+xml; charset=gb18030", ";;charset="]  # fmt: skip


@st.composite
def documents(draw: st.DrawFn, openings: list[str]) -> Document:
    """Draw bytes as they come, or pieces of markup in some encoding, a few bytes of it broken."""
    if draw(st.booleans()):
        body = draw(st.binary(max_size=200))
        body = draw(st.sampled_from([b"", *(opening.encode() for opening in openings)])) + body
    else:
        pieces = draw(st.lists(st.sampled_from(PIECES), max_size=30))
        markup = draw(st.sampled_from(openings)) + "".join(pieces)
        encoding = draw(st.sampled_from(ENCODINGS))
        body = markup.encode(
            encoding, "surrogatepass" if encoding.startswith("utf") and encoding != "utf-7" else "replace"
        )
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=2)) + body[at:]
    url = draw(st.sampled_from([None, "https://a.example/x", "https://t.me/s/abc", "http://[", "x"]))
    return document(body, name=draw(st.sampled_from(NAMES)), media_type=draw(st.sampled_from(MEDIA_TYPES)), url=url)


@pytest.mark.parametrize("name", PARSERS)
@settings(deadline=LIMIT_MS, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    drawn = data.draw(documents(OPENINGS[name]))
    for known in registry.FORMATS:
        known.recognises(drawn)
    try:
        found = PARSERS[name](drawn)
    except ParseError:
        return
    for article in getattr(found, "articles", ()):
        assert article.identity
        assert article.headline
        assert_spans_hold(article)
        article.text.encode()  # no half of a surrogate pair
        assert "\0" not in article.text


def test_every_parser_of_bytes_is_tried() -> None:
    """Whatever takes a Document and gives a reading, or takes a body of bytes, stands in PARSERS."""
    assert set(OPENINGS) == set(PARSERS)
    tried = {registry.read, registry.read_feed, listing.article_links, opml.read_opml}
    tried |= {known.read for known in registry.FORMATS}
    for module in pkgutil.walk_packages(parsers.__path__, "parsers."):
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            given_first = next(iter(inspect.signature(function).parameters.values()), None)
            of_bytes = given_first is not None and given_first.annotation in ("Document", "bytes")
            if function.__module__ == module.name and of_bytes and name.startswith(("read", "article_links")):
                assert function in tried, f"{module.name}.{name} is not tried with hostile bytes"
