"""Developments that were merged, and mentions that were moved to another development: rows, never overwritten.

In: a transaction and what was decided by hand. Out: the homes that follow. The latest row counts: a merge is undone by
a row that points nowhere, a move by a later one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Field, col, select

from storage.columns import Id, Instant, Words
from storage.engine import Transaction
from storage.table_base import Numbered


class DevelopmentMergeRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "development_merge"

    development_id: int = Field(foreign_key="development.id", sa_type=Id, index=True)
    into_id: int | None = Field(default=None, foreign_key="development.id", sa_type=Id)  # none: undone
    reason: str = Field(sa_type=Words)
    made_at: datetime = Field(sa_type=Instant)


class MentionMoveRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "mention_move"

    mention_id: int = Field(foreign_key="mention.id", sa_type=Id, index=True)
    watch: str = Field(sa_type=Words)
    development_id: int = Field(foreign_key="development.id", sa_type=Id, index=True)  # its home from now on
    reason: str = Field(sa_type=Words)
    made_at: datetime = Field(sa_type=Instant)


def merge(tx: Transaction, development_id: int, *, into: int | None, reason: str, now: datetime) -> None:
    """Keep that a development is part of another one, or, with `into` None, that it no longer is."""
    tx.add(DevelopmentMergeRow(development_id=development_id, into_id=into, reason=reason, made_at=now))
    tx.flush()


def move(tx: Transaction, mention_ids: Collection[int], *, watch: str, to: int, reason: str, now: datetime) -> None:
    """Keep that mentions speak of another development than was decided when they came."""
    for mention_id in sorted(mention_ids):
        tx.add(MentionMoveRow(mention_id=mention_id, watch=watch, development_id=to, reason=reason, made_at=now))
    tx.flush()


def merges(tx: Transaction, *, as_of: datetime | None = None) -> dict[int, int]:
    """Return the developments that are part of another one, with that one."""
    query = select(DevelopmentMergeRow).order_by(col(DevelopmentMergeRow.id))
    if as_of is not None:
        query = query.where(col(DevelopmentMergeRow.made_at) <= as_of)
    last = {row.development_id: row.into_id for row in tx.exec(query)}
    return {part: into for part, into in last.items() if into is not None}


def followed(development_id: int, parts: Mapping[int, int]) -> int:
    """Return the end of the chain of merges that begins at a development; no merge closes a ring."""
    while development_id in parts:
        development_id = parts[development_id]
    return development_id


def members(ids: Collection[int], parts: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """Return each development with all that speak for it: itself, and those merged into it, also by way of others."""
    found: dict[int, list[int]] = {i: [i] for i in ids}
    for part in sorted(parts):
        home = part
        while home in parts:
            home = parts[home]
            if home in found:
                found[home].append(part)
    return {home: tuple(all_of) for home, all_of in found.items()}


def moves(tx: Transaction, *, as_of: datetime | None = None) -> dict[tuple[int, str], int]:
    """Return the homes of the mentions that were moved, by mention and watch; people move few."""
    query = select(MentionMoveRow).order_by(col(MentionMoveRow.id))
    if as_of is not None:
        query = query.where(col(MentionMoveRow.made_at) <= as_of)
    return {(row.mention_id, row.watch): row.development_id for row in tx.exec(query)}
