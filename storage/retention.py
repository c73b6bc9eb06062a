"""Gives up raw bodies that are too old or take too much room; all that was made of them stays.

In: a transaction, an age, a size. Out: `Released` counts. This is the one way to delete a body: the release is
written first, and a trigger refuses to delete any other. A document that no format could read keeps its body, for
newer readers try it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import Field, col, select

from storage.columns import Id, Instant, Words
from storage.engine import Transaction
from storage.table_base import Numbered
from storage.tables import DocumentRow, RawBodyRow, ReadingRow

IN_A_TRANSACTION = 500  # bodies given up at once, so that no writer waits for long


class ReleasedBodyRow(Numbered, table=True):
    """That a body was given up; the row never leaves this module, and is never changed."""

    __tablename__ = "released_body"

    sha256: str = Field(sa_type=Words, unique=True)
    size: int = Field(sa_type=Id)  # bytes
    reason: str = Field(sa_type=Words)
    released_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many raw bodies were given up, and how many bytes they had."""

    bodies: int
    size: int


def kept_size(tx: Transaction) -> int:
    """Return how many bytes the raw bodies take."""
    return int(tx.exec(select(func.coalesce(func.sum(RawBodyRow.size), 0))).one())


def release_older(tx: Transaction, before: datetime, *, now: datetime) -> Released:
    """Give up some of the bodies that were last retrieved before an instant; call again until none is given up."""
    return _release(tx, _candidates(tx, before), reason=f"older than {before:%Y-%m-%d}", now=now)


def release_oldest(tx: Transaction, limit: int, *, now: datetime) -> Released:
    """Give up some of the oldest bodies where all take more than `limit` bytes; call again until none is given up."""
    excess = kept_size(tx) - limit
    chosen: list[tuple[str, int]] = []
    for sha256, size in _candidates(tx, None) if excess > 0 else ():
        if excess <= 0:
            break
        chosen.append((sha256, size))
        excess -= size
    return _release(tx, chosen, reason=f"more than {limit:,} bytes of bodies", now=now)


def is_released(sha256: Mapped[str] | str) -> ColumnElement[bool]:
    """Return the condition that a body of this hash (a column) was given up."""
    return exists().where(col(ReleasedBodyRow.sha256) == sha256)


def _candidates(tx: Transaction, before: datetime | None) -> list[tuple[str, int]]:
    """Return bodies whose documents were all read, those first that were last retrieved longest ago."""
    later = aliased(ReadingRow)
    superseded = (
        exists()
        .where(col(later.document_id) == ReadingRow.document_id, col(later.id) > ReadingRow.id)
        .correlate(ReadingRow)
    )
    waits = (
        select(DocumentRow.sha256)
        .join(ReadingRow, col(ReadingRow.document_id) == DocumentRow.id)
        .where(col(ReadingRow.outcome) == "quarantined", ~superseded)
    )
    last = func.max(DocumentRow.retrieved_at)
    query = (
        select(RawBodyRow.sha256, RawBodyRow.size)
        .join(DocumentRow, col(DocumentRow.sha256) == RawBodyRow.sha256)
        .where(col(RawBodyRow.sha256).not_in(waits))
        .group_by(col(RawBodyRow.sha256), col(RawBodyRow.size))
        .order_by(last, col(RawBodyRow.sha256))
        .limit(IN_A_TRANSACTION)
    )
    if before is not None:
        query = query.having(last < before)
    return list(tx.exec(query).all())


def _release(tx: Transaction, chosen: list[tuple[str, int]], *, reason: str, now: datetime) -> Released:
    hashes = [sha256 for sha256, _ in chosen]
    known = set(tx.exec(select(ReleasedBodyRow.sha256).where(col(ReleasedBodyRow.sha256).in_(hashes))))
    for sha256, size in chosen:
        if sha256 not in known:  # a body that came back under another document is given up a second time
            tx.add(ReleasedBodyRow(sha256=sha256, size=size, reason=reason, released_at=now))
    tx.flush()
    tx.execute(delete(RawBodyRow).where(col(RawBodyRow.sha256).in_(hashes)))
    return Released(bodies=len(chosen), size=sum(size for _, size in chosen))
