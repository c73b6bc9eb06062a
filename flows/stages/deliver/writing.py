"""Writes the message of a batch, as its receiver is to read it after what it was told last.

In: a transaction, a batch, the instant. Out: a `Written`: the message, whose alerts it tells, and those that cannot be
written, with the reason. Changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.stages.compose import Part, compose_group, compose_part, part_of
from flows.stages.deliver.batches import Batch, Entry
from flows.stages.deliver.message import Message
from flows.stages.follow_up import follow_up
from storage import developments, outbox, queue, told
from storage.engine import Transaction, has_failed

LATE = timedelta(hours=1)  # after the first try: later, a message says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message, the deliveries that it is, and those that could not be written."""

    members: tuple[Entry, ...]
    message: Message | None = None
    poison: tuple[tuple[Entry, str], ...] = ()


def write(tx: Transaction, batch: Batch, *, now: datetime) -> Written:
    """Return the message of a batch: one part a development, by its newest alert.

    What goes wrong with a part is its own fault, unless the database fails.
    """
    parts: list[Part] = []
    good: list[Entry] = []
    poison: list[tuple[Entry, str]] = []
    notes = _notes(tx, batch, now)
    for development_id in dict.fromkeys(alert.development_id for alert, _ in batch.members):
        own = [entry for entry in batch.members if entry[0].development_id == development_id]
        try:
            parts.append(_part(tx, own))
            good += own
        except Exception as error:
            if has_failed(error):
                raise
            poison += [(entry, f"{type(error).__name__}: {error}") for entry in own]
    message = None
    if len(parts) == 1:
        repeat = any(delivery.possible_repeat for _, delivery in good)
        message = compose_part(parts[0], uid=batch.uid, notes=notes, possible_repeat=repeat)
    elif parts:
        repeat = any(delivery.possible_repeat for _, delivery in good)
        message = compose_group(parts, uid=batch.uid, notes=notes, possible_repeat=repeat)
    return Written(members=tuple(good), message=message, poison=tuple(poison))


def _part(tx: Transaction, entries: list[Entry]) -> Part:
    alert, delivery = max(entries, key=lambda entry: entry[0].development_number)
    development = developments.get(tx, alert.development_id)
    known = told.last(tx, delivery.channel, delivery.recipient, development_id=alert.development_id)
    return part_of(
        alert, development, follow=follow_up(alert, development, known), alerts=tuple(alert for alert, _ in entries)
    )


def _notes(tx: Transaction, batch: Batch, now: datetime) -> tuple[str, ...]:
    """Return why a message comes later than it might have."""
    notes = [f"Held back: {hold.reason}." for hold in queue.holds(tx, batch.ids).values()]
    first = outbox.first_tried_at(tx, batch.ids)
    if first is not None and now - first >= LATE:
        notes.append(f"Late: it could not be delivered since {first:%Y-%m-%d %H:%M} UTC.")
    return tuple(dict.fromkeys(notes))
