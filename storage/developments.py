"""Developments, their versions, and what was decided on each mention.

In: a transaction, states and decisions. Out: Development values with their history and their reports, as
they stand or as they stood at an instant. Order is that of the rows, never that of a clock. Versions and
decisions are added, never changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage import mentions, reports
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import ArticleVersionRow, DecisionRow, DevelopmentRow, DevelopmentVersionRow, MentionRow
from storage.values import (
    Change,
    Decision,
    DecisionKind,
    Development,
    DevelopmentState,
    DevelopmentVersion,
    StoredMention,
)

# Ids a query. As a subquery instead, Postgres without statistics read 200 versions in .15 s, not in .02.
PAGE = 500

# Made once: SQLAlchemy takes longer to make an alias than SQLite to answer the query.
_LATER = aliased(DevelopmentVersionRow)
SUPERSEDED = exists().where(
    col(_LATER.development_id) == DevelopmentVersionRow.development_id,
    col(_LATER.number) > DevelopmentVersionRow.number,
)


def create(
    tx: Transaction,
    *,
    watch: str,
    state: DevelopmentState,
    decision: DecisionKind,
    changes: tuple[Change, ...],
    alert_reasons: tuple[str, ...],
    now: datetime,
) -> DevelopmentVersion:
    """Add a development and return its version 1."""
    row = DevelopmentRow(watch=watch, first_seen_at=now)
    tx.add(row)
    tx.flush()
    return add_version(
        tx, row.id, state=state, decision=decision, changes=changes, alert_reasons=alert_reasons, now=now
    )


def add_version(
    tx: Transaction,
    development_id: int,
    *,
    state: DevelopmentState,
    decision: DecisionKind,
    changes: tuple[Change, ...],
    alert_reasons: tuple[str, ...],
    now: datetime,
) -> DevelopmentVersion:
    """Add the next version of a development; NotFoundError for an unknown one."""
    if tx.get(DevelopmentRow, development_id) is None:
        raise NotFoundError(f"no development D{development_id}")
    last = tx.exec(
        select(func.max(DevelopmentVersionRow.number)).where(DevelopmentVersionRow.development_id == development_id)
    ).one()
    row = DevelopmentVersionRow(
        development_id=development_id,
        number=(last or 0) + 1,
        decision=decision,
        kind=state.kind,
        family=state.family,
        place_id=state.place.id if state.place else None,
        region=state.place.region if state.place else None,
        start_on=state.when.start,
        end_on=state.when.end or state.when.start,
        modality=state.modality,
        watched=state.watched,
        state=state,
        changes=changes,
        alert_reasons=alert_reasons,
        recorded_at=now,
    )
    tx.add(row)
    tx.flush()
    return stored_version(row)


def decide(tx: Transaction, decision: Decision) -> None:
    """Keep what was decided on a mention for a watch."""
    tx.add(
        DecisionRow(
            mention_id=decision.mention_id,
            watch=decision.watch,
            decision=decision.decision,
            role=decision.role,
            development_id=decision.development_id,
            development_version_id=decision.development_version_id,
            reasons=decision.reasons,
            decided_at=decision.decided_at,
        )
    )
    tx.flush()


def several(tx: Transaction, ids: Collection[int]) -> tuple[Development, ...]:
    """Return developments as they stand, by id; one that is unknown is left out."""
    return _assemble(tx, _ids(None, col(DevelopmentRow.id).in_(ids)), as_of=None)


def get(tx: Transaction, development_id: int, *, as_of: datetime | None = None) -> Development:
    """Return a development as it stood; NotFoundError where it was unknown then."""
    found = _assemble(tx, _ids(as_of, col(DevelopmentRow.id) == development_id), as_of=as_of)
    if not found:
        raise NotFoundError(f"no development D{development_id}" + (f" at {as_of.isoformat()}" if as_of else ""))
    return found[0]


def every(
    tx: Transaction,
    *,
    as_of: datetime | None = None,
    watched: bool | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> tuple[Development, ...]:
    """Return the developments as they stood, those first that changed last; `since` is when they changed."""
    conditions: list[ColumnElement[bool]] = []
    if watched is not None:
        conditions.append(col(DevelopmentVersionRow.watched).is_(watched))
    if kind is not None:
        conditions.append(col(DevelopmentVersionRow.kind) == kind)
    if since is not None:
        conditions.append(col(DevelopmentVersionRow.recorded_at) >= since)
    ids = _ids(as_of, *conditions).order_by(col(DevelopmentVersionRow.id).desc()).limit(limit)
    found = _assemble(tx, ids, as_of=as_of)
    return tuple(sorted(found, key=lambda development: development.version.sequence, reverse=True))


def after(
    tx: Transaction, development_id: int, *, limit: int, as_of: datetime | None = None
) -> tuple[Development, ...]:
    """Return the next developments by id, as they stood: page by page through all of them."""
    ids = _ids(as_of, col(DevelopmentRow.id) > development_id).order_by(col(DevelopmentRow.id)).limit(limit)
    return _assemble(tx, ids, as_of=as_of)


def decisions_of_article(tx: Transaction, article_id: int) -> tuple[tuple[StoredMention, Decision], ...]:
    """Return each mention of an article with what was decided on it, in the order of deciding."""
    rows = tx.exec(
        select(MentionRow, DecisionRow)
        .join(DecisionRow, col(DecisionRow.mention_id) == MentionRow.id)
        .join(ArticleVersionRow, col(ArticleVersionRow.id) == MentionRow.version_id)
        .where(ArticleVersionRow.article_id == article_id)
        .order_by(col(DecisionRow.id))
    )
    return tuple((mentions.stored(mention), stored_decision(row)) for mention, row in rows)


def _ids(as_of: datetime | None, *conditions: ColumnElement[bool]) -> SelectOfScalar[int]:
    """Return the query of the developments whose version at that instant meets the conditions."""
    superseded = SUPERSEDED
    query = select(DevelopmentVersionRow.development_id).join(
        DevelopmentRow, col(DevelopmentRow.id) == DevelopmentVersionRow.development_id
    )
    if as_of is not None:
        superseded = superseded.where(col(_LATER.recorded_at) <= as_of)
        query = query.where(col(DevelopmentVersionRow.recorded_at) <= as_of)
    return query.where(~superseded, *conditions)


def _assemble(tx: Transaction, query: SelectOfScalar[int], *, as_of: datetime | None) -> tuple[Development, ...]:
    """Return the developments of a query of ids, in the order of their ids."""
    ids = sorted(tx.exec(query))
    pages = (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
    return tuple(development for page in pages for development in _page(tx, page, as_of=as_of))


def _page(tx: Transaction, ids: Collection[int], *, as_of: datetime | None) -> Iterator[Development]:
    query = (
        select(DevelopmentVersionRow)
        .where(col(DevelopmentVersionRow.development_id).in_(ids))
        .order_by(col(DevelopmentVersionRow.development_id), col(DevelopmentVersionRow.number))
    )
    if as_of is not None:
        query = query.where(col(DevelopmentVersionRow.recorded_at) <= as_of)
    history: defaultdict[int, list[DevelopmentVersion]] = defaultdict(list)
    for row in tx.exec(query):
        history[row.development_id].append(stored_version(row))
    evidence = reports.of_developments(tx, ids, as_of=as_of)
    for development in tx.exec(
        select(DevelopmentRow).where(col(DevelopmentRow.id).in_(ids)).order_by(col(DevelopmentRow.id))
    ):
        yield Development(
            id=development.id,
            first_seen_at=development.first_seen_at,
            version=history[development.id][-1],
            history=tuple(history[development.id]),
            reports=evidence.get(development.id, ()),
        )


def stored_version(row: DevelopmentVersionRow) -> DevelopmentVersion:
    """Return the value of a version."""
    return DevelopmentVersion(
        id=row.id,
        development_id=row.development_id,
        number=row.number,
        decision=row.decision,
        state=row.state,
        changes=row.changes,
        alert_reasons=row.alert_reasons,
        recorded_at=row.recorded_at,
        sequence=row.id,
    )


def stored_decision(row: DecisionRow) -> Decision:
    """Return the value of a decision."""
    return Decision(
        mention_id=row.mention_id,
        watch=row.watch,
        decision=row.decision,
        role=row.role,
        development_id=row.development_id,
        development_version_id=row.development_version_id,
        reasons=row.reasons,
        decided_at=row.decided_at,
    )
