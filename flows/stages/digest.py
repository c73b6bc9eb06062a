"""The digest: what a day or a week brought, in one message, for those who asked for it.

In: the store, the watch, the channels, an instant. Out: how many digests were sent, and the errors. The period is the
last whole day or week before the instant, in the watch's zone; one without news makes no message; each is sent once.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flows.stages.alert import GRAVITY, severity_of
from flows.stages.deliver.message import Channel, Message, Receipt
from flows.stages.deliver.registry import retry_at
from flows.stages.digest_message import compose_digest
from parsers.coding.watch import Watch
from storage import developments, digests
from storage.alert_values import Digest, Period
from storage.engine import Store, Transaction
from storage.errors import StorageError
from storage.values import DeliveryState

LEASE_S = 300.0  # as of deliveries
_NAMESPACE = uuid.UUID("5d7c1f60-93b1-5b0a-a1b6-2f6f0c0e7d55")  # of the ids of digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested:
    """How many digests were sent, and the errors met."""

    sent: int = 0
    waiting: int = 0
    errors: tuple[str, ...] = ()


def period_before(now: datetime, period: Period, zone: str) -> tuple[datetime, datetime]:
    """Return the last whole day, or week from Monday on, before an instant, in a zone."""
    local = ZoneInfo(zone)
    last = now.astimezone(local).date()
    first = last - timedelta(days=1)
    if period == "weekly":
        last -= timedelta(days=last.weekday())
        first = last - timedelta(days=7)
    start, end = (datetime.combine(day, time(), tzinfo=local).astimezone(now.tzinfo) for day in (first, last))
    return start, end


def send_digests(
    store: Store,
    watch: Watch,
    channels: Mapping[str, Channel],
    *,
    period: Period,
    now: datetime,
    clock: Callable[[], datetime],
) -> Digested:
    """Send the digest of the period before `now`, and what is left of earlier ones."""
    start, end = period_before(now, period, watch.digest.zone)
    wanted = watch.digest.daily if period == "daily" else watch.digest.weekly
    to = [
        (name, recipient)
        for name, channel in channels.items()
        if "*" in wanted or name in wanted
        for recipient in channel.recipients()
    ]
    with store.write() as tx:
        for name, recipient in to:
            uid = uuid.uuid5(_NAMESPACE, f"{watch.id}/{period}/{start.isoformat()}/{name}/{recipient}")
            digests.add(
                tx,
                uid=f"digest_{uid.hex}",
                watch=watch.id,
                period=period,
                start_at=start,
                end_at=end,
                channel=name,
                recipient=recipient,
            )
    with store.read() as tx:
        due = [d for d in digests.due(tx, watch=watch.id, now=clock()) if d.channel in channels]
    receipts = [(digest, _sent(store, watch, digest, channels[digest.channel], clock)) for digest in due]
    return Digested(
        sent=sum(r is not None and r.outcome == "sent" for _, r in receipts),
        waiting=sum(r is not None and r.outcome == "retry" for _, r in receipts),
        errors=tuple(f"digest to {d.channel}: {r.error}" for d, r in receipts if r and r.error),
    )


def _sent(
    store: Store, watch: Watch, digest: Digest, channel: Channel, clock: Callable[[], datetime]
) -> Receipt | None:
    """Send one digest; None where there is nothing to tell, or another sender has it."""
    with store.write() as tx:
        leased = digests.lease(tx, digest.id, now=clock(), for_s=LEASE_S)
    if leased is None:
        return None
    try:
        with store.read() as tx:
            message = _written(tx, watch, leased)
        receipt = channel.send(message, leased.recipient) if message else None
    except StorageError as error:  # the database failed, not the message
        receipt = Receipt(outcome="retry", error=str(error))
    except Exception as error:  # as with alerts: one that cannot be written holds up no other
        receipt = Receipt(outcome="dead", error=f"{type(error).__name__}: {error}")
    now, next_at = clock(), None
    if receipt and receipt.outcome in {"retry", "unknown"}:
        next_at = retry_at(leased.attempts, now, retry_after_s=receipt.retry_after_s, jitter=random.random)
    with store.write() as tx:
        reason = receipt.error if receipt else "nothing to tell"
        digests.finish(
            tx,
            leased.id,
            outcome=_outcome(receipt, next_at),
            now=now,
            error=reason,
            next_attempt_at=next_at,
            attempt=leased.attempts,
        )
    return receipt


def _outcome(receipt: Receipt | None, next_at: datetime | None) -> DeliveryState:
    if receipt is None:
        return "skipped"
    if receipt.outcome == "sent":
        return "sent"
    return "retry" if next_at else "dead"


def _written(tx: Transaction, watch: Watch, digest: Digest) -> Message | None:
    """Return the message: the watched developments as they stood at the end of the period; None without any."""
    stood = developments.every(tx, watched=True, since=digest.start_at, as_of=digest.end_at - timedelta(microseconds=1))
    least = GRAVITY[watch.digest.min_severity]
    graded = [(d, severity_of(d.state, watch)) for d in sorted(stood, key=lambda d: d.id) if d.state.watch == watch.id]
    told = [(d, severity) for d, severity in graded if GRAVITY[severity] >= least]
    return compose_digest(digest, watch.title, told, zone=watch.digest.zone) if told else None
