"""Copies: whether a text holds the words of another, cut or framed as it may be.

In: the prints of two texts and the time between them. Out: how much of the shorter one stands in the other, or
None where that makes no copy. Pure. Copies arrive close together, so a window of time matters more than the
likeness; a notice that recurs with other figures is none.
"""

from __future__ import annotations

from datetime import timedelta

from parsers.anchors import NUMBER
from parsers.prints import Prints

NEAR = 0.5  # containment of word triples within NEAR_WINDOW; tests/cases/dedup
SAME = 0.9  # containment that makes a copy within SAME_WINDOW
NEAR_WINDOW = timedelta(days=4)
SAME_WINDOW = timedelta(days=30)
SHORT_WORDS = 60  # below, templates look alike: the headlines must agree too, and no figure may differ
LIKE_TITLES = 0.6  # share of the shorter headline's words


def containment(left: Prints, right: Prints) -> float:
    """Return the share of the smaller set of word triples that stands in the larger one."""
    smaller = min(len(left.triples), len(right.triples))
    return len(left.triples & right.triples) / smaller if smaller else 0.0


def judge_copy(left: Prints, right: Prints, *, apart: timedelta) -> tuple[float, str] | None:
    """Return how much of the shorter text is in the other, and in which direction; None for no copy."""
    share, apart = containment(left, right), abs(apart)
    if not ((share >= NEAR and apart <= NEAR_WINDOW) or (share >= SAME and apart <= SAME_WINDOW)):
        return None
    if min(left.words, right.words) < SHORT_WORDS and not _like_short(left, right):
        return None
    if recurs(left, right):
        return None
    return share, "is contained in" if len(left.triples) <= len(right.triples) else "contains"


def recurs(left: Prints, right: Prints) -> bool:
    """Tell whether two texts are one notice of two occasions: other figures in the same words.

    A copy in which a figure was corrected keeps most of the others.
    """
    if (left.days and right.days and not left.days & right.days) or _disjoint(left.weekdays, right.weekdays):
        return True
    mine, theirs = numbers(left), numbers(right)
    shared = len(mine & theirs)
    return bool(mine - theirs and theirs - mine) and shared < min(len(mine - theirs), len(theirs - mine))


def numbers(prints: Prints) -> frozenset[str]:
    """Return the anchors that are numbers."""
    return frozenset(a for a in prints.names if a.startswith(NUMBER))


def _like_short(left: Prints, right: Prints) -> bool:
    if numbers(left) - numbers(right) and numbers(right) - numbers(left):
        return False
    if left.heads - right.anchors and right.heads - left.anchors:
        return False
    shorter = min(len(left.headline), len(right.headline))
    return shorter > 0 and len(left.headline & right.headline) >= LIKE_TITLES * shorter


def _disjoint(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left and right) and not left & right
