"""What each receiver was told of each development: the ground of follow-ups and corrections.

In: a transaction, a delivery that went out. Out: Told values. Rows are added, never changed: the newest one of a
receiver and development is what it knows, the first one begins the thread.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from storage.alert_values import Told
from storage.encoding import digest
from storage.engine import Transaction
from storage.tables import AlertRow, DeliveryRow
from storage.tables_alerts import ToldRow
from storage.values import Alert, Delivery, DeliveryState

UNDER_WAY: tuple[DeliveryState, ...] = ("pending", "sending", "retry")


def add(tx: Transaction, alert: Alert, delivery: Delivery, *, message_uid: str, now: datetime) -> None:
    """Keep that a delivery told its receiver of a development, in which message."""
    before = last(tx, delivery.channel, delivery.recipient, development_id=alert.development_id)
    tx.add(
        ToldRow(
            channel=delivery.channel,
            recipient=delivery.recipient,
            recipient_hash=digest(delivery.recipient),
            development_id=alert.development_id,
            development_number=alert.development_number,
            delivery_id=delivery.id,
            severity=alert.severity,
            message_uid=message_uid,
            thread_uid=before.thread_uid if before else message_uid,
            told_at=now,
        )
    )
    tx.flush()


def last(tx: Transaction, channel: str, recipient: str, *, development_id: int) -> Told | None:
    """Return what a receiver was last told of a development; None where it was told nothing."""
    row = tx.exec(
        select(ToldRow)
        .where(
            ToldRow.development_id == development_id,
            ToldRow.channel == channel,
            ToldRow.recipient_hash == digest(recipient),
        )
        .order_by(col(ToldRow.id).desc())
        .limit(1)
    ).first()
    return _told(row) if row else None


def of_development(tx: Transaction, development_id: int) -> tuple[Told, ...]:
    """Return what each receiver was last told of a development, in the order of its first telling."""
    rows = tx.exec(select(ToldRow).where(ToldRow.development_id == development_id).order_by(col(ToldRow.id)))
    return tuple({(row.channel, row.recipient_hash): _told(row) for row in rows}.values())


def awaited(tx: Transaction, development_id: int) -> tuple[tuple[str, str, int], ...]:
    """Return (channel, recipient, development number) of what is still on its way, oldest first."""
    rows = tx.exec(
        select(DeliveryRow.channel, DeliveryRow.recipient, AlertRow.development_number)
        .join(AlertRow, col(AlertRow.id) == DeliveryRow.alert_id)
        .where(AlertRow.development_id == development_id, col(DeliveryRow.state).in_(UNDER_WAY))
        .order_by(col(DeliveryRow.id))
    )
    return tuple((channel, recipient, number) for channel, recipient, number in rows)


def alerts_in(tx: Transaction, message_uid: str) -> tuple[int, ...]:
    """Return the ids of the alerts that a message told of, in their order."""
    rows = tx.exec(
        select(DeliveryRow.alert_id)
        .join(ToldRow, col(ToldRow.delivery_id) == DeliveryRow.id)
        .where(ToldRow.message_uid == message_uid)
        .order_by(col(DeliveryRow.alert_id))
    )
    return tuple(dict.fromkeys(rows))


def _told(row: ToldRow) -> Told:
    return Told(
        channel=row.channel,
        recipient=row.recipient,
        development_id=row.development_id,
        development_number=row.development_number,
        severity=row.severity,
        message_uid=row.message_uid,
        thread_uid=row.thread_uid,
        told_at=row.told_at,
    )
