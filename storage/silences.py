"""Silences: what nobody wants to hear of for a time, why, and until when.

In: a transaction, what is meant. Out: Silence values. A silence is ended, never deleted.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from storage.alert_values import Silence
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import DevelopmentRow
from storage.tables_alerts import SilenceRow


def add(
    tx: Transaction,
    *,
    development_id: int | None,
    rule: str | None,
    channel: str | None,
    reason: str,
    now: datetime,
    until: datetime,
) -> Silence:
    """Begin a silence; NotFoundError for an unknown development."""
    if development_id is not None and tx.get(DevelopmentRow, development_id) is None:
        raise NotFoundError(f"no development D{development_id}")
    row = SilenceRow(
        development_id=development_id, rule=rule, channel=channel, reason=reason, begun_at=now, until=until
    )
    tx.add(row)
    tx.flush()
    return _silence(row)


def end(tx: Transaction, silence_id: int, *, now: datetime) -> Silence:
    """End a silence before its time; one that has ended stays as it is. NotFoundError for an unknown one."""
    row = tx.get(SilenceRow, silence_id)
    if row is None:
        raise NotFoundError(f"no silence S{silence_id}")
    row.ended_at = row.ended_at or min(now, row.until)
    tx.flush()
    return _silence(row)


def standing(tx: Transaction, *, now: datetime) -> tuple[Silence, ...]:
    """Return the silences that hold now, oldest first."""
    query = select(SilenceRow).where(
        col(SilenceRow.ended_at).is_(None), col(SilenceRow.begun_at) <= now, col(SilenceRow.until) > now
    )
    return tuple(_silence(row) for row in tx.exec(query.order_by(col(SilenceRow.id))))


def _silence(row: SilenceRow) -> Silence:
    return Silence(
        id=row.id,
        development_id=row.development_id,
        rule=row.rule,
        channel=row.channel,
        reason=row.reason,
        begun_at=row.begun_at,
        until=row.until,
        ended_at=row.ended_at,
    )
