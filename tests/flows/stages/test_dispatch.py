"""The outbox is emptied: each delivery once, in order, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.collect import collect
from flows.stages.deliver.batches import LIMIT
from flows.stages.deliver.dispatch import LEASE_S, Dispatched, dispatch
from flows.stages.deliver.message import Message, Receipt
from flows.stages.deliver.policy import Policy
from flows.stages.deliver.registry import JITTER, SCHEDULE_S
from storage import developments, outbox
from storage.engine import Store
from storage.values import Delivery
from tests.flows.runs import NOON, SEED_0
from tests.flows.stages.receivers_told import SENT, Answer, Desk


def fails(error: BaseException) -> Answer:
    def answer(_message: Message, _recipient: str) -> Receipt:
        raise error

    return answer


def fill(store: Store, *channels: Desk) -> None:
    """Record a seed, which raises two alerts for each recipient of these channels."""
    settings, by_name = Settings(database=store.name), {channel.name: channel for channel in channels}
    planned = stages.plan_sources(store, settings, [str(SEED_0)], now=NOON)
    collected = [collect(source, NOON) for source in planned]
    read = stages.read_collected(store, settings, collected, now=NOON)
    stages.record_all(store, read, settings, by_name, planned=planned, now=NOON, alerting=True)


def send(store: Store, *channels: Desk, at: datetime = NOON) -> Dispatched:
    return dispatch(store, {channel.name: channel for channel in channels}, clock=lambda: at, policy=Policy())


def deliveries(store: Store) -> list[Delivery]:
    with store.read() as tx:
        return [d for alert in reversed(outbox.alerts(tx)) for d in outbox.deliveries(tx, alert.id)]


def states(store: Store) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for delivery in deliveries(store):
        found.setdefault(delivery.channel, []).append(delivery.state)
    return found


def test_what_is_due_is_sent_once_in_order(store: Store) -> None:
    desk = Desk(to=("first", "second"))
    fill(store, desk)
    done = send(store, desk)
    assert (done.sent, done.waiting, done.dead, done.errors) == (4, 0, 0, ())
    uids = list(dict.fromkeys(uid for uid, _ in desk.sent))
    assert desk.sent == [(uid, to) for to in ("first", "second") for uid in uids]
    assert len(uids) == 2
    assert {delivery.sent_at for delivery in deliveries(store)} == {NOON}
    assert send(store, desk, at=NOON + timedelta(days=9)).sent == 0


BAD: Mapping[str, tuple[Answer, str]] = {
    "raises": (fails(RuntimeError("out of order")), "dead"),
    "passing fault": (lambda *_: Receipt(outcome="retry", code=503, error="busy"), "retry"),
    "lasting fault": (lambda *_: Receipt(outcome="dead", code=410, error="gone"), "dead"),
    "end not known": (lambda *_: Receipt(outcome="unknown", error="dropped after DATA"), "retry"),
}


@pytest.mark.parametrize(("answer", "state"), BAD.values(), ids=BAD.keys())
def test_fault_78_a_bad_channel_stops_no_other(answer: Answer, state: str, store: Store) -> None:
    before, bad, after = Desk(name="before"), Desk(name="bad", answer=answer), Desk(name="later")
    fill(store, before, bad, after)
    done = send(store, before, bad, after)
    assert states(store) == {"before": ["sent"] * 2, "bad": [state] * 2, "later": ["sent"] * 2}
    assert done.sent == 4
    assert done.waiting + done.dead == 2
    assert len(done.errors) == 2
    assert all("bad" in error for error in done.errors)


def test_fault_78_a_bad_recipient_stops_no_other(store: Store) -> None:
    desk = Desk(
        to=("good", "bad", "better"),
        answer=lambda _, to: Receipt(outcome="dead", error="refused") if to == "bad" else SENT,
    )
    fill(store, desk)
    assert (send(store, desk).sent, send(store, desk).sent) == (4, 0)
    assert [(d.recipient, d.state, d.error) for d in deliveries(store)[:3]] == [
        ("good", "sent", None), ("bad", "dead", "refused"), ("better", "sent", None),
    ]  # fmt: skip


def test_fault_77_a_passing_fault_is_tried_on_the_schedule_and_then_given_up(store: Store) -> None:
    desk = Desk(answer=lambda *_: Receipt(outcome="retry", code=503, error="busy"))
    fill(store, desk)
    now = NOON
    for pause_s in SCHEDULE_S[1:]:
        assert send(store, desk, at=now).waiting == 2
        due = [delivery.next_attempt_at for delivery in deliveries(store)]
        for at in due:
            assert at is not None
            assert pause_s <= (at - now).total_seconds() <= pause_s * (1 + JITTER)
        early = min(at for at in due if at) - timedelta(milliseconds=1)
        assert send(store, desk, at=early).waiting == 0  # not before its time
        now = max(at for at in due if at)
    assert send(store, desk, at=now).dead == 2
    assert len(desk.sent) == 2 * len(SCHEDULE_S)
    assert len({uid for uid, _ in desk.sent}) == 2  # the id of an alert never changes
    assert send(store, desk, at=now + timedelta(days=9)).dead == 0


def test_a_receiver_may_ask_for_a_longer_pause_of_a_day_at_most(store: Store) -> None:
    desk = Desk(answer=lambda *_: Receipt(outcome="retry", code=429, retry_after_s=1e9))
    fill(store, desk)
    send(store, desk)
    due = [delivery.next_attempt_at for delivery in deliveries(store)]
    pauses = [(at - NOON).total_seconds() for at in due if at]
    assert len(pauses) == 2
    assert all(86_400 <= pause <= 86_400 * (1 + JITTER) for pause in pauses)


def test_fault_92_an_alert_that_cannot_be_written_goes_dead_and_the_next_ones_go_on(store: Store) -> None:
    desk = Desk()
    fill(store, desk)
    with store.write() as tx:
        state = developments.get(tx, 1).state
        for uid in ("no uid: it has blanks", "after-it"):
            version = developments.create(
                tx, watch="mali", state=state, decision="new", changes=(), alert_reasons=(), now=NOON
            )
            outbox.add_alert(
                tx, uid=uid, version=version, change="new", rule="r", severity="critical", reasons=(),
                recipients=[("desk", "first")], now=NOON,
            )  # fmt: skip
    done = send(store, desk)
    assert [delivery.state for delivery in deliveries(store)] == ["sent", "sent", "dead", "sent"]
    assert (done.sent, done.dead) == (3, 1)
    assert "blanks" in done.errors[0]
    assert ("after-it", "first") in desk.sent


def test_fault_94_a_channel_that_is_no_longer_configured_is_kept_and_told(store: Store) -> None:
    gone, desk = Desk(name="gone"), Desk()
    fill(store, gone, desk)
    done = send(store, desk)
    assert states(store) == {"gone": ["pending"] * 2, "desk": ["sent"] * 2}
    assert (done.sent, done.waiting) == (2, 2)
    assert all("gone is not configured" in error for error in done.errors)
    assert send(store, gone, desk).sent == 2
    assert [recipient for _, recipient in gone.sent] == ["first"] * 2


def test_what_waits_for_a_channel_that_is_gone_holds_up_no_other(store: Store) -> None:
    """More deliveries wait for ever than one run takes: those of the other channels must not starve behind them."""
    gone = Desk(name="gone", to=tuple(f"r{number}" for number in range(LIMIT)))
    fill(store, gone)
    with store.write() as tx:
        outbox.add_alert(
            tx, uid="next", version=developments.get(tx, 1).history[0], change="new", rule="next", severity="high",
            reasons=(), recipients=[("desk", "first")], now=NOON,
        )  # fmt: skip
    desk = Desk()
    for hour in range(3):
        send(store, desk, at=NOON + timedelta(hours=hour))
    assert desk.sent == [("next", "first")]


def test_two_runs_at_once_send_nothing_twice(store: Store) -> None:
    other = Desk()

    def meanwhile(_message: Message, _recipient: str) -> Receipt:
        send(store, other)  # another run begins while this one is sending
        return SENT

    desk = Desk(to=("first", "second"), answer=meanwhile)
    fill(store, desk)
    done = send(store, desk)
    everything = desk.sent + other.sent
    assert len(everything) == len(set(everything)) == 4
    assert done.errors == ()
    assert set(states(store)["desk"]) == {"sent"}


def test_fault_76_a_sender_that_vanished_is_waited_for_and_then_replaced(store: Store) -> None:
    class PowerCutError(BaseException):
        pass

    desk = Desk(answer=fails(PowerCutError()))
    fill(store, desk)
    with suppress(PowerCutError):
        send(store, desk)
    assert states(store)["desk"] == ["sending", "pending"]
    desk.answer = lambda *_: SENT
    assert send(store, desk, at=NOON + timedelta(seconds=LEASE_S - 1)).sent == 1
    assert send(store, desk, at=NOON + timedelta(seconds=LEASE_S)).sent == 1
    first = deliveries(store)[0]
    assert (first.state, first.possible_repeat, first.attempts) == ("sent", True, 2)
    with store.read() as tx:
        assert [attempt.outcome for attempt in outbox.attempts(tx, first.id)] == ["unknown", "sent"]
