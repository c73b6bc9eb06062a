"""The memory of deduplication: the prints of texts, the keys by which they find each other, and past frequencies.

In: a transaction and `Prints`. Out: candidates with how many keys they share, found in one query inside a window of
days; kept prints; in how many articles an anchor stood before. Grows by what arrives and is never rebuilt by a run;
rows of another version of the prints are never read. Whether a candidate is a duplicate is not decided here.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from sqlalchemy import func
from sqlmodel import col, select

from parsers.prints import VERSION, Prints
from storage.engine import Transaction
from storage.tables import ArticleVersionRow, PrintRow

ALL = ""  # the anchor under which all articles are counted
VALUES_A_QUERY = 400  # an SQLite before 3.32 takes 999 parameters
_STEP = 16  # lists of values are filled up to a multiple of it, so that few statements are prepared
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


# In the words of the driver: they run for each article, and building them anew would cost more than they do.
_FOUND = (
    "SELECT kind, version_id, COUNT(*) FROM print_key WHERE kind = ? AND key IN ({}) AND day BETWEEN ? AND ?"
    " GROUP BY kind, version_id HAVING COUNT(*) >= ?"
)
_LOADED = (
    "SELECT version_id, article_id, at_s, words, text_key, traits, triples FROM print"
    " WHERE algorithm = ? AND version_id IN ({}) ORDER BY version_id"
)
_FREQUENCIES = "SELECT anchor, articles FROM anchor_frequency WHERE algorithm = ? AND anchor IN ({})"
_COUNT = (
    "INSERT INTO anchor_frequency (algorithm, anchor, articles) VALUES (?, ?, 1)"
    " ON CONFLICT (algorithm, anchor) DO UPDATE SET articles = anchor_frequency.articles + 1"
)
_ADD = (
    "INSERT INTO print (algorithm, version_id, article_id, at_s, words, text_key, traits, triples)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_ADD_KEY = "INSERT INTO print_key (kind, key, day, version_id) VALUES (?, ?, ?, ?)"


def add(tx: Transaction, kept: Kept, keys: Mapping[str, Collection[int]]) -> None:
    """Keep the prints of an article version, and the keys, by kind, under which it is to be found."""
    prints, day = kept.prints, kept.at.toordinal()
    traits = "\n".join(" ".join(sorted(getattr(prints, name))) for name in _SETS)
    triples = struct.pack(f"<{len(prints.triples)}I", *sorted(prints.triples))  # the same bytes from any process
    at_s = int(kept.at.timestamp())
    row = (VERSION, kept.version_id, kept.article_id, at_s, prints.words, prints.text_key, traits, triples)
    _run(tx, _ADD, row)
    if rows := [(kind, key, day, kept.version_id) for kind, some in keys.items() for key in set(some)]:
        _run(tx, _ADD_KEY, rows)


def candidates(tx: Transaction, wanted: Collection[Wanted]) -> list[tuple[str, int, int]]:
    """Return (kind, version id, keys shared) of the versions that share keys; those first that share most."""
    parts, values = [], list[Any]()
    for one in wanted:
        if one.keys:
            keys = _filled(list(one.keys))
            parts.append(_FOUND.format(_places(keys)))
            values += [one.kind, *keys, one.first, one.last, one.fewest]
    if not parts:
        return []
    return sorted(_run(tx, " UNION ALL ".join(parts), tuple(values)), key=lambda row: (-row[2], row[1]))


def load(tx: Transaction, version_ids: Collection[int]) -> tuple[Kept, ...]:
    """Return the prints of article versions, the oldest version first."""
    ids = sorted(version_ids)
    return tuple(_kept(*row) for some in _shares(ids) for row in _run(tx, _in(_LOADED, some), (VERSION, *some)))


def frequencies(tx: Transaction, anchors: Collection[str]) -> dict[str, int]:
    """Return in how many articles each anchor stood, those left out that never did; ALL counts all articles."""
    asked = [ALL, *anchors]
    found = dict[str, int]()
    for some in _shares(asked):
        found.update(map(tuple, _run(tx, _in(_FREQUENCIES, some), (VERSION, *some))))
    return found


def count(tx: Transaction, anchors: Collection[str]) -> None:
    """Count one more article that has these anchors."""
    _run(tx, _COUNT, [(VERSION, anchor) for anchor in (ALL, *anchors)])


def anchor_keys(anchors: Collection[str]) -> list[int]:
    """Return the keys under which anchors are kept; two anchors of one key cost a candidate, no verdict."""
    return [crc32(anchor.encode()) for anchor in anchors]


def unprinted(tx: Transaction, *, limit: int) -> tuple[int, ...]:
    """Return the oldest article versions that came after the last one with prints of this version."""
    last = tx.exec(select(func.max(PrintRow.version_id)).where(col(PrintRow.algorithm) == VERSION)).one()
    query = select(ArticleVersionRow.id).where(col(ArticleVersionRow.id) > (last or 0))
    return tuple(tx.exec(query.order_by(col(ArticleVersionRow.id)).limit(limit)))


def _run(tx: Transaction, statement: str, values: tuple[Any, ...] | list[tuple[Any, ...]]) -> Sequence[Any]:
    """Run a statement for one row of values, or for several; return the rows that it finds."""
    connection = tx.connection()
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    result = connection.exec_driver_sql(statement, values)
    return result.all() if result.returns_rows else ()


def _shares(values: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield lists of values that fit a query."""
    for start in range(0, len(values), VALUES_A_QUERY):
        yield _filled(values[start : start + VALUES_A_QUERY])


def _filled(values: Sequence[Any]) -> list[Any]:
    """Return the values with the last one repeated: the same for a set, and one statement serves for many lengths."""
    return [*values, *[values[-1]] * (-len(values) % _STEP)]


def _in(statement: str, values: Sequence[Any]) -> str:
    return statement.format(_places(values))


def _places(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _kept(version_id: int, article_id: int, at_s: int, words: int, text_key: int, traits: str, triples: bytes) -> Kept:
    sets = dict(zip(_SETS, (frozenset(line.split()) for line in traits.split("\n")), strict=True))
    hashes = frozenset(struct.unpack(f"<{len(triples) // 4}I", triples))
    prints = Prints(words=words, text_key=text_key, keys=frozenset(), triples=hashes, **sets)
    return Kept(version_id=version_id, article_id=article_id, at=datetime.fromtimestamp(at_s, UTC), prints=prints)
