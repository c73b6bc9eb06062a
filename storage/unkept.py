"""Changes of articles that were seen and not kept as versions: a flip between two texts, one change too many.

In: a transaction and what was seen. Out: `Unkept` counts, one a reason. The documents themselves stay.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import func
from sqlmodel import Field, col, select

from storage import edit_values
from storage.columns import Id, Instant, Words
from storage.edit_values import Unkept
from storage.engine import Transaction
from storage.table_base import Numbered

BACK: Literal["back"] = "back"  # the text of the last version is shown again: no change that was left out


class UnkeptChangeRow(Numbered, table=True):
    """A row of the table; it never leaves this module."""

    __tablename__ = "unkept_change"

    article_id: int = Field(foreign_key="article.id", sa_type=Id, index=True)
    document_id: int = Field(foreign_key="document.id", sa_type=Id)  # that showed the text
    why: edit_values.WhyUnkept | Literal["back"] = Field(sa_type=Words)
    seen_at: datetime = Field(sa_type=Instant)


def add(
    tx: Transaction,
    article_id: int,
    *,
    document_id: int,
    why: edit_values.WhyUnkept | Literal["back"],
    now: datetime,
) -> None:
    """Keep that an article changed, and that the change made no version."""
    tx.add(UnkeptChangeRow(article_id=article_id, document_id=document_id, why=why, seen_at=now))
    tx.flush()


def latest(tx: Transaction, article_id: int) -> tuple[str, datetime] | None:
    """Return why the last change that made no version made none, BACK included, and when it was seen."""
    query = select(UnkeptChangeRow.why, UnkeptChangeRow.seen_at).where(col(UnkeptChangeRow.article_id) == article_id)
    row = tx.exec(query.order_by(col(UnkeptChangeRow.id).desc()).limit(1)).first()
    return (row[0], row[1]) if row else None


def of_article(tx: Transaction, article_id: int, *, as_of: datetime | None = None) -> tuple[Unkept, ...]:
    """Return what was not kept of an article until an instant, one value a reason."""
    return of_articles(tx, [article_id], as_of=as_of).get(article_id, ())


def of_articles(
    tx: Transaction, ids: Collection[int], *, as_of: datetime | None = None
) -> dict[int, tuple[Unkept, ...]]:
    """Return what was not kept of articles, by article; those of which everything was kept are left out."""
    query = (
        select(UnkeptChangeRow.article_id, UnkeptChangeRow.why, func.count(), func.max(UnkeptChangeRow.seen_at))
        .where(col(UnkeptChangeRow.article_id).in_(ids), col(UnkeptChangeRow.why) != BACK)
        .group_by(col(UnkeptChangeRow.article_id), col(UnkeptChangeRow.why))
        .order_by(col(UnkeptChangeRow.why))
    )
    if as_of is not None:
        query = query.where(col(UnkeptChangeRow.seen_at) <= as_of)
    found: dict[int, tuple[Unkept, ...]] = {}
    for article_id, why, changes, last in tx.exec(query):
        kept = Unkept(why=cast(edit_values.WhyUnkept, why), changes=changes, last_seen_at=last)
        found[article_id] = (*found.get(article_id, ()), kept)
    return found
