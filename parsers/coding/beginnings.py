"""Where patterns can begin: most begin with one of a few words, and one pass over a text finds all of these.

In: patterns by name, then a flattened text. Out: for a part of the text, the patterns that may match there, and where
each may begin. It must never drop a match: a pattern that may begin with any word is sought everywhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick

from parsers.coding.flat import TEXTS_KEPT, flatten

MOST = 1000  # words that a pattern may begin with; beyond it they are cut short, which finds more than is needed
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|[a-z-]*:|(?P<around><?[=!])))?")
_REPEAT = re.compile(r"(?:([?*+])|\{(\d*)(?:,\d*)?\})[?+]?")
_CLASS = re.compile(r"\[(\^?\]?(?:\\.|[^\]\\])*)\]")
_UNREAD = re.compile(r"\(\?(?:P=|[>(#]|[a-zA-Z-]+\))")  # rare kinds of groups
_RANGE = re.compile(r"(.)-(.)")
_BOUNDED = re.compile(r"\(\?<!\[?\\w")  # what follows cannot begin inside a word

K = TypeVar("K", bound=Hashable)


class Beginnings(Generic[K]):
    """Patterns by name, and the words with which they begin."""

    def __init__(self, patterns: Mapping[K, re.Pattern[str]]) -> None:
        self._patterns = patterns
        self._names = tuple(patterns)
        self.anywhere: list[int] = []  # numbers of the patterns that may begin with anything
        owners: dict[str, list[tuple[int, bool]]] = {}
        for number, pattern in enumerate(patterns.values()):
            words, bounded = first_words(pattern.pattern)
            if not words:
                self.anywhere.append(number)
            for word in words:
                owners.setdefault(word, []).append((number, bounded))
        self._owners = [tuple(number for number, _ in rows) for rows in owners.values()]
        self._inside = [tuple(number for number, bounded in rows if not bounded) for rows in owners.values()]
        self._automaton = AhoCorasick(list(owners))
        self._read = lru_cache(maxsize=TEXTS_KEPT)(self._found)

    def among(self, flat: str, start: int, end: int) -> dict[K, list[int] | None]:
        """Return the patterns that may match in `flat[start:end]`, in their order, with where; None is anywhere."""
        positions = self._read(flat)
        found: dict[int, list[int] | None] = {}
        for position, number in positions[bisect_left(positions, (start,)) : bisect_left(positions, (end,))]:
            found.setdefault(number, []).append(position)  # type: ignore[union-attr]
        found.update(dict.fromkeys(self.anywhere))
        return {self._names[number]: found[number] for number in sorted(found)}

    def matches(self, flat: str, start: int, end: int) -> Iterator[tuple[K, re.Match[str]]]:
        """Yield the matches of all patterns in `flat[start:end]`, pattern by pattern in their order."""
        for name, starts in self.among(flat, start, end).items():
            for match in matches(self._patterns[name], flat, starts, start=start, end=end):
                yield name, match

    def _found(self, flat: str) -> list[tuple[int, int]]:
        """Return all positions at which a pattern may begin, in order, each with the number of the pattern."""
        found: list[tuple[int, int]] = []
        for word, start, _ in self._automaton.find_matches_as_indexes(flat, overlapping=True):
            owners = self._inside if start and flat[start - 1].isalnum() else self._owners
            for number in owners[word]:
                found.append((start, number))
        return sorted(found)


def matches(
    pattern: re.Pattern[str], text: str, starts: Sequence[int] | None, *, start: int = 0, end: int
) -> Iterator[re.Match[str]]:
    """Yield what `pattern.finditer(text, start, end)` yields, where it can only begin at `starts`; None is anywhere."""
    if starts is None:
        yield from pattern.finditer(text, start, end)
        return
    for at in starts:
        if at >= start and (match := pattern.match(text, at, end)):
            yield match
            start = match.end()


def first_words(pattern: str) -> tuple[frozenset[str], bool]:
    """Return flattened words of which every match begins with one, and whether none can begin inside a word.

    Without a word it may begin with anything.
    """
    if _UNREAD.search(pattern):
        return frozenset(), False
    reader = _Reader(pattern)
    closed, whole = reader.alternatives()
    kept: list[str] = []
    for word in sorted(map(flatten, closed | whole)):
        if not kept or not word.startswith(kept[-1]):
            kept.append(word)
    return frozenset(kept if kept[0] else ()), reader.bounded


def _in_full(match: re.Match[str]) -> str:
    """Return the characters of a range."""
    return "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1)))


class _Reader:
    """Reads what a pattern begins with: words behind which anything may follow, and words that are all of it."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at = pattern, 0
        self.bounded = True  # all of the alternatives that were read last

    def alternatives(self) -> tuple[set[str], set[str]]:
        bounded = bool(_BOUNDED.match(self._pattern, self._at))
        closed, whole = self._row()
        while self._pattern.startswith("|", self._at):
            self._at += 1
            bounded = bounded and bool(_BOUNDED.match(self._pattern, self._at))
            others = self._row()
            closed, whole = closed | others[0], whole | others[1]
        self.bounded = bounded
        return closed, whole

    def _row(self) -> tuple[set[str], set[str]]:
        closed, whole = set[str](), {""}
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            ends, goes_on = self._repeated(*self._item())
            if len(whole) > 1 and len(whole) * (len(ends) + len(goes_on)) > MOST:
                ends, goes_on = {""}, set()
            closed |= {word + more for word in whole for more in ends}
            whole = {word + more for word in whole for more in goes_on}
        return closed, whole

    def _item(self) -> tuple[set[str], set[str]]:
        character = self._pattern[self._at]
        if group := _GROUP.match(self._pattern, self._at):
            self._at = group.end()
            inner = self.alternatives()
            self._at += 1  # its bracket
            return (set(), {""}) if group["around"] else inner
        if among := _CLASS.match(self._pattern, self._at):
            self._at = among.end()
            return ({""}, set()) if re.search(r"^\^|\\", among[1]) else (set(), set(_RANGE.sub(_in_full, among[1])))
        self._at += 1
        if character == "\\":
            return self._escaped()
        if character == ".":
            return {""}, set()
        return set(), {"" if character in "^$" else character}

    def _escaped(self) -> tuple[set[str], set[str]]:
        character = self._pattern[self._at]
        self._at += 1
        if character == "d":
            return set(), set("0123456789")
        if character in "bB":
            return set(), {""}
        return ({""}, set()) if character.isalnum() else (set(), {character})

    def _repeated(self, closed: set[str], whole: set[str]) -> tuple[set[str], set[str]]:
        repeat = _REPEAT.match(self._pattern, self._at)
        if repeat is None:
            return closed, whole
        self._at = repeat.end()
        if repeat[1] == "?":
            return closed, whole | {""}
        optional = repeat[1] == "*" or (repeat[2] is not None and int(repeat[2] or 0) == 0)
        return closed | whole, {""} if optional else set()
