"""The memory of deduplication: the prints of texts, and the keys by which they find each other.

In: a transaction and `Prints`. Out: candidates with how many keys they share inside a window of days; kept prints.
Grows by what arrives and is never rebuilt by a run; rows of another version of the prints are never read. What a
transaction keeps it finds at once, and writes in one go. Whether a candidate is a duplicate is not decided here.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, func
from sqlmodel import col, select

from parsers.prints import VERSION, Prints
from storage import driver
from storage.driver import filled, listing, run, shares
from storage.engine import Transaction
from storage.memories import Memory, memory_of
from storage.tables import ArticleVersionRow, PrintRow

_SETS = ("headline", "anchors", "names", "heads", "figures", "days", "years", "weekdays", "agencies")  # lines of traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The prints of an article version that was recorded before."""

    version_id: int
    article_id: int
    at: datetime  # published, else first seen
    prints: Prints


@dataclass(frozen=True, slots=True)
class Wanted:
    """The keys of one kind that a text looks for, in a window of days; at least `fewest` of them must be shared."""

    kind: str
    keys: Collection[int]
    first: int  # proleptic ordinals of days
    last: int
    fewest: int = 1


_FOUND = (  # counted by the database: common keys have hundreds of rows a text, of which none is a candidate
    "SELECT version_id, COUNT(*) FROM print_key WHERE kind = ? AND key IN ({}) AND day BETWEEN ? AND ?"
    " GROUP BY version_id HAVING COUNT(*) >= ?"
)
_AHEAD = "SELECT key, day, version_id FROM print_key WHERE kind = ? AND key IN ({}) AND day BETWEEN ? AND ?"
_LOADED = (
    "SELECT version_id, article_id, at_s, words, text_key, traits, triples FROM print"
    " WHERE algorithm = ? AND version_id IN ({}) ORDER BY version_id"
)
_PRINT = {
    "algorithm": "text", "version_id": "bigint", "article_id": "bigint", "at_s": "bigint", "words": "integer",
    "text_key": "bigint", "traits": "text", "triples": "bytea",
}  # fmt: skip
_KEY = {"kind": "text", "key": "bigint", "day": "integer", "version_id": "bigint"}


Postings = Mapping[int, Sequence[int]]  # by key: the versions that are found under it


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What the database has under keys of one kind, in a window of days."""

    keys: set[int]
    first: int
    last: int
    postings: Postings

    def holds(self, one: Wanted) -> bool:
        return self.first <= one.first and one.last <= self.last and self.keys.issuperset(one.keys)


class _Memory(Memory):
    """What a transaction has kept, and what it has read ahead."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.prints = dict[int, tuple[Any, ...]]()  # unwritten rows, by version id
        self.postings = defaultdict[str, dict[int, tuple[int, ...]]](dict)  # unwritten, by kind
        self.ahead = dict[str, _Ahead]()  # by kind
        self.days = dict[int, int]()  # of all these versions

    def write(self) -> None:
        """Write what was kept: in the order of the index, so that each of its pages is visited once."""
        driver.add(self.connection, "print", _PRINT, list(self.prints.values()))
        rows = [
            (kind, key, self.days[version_id], version_id)
            for kind, postings in sorted(self.postings.items())
            for key, found in sorted(postings.items())
            for version_id in found
        ]
        if rows:
            driver.add(self.connection, "print_key", _KEY, rows)
            self.ahead.clear()
            self.days.clear()
        self.prints.clear()
        self.postings.clear()


def add(tx: Transaction, kept: Kept, keys: Mapping[str, Collection[int]]) -> None:
    """Keep the prints of an article version, and the keys, by kind, under which it is to be found."""
    prints, posting = kept.prints, (kept.version_id,)
    traits = "\n".join(" ".join(sorted(getattr(prints, name))) for name in _SETS)
    triples = struct.pack(f"<{len(prints.triples)}I", *sorted(prints.triples))  # in one order, in any process
    at_s = int(kept.at.timestamp())
    memory = memory_of(tx, _Memory)
    memory.days[kept.version_id] = kept.at.toordinal()
    memory.prints[kept.version_id] = (
        VERSION, kept.version_id, kept.article_id, at_s, prints.words, prints.text_key, traits, triples,
    )  # fmt: skip
    for kind, some in keys.items():
        postings = memory.postings[kind]
        for key in set(some):
            postings[key] = postings.get(key, ()) + posting


def read_ahead(tx: Transaction, wanted: Collection[Wanted]) -> None:
    """Read in few queries what `candidates` will be asked for, text by text, in this transaction."""
    memory = memory_of(tx, _Memory)
    for kind in {one.kind for one in wanted}:
        of_kind = [one for one in wanted if one.kind == kind]
        first, last = min(one.first for one in of_kind), max(one.last for one in of_kind)
        keys, postings = {key for one in of_kind for key in one.keys}, defaultdict[int, list[int]](list)
        for some in shares(sorted(keys)):
            for key, day, version_id in run(memory.connection, listing(_AHEAD, some), (kind, *some, first, last)):
                postings[key].append(version_id)
                memory.days[version_id] = day
        memory.ahead[kind] = _Ahead(keys, first, last, postings)


def candidates(tx: Transaction, wanted: Collection[Wanted]) -> list[tuple[str, int, int]]:
    """Return (kind, version id, keys shared) of the versions that share keys; those first that share most."""
    memory = memory_of(tx, _Memory)
    found: list[tuple[str, int, int]] = []
    for one in wanted:
        ahead = memory.ahead.get(one.kind)
        found += _shared(one, memory.postings.get(one.kind, {}), memory.days)
        if ahead and ahead.holds(one):
            found += _shared(one, ahead.postings, memory.days)
        elif one.keys:
            keys = filled(list(one.keys))
            rows = run(memory.connection, listing(_FOUND, keys), (one.kind, *keys, one.first, one.last, one.fewest))
            found += [(one.kind, version_id, count) for version_id, count in rows]
    return sorted(found, key=lambda row: (-row[2], row[1]))


def _shared(one: Wanted, postings: Postings, days: Mapping[int, int]) -> Iterator[tuple[str, int, int]]:
    """Yield the versions of the window that share enough keys."""
    shared = Counter(version_id for key in set(one.keys) for version_id in postings.get(key, ()))
    for version_id, count in shared.items():
        if count >= one.fewest and one.first <= days[version_id] <= one.last:
            yield one.kind, version_id, count


def load(tx: Transaction, version_ids: Collection[int]) -> tuple[Kept, ...]:
    """Return the prints of article versions, the oldest version first."""
    memory = memory_of(tx, _Memory)
    found = [memory.prints[i][1:] for i in version_ids if i in memory.prints]
    for some in shares(sorted(i for i in version_ids if i not in memory.prints)):
        found += run(memory.connection, listing(_LOADED, some), (VERSION, *some))
    return tuple(_kept(*row) for row in sorted(found))


def anchor_keys(anchors: Collection[str]) -> list[int]:
    """Return the keys under which anchors are kept; two anchors of one key cost a candidate, no verdict."""
    return [crc32(anchor.encode()) for anchor in anchors]


def unprinted(tx: Transaction, *, limit: int) -> tuple[int, ...]:
    """Return the oldest article versions that came after the last one with prints of this version.

    What the transaction itself has kept does not count until it is written.
    """
    last = tx.exec(select(func.max(PrintRow.version_id)).where(col(PrintRow.algorithm) == VERSION)).one()
    query = select(ArticleVersionRow.id).where(col(ArticleVersionRow.id) > (last or 0))
    return tuple(tx.exec(query.order_by(col(ArticleVersionRow.id)).limit(limit)))


def _kept(version_id: int, article_id: int, at_s: int, words: int, text_key: int, traits: str, triples: bytes) -> Kept:
    sets = dict(zip(_SETS, (frozenset(line.split()) for line in traits.split("\n")), strict=True))
    hashes = frozenset(struct.unpack(f"<{len(triples) // 4}I", triples))
    prints = Prints(words=words, text_key=text_key, keys=frozenset(), triples=hashes, **sets)
    return Kept(version_id=version_id, article_id=article_id, at=datetime.fromtimestamp(at_s, UTC), prints=prints)
