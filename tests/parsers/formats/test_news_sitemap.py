"""News sitemaps: every case folder, and what a hostile one must not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.errors import ParseError
from parsers.formats import news_sitemap, registry
from tests.parsers.formats.cases import assert_spans_hold, document, expected_of, folders, shown


@pytest.mark.parametrize("case", folders("news_sitemap"), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    expected = expected_of(case)
    given_document = document((case / "input.xml").read_bytes(), name="input.xml", url=expected.get("url"))
    assert news_sitemap.recognises(given_document)
    if reason := expected.get("error"):
        with pytest.raises(ParseError) as refused:
            news_sitemap.read(given_document)
        assert refused.value.reason == reason
        return
    reading = news_sitemap.read(given_document)
    assert list(reading.problems) == expected["problems"]
    assert [shown(a, f) for a, f in zip(reading.articles, expected["articles"], strict=True)] == expected["articles"]
    for article in reading.articles:
        assert_spans_hold(article)


@pytest.mark.parametrize(
    ("body", "recognised"),
    [
        (b"<?xml version='1.0'?><urlset xmlns='x'>", True),
        ("<?xml version='1.0'?><urlset>".encode("utf-16"), True),
        (b"<sm:sitemapindex>", True),
        (b"<rss version='2.0'><channel/></rss>", False),
        (b"<urlsets>", False),
    ],
)
def test_recognises(body: bytes, *, recognised: bool) -> None:
    assert news_sitemap.recognises(document(body, name="a.xml", media_type="application/xml")) is recognised


def test_a_sitemap_is_not_taken_for_a_feed() -> None:
    body = b"<urlset><url><loc>https://a.example/1</loc><news><title>T</title></news></url></urlset>"
    (article,) = registry.read(document(body, name="sitemap.xml", media_type="application/xml")).articles
    assert article.format == "news_sitemap"


_PIECES = st.sampled_from(
    ["<url>", "</url>", "<loc>", "</loc>", "https://a.example/1", "<title>", "</title>", "<lastmod>",
     "2025-01-01", "&x;", "<![CDATA[", "]]>", "<!--", "\x00", "\ud800", "é", "<publication_date>", "<language>",
     "<?x", "<!DOCTYPE a ["]
)  # fmt: skip


@settings(deadline=None)
@given(st.binary(max_size=200) | st.lists(_PIECES, max_size=20).map(
    lambda pieces: b"<urlset>" + "".join(pieces).encode("utf-8", "surrogatepass")
))  # fmt: skip
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        reading = news_sitemap.read(document(body, name="any.xml"))
    except ParseError:
        return
    for article in reading.articles:
        assert article.identity
        assert_spans_hold(article)
