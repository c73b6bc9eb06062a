"""Paraphrases: whether a text tells what another tells, in other words.

In: the prints of two texts, and how rare their anchors were before. Out: a score of three named features, fixed
weights and one threshold, or a veto: the same passages, another day or figure, headlines that name others. Pure.
Two reports of one event share names; a rewrite shares nearly all of them, and what is rare among the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from flows.stages.copies import NEAR, containment, named_apart, other_figures
from parsers.anchors import NUMBER, USUAL, anchors
from parsers.prints import Prints

# Fitted on machine rewrites of general news and on reports of this theatre; none may be negative.
NAMES, WORDING, MASS = 0.35, 0.25, 0.40
PARAPHRASE = 0.50
ENOUGH = 230.0  # weight of what is shared (about twenty-five unseen anchors) that is evidence in full …
ENOUGH_SHARE = 0.46  # … or, of long texts, this share of the smaller one
LEAST_MASS = 0.25  # of it: two briefs of few words are alike whoever wrote them
UNCHANGED = 0.95  # wording: above, one form was filled in anew; a rewrite changes words
UNSEEN = 20.0  # articles that are taken to have come before the first one, so that early weights are alike
USUAL_BEFORE = 6.0  # of these, those in which a usual word of the news stood


class Rarity(dict[str, float]):
    """How much an anchor weighs: the square of how surprising it is after the past articles, as in a cosine.

    Weighed once, however many candidates share it.
    """

    def __init__(self, frequencies: Mapping[str, int], articles: int) -> None:
        super().__init__()
        self._frequencies = frequencies
        self._log_all = log(articles + UNSEEN)

    def __missing__(self, anchor: str) -> float:
        """Return the weight of an anchor that is asked for the first time."""
        seen = self._frequencies.get(anchor, 0) + (USUAL_BEFORE if anchor in USUAL else 0)
        weight = self[anchor] = (self._log_all - log(seen + 1)) ** 2
        return weight

    def sum(self, anchors: Iterable[str]) -> float:
        """Return the weight of several anchors."""
        return sum(map(self.__getitem__, anchors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The features of two texts, each from 0 to 1, and the score they make."""

    names: float  # share of one text's names and numbers that the other has, the higher of both
    wording: float  # of the other telling words, twice the shared ones to all
    mass: float  # of what is shared, to what is evidence in full

    @property
    def score(self) -> float:
        """Return the score that is compared with PARAPHRASE; 0 where too little is shared, or no word is another."""
        if self.mass < LEAST_MASS or self.wording > UNCHANGED:
            return 0.0
        return NAMES * self.names + WORDING * self.wording + MASS * self.mass


def likeness(left: Prints, right: Prints, rarity: Rarity) -> Likeness:
    """Return how like two texts are in what they tell."""
    shared, named = left.anchors & right.anchors, left.names | right.names
    of_left, of_right, of_both = map(rarity.sum, (left.anchors, right.anchors, shared))
    plain = of_left + of_right - rarity.sum(left.anchors & named) - rarity.sum(right.anchors & named)
    names = max(_share(left.names, right.anchors, rarity), _share(right.names, left.anchors, rarity))
    if all(name.startswith(NUMBER) for name in named):  # capitals tell no names here: any word may be one
        names = min(names, of_both / max(1.0, min(of_left, of_right)))
    return Likeness(
        names=names,
        wording=2 * rarity.sum(shared - named) / plain if plain > 0 else 0.0,
        mass=min(1.0, of_both / max(ENOUGH, ENOUGH_SHARE * min(of_left, of_right))),
    )


def veto(left: Prints, right: Prints) -> str | None:
    """Return why a text is no rewrite of another, as one event has no two days or tolls; None where nothing says so."""
    if containment(left, right) >= NEAR:
        return "the same passages: a copy or a notice that recurs, no rewrite"
    for what, mine, theirs in (
        ("day of the week", left.weekdays, right.weekdays),
        ("day", left.days, right.days),
        ("year", left.years, right.years),
    ):
        if mine and theirs and not mine & theirs:
            return f"another {what}: {_few(mine)} and {_few(theirs)}"
    if other := other_figures(left, right):
        return f"other figures: {_few(other)}"
    if apart := named_apart(left, right):
        return f"the headlines name {_few(apart[0])} and {_few(apart[1])}"
    mine, theirs = _counts(left) - right.anchors, _counts(right) - left.anchors
    if mine and theirs:
        return f"the headlines count {_few(mine)} and {_few(theirs)}"
    return None


def _counts(prints: Prints) -> frozenset[str]:
    """Return the numbers in a headline."""
    return frozenset(a for a in anchors(prints.headline) if a.startswith(NUMBER))


def _share(names: frozenset[str], others: frozenset[str], rarity: Rarity) -> float:
    whole = rarity.sum(names)
    return rarity.sum(names & others) / whole if whole > 0 else 0.0


def _few(items: Iterable[str]) -> str:
    return ", ".join(sorted(items)[:4])
