"""Alerts and their deliveries: what is to be sent, to whom, and how each try ended.

In: a transaction, the version that an alert speaks of, the outcome of a try. Out: Alert, Delivery and
Attempt values. An alert is written in the transaction of its version and keeps its `uid` for ever; a
delivery is leased before it is sent, so that one sender at a time has it. Never forgets a try.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, or_, select

from storage.encoding import digest
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import AlertRow, AttemptRow, DeliveryRow
from storage.tables_alerts import BundleMemberRow
from storage.values import Alert, Attempt, Delivery, DeliveryState, DevelopmentVersion, Severity

REVIVABLE: tuple[DeliveryState, ...] = ("dead", "retry", "unknown", "skipped")


def add_alert(
    tx: Transaction,
    *,
    uid: str,
    version: DevelopmentVersion,
    change: str,
    rule: str,
    severity: Severity,
    reasons: tuple[str, ...],
    recipients: Sequence[tuple[str, str]],
    now: datetime,
) -> Alert:
    """Add an alert with one pending delivery a (channel, recipient); a known (version, rule) stays as it is."""
    known = tx.exec(
        select(AlertRow).where(AlertRow.development_version_id == version.id, AlertRow.rule == rule)
    ).first()
    if known is not None:
        return alert_value(known)
    row = AlertRow(
        uid=uid,
        development_id=version.development_id,
        development_number=version.number,
        development_version_id=version.id,
        change=change,
        rule=rule,
        severity=severity,
        reasons=reasons,
        created_at=now,
    )
    tx.add(row)
    tx.flush()
    for channel, recipient in dict.fromkeys(recipients):
        tx.add(DeliveryRow(alert_id=row.id, channel=channel, recipient=recipient, recipient_hash=digest(recipient)))
    tx.flush()
    return alert_value(row)


def waiting_elsewhere(tx: Transaction, *, channels: Collection[str]) -> dict[str, int]:
    """Return how many deliveries wait for each channel that is not among the given ones."""
    query = (
        select(DeliveryRow.channel, func.count())
        .where(col(DeliveryRow.state).in_(("pending", "retry", "sending")), col(DeliveryRow.channel).not_in(channels))
        .group_by(col(DeliveryRow.channel))
        .order_by(col(DeliveryRow.channel))
    )
    return dict(tx.exec(query).all())


def delivery(tx: Transaction, delivery_id: int) -> Delivery:
    """Return a delivery as it stands; NotFoundError for an unknown one."""
    return delivery_value(_row(tx, delivery_id))


def lease(tx: Transaction, delivery_id: int, *, by: str, now: datetime, for_s: float) -> bool:
    """Take a delivery that is due for `for_s` seconds and count the try; False where another sender has it.

    Where the last sender vanished, its try is kept as `unknown` and the delivery is marked a possible repeat.
    """
    row = tx.exec(select(DeliveryRow).where(DeliveryRow.id == delivery_id, is_due(now))).first()
    if row is None:
        return False
    if row.state == "sending":
        row.possible_repeat = True
        lost = f"its end was never recorded (leased by {row.leased_by})"
        _add_attempt(tx, row, outcome="unknown", started_at=row.leased_at or now, error=lost)
    row.state = "sending"
    row.attempts += 1
    row.leased_by, row.leased_at, row.lease_until = by, now, now + timedelta(seconds=for_s)
    tx.flush()
    return True


def finish(
    tx: Transaction,
    delivery_id: int,
    *,
    outcome: DeliveryState,
    now: datetime,
    code: int | None = None,
    error: str | None = None,
    duration_s: float | None = None,
    next_attempt_at: datetime | None = None,
    attempt: int | None = None,
) -> bool:
    """Keep how a try ended; tell whether the state follows from it. What was sent stays sent.

    `code` is the channel's own (HTTP, SMTP); `next_attempt_at` goes with the outcome `retry`, and with `unknown`
    where a possible repeat is the lesser evil. `attempt` is the number that the lease gave: a sender which outlasted
    its lease, and was replaced, says nothing of the state any more but that the message arrived.
    """
    row = _row(tx, delivery_id)
    overtaken = attempt is not None and attempt != row.attempts
    started_at = now - timedelta(seconds=duration_s) if duration_s is not None else row.leased_at or now
    _add_attempt(tx, row, outcome=outcome, started_at=started_at, code=code, error=error, duration_s=duration_s)
    decides = row.state != "sent" and (outcome == "sent" or not overtaken)
    if decides:
        row.possible_repeat = row.possible_repeat or outcome == "unknown"
        row.state = "retry" if outcome == "unknown" and next_attempt_at else outcome
        row.error, row.next_attempt_at = error, next_attempt_at
        row.leased_by = row.leased_at = row.lease_until = None
        row.sent_at = now if outcome == "sent" else None
    tx.flush()
    return decides


def first_tried_at(tx: Transaction, delivery_ids: Collection[int]) -> datetime | None:
    """Return when the first of some deliveries was first tried; None where none was."""
    return tx.exec(select(func.min(AttemptRow.started_at)).where(col(AttemptRow.delivery_id).in_(delivery_ids))).one()


def skip(tx: Transaction, delivery_id: int, *, reason: str) -> None:
    """Let a delivery that waits go unsent, and keep why: nobody is to be told of it any more."""
    row = _row(tx, delivery_id)
    row.state, row.error, row.next_attempt_at = "skipped", reason, None
    row.leased_by = row.leased_at = row.lease_until = None
    tx.flush()


def alerts(tx: Transaction, *, since: datetime | None = None, limit: int | None = None) -> tuple[Alert, ...]:
    """Return the alerts made at `since` or later, newest first."""
    query = select(AlertRow).order_by(col(AlertRow.id).desc()).limit(limit)
    if since is not None:
        query = query.where(col(AlertRow.created_at) >= since)
    return tuple(alert_value(row) for row in tx.exec(query))


def get(tx: Transaction, alert_id: int) -> Alert:
    """Return an alert; NotFoundError for an unknown one."""
    row = tx.get(AlertRow, alert_id)
    if row is None:
        raise NotFoundError(f"no alert L{alert_id}")
    return alert_value(row)


def alerts_of_development(tx: Transaction, development_id: int) -> tuple[Alert, ...]:
    """Return the alerts on a development, oldest first."""
    rows = tx.exec(select(AlertRow).where(AlertRow.development_id == development_id).order_by(col(AlertRow.id)))
    return tuple(alert_value(row) for row in rows)


def deliveries(tx: Transaction, alert_id: int) -> tuple[Delivery, ...]:
    """Return the deliveries of an alert, in the order of its recipients."""
    rows = tx.exec(select(DeliveryRow).where(DeliveryRow.alert_id == alert_id).order_by(col(DeliveryRow.id)))
    return tuple(delivery_value(row) for row in rows)


def attempts(tx: Transaction, delivery_id: int) -> tuple[Attempt, ...]:
    """Return the tries of a delivery, in the order they were recorded."""
    rows = tx.exec(select(AttemptRow).where(AttemptRow.delivery_id == delivery_id).order_by(col(AttemptRow.id)))
    return tuple(
        Attempt(
            delivery_id=row.delivery_id,
            number=row.number,
            started_at=row.started_at,
            outcome=row.outcome,
            code=row.code,
            error=row.error,
            duration_s=row.duration_s,
        )
        for row in rows
    )


def retry(tx: Transaction, alert_id: int, *, now: datetime) -> int:
    """Make the failed deliveries of an alert due at `now`; return how many. NotFoundError for an unknown alert.

    One whose end is unknown may have arrived, so it becomes a possible repeat. What went in one message goes in it
    again, so that its id stands for the same content.
    """
    get(tx, alert_id)
    own = select(DeliveryRow.id).where(DeliveryRow.alert_id == alert_id, col(DeliveryRow.state).in_(REVIVABLE))
    bundles = select(BundleMemberRow.bundle_id).where(col(BundleMemberRow.delivery_id).in_(own))
    beside = select(BundleMemberRow.delivery_id).where(col(BundleMemberRow.bundle_id).in_(bundles))
    rows = tx.exec(
        select(DeliveryRow)
        .where(
            or_(col(DeliveryRow.id).in_(own), col(DeliveryRow.id).in_(beside)),
            col(DeliveryRow.state).in_(REVIVABLE),
        )
        .order_by(col(DeliveryRow.id))
    ).all()
    for row in rows:
        row.possible_repeat = row.possible_repeat or row.state == "unknown"
        row.state, row.next_attempt_at = "pending", now
    _wake(tx, {(row.channel, row.recipient_hash) for row in rows}, now)
    tx.flush()
    return sum(row.alert_id == alert_id for row in rows)


def _wake(tx: Transaction, receivers: Collection[tuple[str, str]], now: datetime) -> None:
    """Let nothing else that waits for some receivers keep them paused: a person says that they can be reached."""
    for channel, recipient_hash in receivers:
        rows = tx.exec(
            select(DeliveryRow).where(
                DeliveryRow.channel == channel,
                DeliveryRow.recipient_hash == recipient_hash,
                col(DeliveryRow.state).in_(("pending", "retry")),
            )
        )
        for row in rows:
            row.next_attempt_at = min(now, row.next_attempt_at or now)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return the condition of deliveries to be tried now."""
    is_time = or_(col(DeliveryRow.next_attempt_at).is_(None), col(DeliveryRow.next_attempt_at) <= now)
    return or_(
        and_(col(DeliveryRow.state).in_(("pending", "retry")), is_time),
        and_(col(DeliveryRow.state) == "sending", col(DeliveryRow.lease_until) <= now),
    )


def _add_attempt(
    tx: Transaction,
    delivery: DeliveryRow,
    *,
    outcome: DeliveryState,
    started_at: datetime,
    code: int | None = None,
    error: str | None = None,
    duration_s: float | None = None,
) -> None:
    last = tx.exec(select(func.max(AttemptRow.number)).where(AttemptRow.delivery_id == delivery.id)).one()
    tx.add(
        AttemptRow(
            delivery_id=delivery.id,
            number=(last or 0) + 1,
            started_at=started_at,
            outcome=outcome,
            code=code,
            error=error,
            duration_s=duration_s,
        )
    )


def _row(tx: Transaction, delivery_id: int) -> DeliveryRow:
    row = tx.get(DeliveryRow, delivery_id)
    if row is None:
        raise NotFoundError(f"no delivery {delivery_id}")
    return row


def alert_value(row: AlertRow) -> Alert:
    """Return the value of an alert."""
    return Alert(
        id=row.id,
        uid=row.uid,
        development_id=row.development_id,
        development_number=row.development_number,
        development_version_id=row.development_version_id,
        change=row.change,
        rule=row.rule,
        severity=row.severity,
        reasons=row.reasons,
        created_at=row.created_at,
    )


def delivery_value(row: DeliveryRow) -> Delivery:
    """Return the value of a delivery."""
    return Delivery(
        id=row.id,
        alert_id=row.alert_id,
        channel=row.channel,
        recipient=row.recipient,
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
        error=row.error,
        possible_repeat=row.possible_repeat,
    )
