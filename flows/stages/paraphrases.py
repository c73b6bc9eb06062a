"""Paraphrases: whether a text tells what another tells, in other words.

In: the prints of two texts, and how rare their anchors were before. Out: a score of three named features, fixed
weights and one threshold, or a veto where the two differ in a day, a figure or what their headlines name. Pure.
Two reports of one event share names; a rewrite shares nearly all of them, and what is rare among the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from parsers.anchors import USUAL
from parsers.prints import Prints

# Fitted on machine rewrites of general news and on reports of this theatre; none may be negative.
NAMES, WORDING, MASS = 0.35, 0.25, 0.40
PARAPHRASE = 0.48
ENOUGH = 230.0  # weight of what is shared (about twenty-five unseen anchors) that is evidence in full …
ENOUGH_SHARE = 0.46  # … or, of long texts, this share of the smaller one
LEAST_MASS = 0.25  # of it: two briefs of few words are alike whoever wrote them
UNSEEN = 20.0  # articles that are taken to have come before the first one, so that early weights are alike
USUAL_BEFORE = 6.0  # of these, those in which a usual word of the news stood
FEWEST_CHANGED = 2  # figures: a single one may be a later count of the same report


class Rarity:
    """How much an anchor weighs: the square of how surprising it is after the past articles, as in a cosine."""

    def __init__(self, frequencies: Mapping[str, int], articles: int) -> None:
        self._frequencies = frequencies
        self._log_all = log(articles + UNSEEN)

    def __call__(self, anchor: str) -> float:
        """Return the weight of an anchor."""
        seen = self._frequencies.get(anchor, 0) + (USUAL_BEFORE if anchor in USUAL else 0)
        return (self._log_all - log(seen + 1)) ** 2

    def sum(self, anchors: Iterable[str]) -> float:
        """Return the weight of several anchors."""
        return sum(map(self, anchors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The features of two texts, each from 0 to 1, and the score they make."""

    names: float  # share of one text's names and numbers that the other has, the higher of both
    wording: float  # of the other telling words, twice the shared ones to all
    mass: float  # of what is shared, to what is evidence in full

    @property
    def score(self) -> float:
        """Return the score that is compared with PARAPHRASE; 0 where too little is shared to tell."""
        if self.mass < LEAST_MASS:
            return 0.0
        return NAMES * self.names + WORDING * self.wording + MASS * self.mass


def likeness(left: Prints, right: Prints, rarity: Rarity) -> Likeness:
    """Return how like two texts are in what they tell."""
    shared, named = left.anchors & right.anchors, left.names | right.names
    of_left, of_right, of_both = map(rarity.sum, (left.anchors, right.anchors, shared))
    plain = of_left + of_right - rarity.sum(left.anchors & named) - rarity.sum(right.anchors & named)
    return Likeness(
        names=max(_share(left.names, right.anchors, rarity), _share(right.names, left.anchors, rarity)),
        wording=2 * rarity.sum(shared - named) / plain if plain > 0 else 0.0,
        mass=min(1.0, of_both / max(ENOUGH, ENOUGH_SHARE * min(of_left, of_right))),
    )


def veto(left: Prints, right: Prints) -> str | None:
    """Return in what two texts differ that one event cannot have twice; None where nothing does."""
    for what, mine, theirs in (
        ("day of the week", left.weekdays, right.weekdays),
        ("day", left.days, right.days),
        ("year", left.years, right.years),
    ):
        if mine and theirs and not mine & theirs:
            return f"another {what}: {_few(mine)} and {_few(theirs)}"
    other = changed_figures(left, right)
    if len(other) >= FEWEST_CHANGED and len(other) > _agreed(left, right):
        return f"other figures: {_few(other)}"
    mine, theirs = left.heads - right.anchors, right.heads - left.anchors
    if mine and theirs:
        return f"the headlines name {_few(mine)} and {_few(theirs)}"
    return None


def changed_figures(left: Prints, right: Prints) -> list[str]:
    """Return what both texts count, and each another number of it: "soldi 30/31"."""
    mine, theirs = _counted(left), _counted(right)
    return [
        f"{thing} {'+'.join(sorted(mine[thing]))}/{'+'.join(sorted(theirs[thing]))}"
        for thing in sorted(mine.keys() & theirs.keys())
        if not mine[thing] & theirs[thing]
    ]


def _agreed(left: Prints, right: Prints) -> int:
    mine, theirs = _counted(left), _counted(right)
    return sum(bool(mine[thing] & theirs[thing]) for thing in mine.keys() & theirs.keys())


def _counted(prints: Prints) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for figure in prints.figures:
        thing, _, number = figure.rpartition("=")
        found[thing].add(number)
    return found


def _share(names: frozenset[str], others: frozenset[str], rarity: Rarity) -> float:
    whole = rarity.sum(names)
    return rarity.sum(names & others) / whole if whole > 0 else 0.0


def _few(items: Iterable[str]) -> str:
    return ", ".join(sorted(items)[:4])
