"""Which patterns can match at all: each needs one of a few words, and most sentences have none of them.

In: compiled patterns. Out: for a text, the patterns worth trying, in their order. It must never drop a pattern that
would match: where no word is sure to be needed, the pattern is always tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, TypeVar

from ahocorasick_rs import AhoCorasick

SHORTEST = 3  # characters; shorter words stand in nearly every sentence
_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}

T = TypeVar("T")


class Screen(Generic[T]):
    """Things that are found by patterns, and the words without which none of a thing's patterns can match."""

    def __init__(self, things: Sequence[tuple[T, Sequence[re.Pattern[str]]]]) -> None:
        self._things = tuple(thing for thing, _ in things)
        self._always: list[int] = []
        owners: dict[str, list[int]] = {}
        for index, (_, patterns) in enumerate(things):
            needed = [needed_words(pattern) for pattern in patterns]
            if any(words is None for words in needed):
                self._always.append(index)
                continue
            for word in set().union(*(words for words in needed if words)):
                owners.setdefault(word, []).append(index)
        self._owners = list(owners.values())
        self._automaton = AhoCorasick(list(owners))

    def worth_trying(self, text: str) -> Iterator[T]:
        """Yield the things of which a pattern may match the text, whatever its case, in their order."""
        found = set(self._always)
        for word, _, _ in self._automaton.find_matches_as_indexes(text.lower(), overlapping=True):
            found.update(self._owners[word])
        return (self._things[index] for index in sorted(found))


def needed_words(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Return words of which every match holds one, in lower case; None where there is no such set."""
    return _of_sequence(parser.parse(pattern.pattern, pattern.flags))


def _of_sequence(items: Any) -> frozenset[str] | None:
    """Return the best set that one of the parts in a row needs: the one whose shortest word is longest."""
    sets: list[frozenset[str]] = []
    run = ""
    for code, value in items:
        if code is codes.LITERAL:
            run += chr(value).lower()
            continue
        sets.append(frozenset({run}))
        run = ""
        inner = _of_item(code, value)
        if inner:
            sets.append(inner)
    sets.append(frozenset({run}))
    best = max(sets, key=lambda words: (min(map(len, words)), -len(words)))
    return best if min(map(len, best)) >= SHORTEST else None


def _of_item(code: Any, value: Any) -> frozenset[str] | None:
    if code is codes.SUBPATTERN:
        return _of_sequence(value[3])
    if code is codes.BRANCH:
        sets = [_of_sequence(branch) for branch in value[1]]
        return None if any(s is None for s in sets) else frozenset().union(*(s for s in sets if s))
    if code in _REPEATS and value[0] > 0:
        return _of_sequence(value[2])
    return None  # what looks around, and what may be missing, needs nothing
