"""Web pages: every case folder, how much of their text is found, and what is told of their oddities."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import mean

import pytest

from parsers.article import Article
from parsers.errors import ParseError
from parsers.formats import page, registry
from parsers.formats.furniture import sentence_like
from parsers.text import words
from tests.parsers.formats.cases import assert_spans_hold, document, expected_of, folders, shown

MEAN_F1, WORST_F1 = 0.94, 0.8  # of the words; one line of furniture in a short article costs 0.15
SENTENCES = (
    "<p>The army said on Monday that nine soldiers were killed near Ber.</p>"
    "<p>It named no group, and a resident told us that the road is closed.</p>"
)


def read_case(case: Path) -> tuple[Article, ...]:
    expected = expected_of(case)
    body = (case / "input.html").read_bytes()
    reading = page.read(document(body, name="input.html", url=expected.get("url")))
    assert list(reading.problems) == expected.get("problems", [])
    return reading.articles


def read_html(html: str, **more: str) -> Article:
    (article,) = page.read(document(html.encode(), name="a.html", **more)).articles
    return article


def f1(found: str, wanted: str) -> float:
    left, right = Counter(words(found)), Counter(words(wanted))
    return 2 * (left & right).total() / (left.total() + right.total())


@pytest.mark.parametrize("case", folders("page"), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    expected = expected_of(case)
    if reason := expected.get("error"):
        with pytest.raises(ParseError) as refused:
            read_case(case)
        assert refused.value.reason == reason
        return
    articles = read_case(case)
    assert [shown(a, fields) for a, fields in zip(articles, expected["articles"], strict=True)] == expected["articles"]
    for article in articles:
        assert_spans_hold(article)


def test_the_text_of_pages_is_found() -> None:
    cases = {case.name: case for case in folders("page") if "body" in expected_of(case)}
    scores = {
        name: f1("\n".join(read_case(case)[0].paragraphs), "\n".join(expected_of(case)["body"]))
        for name, case in cases.items()
    }
    assert len(scores) >= 12
    assert mean(scores.values()) >= MEAN_F1, scores
    assert min(scores.values()) >= WORST_F1, scores


@pytest.mark.parametrize("name", ["bbc_like", "rfi_like", "aljazeera_like", "live_blog", "think_tank", "voa_like"])
def test_paragraphs_stand_as_on_the_page(name: str) -> None:
    (case,) = (case for case in folders("page") if case.name == name)
    assert list(read_case(case)[0].paragraphs) == expected_of(case)["body"]


@pytest.mark.parametrize(
    ("body", "name", "media_type", "recognised"),
    [
        (b"anything", "a", "text/html; charset=utf-8", True),
        (b"anything", "a", "application/xhtml+xml", True),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML PUBLIC 'x'>", "saved.txt", None, True),
        ("<html lang='fr'>".encode("utf-16"), "a", None, True),
        (b"<?xml version='1.0'?>\n<!-- saved --><html>", "a", "application/octet-stream", True),
        (b"<rss>", "a", None, False),
        (b"The <html> element", "a.txt", None, False),
    ],
)
def test_recognises(body: bytes, name: str, media_type: str | None, *, recognised: bool) -> None:
    assert page.recognises(document(body, name=name, media_type=media_type)) is recognised


def test_a_saved_page_is_read_under_its_file_name() -> None:
    body = f"<!doctype html><html><h1>Nine soldiers killed</h1>{SENTENCES}".encode()
    (article,) = registry.read(document(body, name="folder/saved.txt", media_type="text/plain")).articles
    assert (article.format, article.external_id, article.namespace) == ("page", "saved.txt", "page:test-source")
    assert article.url is None
    assert article.published_at is None
    assert article.remarks == ("no date",)


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("/mali/1", "https://www.daily.example/mali/1"),
        ("http://m.daily.example/mali/1", "http://m.daily.example/mali/1"),
        ("https://elsewhere.example/mali/1", "https://www.daily.example/mali/1?from=x"),
        ("https://www.daily.example/", "https://www.daily.example/mali/1?from=x"),
        ("javascript:alert(1)", "https://www.daily.example/mali/1?from=x"),
        ("data:text/html,x", "https://www.daily.example/mali/1?from=x"),
        ("", "https://www.daily.example/mali/1?from=x"),
    ],
)
def test_only_an_address_of_the_same_site_is_canonical(canonical: str, expected: str) -> None:
    html = f"<html><link rel=canonical href='{canonical}'><h1>Nine soldiers killed</h1>{SENTENCES}"
    assert read_html(html, url="https://www.daily.example/mali/1?from=x").url == expected


@pytest.mark.parametrize(
    ("declared", "media_type", "encoding", "remark"),
    [
        ("utf-8", None, "utf-8", None),
        ("iso-8859-1", None, "cp1252", None),
        ("", "text/html; charset=windows-1252", "cp1252", None),
        ("", None, "utf-16", None),
        ("", None, "cp1252", "not UTF-8: read as Windows-1252"),
        ("utf-7", None, "utf-8", "unknown encoding 'utf-7'"),
        ("unicode_escape", None, "utf-8", "unknown encoding 'unicode_escape'"),
        ("iso-8859-1", None, "utf-8", "calls itself iso-8859-1, but is not"),
    ],
)
def test_encodings(declared: str, media_type: str | None, encoding: str, remark: str | None) -> None:
    html = f"<html><head><meta charset={declared}></head><h1>Été à Ménaka</h1>{SENTENCES}"
    (article,) = page.read(document(html.encode(encoding), name="a", media_type=media_type)).articles
    assert article.headline == "Été à Ménaka"
    assert article.remarks == ((remark,) if remark else ()) + ("no date",)


@pytest.mark.parametrize(
    ("named", "headline"),
    [
        ("windows-1251", "Колонна вышла из Гао"),
        ("koi8-r", "Колонна вышла из Гао"),
        ("gb2312", "瓦格纳集团撤离马里"),
        ("gbk", "瓦格纳集团撤离马里"),
        ("big5", "華格納集團撤離馬里"),
        ("shift_jis", "ワグネルがマリから撤退"),
        ("euc-jp", "ワグネルがマリから撤退"),
        ("euc-kr", "바그너 그룹이 말리에서 철수"),
    ],
)
def test_other_scripts_in_a_named_encoding(named: str, headline: str) -> None:
    html = f"<html><meta charset={named}><h1>{headline}</h1>{SENTENCES}"
    (article,) = page.read(document(html.encode(named), name="a")).articles
    assert article.headline == headline


@pytest.mark.parametrize(
    ("title", "site", "expected"),
    [
        ("Army retakes Ber - RFI", "RFI", "Army retakes Ber"),
        ("Army retakes Ber | Mali | Reuters", "Reuters", "Army retakes Ber | Mali"),
        ("The Daily: Army retakes Ber", "The Daily", "Army retakes Ber"),
        ("Mali - Russia: a pact", "RFI", "Mali - Russia: a pact"),
        ("Kidal: army retakes Ber", "RFI", "Kidal: army retakes Ber"),
        ("Ber – Al Jazeera English", "Al Jazeera", "Ber"),
    ],
)
def test_the_outlet_is_no_part_of_the_headline(title: str, site: str, expected: str) -> None:
    html = f"<html><title>{title}</title><meta property=og:site_name content='{site}'>{SENTENCES}"
    assert read_html(html).headline == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Nine soldiers killed in Ber › Desert Notes", "Nine soldiers killed in Ber"),
        ("Nine soldiers kil…", "Nine soldiers killed in Ber"),
        ("Nine soldiers killed in Ber: what is known", "Nine soldiers killed in Ber: what is known"),
    ],
)
def test_the_headline_that_readers_see_ends_a_title(title: str, expected: str) -> None:
    html = f"<html><meta property=og:title content='{title}'><h1>Nine soldiers killed in Ber</h1>{SENTENCES}"
    assert read_html(html).headline == expected


def test_of_several_linked_articles_the_one_of_the_page_counts() -> None:
    others = '{"@type":"NewsArticle","headline":"Another story altogether","url":"https://a.example/2"}'
    own = '{"@type":"NewsArticle","headline":"Its own headline here","url":"https://a.example/1"}'
    script = f'<script type="application/ld+json">[{others},{own}]</script>'
    html = f"<html>{script}<h1>Shown</h1>{SENTENCES}"
    assert read_html(html, url="https://a.example/1").headline == "Its own headline here"
    assert read_html(html, url="https://a.example/3").headline == "Shown"


@pytest.mark.parametrize(
    ("script", "remark"),
    [
        ('{"@type":"NewsArticle","headline":"H",}', None),
        ('//<![CDATA[\n{"@type":"NewsArticle","headline":"H"}\n//]]>', None),
        ('<!-- {"@type":"NewsArticle","headline":"H"} -->', None),
        ('{"@type":"NewsArticle","headline":"H"', "broken JSON-LD"),
    ],
)
def test_odd_linked_data(script: str, remark: str | None) -> None:
    article = read_html(f'<html><script type="application/ld+json">{script}</script><h1>Shown</h1>{SENTENCES}')
    assert article.headline == ("Shown" if remark else "H")
    assert (remark in article.remarks) is (remark is not None)


def test_what_cannot_be_true_is_no_date() -> None:
    html = f"<html><meta property=article:published_time content=2031-01-01T00:00:00Z><h1>H</h1>{SENTENCES}"
    article = read_html(html)
    assert article.published_at is None
    assert article.remarks == ("impossible date left out: published 2031-01-01", "no date")


def test_a_date_in_the_text_is_not_that_of_the_page() -> None:
    article = read_html(f"<html><h1>H</h1>{SENTENCES}<p>The camp was taken on <b>12 March 2024</b>, he said.</p>")
    assert article.published_at is None


def test_a_listing_without_sentences_is_told_by_its_linked_data() -> None:
    script = '<script type="application/ld+json">{"@type":"CollectionPage"}</script>'
    with pytest.raises(ParseError, match="a page of links to articles"):
        read_html(f"<html>{script}<h2><a href=/1>A</a></h2>{SENTENCES}")


def test_fault_53_text_below_many_open_elements_is_kept() -> None:
    article = read_html(f"<html><h1>Nine soldiers killed</h1>{'<div>' * 400}{SENTENCES}")
    assert len(article.paragraphs) == 2
    assert article.remarks[0] == "read block by block: 404 tags, 402 elements deep"


UNCLOSED = (
    "The committee of the river traders meets at the town hall of Mopti every first Tuesday of the month, at nine in "
    "the morning, and lets everyone speak who has a boat of their own"
)
BARE_MENU = "<div><p>Your weather is set to Mopti. You can change the town of your weather here.</p></div>" * 2


def test_a_text_without_closed_sentences_is_kept_as_it_was_found() -> None:
    lines = "".join(f"<p>{UNCLOSED}, item {number}</p>" for number in range(6))
    article = read_html(
        f"<html><title>River traders</title>{BARE_MENU}<article><h1>River traders</h1>{lines}</article>"
    )
    assert article.paragraphs == tuple(f"{UNCLOSED}, item {number}" for number in range(6))


@pytest.mark.parametrize("opening", ["。", "؟"])
def test_sentences_of_other_scripts_are_closed(opening: str) -> None:
    assert sentence_like([f"one two three four, five six seven eight nine ten{opening}"])


TEASERS = "".join(f"<h3><a href=/a/{n}>Another story, number {n}</a></h3><p>What it is about.</p>" for n in range(9))
SHORT_TEXT = "<p>The footbridge at Konna will stay closed until the water has gone down, the mayor said on Friday.</p>"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("<meta property=article:published_time content=2025-03-12T08:00:00Z>", "<body>"),
        ("<meta name=DC.date.issued content=2025-03-12>", "<body>"),
        ("<meta property=og:type content=video>", "<body>"),
        ("", "<body class='post-template-default single single-post'>"),
    ],
)
def test_a_short_article_beside_many_teasers(head: str, body: str) -> None:
    parts = f"<h1>Konna footbridge closed</h1><div>{SHORT_TEXT}</div><div>{TEASERS}</div>"
    assert "until the water has gone down" in " ".join(read_html(f"<html>{head}{body}{parts}").paragraphs)
    with pytest.raises(ParseError, match="a page of links"):
        read_html(f"<html><body>{parts}")


@pytest.mark.parametrize(
    ("description", "standfirst"),
    [
        ("Families near Ber count their dead after soldiers were killed.", True),
        ("All the news, weather and sport of the region, day after day, for you.", False),
        ("The army said on Monday that nine soldiers were killed near Ber, it named", False),
        ("Watch online: Nine soldiers killed, on the channel of the north.", False),
    ],
)
def test_a_description_that_is_a_slogan_or_a_repetition_is_no_standfirst(description: str, *, standfirst: bool) -> None:
    head = f"<meta name=description content='{description}'>"
    article = read_html(f"<html>{head}<h1>Nine soldiers killed</h1>{SENTENCES}{SENTENCES}")
    assert article.standfirst == (description if standfirst else None)


def test_a_standfirst_stands_above_the_text() -> None:
    about = "<div class=author-desc>She writes about the north of the country and its people.</div>"
    lead = "<p class=standfirst>Families near Ber count their dead after a bad week.</p>"
    text = SHORT_TEXT * 2
    assert read_html(f"<html><h1>Nine soldiers killed</h1>{text}{about}").standfirst is None
    assert read_html(f"<html><h1>Nine soldiers killed</h1>{lead}{text}{about}").standfirst is not None


@pytest.mark.parametrize("before", ["Mali: ", "Mali - ", "Securité | "])
def test_a_headline_is_read_without_what_the_title_says_before_it(before: str) -> None:
    title = f"<meta property=og:title content='{before}Nine soldiers killed near Ber'>"
    assert read_html(f"<html>{title}<h1>Nine soldiers killed near Ber</h1>{SENTENCES}").headline == (
        "Nine soldiers killed near Ber"
    )
