"""Listing pages: the links that look like articles of the same site, in their order, each once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats.listing import article_links

FRONT = "https://www.aube.example/mali/"
WORDS = "Cinq soldats tués près de Tessit"


def links(html: str | bytes, *, url: str | None = FRONT) -> tuple[str, ...]:
    """Return the article links of a page at an address."""
    body = html.encode() if isinstance(html, str) else html
    at = datetime(2025, 6, 10, tzinfo=UTC)
    return article_links(
        Document(source="aube", name=FRONT, url=url, body=body, media_type="text/html", retrieved_at=at)
    )


def anchor(href: str, words: str = WORDS) -> str:
    return f'<a href="{href}">{words}</a>'


ARTICLES = {
    "whole address": ("https://www.aube.example/mali/tessit", WORDS, "https://www.aube.example/mali/tessit"),
    "site without www": ("https://aube.example/mali/tessit", WORDS, "https://aube.example/mali/tessit"),
    "path": ("/securite/tessit", WORDS, "https://www.aube.example/securite/tessit"),
    "relative": ("tessit", WORDS, "https://www.aube.example/mali/tessit"),
    "slug at the root": (
        "/attaque-d-un-poste-a-tessit",
        "Lire",
        "https://www.aube.example/attaque-d-un-poste-a-tessit",
    ),
    "number": ("/mali/20250607", "Lire", "https://www.aube.example/mali/20250607"),
    "SPIP": ("/article77", "Lire", "https://www.aube.example/article77"),
    "fragment left out": ("/mali/tessit#comments", WORDS, "https://www.aube.example/mali/tessit"),
    "words in elements": ("/mali/tessit", f"<b>{WORDS}</b><img/>", "https://www.aube.example/mali/tessit"),
}


@pytest.mark.parametrize(("href", "words", "link"), ARTICLES.values(), ids=ARTICLES.keys())
def test_a_link_to_an_article_is_taken(href: str, words: str, link: str) -> None:
    assert links(anchor(href, words)) == (link,)


OTHERS = {
    "another site": ("https://elsewhere.example/mali/tessit", WORDS),
    "a site that ends alike": ("https://notaube.example/mali/tessit", WORDS),
    "a site below": ("https://shop.aube.example/mali/tessit", WORDS),
    "the front page": ("/", WORDS),
    "a rubric at the root": ("/securite", WORDS),
    "a tag": ("/tag/groupe-wagner-au-mali", WORDS),
    "an author": ("/Auteur/la-redaction-de-bamako", WORDS),
    "the next page": ("/mali/page/20250", WORDS),
    "a menu": ("/mali/securite", "Sécurité au Mali"),
    "a script": ("javascript:open('a-b-c-d-e')", WORDS),
    "a letter": ("mailto:a-b-c-d-e@aube.example", WORDS),
    "credentials": ("https://me:word@www.aube.example/mali/tessit", WORDS),
}


@pytest.mark.parametrize(("href", "words"), OTHERS.values(), ids=OTHERS.keys())
def test_other_links_are_left(href: str, words: str) -> None:
    assert links(anchor(href, words) + anchor("/mali/gao")) == ("https://www.aube.example/mali/gao",)
    with pytest.raises(ParseError, match="a listing without links to articles"):
        links(anchor(href, words))


def test_links_come_in_the_order_of_the_page_each_once() -> None:
    page = anchor("/mali/b") + anchor("/mali/a") + anchor("/mali/b?utm_source=front") + anchor("/mali/a/") + "<a>x</a>"
    assert links(page) == ("https://www.aube.example/mali/b", "https://www.aube.example/mali/a")


def test_the_name_stands_in_for_the_address() -> None:
    assert links(anchor("tessit"), url=None) == ("https://www.aube.example/mali/tessit",)


@pytest.mark.parametrize("body", [b"", b"\0\1\2" * 500, b"plain words", b"<html></html>"], ids=repr)
def test_a_page_without_articles_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        links(body)
    assert caught.value.document == FRONT


def test_a_malformed_link_harms_no_other() -> None:
    assert links(anchor("http://[bad") + anchor("/mali/gao")) == ("https://www.aube.example/mali/gao",)
