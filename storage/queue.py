"""The queue of each receiver: what waits for it and why, what goes in one message, and whether it can be reached.

In: a transaction, a channel and a recipient. Out: alerts with their deliveries, holds, the uids of bundles. A
bundle keeps its uid and its members from the first try to the last. The outbox itself is `outbox`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, delete, select

from storage import outbox
from storage.alert_values import Hold
from storage.encoding import digest
from storage.engine import Transaction
from storage.tables import AlertRow, AttemptRow, DeliveryRow
from storage.tables_alerts import BundleMemberRow, BundleRow, HoldRow, ReceiverRow
from storage.values import Alert, Delivery

UNREACHED = "the receiver could not be reached"  # a reason to wait


def receivers(tx: Transaction, *, now: datetime, channels: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the (channel, recipient) for whom something is due, the one that waits longest first."""
    rows = tx.exec(
        select(DeliveryRow.channel, func.min(DeliveryRow.recipient), func.min(DeliveryRow.id))
        .where(outbox.is_due(now), col(DeliveryRow.channel).in_(channels))
        .group_by(col(DeliveryRow.channel), col(DeliveryRow.recipient_hash))
        .order_by(func.min(DeliveryRow.id))
    )
    return tuple((channel, recipient) for channel, recipient, _ in rows)


def waiting(
    tx: Transaction, channel: str, recipient: str, *, now: datetime, limit: int
) -> tuple[tuple[Alert, Delivery], ...]:
    """Return what may be sent to a receiver now, in the order of the alerts."""
    rows = tx.exec(
        select(AlertRow, DeliveryRow)
        .join(DeliveryRow, col(DeliveryRow.alert_id) == AlertRow.id)
        .where(
            outbox.is_due(now),
            DeliveryRow.channel == channel,
            DeliveryRow.recipient_hash == digest(recipient),
        )
        .order_by(col(AlertRow.id), col(DeliveryRow.id))
        .limit(limit)
    )
    return tuple((outbox.alert_value(alert), outbox.delivery_value(row)) for alert, row in rows)


def in_flight(tx: Transaction, channel: str, recipient: str, *, now: datetime) -> frozenset[int]:
    """Return the developments of which another sender is telling a receiver at this moment."""
    rows = tx.exec(
        select(AlertRow.development_id)
        .join(DeliveryRow, col(DeliveryRow.alert_id) == AlertRow.id)
        .where(
            DeliveryRow.channel == channel,
            DeliveryRow.recipient_hash == digest(recipient),
            DeliveryRow.state == "sending",
            col(DeliveryRow.lease_until) > now,
        )
    )
    return frozenset(rows)


def paused_until(tx: Transaction, channel: str, recipient: str) -> datetime | None:
    """Return until when a receiver is left alone: what failed since it last took a message says when it is due."""
    mine = (DeliveryRow.channel == channel, DeliveryRow.recipient_hash == digest(recipient))
    attempts = select(func.max(AttemptRow.id)).join(DeliveryRow, col(DeliveryRow.id) == AttemptRow.delivery_id)
    taken = tx.exec(attempts.where(*mine, AttemptRow.outcome == "sent")).one() or 0
    return tx.exec(
        select(func.max(DeliveryRow.next_attempt_at))
        .join(AttemptRow, col(AttemptRow.delivery_id) == DeliveryRow.id)
        .where(*mine, DeliveryRow.state == "retry", col(AttemptRow.id) > taken)
    ).one()


def held_on(
    tx: Transaction, channel: str, recipient: str, *, developments: Collection[int]
) -> tuple[tuple[Alert, Delivery], ...]:
    """Return what is held of some developments: never tried, and due later."""
    rows = tx.exec(
        select(AlertRow, DeliveryRow)
        .join(DeliveryRow, col(DeliveryRow.alert_id) == AlertRow.id)
        .where(
            DeliveryRow.channel == channel,
            DeliveryRow.recipient_hash == digest(recipient),
            DeliveryRow.state == "pending",
            DeliveryRow.attempts == 0,
            col(DeliveryRow.next_attempt_at).is_not(None),
            col(AlertRow.development_id).in_(developments),
        )
    )
    return tuple((outbox.alert_value(alert), outbox.delivery_value(row)) for alert, row in rows)


def hold(tx: Transaction, delivery_id: int, hold: Hold) -> None:
    """Let a delivery wait, and keep why."""
    row = tx.get(DeliveryRow, delivery_id)
    if row is None or row.state not in {"pending", "retry"}:
        return
    row.state, row.next_attempt_at = "pending", hold.until  # no longer a failure that lets the receiver rest
    tx.merge(HoldRow(delivery_id=delivery_id, reason=hold.reason, until=hold.until))
    tx.flush()


def unhold(tx: Transaction, delivery_ids: Collection[int]) -> None:
    """Let deliveries go now that wait for later; why they waited is kept."""
    for row in tx.exec(select(DeliveryRow).where(col(DeliveryRow.id).in_(delivery_ids))):
        row.next_attempt_at = None
    tx.flush()


def release(tx: Transaction, channel: str, recipient: str) -> None:
    """Let go what waits because a receiver could not be reached: it can."""
    rows = tx.exec(
        select(DeliveryRow)
        .join(HoldRow, col(HoldRow.delivery_id) == DeliveryRow.id)
        .where(
            DeliveryRow.channel == channel,
            DeliveryRow.recipient_hash == digest(recipient),
            DeliveryRow.state == "pending",
            HoldRow.reason == UNREACHED,
        )
    )
    for row in rows:
        row.next_attempt_at = None
    tx.flush()


def holds(tx: Transaction, delivery_ids: Collection[int]) -> dict[int, Hold]:
    """Return why some deliveries wait or waited, by their ids."""
    rows = tx.exec(select(HoldRow).where(col(HoldRow.delivery_id).in_(delivery_ids)))
    return {row.delivery_id: Hold(reason=row.reason, until=row.until) for row in rows}


def bundle(tx: Transaction, delivery_ids: Sequence[int], *, uid: str, now: datetime) -> None:
    """Put deliveries into a bundle, one message from now on; a bundle of that uid keeps its members."""
    if tx.exec(select(BundleRow.id).where(BundleRow.uid == uid)).first() is not None:
        return
    row = BundleRow(uid=uid, created_at=now)
    tx.add(row)
    tx.flush()
    tx.add_all(BundleMemberRow(delivery_id=i, bundle_id=row.id) for i in delivery_ids)
    tx.flush()


def unbundle(tx: Transaction, delivery_ids: Collection[int]) -> None:
    """Take deliveries out of their bundle: each is a message of its own again."""
    tx.exec(delete(BundleMemberRow).where(col(BundleMemberRow.delivery_id).in_(delivery_ids)))


def bundles(tx: Transaction, delivery_ids: Collection[int]) -> dict[int, str]:
    """Return the uid of the bundle of each delivery that is in one."""
    rows = tx.exec(
        select(BundleMemberRow.delivery_id, BundleRow.uid)
        .join(BundleRow, col(BundleRow.id) == BundleMemberRow.bundle_id)
        .where(col(BundleMemberRow.delivery_id).in_(delivery_ids))
    )
    return dict(rows.all())


def disable(tx: Transaction, channel: str, recipient: str, *, reason: str, now: datetime) -> None:
    """Switch a receiver off that is gone for good."""
    tx.merge(ReceiverRow(channel=channel, recipient_hash=digest(recipient), disabled_at=now, reason=reason))
    tx.flush()


def enable(tx: Transaction, channel: str, recipient: str) -> None:
    """Switch a receiver on again."""
    row = tx.get(ReceiverRow, (channel, digest(recipient)))
    if row is not None:
        tx.delete(row)
        tx.flush()


def disabled(tx: Transaction, channel: str, recipient: str) -> str | None:
    """Return why a receiver is switched off, since when; None where it is not."""
    row = tx.get(ReceiverRow, (channel, digest(recipient)))
    return f"switched off since {row.disabled_at:%Y-%m-%d %H:%M} UTC: {row.reason}" if row else None
