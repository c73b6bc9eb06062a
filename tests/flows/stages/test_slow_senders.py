"""Senders that outlast their lease, machines whose clocks differ, a database that fails: nothing lost, one id."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import func, select

from flows.stages.deliver.dispatch import LEASE_S, dispatch
from flows.stages.deliver.message import LONGEST_TIMEOUT_S, Message, Receipt
from flows.stages.deliver.policy import Policy
from flows.stages.deliver.registry import CHANNELS
from flows.stages.digest import send_digests
from parsers.coding.watch import DigestPlan, Watch
from storage import outbox
from storage.engine import Store
from storage.tables_alerts import ToldRow
from tests.flows.stages.receivers_told import NOON, SENT, Desk, deliveries, send, states, tell

PAST_LEASE = NOON + timedelta(seconds=LEASE_S + 1)
BUSY = Receipt(outcome="retry", code=503, error="busy")
REFUSED = Receipt(outcome="dead", code=410, error="gone")
MORNING = NOON + timedelta(hours=18)
WATCH = Watch(id="mali", title="Mali", theatre=("Mali",), watched=("wagner_group",), digest=DigestPlan(daily=("*",)))


def overtaken(store: Store, own: Receipt, others: Receipt, *, alerts: int, **policy: Any) -> tuple[Desk, Desk]:
    """Let a second sender take what a first one has not sent after its lease; return both with what they sent."""
    second = Desk(answer=lambda *_: others)

    def slow(_message: Message, _recipient: str) -> Receipt:
        if not second.got:
            send(store, second, now=PAST_LEASE, **policy)
        return own

    first = Desk(answer=slow)
    for number in range(alerts):
        tell(store, first, place=f"Village {number}")
    send(store, first, **policy)
    return first, second


def told_rows(store: Store) -> int:
    with store.read() as tx:
        return tx.exec(select(func.count()).select_from(ToldRow)).one()


@pytest.mark.parametrize("alerts", [1, 5], ids=["alone", "in a group"])
@pytest.mark.parametrize(
    ("own", "others", "state"),
    [
        (SENT, SENT, "sent"),
        (BUSY, SENT, "sent"),
        (REFUSED, SENT, "sent"),
        (SENT, BUSY, "sent"),
        (SENT, REFUSED, "sent"),
        (REFUSED, BUSY, "retry"),
        (BUSY, REFUSED, "dead"),
    ],
)
def test_a_sender_that_outlasts_its_lease_says_only_that_it_arrived(
    own: Receipt, others: Receipt, state: str, alerts: int, store: Store
) -> None:
    first, second = overtaken(store, own, others, alerts=alerts)
    assert [m.uid for m in first.messages()] == [m.uid for m in second.messages()]
    assert [m.possible_repeat for m in (*first.messages(), *second.messages())] == [False, True]
    assert states(store) == [state] * alerts
    assert told_rows(store) == (alerts if state == "sent" else 0)
    with store.read() as tx:  # no try is forgotten
        assert {len(outbox.attempts(tx, d.id)) for d in deliveries(store)} == {3}
    assert send(store, Desk(), now=PAST_LEASE).sent == 0


def test_what_a_slow_sender_failed_to_send_is_not_taken_from_the_one_that_is_sending_it(store: Store) -> None:
    """The first sender fails while the second one is in the middle of it: a third must not begin."""
    first, second, third = Desk(), Desk(), Desk()

    def fails_late(*_: object) -> Receipt:
        send(store, second, now=PAST_LEASE)
        return BUSY

    def meanwhile(*_: object) -> Receipt:
        with store.write() as tx:
            (mine,) = deliveries(store)
            outbox.finish(tx, mine.id, outcome="retry", now=PAST_LEASE, next_attempt_at=PAST_LEASE, attempt=1)
        send(store, third, now=PAST_LEASE + timedelta(seconds=10))
        return SENT

    first.answer, second.answer = fails_late, meanwhile
    tell(store, first)
    send(store, first)
    assert (len(first.got), len(second.got), third.got) == (1, 1, [])
    assert states(store) == ["sent"]


def digest(store: Store, desk: Desk, clock: datetime) -> int:
    return send_digests(store, WATCH, {"desk": desk}, period="daily", now=MORNING, clock=lambda: clock).sent


def test_a_digest_whose_sender_was_replaced_stays_sent(store: Store) -> None:
    second = Desk()

    def slow(*_: object) -> Receipt:
        digest(store, second, MORNING + timedelta(seconds=LEASE_S + 1))
        return BUSY

    first = Desk(answer=slow)
    tell(store)
    digest(store, first, MORNING)
    assert [m.uid for m in first.messages()] == [m.uid for m in second.messages()]
    assert digest(store, Desk(), MORNING + timedelta(days=1)) == 0


@pytest.mark.parametrize("kind", sorted({*CHANNELS} - {"console"}))
def test_no_channel_may_wait_for_longer_than_a_lease(kind: str) -> None:
    assert 2 * LONGEST_TIMEOUT_S < LEASE_S  # to connect, and for the session
    with pytest.raises(ValidationError) as caught:
        CHANNELS[kind].settings.model_validate({"name": "desk", "timeout_s": LONGEST_TIMEOUT_S + 1})
    assert "timeout_s" in {error["loc"][0] for error in caught.value.errors()}


def test_a_fault_of_the_database_is_no_fault_of_a_digest(store: Store) -> None:
    desk = Desk()
    tell(store)
    with failing_reads("development_version") as failures:
        digest(store, desk, MORNING)
        assert failures() == 1
    assert desk.got == []
    assert digest(store, desk, MORNING + timedelta(minutes=1)) == 1


@pytest.mark.parametrize("minutes", [-10, -4, 4, 10])
@pytest.mark.parametrize("group_over", [1, 100], ids=["grouped", "one by one"])
def test_clocks_that_differ_by_minutes_lose_nothing(minutes: int, group_over: int, store: Store) -> None:
    """A lease bridges four minutes; beyond, what is under way may come twice, with its id, and says so."""
    other = Desk()

    def meanwhile(*_: object) -> Receipt:
        send(store, other, now=NOON + timedelta(minutes=minutes), group_over=group_over)
        return SENT

    desk = Desk(answer=meanwhile)
    for number in range(4):
        tell(store, desk, place=f"Village {number}")
    send(store, desk, group_over=group_over)
    send(store, other, now=NOON + timedelta(minutes=minutes), group_over=group_over)
    assert set(states(store)) == {"sent"}
    told = [one["uid"] for m in (*desk.messages(), *other.messages()) for one in alerts_in(m)]
    assert len(set(told)) == 4
    repeats = [m for m in other.messages() if m.uid in {mine.uid for mine in desk.messages()}]
    assert len(told) - 4 == sum(len(alerts_in(m)) for m in repeats)
    assert all(m.possible_repeat for m in repeats)
    assert bool(repeats) == (minutes == 10)


def alerts_in(message: Message) -> list[dict[str, str]]:
    return [one for part in message.data.get("developments", [message.data]) for one in part["alerts"]]


@contextmanager
def failing_reads(table: str) -> Iterator[Callable[[], int]]:
    """Let the database fail once, at the next read of a table outside of write transactions."""
    failed: list[str] = []

    def fail(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if (
            not failed
            and f"FROM {table}" in sql.replace("\n", "")
            and not connection.get_execution_options().get("writes")
        ):
            failed.append(sql)
            raise OperationalError(sql, None, sqlite3.OperationalError("disk I/O error"))

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield lambda: len(failed)
    finally:
        event.remove(Engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("table", ["development", "told", "hold"])
def test_a_fault_of_the_database_is_no_fault_of_the_alert(table: str, store: Store) -> None:
    desk = Desk()
    for number in range(2):
        tell(store, desk, place=f"Village {number}")
    with failing_reads(table) as failures:
        done = dispatch(store, {"desk": desk}, clock=lambda: NOON, policy=Policy())
        assert failures() == 1
    assert (done.sent, done.dead, states(store)) == (1, 0, ["retry", "sent"])
    assert "disk I/O error" in done.errors[0]
    assert send(store, desk, now=NOON + timedelta(minutes=1)).sent == 1
    assert [m.possible_repeat for m in desk.messages()] == [False, False]
