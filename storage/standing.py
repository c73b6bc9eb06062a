"""Developments as they stand, in short: what a draft is held against.

In: a transaction, a watch, families and a day. Out: Development values with the slots of their latest version and
nothing else: most of them are of another day or place, and what is known of them need not be read for that.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Text, cast, select
from sqlmodel import col, or_

from storage.developments import SUPERSEDED
from storage.encoding import from_json
from storage.engine import Transaction
from storage.tables import DevelopmentRow, DevelopmentVersionRow
from storage.values import DecisionKind, Development, DevelopmentState, DevelopmentVersion

STATES_KEPT = 10_000  # decoded, some kB each: a draft is held against those of months, and so is the next one

_AS_THEY_STAND = (
    select(
        col(DevelopmentRow.id),
        col(DevelopmentRow.first_seen_at),
        col(DevelopmentVersionRow.id),
        col(DevelopmentVersionRow.number),
        col(DevelopmentVersionRow.decision),
        col(DevelopmentVersionRow.recorded_at),
        cast(col(DevelopmentVersionRow.state), Text),
    )
    .join(DevelopmentRow, col(DevelopmentRow.id) == DevelopmentVersionRow.development_id)
    .where(~SUPERSEDED)
)


def candidates(
    tx: Transaction, *, watch: str, families: Collection[str], since: date | None
) -> tuple[Development, ...]:
    """Return the developments of a watch that a mention may speak of, oldest first, without history and reports.

    They are of one of the families, and end on `since` or later, or are undated; `developments.several` returns them
    whole.
    """
    conditions: list[ColumnElement[bool]] = [
        col(DevelopmentRow.watch) == watch,
        col(DevelopmentVersionRow.family).in_(families),
    ]
    if since is not None:
        conditions.append(or_(col(DevelopmentVersionRow.end_on).is_(None), col(DevelopmentVersionRow.end_on) >= since))
    query = _AS_THEY_STAND.where(*conditions).order_by(col(DevelopmentRow.id))
    return tuple(_standing(*row) for row in tx.execute(query))


def _standing(
    development_id: int,
    first_seen_at: datetime,
    version_id: int,
    number: int,
    decision: DecisionKind,
    recorded_at: datetime,
    state: str,
) -> Development:
    """Return a development without what is only of interest once a mention speaks of it."""
    version = DevelopmentVersion(
        id=version_id,
        development_id=development_id,
        number=number,
        decision=decision,
        state=_state(state),
        changes=(),
        alert_reasons=(),
        recorded_at=recorded_at,
        sequence=version_id,
    )
    return Development(id=development_id, first_seen_at=first_seen_at, version=version, history=(), reports=())


@lru_cache(maxsize=STATES_KEPT)
def _state(text: str) -> DevelopmentState:
    """Decode a state. Kept by its text: the number of a version that was undone may come again."""
    return from_json(DevelopmentState, json.loads(text))
