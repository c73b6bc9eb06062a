"""How a source is doing: tables of what follows an attempt, when it is due again, and what is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flows.stages.health import (
    GONE_PAUSE,
    LONGEST_PAUSE,
    Health,
    assess,
    is_due,
    longest_silence,
    next_interval,
    wants_unconditional,
)
from storage.source_values import AttemptOutcome, Source, SourceAttempt, SourceState
from tests.flows.runs import NOON

SOURCE = Source(key="desk", kind="feed", address="https://desk.example/rss", interval_minutes=60)
WEEKLY = replace(SOURCE, expected_per_week=1.0)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def attempt(outcome: AttemptOutcome = "ok", **fields: Any) -> SourceAttempt:
    return SourceAttempt(source="desk", started_at=NOON, outcome=outcome, **fields)


def after(state: SourceState, tried: SourceAttempt, *, source: Source = SOURCE, **fields: Any) -> Health:
    return assess(source, state, tried, **{"now": NOON, **fields})


def told(health: Health) -> tuple[str, str] | None:
    return (health.notice.kind, health.notice.reason) if health.notice else None


PAUSES = {
    0: 5 * MINUTE, 1: 10 * MINUTE, 2: 20 * MINUTE, 5: 160 * MINUTE, 8: 1_280 * MINUTE, 9: LONGEST_PAUSE,
    10_000: LONGEST_PAUSE,
}  # fmt: skip


@pytest.mark.parametrize(("failures", "pause"), PAUSES.items(), ids=str)
def test_a_source_that_fails_is_read_more_seldom_and_never_given_up(failures: int, pause: timedelta) -> None:
    health = after(SourceState(failures=failures), attempt("failed"))
    assert health.state.due_at == NOON + pause
    assert health.state.failures == failures + 1


RETRY_AFTER = {10.0: 5 * MINUTE, 3_600.0: HOUR, 10.0**12: LONGEST_PAUSE, 0.0: 5 * MINUTE}


@pytest.mark.parametrize(("seconds", "pause"), RETRY_AFTER.items(), ids=str)
def test_a_source_that_asks_for_a_pause_gets_it_within_reason(seconds: float, pause: timedelta) -> None:
    assert after(SourceState(), attempt("failed"), retry_after_s=seconds).state.due_at == NOON + pause


def test_a_source_that_is_gone_for_good_is_tried_again_all_the_same() -> None:
    health = after(SourceState(), attempt("failed", status=410), permanent=True)
    assert health.state.due_at == NOON + GONE_PAUSE
    assert told(health) == ("failed", "failed")


def test_three_failures_are_one_notice_and_the_recovery_is_one() -> None:
    state, said = SourceState(), list[tuple[str, str] | None]()
    outcomes: list[AttemptOutcome] = ["failed", "failed", "blocked", "failed", "failed", "ok", "ok", "not_modified"]
    for hour, outcome in enumerate(outcomes):
        reason = "no answer" if outcome in {"failed", "blocked"} else None
        health = after(state, attempt(outcome, reason=reason), now=NOON + hour * HOUR)
        state, said = health.state, [*said, told(health)]
    failed, recovered = ("failed", "no answer"), ("recovered", "it had failed since 2025-06-10 12:00")
    assert said == [None, None, failed, None, None, recovered, None, None]
    assert (state.failures, state.failing_since, state.notice) == (0, None, None)


def test_two_failures_are_the_web() -> None:
    state = after(SourceState(failures=1, failing_since=NOON - HOUR), attempt("failed")).state
    assert (state.failures, state.failing_since, state.notice) == (2, NOON - HOUR, None)
    assert told(after(state, attempt())) is None


def test_what_only_a_person_can_mend_is_told_at_once_and_once() -> None:
    first = after(SourceState(), attempt("blocked", reason="refused"), permanent=True)
    assert told(first) == ("failed", "refused")
    assert told(after(first.state, attempt("blocked", reason="refused"), permanent=True)) is None


def test_a_failure_keeps_what_was_known_of_the_answers() -> None:
    known = SourceState(etag='"1"', last_modified="x", items=12, last_ok_at=NOON - HOUR, last_new_at=NOON - DAY)
    left = after(known, attempt("failed")).state
    assert replace(left, failures=0, failing_since=None, due_at=None) == known


def test_success_is_remembered() -> None:
    state = after(SourceState(last_new_at=NOON - DAY), attempt(items=20, fresh=2)).state
    assert (state.items, state.last_ok_at, state.last_new_at) == (20, NOON, NOON)
    state = after(replace(state, last_new_at=NOON - DAY), attempt("not_modified")).state
    assert (state.items, state.last_ok_at, state.last_new_at) == (20, NOON, NOON - DAY)


SILENCES = {None: None, 0.5: 56 * DAY, 1.0: 28 * DAY, 14.0: 2 * DAY, 1_000.0: 2 * DAY}


@pytest.mark.parametrize(("per_week", "allowed"), SILENCES.items(), ids=str)
def test_silence_is_judged_by_the_own_rhythm(per_week: float | None, allowed: timedelta | None) -> None:
    assert longest_silence(replace(SOURCE, expected_per_week=per_week)) == allowed


def test_silence_is_told_once_and_its_end_once() -> None:
    quiet = SourceState(last_new_at=NOON - 28 * DAY)
    assert told(after(quiet, attempt("not_modified"), source=WEEKLY)) is None
    silent = after(quiet, attempt("not_modified"), source=WEEKLY, now=NOON + MINUTE)
    assert told(silent) == ("silent", "nothing new for 28 days; 28 are usual at most")
    assert told(after(silent.state, attempt(items=3, fresh=0), source=WEEKLY, now=NOON + DAY)) is None
    back = after(silent.state, attempt(items=3, fresh=1), source=WEEKLY, now=NOON + 2 * DAY)
    assert told(back) == ("recovered", "no longer silent")
    assert told(after(back.state, attempt(items=3, fresh=0), source=WEEKLY, now=NOON + 3 * DAY)) is None


def test_a_new_source_is_not_silent() -> None:
    assert told(after(SourceState(), attempt(items=3, fresh=0), source=WEEKLY)) is None


COLLAPSES = {(10, 1): True, (10, 2): False, (9, 0): False, (100, 0): True, (100, 19): True, (100, 20): False}


@pytest.mark.parametrize(("items", "collapsed"), COLLAPSES.items(), ids=str)
def test_an_answer_with_far_fewer_items_is_told(items: tuple[int, int], collapsed: bool) -> None:
    health = after(SourceState(items=items[0]), attempt(items=items[1], fresh=0))
    said = ("collapsed", f"{items[1]} items where there were {items[0]}")
    assert told(health) == (said if collapsed else None)


def test_a_collapse_is_told_once_and_its_end_once() -> None:
    low = after(SourceState(items=50), attempt(items=2, fresh=0)).state
    still = after(low, attempt(items=2, fresh=0))
    assert told(still) is None
    assert told(after(still.state, attempt(items=48, fresh=4))) == ("recovered", "no longer collapsed")


@pytest.mark.parametrize("same", [attempt("not_modified"), attempt(fresh=0)], ids=["304", "the same bytes"])
def test_the_same_answer_again_is_no_recovery(same: SourceAttempt) -> None:
    low = after(SourceState(items=50), attempt(items=2, fresh=0)).state
    assert told(after(low, same)) is None


INTERVALS = {
    "at first": (None, attempt(items=5, fresh=2), 60),
    "nothing told": (40, attempt("not_modified"), 60),
    "all new at first": (40, attempt(items=5, fresh=5), 40),
    "some new": (40, attempt(items=5, fresh=2), 40),
    "none new": (20, attempt(items=5, fresh=0), 30),
    "none new, at its longest": (50, attempt(items=5, fresh=0), 60),
    "empty": (20, attempt(items=0, fresh=0), 30),
}


@pytest.mark.parametrize(("current", "tried", "minutes"), INTERVALS.values(), ids=INTERVALS.keys())
def test_the_pause_follows_what_a_poll_brought(current: int | None, tried: SourceAttempt, minutes: int) -> None:
    assert next_interval(SOURCE, SourceState(interval_minutes=current), tried) == minutes
    assert after(SourceState(interval_minutes=current), tried).state.due_at == NOON + minutes * MINUTE


@pytest.mark.parametrize(("current", "minutes"), [(60, 30), (11, 5), (5, 5)])
def test_a_source_whose_polls_do_not_overlap_is_read_more_often(current: int, minutes: int) -> None:
    state = SourceState(interval_minutes=current, items=5)
    assert next_interval(SOURCE, state, attempt(items=5, fresh=5)) == minutes


@pytest.mark.parametrize(("due", "expected"), [(None, True), (NOON, True), (NOON + MINUTE, False), (NOON - DAY, True)])
def test_what_is_due(due: Any, expected: bool) -> None:
    assert is_due(SourceState(due_at=due), NOON) is expected


@pytest.mark.parametrize(("last", "wanted"), [(None, True), (NOON - HOUR, False), (NOON - DAY, True)])
def test_once_a_day_nothing_is_taken_for_granted(last: Any, wanted: bool) -> None:
    assert wants_unconditional(SourceState(unconditional_at=last), NOON) is wanted
