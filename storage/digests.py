"""Digests: one row a period and recipient, so that each is sent once.

In: a transaction, a period, a recipient. Out: Digest values. As with deliveries, a digest is leased before it is sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, or_, select

from storage.alert_values import Digest, Period
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables_alerts import DigestRow
from storage.values import DeliveryState


def add(
    tx: Transaction,
    *,
    uid: str,
    watch: str,
    period: Period,
    start_at: datetime,
    end_at: datetime,
    channel: str,
    recipient: str,
) -> None:
    """Add a digest that is to be sent; one of a known uid stays as it is."""
    if tx.exec(select(DigestRow.id).where(DigestRow.uid == uid)).first() is None:
        tx.add(
            DigestRow(
                uid=uid,
                watch=watch,
                period=period,
                start_at=start_at,
                end_at=end_at,
                channel=channel,
                recipient=recipient,
            )
        )
        tx.flush()


def due(tx: Transaction, *, watch: str, now: datetime) -> tuple[Digest, ...]:
    """Return the digests of a watch that are to be sent now, oldest first."""
    rows = tx.exec(select(DigestRow).where(DigestRow.watch == watch, _is_due(now)).order_by(col(DigestRow.id)))
    return tuple(_digest(row) for row in rows)


def waiting(tx: Transaction) -> dict[str, int]:
    """Return how many digests, of whatever watch, wait for each channel."""
    query = (
        select(DigestRow.channel, func.count())
        .where(col(DigestRow.state).in_(("pending", "retry", "sending")))
        .group_by(col(DigestRow.channel))
        .order_by(col(DigestRow.channel))
    )
    return dict(tx.exec(query).all())


def lease(tx: Transaction, digest_id: int, *, now: datetime, for_s: float) -> Digest | None:
    """Take a digest that is due and count the try; None where another sender has it."""
    row = tx.exec(select(DigestRow).where(DigestRow.id == digest_id, _is_due(now))).first()
    if row is None:
        return None
    repeat = row.state == "sending"  # its sender vanished
    row.state, row.attempts, row.lease_until = "sending", row.attempts + 1, now + timedelta(seconds=for_s)
    tx.flush()
    return _digest(row, possible_repeat=repeat)


def finish(
    tx: Transaction,
    digest_id: int,
    *,
    outcome: DeliveryState,
    now: datetime,
    error: str | None = None,
    next_attempt_at: datetime | None = None,
    attempt: int | None = None,
) -> None:
    """Keep how a try ended; what was sent stays sent, and a sender that was replaced (`attempt`) decides no more."""
    row = tx.get(DigestRow, digest_id)
    if row is None:
        raise NotFoundError(f"no digest {digest_id}")
    overtaken = attempt is not None and attempt != row.attempts
    if row.state == "sent" or (overtaken and outcome != "sent"):
        return
    row.state, row.error, row.next_attempt_at, row.lease_until = outcome, error, next_attempt_at, None
    row.sent_at = now if outcome == "sent" else None
    tx.flush()


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        col(DigestRow.state) == "pending",
        and_(col(DigestRow.state) == "retry", col(DigestRow.next_attempt_at) <= now),
        and_(col(DigestRow.state) == "sending", col(DigestRow.lease_until) <= now),
    )


def _digest(row: DigestRow, *, possible_repeat: bool = False) -> Digest:
    return Digest(
        id=row.id,
        uid=row.uid,
        watch=row.watch,
        period=row.period,
        start_at=row.start_at,
        end_at=row.end_at,
        channel=row.channel,
        recipient=row.recipient,
        state=row.state,
        attempts=row.attempts,
        possible_repeat=possible_repeat,
    )
