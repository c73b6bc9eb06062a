"""Empties the outbox: takes each delivery that is due, sends it, and keeps how that ended.

In: the store and the open channels. Out: a `Dispatched` value. Each delivery is leased before it is sent
and marked after, so that two runs never send it at once and a crash loses nothing; a channel's fault never
holds up another delivery.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.stages.compose import compose
from flows.stages.deliver.message import Channel, Message, Receipt
from flows.stages.deliver.registry import retry_at
from storage import developments, outbox
from storage.engine import Store, Transaction
from storage.values import Alert, Delivery

BATCH = 200  # deliveries of one run; the rest waits for the next one
LEASE_S = 300.0  # longer than any channel's deadline: after it, the sender is taken for dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """How many deliveries ended how, and the errors met."""

    sent: int = 0
    waiting: int = 0
    dead: int = 0
    errors: tuple[str, ...] = ()


def dispatch(store: Store, channels: Mapping[str, Channel], *, clock: Callable[[], datetime]) -> Dispatched:
    """Send what is due; deliveries of channels that are no longer configured are kept and reported."""
    me = f"{socket.gethostname()}:{os.getpid()}"
    outcomes: list[tuple[str, str | None]] = []
    with store.read() as tx:
        due = outbox.due(tx, now=clock(), limit=BATCH, channels=channels.keys())
        left = outbox.waiting_elsewhere(tx, channels=channels.keys())
    for channel, waiting in left.items():
        outcomes += [("waiting", None)] * waiting
        outcomes.append(("told", f"{waiting} alerts wait: channel {channel} is not configured"))
    for alert, delivery in due:
        with store.write() as tx:
            if not outbox.lease(tx, delivery.id, by=me, now=clock(), for_s=LEASE_S):
                continue
            leased = outbox.delivery(tx, delivery.id)  # it knows whether an earlier try may have arrived
        outcomes.append(_deliver(store, alert, leased, channels[leased.channel], clock))
    return Dispatched(
        sent=sum(o == "sent" for o, _ in outcomes),
        waiting=sum(o in {"retry", "waiting", "unknown"} for o, _ in outcomes),
        dead=sum(o == "dead" for o, _ in outcomes),
        errors=tuple(e for _, e in outcomes if e),
    )


def _deliver(
    store: Store, alert: Alert, delivery: Delivery, channel: Channel, clock: Callable[[], datetime]
) -> tuple[str, str | None]:
    started = time.monotonic()
    receipt = _attempt(store, alert, delivery, channel)
    now = clock()
    outcome, next_at = receipt.outcome, None
    if outcome == "retry":
        next_at = retry_at(delivery.attempts, now, retry_after_s=receipt.retry_after_s, jitter=random.random)
        outcome = "retry" if next_at else "dead"
    with store.write() as tx:
        outbox.finish(
            tx,
            delivery.id,
            outcome=outcome,
            now=now,
            code=receipt.code,
            error=receipt.error,
            duration_s=round(time.monotonic() - started, 3),
            next_attempt_at=next_at,
        )
    where = f"{alert.public_id} to {channel.name}"
    return outcome, f"{where}: {receipt.error}" if receipt.error else None


def _attempt(store: Store, alert: Alert, delivery: Delivery, channel: Channel) -> Receipt:
    try:
        with store.read() as tx:
            message = _message(tx, alert, delivery)
        return channel.send(message, delivery.recipient)
    except Exception as error:
        # a poison alert must not hold up the next ones: it goes to the dead letters with its reason
        return Receipt(outcome="dead", error=f"{type(error).__name__}: {error}")


def _message(tx: Transaction, alert: Alert, delivery: Delivery) -> Message:
    development = developments.get(tx, alert.development_id)
    first = outbox.alerts_of_development(tx, alert.development_id)[0]
    thread = first.uid if first.id != alert.id else None
    return compose(alert, development, thread=thread, possible_repeat=delivery.possible_repeat)
