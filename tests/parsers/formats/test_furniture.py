"""Which lines of a page are furniture, credits and bylines, and which recur."""

from __future__ import annotations

import time

import pytest

from parsers.formats.furniture import (
    is_byline,
    is_credit,
    is_furniture,
    recurring_lines,
    sentence_like,
    without,
    without_furniture,
)

PROSE = "Nine soldiers were killed near the town of Ber, the army said on Monday."


@pytest.mark.parametrize(
    "line",
    [
        "Read more: Mali's army retakes Ber",
        "[Read: Mali's army retakes Ber]",
        "À lire aussi Mali : l'armée annonce la reprise de Ber",
        "► Lire la suite",
        "Recommended Stories",
        "Related",
        "Sign up for our newsletter",
        "Abonnez-vous à notre chaîne WhatsApp",
        "Follow us on Facebook and X",
        "Suivez-nous sur Telegram",
        "Share this article",
        "Partager sur Facebook",
        "Advertisement",
        "© AFP - Amadou Keïta",
        "AMADOU KEITA / AFP",
        "AFP/Amadou Keita",
        "Crédit photo : DR",
        "FILE PHOTO: Soldiers stand guard in Gao",
        "Image source, Getty Images",
        "3 min read",
        "Temps de lecture : 2 min",
        "Tags: Mali, Wagner",
        "list of 3 items",
        "Tous droits réservés",
    ],
)
def test_furniture(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        PROSE,
        "Read more carefully, the statement says that nine died.",
        "Related attacks killed nine.",
        "Watch towers burned",
        "Share of the gold went to Moscow.",
        "Listen to the elders, he said.",
        "Sources in Gao told the outlet that nine men died.",
        "With Russia, Mali signed a deal.",
        "By Monday, the army had left.",
        "Le 12 mars 2024, des hommes armés ont attaqué Ber.",
        "Avec Wagner, l'armée a repris Kidal.",
        "Published reports say nine died.",
        "Photo evidence shows that nine died.",
        "Des renforts partis de Kidal",
    ],
)
def test_what_the_article_says_is_kept(line: str) -> None:
    assert not is_furniture(line)
    assert not is_credit(line)
    assert not is_byline(line)


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Awa Diallo; Editing by John Smith)",
        "Additional reporting by Awa Diallo in Gao",
        "Source : L'Indépendant",
        "Avec AFP",
        "(AFP)",
        "(Avec AFP et Reuters)",
        "With agencies",
    ],
)
def test_credits(line: str) -> None:
    assert is_credit(line)
    assert without_furniture([PROSE, line]).lines == (PROSE,)
    assert without_furniture([PROSE, line]).credits == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "By Awa Keita",
        "Par Moussa Ag Assarid, correspondant à Gao",
        "12 March 2024",
        "mardi 12 mars 2024 à 14h05",
        "Publié le mercredi 05/03/2025 à 10:12 | Bamako Matin",
        "Published On 12 Mar 2024",
        "Awa Keita | 12.03.2024 - Update : 12.03.2024",
    ],
)
def test_bylines_at_the_beginning(line: str) -> None:
    assert without_furniture([line, PROSE], authors=["Awa Keita"]).lines == (PROSE,)


def test_headline_menus_and_last_headings_go() -> None:
    lines = ["Politique", "Nine soldiers killed", "Sport", PROSE, "A heading", PROSE, "Other news"]
    assert without_furniture(lines, headline="NINE SOLDIERS KILLED").lines == (PROSE, "A heading", PROSE)


def test_a_dateline_is_no_section() -> None:
    assert without_furniture(["Africa", PROSE]).lines == (PROSE,)
    assert without_furniture(["BAMAKO", PROSE]).lines == ("BAMAKO", PROSE)


def test_recurring_lines() -> None:
    slogan = "The agency shows only a part of its reports to readers without a subscription."
    pages = [[f"Story {n} says that something happened in the town of Gao.", slogan.upper()] for n in range(4)]
    recurring = recurring_lines(pages)
    assert without([slogan, PROSE], recurring) == (PROSE,)
    assert without(pages[0], recurring) == (pages[0][0],)
    assert recurring_lines(pages[:3]) == frozenset()
    assert recurring_lines([[PROSE], ["a"], ["b"], ["c"]], share=0.5) == frozenset()
    assert recurring_lines([[PROSE, PROSE], ["a"], ["b"], ["c"]], share=0.5) == frozenset()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (PROSE, True),
        (f"“{PROSE[:-1]}.”", True),
        ("Fuel queues grow longer in the markets of Gao and Mopti", False),
        ("It ended there, he said.", False),
        ("Antiterrorism counteroffensive reorganisation.", False),
    ],
)
def test_sentence_like(line: str, *, expected: bool) -> None:
    assert sentence_like([line]) == ((line,) if expected else ())


@pytest.mark.parametrize(
    "line",
    [
        "a " * 110,
        "A-" * 110,
        "AFP/" * 55,
        "by " + "a-" * 108,
        "Share " + "on " * 70,
        "► " * 110,
        " " * 219 + "x",
        "1 " * 110,
    ],
)
def test_no_line_takes_long(line: str) -> None:
    started = time.monotonic()
    for _ in range(20):
        without_furniture([line[:220], PROSE])
    assert time.monotonic() - started < 2
