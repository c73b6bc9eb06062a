"""Backfills: what each is to record, cut into shards (source, month), and how far it came.

In: a transaction, the items that a survey found, the shards that were recorded. Out: `Backfill`, `Shard` and `Item`
values. A month is leased to one recorder at a time; one that vanished loses it when its lease has run out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import UniqueConstraint, delete, insert
from sqlmodel import Field, col, select

from storage import sources
from storage.columns import Id, Instant, Words
from storage.engine import Transaction
from storage.errors import StorageError
from storage.table_base import Numbered
from storage.tables import SourceRow

UNDATED = "undated"  # the month of what has no date: the last one of all


class BackfillRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "backfill"

    key: str = Field(sa_type=Words, index=True)
    since: datetime | None = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    started_at: datetime = Field(sa_type=Instant)
    planned_at: datetime | None = Field(default=None, sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class BackfillShardRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "backfill_shard"
    __table_args__ = (UniqueConstraint("backfill_id", "source_id", "month"),)

    backfill_id: int = Field(foreign_key="backfill.id", sa_type=Id)
    source_id: int = Field(foreign_key="source.id", sa_type=Id)
    month: str = Field(sa_type=Words)
    documents: int = Field(sa_type=Id)
    done: int = Field(default=0, sa_type=Id)
    leased_by: str | None = Field(default=None, sa_type=Words)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)


class BackfillItemRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "backfill_item"

    shard_id: int = Field(foreign_key="backfill_shard.id", sa_type=Id, index=True)
    at: datetime | None = Field(sa_type=Instant)
    first_at: datetime | None = Field(sa_type=Instant)
    name: str = Field(sa_type=Words)
    path: str = Field(sa_type=Words)
    start: int | None = Field(sa_type=Id)
    size: int | None = Field(sa_type=Id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A backfill: all that was published from `since` (None: whenever) until `until`."""

    id: int
    since: datetime | None
    until: datetime
    planned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What one source has of one month, and how many documents of it are recorded."""

    id: int
    source: str
    month: str  # 2025-06, or UNDATED
    documents: int
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document of a backfill: a file, or `size` bytes of one from `start` on.

    `at` and `first_at` are the dates of its newest and its oldest article: it was not there before the one, and stands
    in a batch by the other.
    """

    source: str
    name: str
    path: str
    at: datetime | None = None
    first_at: datetime | None = None
    start: int | None = None
    size: int | None = None


def unfinished(tx: Transaction, key: str) -> Backfill | None:
    """Return the backfill of this key that was begun last and not finished, or None."""
    row = tx.exec(
        select(BackfillRow)
        .where(BackfillRow.key == key, col(BackfillRow.finished_at).is_(None))
        .order_by(col(BackfillRow.id).desc())
    ).first()
    return None if row is None else _backfill(row)


def begin(tx: Transaction, key: str, *, since: datetime | None, until: datetime, now: datetime) -> Backfill:
    """Begin a backfill."""
    row = BackfillRow(key=key, since=since, until=until, started_at=now)
    tx.add(row)
    tx.flush()
    return _backfill(row)


def start_plan(tx: Transaction, backfill_id: int, *, now: datetime) -> datetime | None:
    """Begin to plan, without what an earlier try planned; return the mark of this try, None for a complete plan.

    Who planned at the same time loses the plan, and is told so by `plan`.
    """
    row = tx.get_one(BackfillRow, backfill_id, populate_existing=True)
    if row.planned_at is not None:
        return None
    own = select(BackfillShardRow.id).where(BackfillShardRow.backfill_id == backfill_id)
    tx.execute(delete(BackfillItemRow).where(col(BackfillItemRow.shard_id).in_(own)))
    tx.execute(delete(BackfillShardRow).where(col(BackfillShardRow.backfill_id) == backfill_id))
    row.started_at = max(now, row.started_at + timedelta(microseconds=1))  # another mark, whatever the clock says
    tx.flush()
    return row.started_at


def plan(tx: Transaction, backfill_id: int, items: Iterable[Item], *, mark: datetime) -> None:
    """Add documents to the plan of a backfill; StorageError where another try has begun since `mark`."""
    _own_plan(tx, backfill_id, mark)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in items:
        month = UNDATED if item.at is None else f"{item.at:%Y-%m}"
        columns = {name: getattr(item, name) for name in ("at", "first_at", "name", "path", "start", "size")}
        rows.setdefault((item.source, month), []).append(columns)
    for (source, month), found in rows.items():
        shard_id = _shard_id(tx, backfill_id, source, month)
        tx.get_one(BackfillShardRow, shard_id).documents += len(found)
        tx.execute(insert(BackfillItemRow), [{"shard_id": shard_id, **columns} for columns in found])
    tx.flush()


def planned(tx: Transaction, backfill_id: int, *, mark: datetime, now: datetime) -> None:
    """Keep that the plan is complete; StorageError where another try has begun since `mark`."""
    _own_plan(tx, backfill_id, mark).planned_at = now
    tx.flush()


def _own_plan(tx: Transaction, backfill_id: int, mark: datetime) -> BackfillRow:
    row = tx.get_one(BackfillRow, backfill_id, populate_existing=True)
    if row.planned_at is not None or row.started_at != mark:
        raise StorageError(f"backfill {backfill_id}: the same backfill was started again, and goes on there")
    return row


def finish(tx: Transaction, backfill_id: int, *, now: datetime) -> None:
    """Keep that all is recorded; the items are no longer needed, the shards stay."""
    own = select(BackfillShardRow.id).where(BackfillShardRow.backfill_id == backfill_id)
    tx.execute(delete(BackfillItemRow).where(col(BackfillItemRow.shard_id).in_(own)))
    tx.get_one(BackfillRow, backfill_id).finished_at = now
    tx.flush()


def shards(tx: Transaction, backfill_id: int) -> tuple[Shard, ...]:
    """Return the shards of a backfill, the earliest month first, what is undated last; a month by its sources."""
    rows = tx.exec(
        select(BackfillShardRow, SourceRow.key)
        .join(SourceRow, col(SourceRow.id) == BackfillShardRow.source_id)
        .where(BackfillShardRow.backfill_id == backfill_id)
        .order_by(col(BackfillShardRow.source_id))
    )
    found = [Shard(id=row.id, source=key, month=row.month, documents=row.documents, done=row.done) for row, key in rows]
    return tuple(sorted(found, key=lambda s: s.month))  # digits come before letters


def items(tx: Transaction, shard: Shard) -> tuple[Item, ...]:
    """Return the documents of a shard in the order in which they were planned."""
    rows = tx.exec(
        select(BackfillItemRow).where(BackfillItemRow.shard_id == shard.id).order_by(col(BackfillItemRow.id))
    )
    return tuple(
        Item(source=shard.source, name=r.name, path=r.path, at=r.at, first_at=r.first_at, start=r.start, size=r.size)
        for r in rows
    )


def lease(
    tx: Transaction, chosen: Sequence[Shard], *, by: str, now: datetime, for_s: float, is_gone: Callable[[str], bool]
) -> None:
    """Take some shards for `for_s` seconds; StorageError where another recorder has one and is not known to be gone."""
    for shard in chosen:
        row = tx.get_one(BackfillShardRow, shard.id, populate_existing=True)
        held = row.leased_by not in (None, by) and row.lease_until is not None and row.lease_until > now
        if held and not is_gone(row.leased_by or ""):
            raise StorageError(
                f"{shard.month} of {shard.source} is being recorded by {row.leased_by}; "
                f"its lease ends at {row.lease_until:%Y-%m-%d %H:%M:%S} UTC"
            )
        row.leased_by, row.lease_until = by, now + timedelta(seconds=for_s)
    tx.flush()


def advance(tx: Transaction, done: Mapping[int, int], *, by: str, now: datetime, for_s: float) -> None:
    """Keep that so many documents more are recorded, by shard; StorageError where the lease was lost meanwhile."""
    for shard_id, number in done.items():
        row = tx.get_one(BackfillShardRow, shard_id, populate_existing=True)
        if row.leased_by != by:
            raise StorageError(f"shard {shard_id}: {row.leased_by} has taken it over")
        row.done += number
        row.lease_until = now + timedelta(seconds=for_s)
    tx.flush()


def release(tx: Transaction, chosen: Sequence[Shard], *, by: str) -> None:
    """Give shards back that are leased to `by`."""
    for shard in chosen:
        row = tx.get_one(BackfillShardRow, shard.id, populate_existing=True)
        if row.leased_by == by:
            row.leased_by = row.lease_until = None
    tx.flush()


def _shard_id(tx: Transaction, backfill_id: int, source: str, month: str) -> int:
    source_id = sources.row_id(tx, source)
    row = tx.exec(
        select(BackfillShardRow).where(
            BackfillShardRow.backfill_id == backfill_id,
            BackfillShardRow.source_id == source_id,
            BackfillShardRow.month == month,
        )
    ).first()
    if row is None:
        row = BackfillShardRow(backfill_id=backfill_id, source_id=source_id, month=month, documents=0)
        tx.add(row)
        tx.flush()
    return row.id


def _backfill(row: BackfillRow) -> Backfill:
    return Backfill(id=row.id, since=row.since, until=row.until, planned=row.planned_at is not None)
