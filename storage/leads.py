"""Articles that a person named to lead their group of duplicates: rows, never overwritten.

In: a transaction, and an article with the reason for it. Out: the articles that were named, in that order. The last
one of a group counts, so that naming another undoes it; which group an article is of, storage/duplicates.py tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, col, select

from storage.columns import Id, Instant, Words
from storage.engine import Transaction
from storage.table_base import Numbered


class DuplicateLeadRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "duplicate_lead"

    article_id: int = Field(foreign_key="article.id", sa_type=Id)
    reason: str = Field(sa_type=Words)
    made_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """That an article was named to lead its group, why and when."""

    article: int
    reason: str
    made_at: datetime


def name(tx: Transaction, article_id: int, *, reason: str, now: datetime) -> None:
    """Keep that an article leads its group from now on."""
    tx.add(DuplicateLeadRow(article_id=article_id, reason=reason, made_at=now))
    tx.flush()


def named(tx: Transaction, *, as_of: datetime | None = None) -> tuple[Lead, ...]:
    """Return what was named until an instant, the oldest first; people name few."""
    query = select(DuplicateLeadRow).order_by(col(DuplicateLeadRow.id))
    if as_of is not None:
        query = query.where(col(DuplicateLeadRow.made_at) <= as_of)
    return tuple(Lead(article=r.article_id, reason=r.reason, made_at=r.made_at) for r in tx.exec(query))
