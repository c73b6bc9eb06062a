"""How a source is doing: what its last try says of it, when it is due again, and what the operator is told.

In: a source, what was remembered of it, and one attempt. Out: the next state, and a notice where something
began or ended. Pure. A source is told of once when it breaks and once when it recovers; silence is judged
against its own rhythm; a source is read more seldom while it fails, and never given up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from storage.source_values import NoticeKind, Source, SourceAttempt, SourceNotice, SourceState

TELL_AFTER = 3  # failures in a row: one or two are the web
SHORTEST_MINUTES = 5  # between two polls, however busy a source is
FIRST_PAUSE_MINUTES = 5.0  # after a failure; doubled by each further one …
LONGEST_PAUSE = timedelta(hours=24)  # … up to this
GONE_PAUSE = timedelta(days=7)  # after "gone for good" (410): tried again all the same
SILENT_GAPS = 4  # of the mean gap between two items without a new one
SILENT_LEAST = timedelta(days=2)
COLLAPSED_SHARE = 0.2  # of the items of the response before
COLLAPSED_LEAST = 10  # items before, so that a small feed does not raise alarms
UNCONDITIONAL = timedelta(days=1)  # without validators at least so often, against servers whose validators are frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A source after an attempt."""

    state: SourceState
    notice: SourceNotice | None


def assess(
    source: Source,
    state: SourceState,
    attempt: SourceAttempt,
    *,
    now: datetime,
    permanent: bool = False,
    retry_after_s: float | None = None,
) -> Health:
    """Return the state that follows an attempt, and the notice that is due."""
    if attempt.outcome in {"ok", "not_modified"}:
        return _after_success(source, state, attempt, now)
    if attempt.outcome == "waiting":  # it was not asked: that tells nothing of it
        return Health(state=replace(state, due_at=now + timedelta(seconds=retry_after_s or 0.0)), notice=None)
    return _after_failure(source, state, attempt, now, permanent=permanent, retry_after_s=retry_after_s)


def _after_failure(
    source: Source,
    state: SourceState,
    attempt: SourceAttempt,
    now: datetime,
    *,
    permanent: bool,
    retry_after_s: float | None,
) -> Health:
    failures = state.failures + 1
    pause = min(timedelta(minutes=FIRST_PAUSE_MINUTES * 2 ** min(failures - 1, 12)), LONGEST_PAUSE)
    if retry_after_s is not None:
        pause = max(pause, min(timedelta(seconds=retry_after_s), LONGEST_PAUSE))
    if attempt.status == 410:
        pause = GONE_PAUSE
    tell = (permanent or failures >= TELL_AFTER) and state.notice != "failed"
    after = replace(
        state,
        failures=failures,
        failing_since=state.failing_since or now,
        due_at=now + pause,
        notice="failed" if tell else state.notice,
    )
    reason = attempt.reason or attempt.outcome
    return Health(state=after, notice=_notice(source, "failed", reason, now) if tell else None)


def _after_success(source: Source, state: SourceState, attempt: SourceAttempt, now: datetime) -> Health:
    interval = next_interval(source, state, attempt)
    fresh = bool(attempt.fresh)
    after = replace(
        state,
        failures=0,
        failing_since=None,
        last_ok_at=now,
        last_new_at=now if fresh else state.last_new_at or now,
        interval_minutes=interval,
        due_at=now + timedelta(minutes=interval),
        items=attempt.items if attempt.items is not None else state.items,
    )
    kind, reason = _finding(source, state, after, attempt, now)
    if kind is None or kind == state.notice:
        still = state.notice if kind == state.notice else None
        return Health(state=replace(after, notice=still), notice=None)
    lasting = None if kind == "recovered" else kind
    return Health(state=replace(after, notice=lasting), notice=_notice(source, kind, reason, now))


def _finding(
    source: Source, before: SourceState, after: SourceState, attempt: SourceAttempt, now: datetime
) -> tuple[NoticeKind | None, str]:
    """Return what is to be said of a source that answered: it recovered, collapsed, or is silent."""
    if _collapsed(before, attempt):
        return "collapsed", f"{attempt.items} items where there were {before.items}"
    quiet = now - after.last_new_at if after.last_new_at else timedelta()
    if (allowed := longest_silence(source)) and quiet > allowed:
        return "silent", f"nothing new for {quiet.days} days; {allowed.days} are usual at most"
    if before.notice == "failed":
        since = f" since {before.failing_since:%Y-%m-%d %H:%M}" if before.failing_since else ""
        return "recovered", f"it had failed{since}"
    if before.notice is not None:
        return "recovered", f"no longer {before.notice}"
    return None, ""


def _collapsed(before: SourceState, attempt: SourceAttempt) -> bool:
    if attempt.items is None:
        return before.notice == "collapsed"  # the same answer again is no recovery
    if before.items is None or attempt.outcome != "ok":
        return False
    if before.notice == "collapsed" and attempt.items <= before.items:
        return True  # as low as it was when it was told
    return before.items >= COLLAPSED_LEAST and attempt.items < COLLAPSED_SHARE * before.items


def longest_silence(source: Source) -> timedelta | None:
    """Return how long a source may bring nothing new; None where its rhythm is not known."""
    if not source.expected_per_week:
        return None
    return max(SILENT_LEAST, SILENT_GAPS * timedelta(weeks=1) / source.expected_per_week)


def next_interval(source: Source, state: SourceState, attempt: SourceAttempt) -> int:
    """Return the minutes until the next poll: fewer where two polls did not overlap, more where they all but agree."""
    current = state.interval_minutes or source.interval_minutes
    if not attempt.items or attempt.fresh is None:
        return min(source.interval_minutes, current + current // 2)
    if attempt.fresh == attempt.items and state.items:
        return max(SHORTEST_MINUTES, current // 2)  # items may have come and gone between the polls
    if attempt.fresh == 0:
        return min(source.interval_minutes, current + current // 2)
    return current


def is_due(state: SourceState, now: datetime) -> bool:
    """Tell whether a source is to be read in a run at `now`."""
    return state.due_at is None or state.due_at <= now


def wants_unconditional(state: SourceState, now: datetime) -> bool:
    """Tell whether the next fetch is to be made without validators."""
    return state.unconditional_at is None or now - state.unconditional_at >= UNCONDITIONAL


def _notice(source: Source, kind: NoticeKind, reason: str, now: datetime) -> SourceNotice:
    return SourceNotice(source=source.key, kind=kind, reason=reason, noticed_at=now)
