"""The prints of a text: all by which later texts are compared with it, small enough to be kept for ever.

In: a headline and a text. Out: `Prints`: a key of its words, sampled keys of its passages, its word triples, and its
anchors. Pure, the same on every machine. Prints of two versions are never compared: VERSION goes up with any
change of what they hold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import xor
from zlib import crc32

from parsers import anchors
from parsers.agencies import agencies
from parsers.text import clean, fold

VERSION = "4"
KEY_LIMIT = 2**32 // 16  # one key in sixteen is kept …
FEWEST_KEYS, MOST_KEYS = 12, 96  # … but so many at least and at most
TRIPLE = 3
# A long quotation may stand in any report of an event: it tells nothing of who copied whom.
_QUOTATION = re.compile(r"“[^“”]{150,1500}”|«[^«»]{150,1500}»|„[^„“”]{150,1500}[“”]|\"(?<!\w\")(?=\S)[^\"]{150,1500}\"")
OPENING_WORDS = 60  # in which an article says when what it tells took place; later dates are of its background
FEWEST_OWN_WORDS = 40  # outside of quotations; below, the quotations are the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Prints:
    """All by which a text is compared; hashes are unsigned and have 32 bits, `text_key` has 63."""

    words: int  # how many words it has
    text_key: int  # of all its words in order
    keys: frozenset[int]  # a sample of its passages; left out of prints that were kept
    triples: frozenset[int]  # all runs of three words outside of long quotations
    headline: frozenset[str]  # folded words
    anchors: frozenset[str]
    names: frozenset[str]  # of the anchors, those that are names or numbers
    heads: frozenset[str]  # of the names, those in the headline
    figures: frozenset[str]
    days: frozenset[str]  # of its opening, as its years
    years: frozenset[str]
    weekdays: frozenset[str]
    agencies: frozenset[str]


def prints_of(headline: str, text: str, *, published_at: datetime | None = None) -> Prints:
    """Return the prints of a text; the headline may be its first line or stand apart.

    The day of publication, which may stand in a line of its own, is no day of the event.
    """
    headline, text = (anchors.plain_numbers(t if t.isascii() else clean(t)) for t in (headline, text))
    body = text.removeprefix(headline)
    title, folded = fold(headline).split(), fold(text)
    words = folded.split()
    outside = _QUOTATION.sub(" ", text)
    own = fold(outside).split() if outside != text else words
    if len(own) < FEWEST_OWN_WORDS:
        own = words
    triples = runs(words)
    found = anchors.anchors((*title, *own))
    names = found & anchors.names(body)
    printed = frozenset({f"{published_at.month}-{published_at.day}"} if published_at else ())
    return Prints(
        words=len(words),
        text_key=text_key(folded),
        keys=_sampled(triples),
        triples=frozenset(triples if own is words else runs(own)),
        headline=frozenset(title),
        anchors=found,
        names=names | anchors.numbers(found),
        heads=anchors.anchors(title) & names,
        figures=anchors.figures(words),
        days=anchors.days(words[:OPENING_WORDS]) - printed,
        years=anchors.years(words[:OPENING_WORDS]),
        weekdays=anchors.weekdays(words),
        agencies=agencies(body),
    )


def text_key(words: str) -> int:
    """Return the key of folded words, 63 bits: texts of one key are the same words."""
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big") >> 1


def runs(words: Sequence[str]) -> list[int]:
    """Return a stable hash of each run of TRIPLE words, in order; a shorter text is one run, an empty one none."""
    if len(words) < TRIPLE:
        return [crc32(" ".join(words).encode())] if words else []
    columns = (words[at:] for at in range(TRIPLE))
    return list(map(crc32, map(str.encode, map(" ".join, zip(*columns, strict=False)))))


def _sampled(triples: Sequence[int]) -> frozenset[int]:
    """Return a sample of the passages: of five words each, as two triples that share their middle one."""
    passages = list(map(xor, triples, triples[TRIPLE - 1 :])) or triples
    kept = {h for h in passages if h < KEY_LIMIT}
    return frozenset(sorted(kept)[:MOST_KEYS] if len(kept) >= FEWEST_KEYS else sorted(set(passages))[:FEWEST_KEYS])
