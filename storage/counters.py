"""Counters: how much was read, recorded and dropped, of which source, and why; they only ever grow.

In: a transaction and counts by (source, what, why). Out: `Counted` values, the totals of all runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Field, col, select

from storage import sources
from storage.columns import Id, Words
from storage.engine import Transaction
from storage.tables import SourceRow, Table


class CounterRow(Table, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "counter"

    source_id: int = Field(primary_key=True, foreign_key="source.id", sa_type=Id)
    what: str = Field(primary_key=True, sa_type=Words)  # a short word of ours, as `why` is
    why: str = Field(primary_key=True, sa_type=Words)
    total: int = Field(sa_type=Id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often something happened to what a source brought."""

    source: str
    what: str
    why: str
    total: int


def add(tx: Transaction, counts: Mapping[tuple[str, str, str], int]) -> None:
    """Add counts by (source, what, why); NotFoundError for an unknown source."""
    ids = {source: sources.row_id(tx, source) for source, _, _ in sorted(counts)}
    for (source, what, why), number in sorted(counts.items()):
        row = tx.get(CounterRow, (ids[source], what, why))
        if row is None:
            tx.add(CounterRow(source_id=ids[source], what=what, why=why, total=number))
        else:
            row.total += number
    tx.flush()


def every(tx: Transaction) -> tuple[Counted, ...]:
    """Return all counters, in the order of the sources."""
    rows = tx.exec(
        select(SourceRow.key, CounterRow)
        .join(CounterRow, col(CounterRow.source_id) == SourceRow.id)
        .order_by(col(SourceRow.id), col(CounterRow.what), col(CounterRow.why))
    )
    return tuple(Counted(source=key, what=row.what, why=row.why, total=row.total) for key, row in rows)
