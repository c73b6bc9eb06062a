"""One sentence with all that was found in it, and its clauses.

In: an article's text, its flattened form, and the findings of the other modules. Out: `Sentence` values whose
spans are those of the article. Nothing is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol, TypeVar

from parsers.article import SegmentKind
from parsers.coding.values import ActorMention, PlaceMention, Quantity, Span, When

# A clause ends where another begins that has, or could have, a subject of its own.
_CLAUSE_END = re.compile(
    r"[;:]|\s-+\s|(?<=\w)—|—(?=\w)"
    r"|,?\s(?=(?:while|whereas|although|though|because|but|amid|amidst|despite|before|since|until|unless|"
    r"alors que|tandis que|mais|parce que|bien que|avant que|depuis que|malgre)\s)"
    r"|,\s(?=(?:and|with|after|following|as|when|where|who|which|whose|saying|adding|resulting|leaving|killing|"
    r"wounding|et|avec|apres|suite|lorsque|quand|qui|dont|ou|faisant|tuant|blessant|selon|according|"
    r"in what|in which|claiming|emphasizing|implemented|coinciding)\s)"
    r"|\s(?=(?:after|following|amid|apres|suite a|in response to|in retaliation for|en reponse a|en represailles a)\s)"
)

_ASIDE = re.compile(
    r"—[^—]{3,200}—|\([^()]{3,200}\)|\s- [^-]{3,200} -\s|,\s(?:which|who|whose|qui|dont|que)\s[^,;]{3,160},"
)


class _Spanned(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


S = TypeVar("S", bound=_Spanned)


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time expression and its span."""

    when: When
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of an article: spans, and what was found inside them."""

    index: int
    segment: SegmentKind
    text: str  # of the whole article
    flat: str  # of the whole article
    start: int
    end: int
    actors: tuple[ActorMention, ...]
    places: tuple[PlaceMention, ...]
    quantities: tuple[Quantity, ...]
    times: tuple[TimeMention, ...]

    @property
    def quote(self) -> str:
        """Return the words of the sentence."""
        return self.text[self.start : self.end]

    def asides(self) -> tuple[Span, ...]:
        """Return dashed and bracketed parts and relative clauses: what they name is not the sentence's own subject."""
        return _asides(self.flat, self.start, self.end)

    def clauses(self) -> tuple[Span, ...]:
        """Return the clauses; together they cover the sentence."""
        return _clauses(self.flat, self.start, self.end)

    def clause_of(self, position: int) -> Span:
        """Return the clause that holds a position of the text."""
        for clause in self.clauses():
            if clause.start <= position < clause.end:
                return clause
        return Span(self.start, self.end)


@lru_cache(maxsize=64)  # a sentence is asked for its asides and its clauses many times
def _asides(flat: str, start: int, end: int) -> tuple[Span, ...]:
    return tuple(Span(m.start(), m.end()) for m in _ASIDE.finditer(flat, start, end))


@lru_cache(maxsize=64)
def _clauses(flat: str, start: int, end: int) -> tuple[Span, ...]:
    cuts = [m.start() for m in _CLAUSE_END.finditer(flat, start, end) if m.start() > start]
    return tuple(Span(a, b) for a, b in pairwise([start, *cuts, end]) if b > a)


def inside(things: Iterable[S], span: Span) -> tuple[S, ...]:
    """Return the things that lie within a span."""
    return tuple(t for t in things if span.start <= t.start and t.end <= span.end)


def distance(thing: _Spanned, span: Span) -> int:
    """Return how many characters lie between a thing and a span."""
    return max(thing.start - span.end, span.start - thing.end, 0)


def nearest(things: Iterable[S], span: Span) -> S | None:
    """Return the thing that lies nearest to a span; of two as near, the earlier."""
    return min(things, key=lambda t: (distance(t, span), t.start), default=None)
