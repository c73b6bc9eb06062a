"""What a receiver is to be told, by what it was told last: news, a follow-up, a correction, or nothing any more.

In: an alert, the history of its development, what the receiver knows. Out: a `FollowUp`, with what changed since then
and not since the last version. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flows.stages.compare import may_lie_in
from flows.stages.summary import toll_words
from parsers.coding.values import PlaceMention, When
from parsers.coding.watch import CORRECTION
from storage.alert_values import Told
from storage.values import Alert, Change, Development, DevelopmentState, DevelopmentVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """How an alert is told to one receiver; `since` is when it was last told of the development."""

    change: str
    changes: tuple[Change, ...]
    since: datetime | None = None
    since_number: int | None = None
    thread: str | None = None  # the message that began the thread
    previous: str | None = None  # the last message of the thread


def follow_up(alert: Alert, development: Development, told: Told | None) -> FollowUp:
    """Return how an alert is told to a receiver that knows what `told` says (None: nothing)."""
    version = version_of(development, alert.development_number)
    if told is None:
        return FollowUp(change="new", changes=())
    known = version_of(development, told.development_number)
    changes = changes_between(development.history, told.development_number, version.number)
    change = "update" if alert.change == "new" or _by_us(alert) else alert.change
    return FollowUp(
        change="correction" if wrongly_told(known.state, version.state) else change,
        changes=changes,
        since=told.told_at,
        since_number=told.development_number,
        thread=told.thread_uid,
        previous=told.message_uid,
    )


def needless(alert: Alert, development: Development, told: Told | None, *, awaited: bool = False) -> str | None:
    """Return why an alert need not be told to a receiver any more; None where it must.

    `awaited` means that an earlier alert on the development is still on its way to it.
    """
    if alert.change == "correction" and not awaited:
        if told is None:
            return "nothing to correct: it was never told what is corrected"
        known, now = version_of(development, told.development_number), version_of(development, alert.development_number)
        later = told.development_number < alert.development_number
        if later and _by_us(alert) and not wrongly_told(known.state, now.state):
            return "nothing to correct: what it was last told holds"
    if told is not None and told.development_number >= alert.development_number:
        return f"told already, in {told.message_uid}"
    return None


def _by_us(alert: Alert) -> bool:
    """Tell whether a correction was found by what receivers were told; else a source itself took something back."""
    return alert.rule == CORRECTION


def version_of(development: Development, number: int) -> DevelopmentVersion:
    """Return a version of a development."""
    return next(v for v in development.history if v.number == number)


def changes_between(history: Sequence[DevelopmentVersion], first: int, last: int) -> tuple[Change, ...]:
    """Return what changed from one version to another: each field once, from its first value to its last."""
    joined: dict[str, Change] = {}
    for change in (c for v in history if first < v.number <= last for c in v.changes):
        old = joined[change.field].old if change.field in joined else change.old
        joined[change.field] = Change(field=change.field, old=old, new=change.new, reason=change.reason)
    return tuple(c for c in joined.values() if c.old != c.new)


def wrongly_told(told: DevelopmentState, now: DevelopmentState) -> tuple[str, ...]:
    """Return what a receiver was told that no longer holds; what was only vaguer, or is now disputed, was not wrong."""
    named = {p.id for p in now.participants}
    gone = [p.name for p in told.participants if p.id not in named]
    faults = [
        "it is retracted" if now.status == "retracted" != told.status else None,
        f"not {' or '.join(gone)}" if gone else None,
        _wrong_place(told.place, now.place),
        None if told.modality == "announced" != now.modality else _wrong_day(told.when, now.when),
        _too_many(told, now),
    ]
    return tuple(fault for fault in faults if fault)


def _too_many(told: DevelopmentState, now: DevelopmentState) -> str | None:
    """Tell that fewer died than was told; where figures stand against each other, the higher one still stands."""
    before = told.fatalities.best or told.fatalities.low
    after = (now.fatalities.best, now.fatalities.high, now.fatalities.low)
    known = [number for number in after if number is not None]
    if before is None or not known or max(known) >= before:
        return None
    return f"not {toll_words(told.fatalities)}: {toll_words(now.fatalities)}"


def _wrong_place(told: PlaceMention | None, now: PlaceMention | None) -> str | None:
    if told is None or now is None or told.id == now.id:
        return None
    within = {now.region, now.country, now.name}
    finer = (now.geo_precision or 9) < (told.geo_precision or 9)
    if (finer and told.name in within) or (not finer and now.name in {told.region, told.country}):
        return None
    if "area" in {told.kind, now.kind} and may_lie_in(told, now):  # "central Mali" has no region of its own
        return None
    return f"not at {told.name}: at {now.name}"


def _wrong_day(told: When, now: When) -> str | None:
    before, after = _days(told), _days(now)
    if before is None or after is None or (before[0] <= after[1] and after[0] <= before[1]):
        return None
    return f"not on {before[0]}: on {after[0]}"


def _days(when: When) -> tuple[date, date] | None:
    if when.start is None or when.basis == "publication":
        return None
    return when.start, when.end or when.start
