"""What is handed out: rows of plain JSON values, one a record, ready for JSON Lines or CSV.

In: a transaction (open until the last row was taken), an instant or a cursor. Out: dictionaries with
stable names, to which names may be added and from which none is taken; always in the same order.
Ids are the public ones (A7, D12, L3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby

from sqlmodel import col, select

from storage import articles as article_room
from storage import developments as development_room
from storage import duplicates, leads
from storage.engine import Transaction
from storage.export_rows import Row, change_row, claim_row, iso, report_row, state_row
from storage.tables import (
    AlertRow,
    ArticleRow,
    ArticleVersionRow,
    DecisionRow,
    DeliveryRow,
    DevelopmentVersionRow,
    MentionRow,
)
from storage.values import GONE, Development, Judgement, StoredArticle

BATCH = 200  # records in memory at once


def articles(tx: Transaction, *, as_of: datetime | None = None) -> Iterator[Row]:
    """Yield one row an article, with the version that stood, in the order they came."""
    repeats = duplicates.standing(tx, as_of=as_of)
    external_ids = dict(tx.exec(select(ArticleRow.id, ArticleRow.external_id)).all())
    leaders = duplicates.led(
        external_ids,
        {left: judged.right for left, judged in repeats.items()},
        [lead.article for lead in leads.named(tx, as_of=as_of)],
    )
    rows = tx.exec(
        select(ArticleRow, ArticleVersionRow)
        .join(ArticleVersionRow, col(ArticleVersionRow.article_id) == ArticleRow.id)
        .where(article_room.is_latest(as_of))
        .order_by(col(ArticleRow.id))
        .execution_options(yield_per=BATCH)
    )
    for row, version in rows:
        leader = leaders[row.id]
        judged = None if leader == row.id else repeats.get(row.id) or _last_judgement(leader, repeats)
        yield _article_row(article_room.stored(row, version), judged, external_ids[leader], leader)


def developments(tx: Transaction, *, as_of: datetime | None = None) -> Iterator[Row]:
    """Yield one row a development as it stood, with its reports and all its changes until then."""
    last = 0
    while batch := development_room.after(tx, last, as_of=as_of, limit=BATCH):
        yield from map(_development_row, batch)
        last = batch[-1].id


def alerts(tx: Transaction) -> Iterator[Row]:
    """Yield one row an alert with its deliveries; recipients, which may be secret addresses, are left out."""
    rows = tx.exec(
        select(AlertRow, DeliveryRow)
        .join(DeliveryRow, col(DeliveryRow.alert_id) == AlertRow.id, isouter=True)
        .order_by(col(AlertRow.id), col(DeliveryRow.id))
        .execution_options(yield_per=BATCH)
    )
    for alert, group in groupby(rows, key=lambda row: row[0]):
        yield {
            "id": f"L{alert.id}",
            "uid": alert.uid,
            "development_id": f"D{alert.development_id}",
            "development_version": alert.development_number,
            "change": alert.change,
            "rule": alert.rule,
            "severity": alert.severity,
            "created_at": iso(alert.created_at),
            "reasons": list(alert.reasons),
            "deliveries": [_delivery_row(delivery) for _, delivery in group if delivery is not None],
        }


def changes(tx: Transaction, *, after: int = 0) -> Iterator[Row]:
    """Yield one row a version of a development after a cursor, oldest first; the last row's cursor goes on.

    `change` is added (also what comes back), updated or deleted (the development was retracted, or is part of
    another one now).
    """
    rows = tx.exec(
        select(DevelopmentVersionRow)
        .where(col(DevelopmentVersionRow.id) > after)
        .order_by(col(DevelopmentVersionRow.id))
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        back = any(c.field == "status" and c.old in GONE for c in row.changes)
        change = "deleted" if row.state.status in GONE else "added" if row.number == 1 or back else "updated"
        yield {
            "cursor": row.id,
            "change": change,
            "id": f"D{row.development_id}",
            "version": row.number,
            "decision": row.decision,
            "recorded_at": iso(row.recorded_at),
            "changes": [change_row(one) for one in row.changes],
            **state_row(row.state),
        }


def mentions(tx: Transaction, *, as_of: datetime | None = None) -> Iterator[Row]:
    """Yield one row a mention of the articles as they stood, with what was decided on it."""
    rows = tx.exec(
        select(MentionRow, ArticleVersionRow, ArticleRow.external_id, DecisionRow)
        .join(ArticleVersionRow, col(ArticleVersionRow.id) == MentionRow.version_id)
        .join(ArticleRow, col(ArticleRow.id) == ArticleVersionRow.article_id)
        .join(DecisionRow, col(DecisionRow.mention_id) == MentionRow.id, isouter=True)
        .where(article_room.is_latest(as_of))
        .order_by(col(MentionRow.id), col(DecisionRow.id))
        .execution_options(yield_per=BATCH)
    )
    for (mention, version, external_id), group in groupby(rows, key=lambda row: row[:3]):
        decisions = [decision for *_, decision in group if decision is not None]
        yield {
            "article_id": f"A{version.article_id}",
            "external_id": external_id,
            "article_version": version.number,
            "outlet": version.outlet,
            "published_at": iso(version.published_at),
            **claim_row(mention.body),
            "decisions": [_decision_row(one) for one in decisions if as_of is None or one.decided_at <= as_of],
        }


def _last_judgement(article_id: int, repeats: Mapping[int, Judgement]) -> Judgement:
    """Return the last judgement of a chain: the one on the first article of its group, which repeats none."""
    judged = repeats[article_id]
    while judged.right in repeats:
        judged = repeats[judged.right]
    return judged


def _article_row(article: StoredArticle, judgement: Judgement | None, led_by: str, leader: int) -> Row:
    version, read = article.version, article.version.article
    return {
        "id": article.public_id,
        "external_id": read.external_id,
        "url": read.url,
        "outlet": read.outlet,
        "credited_to": list(read.credited_to),
        "attributed_to": list(read.attributed_to),
        "headline": read.headline,
        "language": version.language or read.language,
        "published_at": iso(read.published_at),
        "first_seen_at": iso(article.first_seen_at),
        "version": version.number,
        "edit": version.edit.kind if version.edit else None,
        "edit_reasons": list(version.edit.reasons) if version.edit else [],
        "relevance": version.relevance,
        "relevance_reasons": list(version.relevance_reasons),
        "duplicate_of": led_by if leader != article.id else None,
        "duplicate_of_id": f"A{leader}" if leader != article.id else None,
        "duplicate_kind": judgement.kind if judgement else None,
        "duplicate_score": judgement.score if judgement else None,
        "duplicate_reasons": list(judgement.reasons) if judgement else [],
    }


def _development_row(development: Development) -> Row:
    return {
        "id": development.public_id,
        "version": development.version.number,
        **state_row(development.state),
        "first_seen_at": iso(development.first_seen_at),
        "changed_at": iso(development.version.recorded_at),
        "alert_reasons": list(development.version.alert_reasons),
        "reports": [report_row(report) for report in development.reports],
        "changes": [
            {"version": version.number, "decision": version.decision, **change_row(change)}
            for version in development.history
            for change in version.changes
        ],
    }


def _delivery_row(row: DeliveryRow) -> Row:
    return {
        "channel": row.channel,
        "state": row.state,
        "attempts": row.attempts,
        "sent_at": iso(row.sent_at),
        "error": row.error,
        "possible_repeat": row.possible_repeat,
    }


def _decision_row(row: DecisionRow) -> Row:
    return {
        "watch": row.watch,
        "decision": row.decision,
        "role": row.role,
        "development_id": None if row.development_id is None else f"D{row.development_id}",
        "reasons": list(row.reasons),
    }
