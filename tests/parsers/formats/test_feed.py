"""Feeds: every case folder, and what a hostile feed must not do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.errors import ParseError
from parsers.formats import feed
from parsers.formats.newest import MAX_ENTRIES
from tests.parsers.formats.cases import assert_spans_hold, document, expected_of, folders, shown


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>Any</title>{items}</channel></rss>'.encode()


@pytest.mark.parametrize("case", folders("feed"), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    expected = expected_of(case)
    given_document = document((case / "input.xml").read_bytes(), name="input.xml", url=expected.get("url"))
    assert feed.recognises(given_document)
    if reason := expected.get("error"):
        with pytest.raises(ParseError) as refused:
            feed.read(given_document)
        assert refused.value.reason == reason
        return
    reading = feed.read(given_document)
    assert list(reading.problems) == expected["problems"]
    assert len(reading.articles) == len(expected["articles"])
    for article, fields in zip(reading.articles, expected["articles"], strict=True):
        found = shown(article, fields)
        if fields.get("external_id") == "sha256:":  # which hash it is does not matter
            found["external_id"] = found["external_id"][:7]
        assert found == fields
        assert_spans_hold(article)


@pytest.mark.parametrize(
    ("body", "name", "media_type", "recognised"),
    [
        (b"<rss version='2.0'>", "https://example.org/feed", None, True),
        (b"\xef\xbb\xbf<?xml version='1.0'?><feed xmlns='x'>", "a", "text/html", True),
        ("<?xml version='1.0'?><rss>".encode("utf-16"), "a", None, True),
        (b"<html>", "a", "application/rss+xml", True),
        (b"<html>", "a.xml", None, True),
        (b"<html>", "a.html", "application/xhtml+xml", False),
        (b"Feeds are read daily. So it goes.", "a.txt", None, False),
    ],
)
def test_recognises(body: bytes, name: str, media_type: str | None, *, recognised: bool) -> None:
    assert feed.recognises(document(body, name=name, media_type=media_type)) is recognised


def test_fault_36_only_the_newest_entries_are_read_in_their_order() -> None:
    dated = "".join(
        f"<item><guid>{n}</guid><title>Item {n}</title>"
        f"<pubDate>1 Jan 2020 {n // 60:02}:{n % 60:02}:00 GMT</pubDate></item>"
        for n in range(MAX_ENTRIES)
    )
    undated = "<item><guid>undated</guid><title>Undated</title></item>"
    reading = feed.read(document(rss(dated + undated), name="a.xml"))
    assert len(reading.articles) == MAX_ENTRIES
    assert reading.problems == ("1 older entries were left out",)
    ids = [article.external_id for article in reading.articles]
    assert "0" not in ids
    assert ids[:2] == ["1", "2"]
    assert ids[-1] == "undated"


def test_fault_33_a_body_that_is_a_path_is_not_opened(tmp_path: Path) -> None:
    kept = tmp_path / "kept.xml"
    kept.write_bytes(rss("<item><title>Secret</title></item>"))
    with pytest.raises(ParseError, match="not a feed"):
        feed.read(document(str(kept).encode(), name="a.xml"))


@pytest.mark.parametrize(
    "items",
    [
        f'<item><title>x</title><description>&lt;p style="{"a" * 16_000}:"&gt;x&lt;/p&gt;</description></item>',
        f"<item><title>x</title><description>{'&lt;div&gt;' * 20_000}deep</description></item>",
        f"<item><title>x</title><description>{'&lt;' * 100_000}</description></item>",
        f"<item><title>x</title><pubDate>{'1' * 100_000}</pubDate></item>",
        f"<item><title>{'x' * 100_000}</title></item>",
    ],
    ids=["style", "depth", "angles", "date", "title"],
)
def test_fault_34_hostile_entries_are_read_quickly(items: str) -> None:
    started = time.monotonic()
    (article,) = feed.read(document(rss(items), name="a.xml")).articles
    assert time.monotonic() - started < 5
    assert len(article.headline) <= feed.TITLE_MAX


def test_fault_53_text_below_many_open_elements_is_kept() -> None:
    body = f"<item><title>x</title><description>{'&lt;div&gt;' * 400}deep down</description></item>"
    (article,) = feed.read(document(rss(body), name="a.xml")).articles
    assert article.paragraphs == ("deep down",)


def test_fault_46_a_guid_beyond_any_size_is_known_by_its_hash() -> None:
    first, second = (
        feed.read(
            document(rss(f"<item><title>x</title><guid>{'g' * 100_000}{end}</guid></item>"), name="a.xml")
        ).articles[0]
        for end in "ab"
    )
    assert len(first.external_id) < 100
    assert first.external_id != second.external_id


_PIECES = st.sampled_from(
    ["<item>", "</item>", "<title>", "</title>", "a", "&#xD800;", "&x;", "<![CDATA[", "]]>", "<link>", "&lt;p&gt;", "é",
     "<pubDate>", "9999", "<guid>", "<content>", "<!--", "<source>", "<language>", "<author>", "\x00", "\ud800"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(_PIECES, max_size=20).map(
            lambda pieces: b"<rss version='2.0'><channel>" + "".join(pieces).encode("utf-8", "surrogatepass")
        ),
    )
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        reading = feed.read(document(body, name="any.xml"))
    except ParseError:
        return
    for article in reading.articles:
        assert article.identity
        assert_spans_hold(article)
