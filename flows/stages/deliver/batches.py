"""Plans the messages of one receiver: what goes out now, what goes together, what waits, what is not sent at all.

In: a write transaction, a receiver, the policy, the instant. Out: batches, each one message; holds and skips
are kept in the transaction with their reasons. Nothing is dropped: each delivery is in a batch, held, skipped or
left as it is.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.stages.deliver.policy import Policy, held
from flows.stages.follow_up import needless
from storage import developments, outbox, queue, silences, told
from storage.alert_values import Hold
from storage.engine import Transaction
from storage.values import Alert, Delivery

LIMIT = 500  # deliveries of one receiver in one run; the rest waits for the next one
_NAMESPACE = uuid.UUID("0d0b5a0e-3f0f-5d6e-9c55-8f6a7f4f3c21")  # of the ids of messages that tell of several alerts

Entry = tuple[Alert, Delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One message to be: its deliveries in the order of their alerts, and its id."""

    uid: str
    members: tuple[Entry, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """Return the ids of the deliveries."""
        return tuple(delivery.id for _, delivery in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The messages of a receiver, and how many deliveries wait for later or are not sent."""

    batches: tuple[Batch, ...] = ()
    waiting: int = 0
    skipped: tuple[str, ...] = ()


def plan(tx: Transaction, channel: str, recipient: str, *, policy: Policy, now: datetime) -> Plan:
    """Return the messages that a receiver is to get now."""
    entries = queue.waiting(tx, channel, recipient, now=now, limit=LIMIT)
    flying = queue.in_flight(tx, channel, recipient, now=now)
    entries = tuple(e for e in entries if e[0].development_id not in flying)
    ready, skipped = _wanted(tx, entries, channel, recipient, now=now)
    ready, waits = _held_back(tx, ready, channel, recipient, policy=policy, now=now)
    for (_, delivery), hold in waits:
        queue.hold(tx, delivery.id, hold)
    return Plan(batches=tuple(_batches(tx, ready, policy.group_over)), waiting=len(waits), skipped=tuple(skipped))


def alone(entry: Entry) -> Batch:
    """Return the message of one delivery: its id is that of the alert."""
    return Batch(uid=entry[0].uid, members=(entry,))


def _wanted(
    tx: Transaction, entries: Sequence[Entry], channel: str, recipient: str, *, now: datetime
) -> tuple[list[Entry], list[str]]:
    """Skip what nobody is to be told any more; return the rest, and what was skipped with its reason."""
    gone = queue.disabled(tx, channel, recipient)
    standing = silences.standing(tx, now=now)
    wanted: list[Entry] = []
    skipped: list[str] = []
    for alert, delivery in entries:
        silence = next((s for s in standing if s.covers(alert, channel, now)), None)
        reason = gone or (f"{silence.public_id}: silenced: {silence.reason}" if silence else None)
        reason = reason or _needless(tx, alert, delivery)
        if reason is None:
            wanted.append((alert, delivery))
            continue
        outbox.skip(tx, delivery.id, reason=reason)
        skipped.append(f"{alert.public_id} to {channel}: {reason}")
    return wanted, skipped


def _needless(tx: Transaction, alert: Alert, delivery: Delivery) -> str | None:
    known = told.last(tx, delivery.channel, delivery.recipient, development_id=alert.development_id)
    if delivery.possible_repeat or (known is None and alert.change != "correction"):
        return None
    awaited = any(
        (channel, recipient) == (delivery.channel, delivery.recipient) and number < alert.development_number
        for channel, recipient, number in told.awaited(tx, alert.development_id)
    )
    return needless(alert, developments.get(tx, alert.development_id), known, awaited=awaited)


def _held_back(
    tx: Transaction, entries: Sequence[Entry], channel: str, recipient: str, *, policy: Policy, now: datetime
) -> tuple[list[Entry], list[tuple[Entry, Hold]]]:
    """Divide what goes now from what waits; what waits on a development goes along with a message on it."""
    pause = queue.paused_until(tx, channel, recipient)
    ready: list[Entry] = []
    waits: list[tuple[Entry, Hold]] = []
    for alert, delivery in entries:
        known = told.last(tx, channel, recipient, development_id=alert.development_id)
        hold = held(alert, known, channel, policy=policy, now=now)
        if hold is None and pause and pause > now and alert.severity != "critical":
            hold = Hold(reason=queue.UNREACHED, until=pause)
        if hold and delivery.state != "sending":
            waits.append(((alert, delivery), hold))
        else:
            ready.append((alert, delivery))
    going = {alert.development_id for alert, _ in ready}
    along = {entry for entry, _ in waits if entry[0].development_id in going}
    earlier = queue.held_on(tx, channel, recipient, developments=going)
    queue.unhold(tx, [delivery.id for _, delivery in earlier])
    along |= {*earlier}
    ordered = sorted({*ready, *along}, key=lambda entry: (entry[0].id, entry[1].id))
    return ordered, [(entry, hold) for entry, hold in waits if entry not in along]


def _batches(tx: Transaction, entries: Sequence[Entry], group_over: int) -> Iterable[Batch]:
    """Yield the messages: the critical ones first, each for itself; then what was one before; then the rest."""
    kept = queue.bundles(tx, [delivery.id for _, delivery in entries])
    fixed: defaultdict[str, list[Entry]] = defaultdict(list)
    free: defaultdict[int, list[Entry]] = defaultdict(list)  # by development
    for entry in entries:
        if uid := kept.get(entry[1].id):
            fixed[uid].append(entry)
        elif entry[1].attempts:  # its id is known to the receiver, perhaps
            fixed[entry[0].uid].append(entry)
        else:
            free[entry[0].development_id].append(entry)
    grave = {i for i, group in free.items() if any(alert.severity == "critical" for alert, _ in group)}
    yield from (_together(free[i]) for i in free if i in grave)
    yield from (Batch(uid=uid, members=tuple(members)) for uid, members in fixed.items())
    rest = [entry for i, group in free.items() if i not in grave for entry in group]
    if len(rest) > group_over:
        yield _together(sorted(rest, key=lambda entry: entry[0].id))
    else:
        yield from (_together(group) for i, group in free.items() if i not in grave)


def _together(entries: Sequence[Entry]) -> Batch:
    """Return one message of some deliveries."""
    if len(entries) == 1:
        return alone(entries[0])
    key = "/".join([entries[0][1].channel, entries[0][1].recipient, *(alert.uid for alert, _ in entries)])
    return Batch(uid=f"group_{uuid.uuid5(_NAMESPACE, key).hex}", members=tuple(entries))
