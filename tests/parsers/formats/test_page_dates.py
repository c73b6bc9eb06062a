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
