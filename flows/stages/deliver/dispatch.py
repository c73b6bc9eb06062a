"""Empties the outbox: plans the messages of each receiver, sends them, and keeps how that ended.

In: the store, the open channels, the policy. Out: a `Dispatched` value. Each delivery is leased before it is sent
and marked after, so that two runs never send it at once and a crash loses nothing; a channel's fault never
holds up another delivery.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flows.stages.deliver.batches import Batch, Entry, alone, plan
from flows.stages.deliver.message import Channel, Receipt
from flows.stages.deliver.policy import Policy
from flows.stages.deliver.registry import retry_at
from flows.stages.deliver.writing import Written, write
from storage import outbox, queue, told
from storage.engine import Store, Transaction
from storage.errors import StorageError
from storage.values import Delivery

LEASE_S = 300.0  # longer than any channel's deadline: after it, the sender is taken for dead
UNREACHABLE = 2  # messages in a row that fail for a time: the others of the receiver wait, and one is no proof
DIVISIBLE = {400, 413, 422, 552}  # answers of HTTP and SMTP that may be due to the size or one part of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A delivery that is given up."""

    alert_id: int
    uid: str
    channel: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """How many deliveries ended how, and the errors met."""

    sent: int = 0
    waiting: int = 0
    dead: int = 0
    errors: tuple[str, ...] = ()
    dead_ones: tuple[Dead, ...] = ()


class TakenError(Exception):
    """That another sender has a delivery."""


class _Tally:
    """What becomes of the deliveries of a run, counted."""

    def __init__(self) -> None:
        self.sent = self.waiting = 0
        self.errors: list[str] = []
        self.dead: list[Dead] = []

    def add(self, entry: Entry, channel: str, outcome: str, error: str | None) -> None:
        alert, _ = entry
        self.sent += outcome == "sent"
        self.waiting += outcome in {"retry", "unknown"}
        if outcome == "dead":
            self.dead.append(Dead(alert_id=alert.id, uid=alert.uid, channel=channel, error=error or "no reason"))
        if error:
            self.errors.append(f"{alert.public_id} to {channel}: {error}")

    def result(self) -> Dispatched:
        return Dispatched(
            sent=self.sent,
            waiting=self.waiting,
            dead=len(self.dead),
            errors=tuple(self.errors),
            dead_ones=tuple(self.dead),
        )


def dispatch(
    store: Store, channels: Mapping[str, Channel], *, clock: Callable[[], datetime], policy: Policy
) -> Dispatched:
    """Send what is due; deliveries of channels that are no longer configured are kept and reported."""
    tally = _Tally()
    with store.read() as tx:
        receivers = queue.receivers(tx, now=clock(), channels=channels.keys())
        left = outbox.waiting_elsewhere(tx, channels=channels.keys())
    for name, waiting in left.items():
        tally.waiting += waiting
        tally.errors.append(f"{waiting} alerts wait: channel {name} is not configured")
    for name, recipient in receivers:
        _serve(store, channels[name], recipient, policy=policy, clock=clock, tally=tally)
    return tally.result()


def _serve(
    store: Store, channel: Channel, recipient: str, *, policy: Policy, clock: Callable[[], datetime], tally: _Tally
) -> None:
    """Send one receiver what it is to get now."""
    if channel.kind == "console":  # it interrupts nobody, and what a run found is read at its end
        policy = Policy(group_over=10**6, when_unknown=policy.when_unknown)
    with store.write() as tx:
        planned = plan(tx, channel.name, recipient, policy=policy, now=clock())
    tally.waiting += planned.waiting
    batches, failures = list(planned.batches), 0
    while batches and failures < UNREACHABLE:
        batch = batches.pop(0)
        try:
            leased = _leased(store, batch, clock)
        except TakenError:
            continue
        receipt = _deliver(store, leased, channel, policy=policy, clock=clock, tally=tally)
        if receipt is None:
            batches[:0] = [alone(entry) for entry in leased.members]
            continue
        failures = failures + 1 if receipt.outcome == "retry" else 0
    tally.waiting += sum(len(batch.members) for batch in batches)


def _leased(store: Store, batch: Batch, clock: Callable[[], datetime]) -> Batch:
    """Take the deliveries of a message, all or none; TakenError where another sender has one."""
    me, now = f"{socket.gethostname()}:{os.getpid()}", clock()
    with store.write() as tx:
        for delivery_id in batch.ids:
            if not outbox.lease(tx, delivery_id, by=me, now=now, for_s=LEASE_S):
                raise TakenError(str(delivery_id))
        if len(batch.members) > 1:
            queue.bundle(tx, batch.ids, uid=batch.uid, now=now)
        # as leased they know whether an earlier try may have arrived
        members = tuple((alert, outbox.delivery(tx, delivery.id)) for alert, delivery in batch.members)
    return replace(batch, members=members)


def _deliver(
    store: Store, batch: Batch, channel: Channel, *, policy: Policy, clock: Callable[[], datetime], tally: _Tally
) -> Receipt | None:
    """Send a message and keep how that ended; None where its parts are to be sent one by one instead."""
    started = time.monotonic()
    written, receipt = _attempt(store, batch, channel, clock())
    took_s, now = round(time.monotonic() - started, 3), clock()
    with store.write() as tx:
        for entry in written.members:
            if _divides(receipt, written):
                _take_out(tx, entry[1], receipt, now=now, took_s=took_s)
                continue
            outcome = _finish(tx, entry, batch, receipt, policy=policy, now=now, took_s=took_s)
            tally.add(entry, channel.name, outcome, receipt.error)
        for entry, error in written.poison:
            poison = Receipt(outcome="dead", error=error)
            tally.add(
                entry, channel.name, _finish(tx, entry, batch, poison, policy=policy, now=now, took_s=took_s), error
            )
        if receipt.outcome == "sent":
            queue.release(tx, channel.name, batch.members[0][1].recipient)
        if receipt.gone and written.members:
            _, delivery = written.members[0]
            queue.disable(tx, delivery.channel, delivery.recipient, reason=receipt.error or "gone", now=now)
    return None if _divides(receipt, written) else receipt


def _divides(receipt: Receipt, written: Written) -> bool:
    refused = receipt.outcome == "dead" and (receipt.poison or receipt.code in DIVISIBLE)
    return refused and len(written.members) > 1


def _take_out(tx: Transaction, delivery: Delivery, receipt: Receipt, *, now: datetime, took_s: float) -> None:
    """Take a delivery out of a message that was refused: it is due at once as one of its own."""
    if _keep(tx, delivery, replace(receipt, outcome="retry"), now=now, took_s=took_s, next_at=now):
        queue.unbundle(tx, [delivery.id])


def _finish(
    tx: Transaction, entry: Entry, batch: Batch, receipt: Receipt, *, policy: Policy, now: datetime, took_s: float
) -> str:
    alert, delivery = entry
    outcome, next_at = receipt.outcome, None
    if outcome == "retry" or (outcome == "unknown" and policy.when_unknown == "retry"):
        next_at = retry_at(delivery.attempts, now, retry_after_s=receipt.retry_after_s, jitter=random.random)
        outcome = outcome if next_at or outcome == "unknown" else "dead"
    decides = _keep(tx, delivery, replace(receipt, outcome=outcome), now=now, took_s=took_s, next_at=next_at)
    if decides and (outcome == "sent" or (outcome == "unknown" and next_at is None)):
        told.add(tx, alert, delivery, message_uid=batch.uid, now=now)
    return outcome


def _keep(
    tx: Transaction, delivery: Delivery, receipt: Receipt, *, now: datetime, took_s: float, next_at: datetime | None
) -> bool:
    """Keep how an attempt ended; tell whether that decides what becomes of the delivery."""
    return outbox.finish(
        tx,
        delivery.id,
        outcome=receipt.outcome,
        now=now,
        code=receipt.code,
        error=receipt.error,
        duration_s=took_s,
        next_attempt_at=next_at,
        attempt=delivery.attempts,
    )


def _attempt(store: Store, batch: Batch, channel: Channel, now: datetime) -> tuple[Written, Receipt]:
    """Write and send a message; what goes wrong unexpectedly is a poison, which must not hold up the next ones."""
    written = Written(members=batch.members)
    try:
        with store.read() as tx:
            written = write(tx, batch, now=now)
        if written.message is None:
            return written, Receipt(outcome="dead", error="nothing of it could be written")
        return written, channel.send(written.message, batch.members[0][1].recipient)
    except StorageError as error:  # the database failed, not the message
        return written, Receipt(outcome="retry", error=str(error))
    except Exception as error:
        return written, Receipt(outcome="dead", error=f"{type(error).__name__}: {error}", poison=True)
