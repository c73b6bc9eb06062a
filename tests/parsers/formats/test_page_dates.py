"""The dates of pages: how they are written, and where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.formats import page
from parsers.formats.instants import read_instant
from tests.parsers.formats.cases import document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-12T14:05:00+0100", "2024-03-12T13:05:00+00:00"),
        ("2024-03-12T14:05:00.000Z", "2024-03-12T14:05:00+00:00"),
        ("2024-03-12", "2024-03-12T00:00:00+00:00 published: a date without a time"),
        ("2024-03-12 14:05", "2024-03-12T14:05:00+00:00 published: a time without a zone, taken as UTC"),
        ("1710252300", "2024-03-12T14:05:00+00:00"),
        ("1710252300000", "2024-03-12T14:05:00+00:00"),
        ("Tue, 12 Mar 2024 14:05:00 GMT", "2024-03-12T14:05:00+00:00"),
        ("March 12, 2024, 3:05 PM EDT", "2024-03-12T19:05:00+00:00"),
        ("12 mars 2024 à 14h05 TU", "2024-03-12T14:05:00+00:00"),
        ("1er août 2024", "2024-08-01T00:00:00+00:00 published: a date without a time"),
        ("12 mars 2024 - 14 morts", "2024-03-12T00:00:00+00:00 published: a date without a time"),
        ("31/12/2024", "2024-12-31T00:00:00+00:00 published: a date without a time"),
        ("12/31/2024", "2024-12-31T00:00:00+00:00 published: a date without a time"),
        ("12. März 2024, 14:05 Uhr", "2024-03-12T14:05:00+00:00 published: a time without a zone, taken as UTC"),
        ("12 de febrero de 2024", "2024-02-12T00:00:00+00:00 published: a date without a time"),
        ("12 декабря 2024", "2024-12-12T00:00:00+00:00 published: a date without a time"),
        ("2024/03/12", "2024-03-12T00:00:00+00:00 published: a date without a time"),
        ("12.03.24", "2024-03-12T00:00:00+00:00 published: a date without a time"),
        ("12.03.24.1", None),
        ("03/04/2024", None),
        ("30 February 2024", None),
        ("2024-99-12", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_an_instant(text: str, expected: str | None) -> None:
    found = read_instant(text)
    assert (" ".join((found.at.isoformat(), *found.remarks("published"))) if found else None) == expected


@pytest.mark.parametrize(("day_first", "month"), [(True, 4), (False, 3)])
def test_the_order_of_day_and_month_is_told(day_first: bool, month: int) -> None:
    found = read_instant("03/04/2024", day_first=day_first)
    assert found is not None
    assert found.at.month == month


@given(st.text(max_size=60) | st.from_regex(r"\d{1,4}[-/. ]\w{1,5}[-/. ]\d{1,5}(T| )?\d{0,3}:?\d{0,3}", fullmatch=True))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    found = read_instant(text)
    assert found is None or found.at.tzinfo is not None


TEXT = "<p>L'armée a annoncé lundi que neuf soldats avaient été tués près de Ber, dans le nord du pays.</p>" * 2


@pytest.mark.parametrize(
    ("about", "published", "modified"),
    [
        ("<p>Publié le : <time datetime='2025-03-12T14:05:00Z'>12/03</time> Modifié le : "
         "<time datetime='2025-03-12T16:00:00Z'>12/03</time></p>", "2025-03-12T14:05", "2025-03-12T16:00"),
        ("<p>Publié le 12/03/2025 - 14:05 Modifié le 13/03/2025 - 16:00</p>", "2025-03-12T14:05", "2025-03-13T16:00"),
        ("<div><span>Publié le</span> <span>mercredi 5 mars 2025</span></div><p>Mis à jour le 6 mars 2025 à 9h03</p>",
         "2025-03-05T00:00", "2025-03-06T09:03"),
        ("<span>5 mars 2025</span>", "2025-03-05T00:00", None),
        ("<time class='entry-date updated' datetime='2025-03-12T14:05:00Z'>x</time>", "2025-03-12T14:05", None),
        ("<span>Écrit dans la semaine</span>", None, None),
    ],
)  # fmt: skip
def test_dates_about_the_headline(about: str, published: str | None, modified: str | None) -> None:
    html = f"<html lang=fr><body><h1>Neuf soldats tués</h1>{about}{TEXT}</body></html>"
    (article,) = page.read(document(html.encode(), name="a.html")).articles
    found = [when.isoformat()[:16] if when else None for when in (article.published_at, article.modified_at)]
    assert found == [published, modified]


def test_a_date_in_the_address_is_the_last_resort() -> None:
    html = f"<html lang=fr><body><h1>Neuf soldats tués</h1>{TEXT}".encode()
    (article,) = page.read(document(html, name="a", url="https://a.example/afrique/20250312-neuf-soldats")).articles
    assert article.published_at is not None
    assert article.published_at.date().isoformat() == "2025-03-12"
    assert "published: dated by its address" in article.remarks


def published(html: str, **more: str) -> str | None:
    (article,) = page.read(document(html.encode(), name="a.html", **more)).articles
    return article.published_at.date().isoformat() if article.published_at else None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('{"@type": "WebPage", "datePublished": "2025-03-12T14:05:00Z"}', "2025-03-12"),
        ('{"@type": "BreadcrumbList", "datePublished": "2025-03-12T14:05:00Z"}', None),
        ('{"@type": "NewsArticle", "headline": "dit "oui"", "datePublished": "2025-03-12T14:05:00Z"}', "2025-03-12"),
        ('{"headline": "dit "oui"", "datePublished": "2025-03-12", "x": {"datePublished": "2025-03-13"}}', None),
    ],
)
def test_the_date_of_a_page_and_of_a_broken_script(script: str, expected: str | None) -> None:
    html = f"<html lang=fr><script type='application/ld+json'>{script}</script><h1>Neuf soldats tués</h1>{TEXT}"
    assert published(html) == expected


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        ("<p>Aïssata Diall<br>5 mars 2025</p>", "2025-03-05"),
        ("<div class=post-footer>Cet article a été écrit le 5 mars 2025 à 9h03</div>", "2025-03-05"),
        ("<div>5 mars 2025</div><div>6 mars 2025</div>", None),
        ("<div class=comments><span>5 mars 2025</span></div>", None),
        ("<aside><span>5 mars 2025</span></aside>", None),
        ("<div>Mis à jour le 5 mars 2025</div>", None),
        ("<p>La ville a été reprise le 5 mars 2025 par l'armée, selon trois habitants de la région.</p>", None),
    ],
)
def test_the_only_date_below_an_article_is_its_own(below: str, expected: str | None) -> None:
    assert published(f"<html lang=fr><h1>Neuf soldats tués</h1>{TEXT}{TEXT}{below}") == expected


def test_what_a_time_element_says_goes_before_its_attribute() -> None:
    about = "<time datetime='2025-03-19T08:00:00Z'>Publié le 12 mars 2025</time>"
    assert published(f"<html lang=fr><h1>Neuf soldats tués</h1>{about}{TEXT}") == "2025-03-12"


def test_the_date_at_the_headline_goes_before_that_of_another_article() -> None:
    other = "<div><a href=/x>Un autre titre</a> <time datetime='2025-04-20'>20 avril 2025</time></div>"
    menu = "".join(f"<a href=/{n}>Rubrique {n}</a>" for n in range(9))
    html = f"<html lang=fr>{other}{menu}<h1>Neuf soldats tués</h1><ul><li>12 mars 2025</li></ul>{TEXT}"
    assert published(html) == "2025-03-12"
