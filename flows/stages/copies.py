"""Copies: whether a text holds the words of another, cut or framed as it may be.

In: the prints of two texts and the time between them. Out: how much of the shorter one stands in the other, or
None where that makes no copy. Pure. Copies arrive close together, so a window of time matters more than the
likeness; a notice that recurs with other figures is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from parsers.anchors import NUMBER, USUAL, anchors
from parsers.prints import Prints

NEAR = 0.5  # containment of word triples within NEAR_WINDOW; tests/cases/dedup
SAME = 0.9  # containment that makes a copy within SAME_WINDOW
NEAR_WINDOW = timedelta(days=4)
SAME_WINDOW = timedelta(days=30)
SHORT_WORDS = 60  # below, templates look alike: the headlines or the names must agree too, and no figure may differ
LIKE_TITLES = 0.6  # share of the shorter headline's words
BEGINNING = 4  # letters that the forms of a word share
CORRECTED = 2  # numbers that a correction changes, whatever else is counted; a notice that recurs changes more
FEWEST_CHANGED = 2  # counts: a single one may be a later count of the same report


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
    if recurs(left, right) or (share < SAME and told_apart(left, right)):
        return None
    return share, "is contained in" if len(left.triples) <= len(right.triples) else "contains"


def recurs(left: Prints, right: Prints) -> bool:
    """Tell whether two texts are one notice of two occasions: other days, names or figures in the same words.

    A copy in which a figure was corrected keeps most of the others.
    """
    if _other_days(left, right) or _disjoint(left.weekdays, right.weekdays):
        return True
    if named_apart(left, right) or other_figures(left, right) or _other_names(left, right):
        return True
    mine, theirs = numbers(left), numbers(right)
    shared, changed = len(mine & theirs), min(len(mine - theirs), len(theirs - mine))
    return changed > shared or (changed > CORRECTED and 2 * changed > shared)


def told_apart(left: Prints, right: Prints) -> bool:
    """Tell whether neither text tells what the headline of the other says: two stories on one shared background.

    Of a copy under another headline one of both still says what the shared text tells, though "staged" be "staging".
    """
    return _tells_apart(left, right) and _tells_apart(right, left)


def _tells_apart(one: Prints, other: Prints) -> bool:
    """Tell whether most of what a headline tells does not stand in the other text."""
    told, stands = _begun(anchors(one.headline) - USUAL), _begun(other.anchors)
    return bool(told) and 2 * len(told & stands) < len(told)


def _begun(words: Iterable[str]) -> set[str]:
    return {word[:BEGINNING] for word in words}


def _other_days(left: Prints, right: Prints) -> bool:
    """Tell whether each text opens with a day that the other never tells; one that it tells further down is no other.

    Further down only the number of a day is known.
    """
    return _disjoint(left.days, right.days) and all(
        any(NUMBER + day.partition("-")[2] not in other.anchors for day in one.days)
        for one, other in ((left, right), (right, left))
    )


def _other_names(left: Prints, right: Prints) -> bool:
    """Tell whether more names stand in the place of others than agree: one form that was filled in anew."""
    mine, theirs = left.names - numbers(left), right.names - numbers(right)
    return min(len(mine - right.anchors), len(theirs - left.anchors)) > len(mine & theirs)


def named_apart(left: Prints, right: Prints) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return what each headline names that the other text never does; None unless both do."""
    mine, theirs = left.heads - right.anchors, right.heads - left.anchors
    return (mine, theirs) if mine and theirs else None


def other_figures(left: Prints, right: Prints) -> list[str]:
    """Return the figures in which two texts differ where these are several, and more than agree; else none."""
    changed = changed_figures(left, right)
    mine, theirs = _counted(left), _counted(right)
    agreed = sum(bool(mine[thing] & theirs[thing]) for thing in mine.keys() & theirs.keys())
    return changed if len(changed) >= FEWEST_CHANGED and len(changed) > agreed else []


def changed_figures(left: Prints, right: Prints) -> list[str]:
    """Return what both texts count, and each another number of it: "soldi 30/31"."""
    mine, theirs = _counted(left), _counted(right)
    return [
        f"{thing} {'+'.join(sorted(mine[thing]))}/{'+'.join(sorted(theirs[thing]))}"
        for thing in sorted(mine.keys() & theirs.keys())
        if not mine[thing] & theirs[thing]
    ]


def numbers(prints: Prints) -> frozenset[str]:
    """Return the anchors that are numbers."""
    return frozenset(a for a in prints.names if a.startswith(NUMBER))


def _like_short(left: Prints, right: Prints) -> bool:
    if numbers(left) - numbers(right) and numbers(right) - numbers(left):
        return False
    shorter = min(len(left.headline), len(right.headline))
    if shorter > 0 and len(left.headline & right.headline) >= LIKE_TITLES * shorter:
        return True
    return any(  # the shorter one names something, and nothing that the longer one does not
        len(one.triples) <= len(other.triples) and one.names - numbers(one) and one.names <= other.anchors
        for one, other in ((left, right), (right, left))
    )


def _disjoint(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left and right) and not left & right


def _counted(prints: Prints) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for figure in prints.figures:
        thing, _, number = figure.rpartition("=")
        found[thing].add(number)
    return found
