"""Addresses: what is one article, what is no address, who publishes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.urls import URL_MAX, canonical_url, is_known_outlet, publisher_family, url_key


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://WWW.Example.ORG:443", "https://www.example.org/"),
        ("http://example.org:8080/a?b=c#d", "http://example.org:8080/a?b=c"),
        (" http://example.org./a b \n", "http://example.org/a%20b"),
        ("https://exämple.org/é%c3%a9%7e%2f", "https://xn--exmple-cua.org/%C3%A9%C3%A9~%2F"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("https://example.org/?utm_source=x&id=3", "https://example.org/?utm_source=x&id=3"),
    ],
)
def test_canonical(url: str, expected: str) -> None:
    assert canonical_url(url) == expected
    assert canonical_url(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org/a", "//example.org/a", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "ftp://example.org/", "mailto:a@example.org", "http:///a", "http://", "http://exa mple.org/",
        "http://example.org\\@evil.example/", "http://example.org/a\tb", "http://example.org/a\nb", "http://a\0b/",
        "http://user:secret@example.org/", "http://example.org@evil.example/", "http://example.org:99999/",
        "http://example.org:x/", "http://[::1/", "http://exa<mple.org/", f"http://example.org/{'a' * URL_MAX}",
    ],
)  # fmt: skip
def test_no_web_address(url: str) -> None:
    assert canonical_url(url) is None
    assert url_key(url) is None


def test_relative_addresses_need_a_base() -> None:
    assert canonical_url("../a", "https://example.org/x/y") == "https://example.org/a"
    assert canonical_url("javascript:x", "https://example.org/") is None
    assert canonical_url("a", "file:///tmp/") is None
    assert canonical_url(" ", "https://example.org/") is None  # not the page on which it stands


PLAIN = "https://example.org/news/a-1"


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/news/a-1", "https://www.example.org/news/a-1", "https://m.example.org/news/a-1",
        "https://amp.example.org/news/a-1", "https://www.m.example.org/news/a-1", "https://EXAMPLE.org/news/a-1",
        "https://example.org:443/news/a-1", "https://example.org/news/a-1/", "https://example.org/news/a-1#comments",
        "https://example.org/news/a-1?utm_source=rss&utm_medium=feed", "https://example.org/news/a-1?fbclid=x",
        "https://example.org/news/a-1?ref=twitter", "https://example.org/news/a-1/?at_medium=RSS&at_campaign=KARANGA",
        "https://example.org/news/a-1?xtor=RSS-1", "https://example.org/news/a-1?ns_mchannel=rss",
        "https://example.org/news/a-1/amp", "https://example.org/news/a-1/amp/", "https://example.org/amp/news/a-1",
        "https://example.org/news/a-1?amp=1", "https://example.org/news/a-1?outputType=amp",
        "https://example.org//news/a-1", "https://example.org/news/a%2D1", "https://example.org/news/a-1/index.html",
        "https://www.google.com/amp/s/example.org/news/a-1",
        "https://example-org.cdn.ampproject.org/c/s/example.org/news/a-1",
        "https://www.google.com/url?rct=j&sa=t&url=https://example.org/news/a-1&ct=ga",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fnews%2Fa-1%3Ffbclid%3D2&h=AT0",
        "https://www.google.com/url?q=https://www.google.com/amp/s/example.org/news/a-1",
    ],
)  # fmt: skip
def test_the_same_article(other: str) -> None:
    assert url_key(other) == url_key(PLAIN) == "example.org/news/a-1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/a?id=1", "https://example.org/a?id=2"),
        ("https://example.org/spip.php?article12", "https://example.org/spip.php?article13"),
        (
            "https://example.org/spip.php?page=article&id_article=12",
            "https://example.org/spip.php?page=article&id_article=13",
        ),
        ("https://example.org/a?ref=4711", "https://example.org/a?ref=4712"),
        ("https://example.org/a?page=1", "https://example.org/a?page=2"),
        ("https://example.org/a?story=x", "https://example.org/a"),
        ("https://fr.example.org/a", "https://en.example.org/a"),
        ("https://example.org:8080/a", "https://example.org/a"),
        ("https://example.org/A", "https://example.org/a"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/camp", "https://example.org/c"),
    ],
)
def test_two_articles(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


def test_parameters_have_no_order() -> None:
    assert url_key("https://example.org/a?b=1&a=2") == url_key("https://example.org/a?a=2&utm_id=9&b=1")


@given(st.text() | st.text().map(lambda tail: f"https://example.org/{tail}"))
def test_keys_are_stable(url: str) -> None:
    canonical = canonical_url(url)
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert url_key(canonical) == url_key(url)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BBC News", "bbc"), ("bbc.co.uk", "bbc"), ("https://feeds.bbci.co.uk/news/rss.xml", "bbc"), ("BBCNEWS", "bbc"),
        ("BBC Afrique", "bbc"), ("AFP", "afp"), ("Agence France-Presse", "afp"), ("www.reuters.com", "reuters"),
        ("Associated Press", "ap"), ("The Associated Press", "ap"), ("https://apnews.com/article/x", "ap"),
        ("Al Jazeera English", "aljazeera"), ("https://www.aljazeera.net/", "aljazeera"),
        ("RFI", "francemediasmonde"), ("https://www.france24.com/fr/", "francemediasmonde"),
        ("CBSNEWS", "cbs"), ("VOA Afrique", "voa"), ("https://tass.ru/a", "tass"), ("RIA Novosti", "ria"),
        ("https://fr.allafrica.com/stories/1.html", "allafrica"), ("Jeune Afrique", "jeuneafrique"),
        ("https://www.jeuneafrique.com/1/", "jeuneafrique"), ("The Africa Report", "africareport"),
        ("https://www.theafricareport.com/1/", "africareport"), ("THEJERUSALEMPOST", "jerusalempost"),
        ("https://mali.news-pravda.com/a", "pravdanetwork"), ("https://www.pravda.com.ua/a", "ukrainskapravda"),
        ("Dawn (AFP)", "dawn"), ("https://www.dawn.com/news/1", "dawn"),
        ("https://river.blogspot.com/1", "river.blogspot.com"),
        ("https://nation.africa/kenya", "nation"), ("https://www.the-star.co.ke/a", "star"),
        ("http://127.0.0.1/a", "127.0.0.1"), ("https://t.me/s/Sahel_Watch", "t.me/sahel_watch"),
        ("https://t.me/sahel_watch/123?single", "t.me/sahel_watch"), ("t.me/sahel_watch", "t.me/sahel_watch"),
        ("https://telegram.me/sahel_watch", "t.me/sahel_watch"), ("https://t.me/joinchat/abcdef", "t.me"),
        ("https://t.me/", "t.me"), ("https://not-t.me/sahel_watch", "nott"),
        ("Жизнь", "жизнь"), ("", None), (None, None), ("…", None),
    ],
)  # fmt: skip
def test_publisher_family(name: str | None, expected: str | None) -> None:
    assert publisher_family(name) == expected


def test_known_outlets() -> None:
    assert is_known_outlet("Al Jazeera")
    assert is_known_outlet("AFP")
    assert not is_known_outlet("Goita")
    assert not is_known_outlet("")


@pytest.mark.parametrize(
    ("address", "family"),
    [
        ("https://www.google.com/url?sa=t&url=https://www.rfi.fr/fr/a-1", "francemediasmonde"),
        ("https://www.google.com/amp/s/www.bbc.com/news/1", "bbc"),
        ("https://www.google.com/url?q=mali+news", "google"),
        ("https://www.google.com/search?q=https://www.bbc.com/news/1", "google"),
    ],
)
def test_who_publishes_is_who_a_redirector_leads_to(address: str, family: str) -> None:
    assert publisher_family(address) == family


def test_a_redirector_that_names_no_page_is_an_address_of_its_own() -> None:
    assert url_key("https://www.google.com/url?q=mali+news") == "google.com/url?q=mali+news"
