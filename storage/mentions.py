"""What the clauses of article versions say, as coding found it.

In: a transaction and Mention values. Out: StoredMention. A mention is never changed: coding that reads
differently tomorrow speaks of another version, or another database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlmodel import col, select

from parsers.coding.values import Mention
from storage.engine import Transaction
from storage.tables import ArticleVersionRow, MentionRow
from storage.values import StoredMention


def add(tx: Transaction, version_id: int, mentions: Iterable[Mention]) -> tuple[StoredMention, ...]:
    """Keep the mentions of an article version, in their order."""
    rows = [
        MentionRow(
            version_id=version_id,
            ordinal=mention.ordinal,
            kind=mention.kind,
            modality=mention.modality,
            role=mention.role,
            rule=mention.rule,
            start=mention.start,
            end=mention.end,
            body=mention,
        )
        for mention in mentions
    ]
    tx.add_all(rows)
    tx.flush()
    return tuple(stored(row) for row in rows)


def of_version(tx: Transaction, version_id: int) -> tuple[StoredMention, ...]:
    """Return the mentions of one version, in text order."""
    rows = tx.exec(select(MentionRow).where(MentionRow.version_id == version_id).order_by(col(MentionRow.ordinal)))
    return tuple(stored(row) for row in rows)


def of_article(tx: Transaction, article_id: int) -> tuple[StoredMention, ...]:
    """Return the mentions of all versions of an article, version by version."""
    rows = tx.exec(
        select(MentionRow)
        .join(ArticleVersionRow, col(ArticleVersionRow.id) == MentionRow.version_id)
        .where(ArticleVersionRow.article_id == article_id)
        .order_by(col(ArticleVersionRow.number), col(MentionRow.ordinal))
    )
    return tuple(stored(row) for row in rows)


def of_ids(tx: Transaction, ids: Collection[int]) -> tuple[StoredMention, ...]:
    """Return the mentions of these ids, in the order they came."""
    rows = tx.exec(select(MentionRow).where(col(MentionRow.id).in_(ids)).order_by(col(MentionRow.id)))
    return tuple(stored(row) for row in rows)


def stored(row: MentionRow) -> StoredMention:
    """Return the value of a mention."""
    return StoredMention(id=row.id, version_id=row.version_id, mention=row.body)
