"""What a text is anchored to: names, numbers, days and figures, in English and French, with and without capitals."""

from __future__ import annotations

import pytest

from parsers import anchors
from parsers.prints import prints_of
from parsers.text import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("attacked attaquer ATTACKERS", {"attac", "attaq"}),
        ("eleven onze 11", {"#11"}),
        ("the le of and 1 one", set()),
        ("0033612345678 is a telephone number", {"telep", "numbe"}),
    ],
)
def test_words_become_anchors_that_outlive_their_endings(text: str, found: set[str]) -> None:
    assert anchors.anchors(words(text)) == found


def test_names_are_capitals_inside_a_sentence() -> None:
    text = "Residents of Ménaka fled. They told the ONU that Bah ag Moussa had come."
    assert anchors.names(text) == {"menak", "onu", "bah", "mouss"}
    assert anchors.names(text.upper()) == anchors.names(text.lower()) == frozenset()


def test_days_years_and_figures() -> None:
    told = words("On 13 August 2023 and le 3 mars, 30 of the soldiers and six vehicles left on vendredi or Friday")
    assert anchors.days(told) == {"8-13", "3-3"}
    assert anchors.years(told) == {"2023"}
    assert anchors.weekdays(told) == {"friday"}
    assert anchors.figures(told) == {"soldi=30", "vehic=6"}


def test_grouped_numbers_are_one() -> None:
    assert (
        anchors.plain_numbers("11,600 soldiers, 1 500 police, 3.5 tonnes") == "11600 soldiers, 1500 police, 3.5 tonnes"
    )


@pytest.mark.parametrize("text", ["", "…", "\x00\ud800", "ا ل ع ر ب ي ة", "a" * 10_000, "7" * 10_000])
def test_any_string_has_prints(text: str) -> None:
    assert prints_of(text, text) == prints_of(text, text)
