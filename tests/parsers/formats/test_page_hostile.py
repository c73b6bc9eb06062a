"""Hostile pages: whatever the bytes, an article or a refusal, and soon."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.errors import ParseError
from parsers.formats import page
from tests.parsers.formats.cases import assert_spans_hold, document

LIMIT_S = 10
TEXT = "<p>The army said on Monday that nine soldiers were killed near the town of Ber in the north.</p>" * 20
HOSTILE = {
    "nested": "<div>" * 100_000,
    "nested below the limit of tags": "<div>" * 29_000,
    "many paragraphs": "<p>a" * 29_000,
    "one tag of many attributes": f"<p {' '.join(f'a{n}' for n in range(100_000))}>",
    "many tags of many attributes": f"<p {' '.join(f'a{n}' for n in range(200))}>x" * 10_000,
    "angles": "<" * 1_000_000,
    "tags that never end": "<a" * 300_000,
    "quotes that never end": "<a '" * 300_000,
    "values that never end": "<a b='" * 150_000 + '<c d="' + "<e f=" * 150_000,
    "crossed quotes": "<a\"<b'" * 200_000,
    "comments that never end": "<!--" * 250_000,
    "scripts that never end": "<script>" * 100_000,
    "end tags": "</div>" * 200_000,
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" + "&b;" * 100_000,
    "deep JSON-LD": f"<script type=application/ld+json>{'[' * 1_000_000}</script>",
    "many linked things": f'<script type=application/ld+json>[{{"@type":"Article"}}{",{}" * 200_000}]</script>',
    "lists in lists": "<ul><li>" * 100 + "<li>The army said" * 28_000,
    "boxes in boxes": "<aside class=related>" * 110 + TEXT * 500,
    "headings": "<h1>x</h1>" * 14_000,
    "messages in messages": "<div class=tgme_widget_message data-post=abc/1>" * 20_000,
    "title": f"<title>{'a - ' * 200_000}</title>",
    "title of names": f"<meta property=og:site_name content=desk><title>x{' - desk' * 100_000}</title>",
    "spaces": f"<p>{' ' * 1_000_000}x",
    "one long word": "x" * 1_000_000,
    "dates": "<h1>x</h1>" + "<p>12/03/2024 " * 20_000,
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("url", [None, "https://t.me/s/abc"])
def test_fault_35_hostile_pages_are_read_or_refused_quickly(markup: str, url: str | None) -> None:
    body = f"<html><body>{markup}{TEXT}".encode()
    started = time.process_time()
    with suppress(ParseError):
        page.read(document(body, name="a.html", url=url))
    assert time.process_time() - started < LIMIT_S


@pytest.mark.parametrize(
    "markup", ["<", "<a '", "<!--", "<script>", "<div>" * 400, "\0", "&#xD800;", "\ud800", "</p>" * 99]
)
def test_the_text_after_broken_markup_is_not_lost(markup: str) -> None:
    body = f"<html><body><h1>Nine killed</h1>{markup}{TEXT}".encode("utf-8", "surrogatepass")
    (article,) = page.read(document(body, name="a.html")).articles
    assert any(paragraph.endswith("near the town of Ber in the north.") for paragraph in article.paragraphs)


def test_binary_content_is_refused() -> None:
    with pytest.raises(ParseError, match="binary content"):
        page.read(document(b"<html>" + bytes(range(32)) * 50, name="a.html"))


_PIECES = st.sampled_from(
    ["<html lang=fr>", "<h1>", "</h1>", "<p>", "</p>", "<div class='related'>", "</div>", "<article>",
     "<time datetime=", "2025-01-01", ">", "<", "'", '"', "<!--", "-->", "<script type=application/ld+json>",
     "</script>", " - RFI", "٣",
     '{"@type":"Article","headline":', '"author":[null,{}]}', "<meta property=og:title content=", "&#xD800;", "//[",
     "<link rel=canonical href=", "\ud800", "\x00", "é", "©", "<a rel=author>", "Publié le 12/13/2024 - 99:99",
     "<form>", "The army said that nine soldiers were killed near Ber. ", "It named no group at all. ", "<li>", "<td>",
     "<br>", "<h2><a href='//[x'>", "Read more: ", "<div class=tgme_widget_message data-post=abc/1>", "<title>",
     "<div class=tgme_widget_message_text>"]
)  # fmt: skip
_BYTES = st.binary(max_size=300)
_MARKUP = st.lists(_PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=150)
@given(
    _BYTES | _MARKUP,
    st.sampled_from([None, "https://t.me/s/abc", "https://a.example/2025/02/30/x", "http://[", "a.html"]),
    st.sampled_from([None, "text/html", "text/html; charset=utf-7", "text/html; charset=koi8-r"]),
)  # fmt: skip
def test_any_bytes_are_read_or_refused(body: bytes, url: str | None, media_type: str | None) -> None:
    given_document = document(body, name="any.html", url=url, media_type=media_type)
    page.recognises(given_document)
    try:
        reading = page.read(given_document)
    except ParseError:
        return
    for article in reading.articles:
        assert article.headline
        assert article.identity
        assert_spans_hold(article)
