"""The pairs of tests/cases/dedup: two texts, how far apart they came, and what is to be said of them.

In: pairs.csv, whose cells name texts as `story/section` and changes to them (`+cut:60`), and stories/*.txt,
where `== section` opens a text, its next line is the headline, and `== figures` lists corrections (`old => new`).
Out: `Pair` values, the same at every reading. All stories are made up, also where they name real people,
bodies or places. Nothing here knows how the product judges.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

CASES = Path(__file__).parent / "cases" / "dedup"
APART = "apart"
VERDICTS = ("exact", "near", "paraphrase", APART)
SHORT_WORDS = 60  # the line between copies and short ones; a pair is as long as its shorter text

# What sites put around a text: above, below.
FRAMES = (
    (
        "Home > Africa > Sahel\nShare on Facebook Share on X Share by e-mail\nReading time: 3 minutes",
        "Read also: Five things to know about the transition\nSubscribe to our newsletter and get the news of the day "
        "in your mailbox every morning. By clicking you accept our terms of use.\n© All rights reserved. No part of "
        "this page may be reproduced without written permission of the publisher.",
    ),
    (
        "ADVERTISEMENT\nThis story first appeared on the site of one of our partners and is published here with "
        "permission.",
        "Have you a tip for our reporters? Write to us in confidence. The views expressed are those of the authors.\n"
        "Most read: Rainy season arrives early — Ten recipes with okra — Exchange rates — Tonight's TV programme\n"
        "Comments are closed for this article.",
    ),
    (
        "Accueil > Afrique > Sahel\nPartager sur Facebook Partager sur X Imprimer\nTemps de lecture : 3 minutes",
        "À lire aussi : Transition, ce qui va changer\nAbonnez-vous à notre lettre d'information pour recevoir chaque "
        "matin l'essentiel de l'actualité. En cliquant, vous acceptez nos conditions d'utilisation.\n© Tous droits "
        "réservés. Toute reproduction est interdite sans l'accord écrit de l'éditeur.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text as a source gives it."""

    headline: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two texts, the later one on the left, and the verdict to be given."""

    category: str
    language: str
    left_name: str
    right_name: str
    left: Text
    right: Text
    apart: timedelta
    expected: str  # one of VERDICTS

    @property
    def duplicate(self) -> bool:
        """Whether the left text is to be called a duplicate of the right one."""
        return self.expected != APART

    @property
    def copy(self) -> bool:
        """Whether it is so without having been worded anew."""
        return self.expected in {"exact", "near"}

    @property
    def short(self) -> bool:
        """Whether one of the texts has fewer than SHORT_WORDS words."""
        return min(len(text.body.split()) for text in (self.left, self.right)) < SHORT_WORDS

    @property
    def stories(self) -> frozenset[str]:
        """The stories that the texts are of."""
        return frozenset(name.partition("/")[0] for name in (self.left_name, self.right_name))


@cache
def stories() -> Mapping[str, Mapping[str, str]]:
    """Return the sections of each story, as they stand in its file."""
    return {
        path.stem: _sections(path.read_text(encoding="utf-8")) for path in sorted((CASES / "stories").glob("*.txt"))
    }


def _sections(content: str) -> dict[str, str]:
    parts = re.split(r"^== (\w+)\n", content, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def pairs() -> tuple[Pair, ...]:
    """Return the pairs in the order of the file; ValueError where a row says what cannot be."""
    with (CASES / "pairs.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_pair(row) for row in csv.DictReader(file))


def _pair(row: Mapping[str, str]) -> Pair:
    if row["expected"] not in VERDICTS:
        raise ValueError(f"{row['left']}: no verdict is called {row['expected']!r}")
    return Pair(
        category=row["category"],
        language=row["language"],
        left_name=row["left"],
        right_name=row["right"],
        left=text_of(row["left"]),
        right=text_of(row["right"]),
        apart=timedelta(hours=float(row["hours_apart"])),
        expected=row["expected"],
    )


def text_of(name: str) -> Text:
    """Return the text of a name such as `story/base+cut:60+framed:0`; ValueError where a part is not known."""
    place, *changes = name.split("+")
    story, _, section = place.partition("/")
    try:
        headline, _, body = stories()[story][section].partition("\n")
        text = Text(headline=headline, body=body)
        for change in changes:
            kind, _, argument = change.partition(":")
            text = CHANGES[kind](text, argument or story)
    except KeyError as error:
        raise ValueError(f"{name}: there is no {error}") from None
    return text


def _marks(text: Text, _: str) -> Text:
    """Other quotation marks, dashes, spaces and line ends."""
    changed = text.body.translate(str.maketrans({"'": "’", "–": "-", "\n": "\r\n"}))
    return replace(text, body=re.sub(r'"([^"]*)"', "“\\1”", changed).replace(". ", ".  "))


def _cut(text: Text, share: str) -> Text:
    words = text.body.split(" ")
    return replace(text, body=f"{' '.join(words[: len(words) * int(share) // 100])} …")


def _tail(text: Text, share: str) -> Text:
    words = text.body.split(" ")
    return replace(text, body=" ".join(words[-(len(words) * int(share) // 100) :]))


def _framed(text: Text, number: str) -> Text:
    above, below = FRAMES[int(number)]
    return replace(text, body=f"{above}\n{text.body}\n{below}")


def _dateline(text: Text, line: str) -> Text:
    return replace(text, body=f"{line} – {text.body}")


def _reordered(text: Text, _: str) -> Text:
    """Put the second half of the sentences first; the pieces change places, their words do not."""
    sentences = re.split(r"(?<=[.!?»”\"])\s+(?=[A-ZÀ-Ü«“\"])", text.body)
    half = len(sentences) // 2
    return replace(text, body=" ".join([*sentences[half:], *sentences[:half]]))


def _capitals(text: Text, _: str) -> Text:
    return Text(headline=text.headline.upper(), body=text.body.upper())


def _retitled(text: Text, story: str) -> Text:
    return replace(text, headline=stories()[story]["retitled"])


def _figures(text: Text, story: str) -> Text:
    whole = f"{text.headline}\n{text.body}"
    for line in stories()[story]["figures"].splitlines():
        old, _, new = line.partition(" => ")
        if old not in whole:
            raise ValueError(f"{story}: there is no {old!r} to be corrected")
        whole = whole.replace(old, new)
    headline, _, body = whole.partition("\n")
    return Text(headline=headline, body=body)


CHANGES: Mapping[str, Callable[[Text, str], Text]] = {
    "marks": _marks,
    "cut": _cut,
    "tail": _tail,
    "framed": _framed,
    "dateline": _dateline,
    "reordered": _reordered,
    "capitals": _capitals,
    "retitled": _retitled,
    "figures": _figures,
}
