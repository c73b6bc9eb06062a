"""What keeps messages back, and that nothing is dropped by it: groups, cooldown, quiet hours, silences, outages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from flows.stages.compose import SHOWN
from flows.stages.deliver.message import Receipt
from flows.stages.deliver.policy import quiet_until
from parsers.coding.watch import QuietHours
from storage import outbox, queue, silences
from storage.engine import Store
from storage.values import Change
from tests.flows.stages.receivers_told import NOON, SENT, Desk, at, deliveries, send, states, tell

BUSY = Receipt(outcome="retry", code=503, error="HTTP 503")
NIGHT = QuietHours(start=time(22), end=time(6), zone="Africa/Bamako")


def fill(store: Store, *desks: Desk, count: int, now: datetime = NOON) -> None:
    for number in range(count):
        tell(store, *desks, place=f"Village {number}", now=now)


def test_fault_91_a_burst_is_one_message_a_receiver_and_each_alert_keeps_its_row(store: Store) -> None:
    desk, other = Desk(to=("first", "second")), Desk(name="other")
    fill(store, desk, other, count=30)
    done = send(store, desk, other)
    assert done.sent == 90
    assert len(desk.messages("first")) == len(desk.messages("second")) == len(other.messages()) == 1
    message = desk.messages()[0]
    assert message.subject == "30 developments: New: Ambush near Village 0, 30 killed"
    assert [part["development"]["id"] for part in message.data["developments"]] == [f"D{n}" for n in range(1, 31)]
    assert f"… and {30 - SHOWN} more: sahelwatch alerts list --message {message.uid}" in message.text
    assert message.uid in message.html
    json.dumps(dict(message.data))
    assert desk.messages("first")[0].uid != desk.messages("second")[0].uid
    assert send(store, desk, other).sent == 0


def test_what_is_grave_is_not_hidden_in_a_group(store: Store) -> None:
    desk = Desk()
    fill(store, desk, count=5)
    tell(store, desk, place="Kidal", severity="critical")
    send(store, desk)
    assert desk.subjects() == [
        "New: Ambush near Kidal, 30 killed", "5 developments: New: Ambush near Village 0, 30 killed",
    ]  # fmt: skip


def test_a_few_are_told_one_by_one_and_the_console_all(store: Store) -> None:
    desk, console = Desk(), Desk(name="console", kind="console")
    fill(store, desk, console, count=3)
    send(store, desk, console)
    assert len(desk.got) == 3
    fill(store, desk, console, count=4)
    send(store, desk, console)
    assert len(desk.got) == 4
    assert len(console.got) == 7


def test_a_group_keeps_its_id_and_its_members_on_every_try(store: Store) -> None:
    desk = Desk(answer=lambda *_: BUSY)
    fill(store, desk, count=4)
    send(store, desk)
    fill(store, desk, count=1)
    desk.answer = lambda *_: SENT
    assert send(store, desk).waiting == 1  # the receiver is left alone until the group is tried again
    send(store, desk, now=at(1))
    first, again, last = desk.messages()
    assert (first.uid, first.data) == (again.uid, again.data)
    assert last.subject == "New: Ambush near Village 0, 30 killed"
    assert set(states(store)) == {"sent"}


@pytest.mark.parametrize(
    "answer", [Receipt(outcome="dead", error="poison: x", poison=True), Receipt(outcome="dead", code=413)]
)
def test_a_group_that_is_refused_for_one_of_its_parts_is_sent_one_by_one(answer: Receipt, store: Store) -> None:
    bad = "Village 2"
    desk = Desk(answer=lambda message, _: answer if bad in message.subject + message.text else SENT)
    fill(store, desk, count=5)
    done = send(store, desk)
    assert (done.sent, done.dead) == (4, 1)
    assert states(store) == ["sent", "sent", "dead", "sent", "sent"]
    assert [dead.alert_id for dead in done.dead_ones] == [3]
    assert send(store, desk, now=at(600)).sent == 0


def test_a_part_that_cannot_be_written_is_left_out_of_its_group(store: Store) -> None:
    desk = Desk()
    fill(store, desk, count=4)
    send(store, desk)
    fill(store, desk, count=4)
    odd = Change(field="fatalities", old={"nobody": 1}, new={"knows": 2}, reason="a fault of ours")
    tell(store, desk, development=1, decision="update", changes=(odd,))
    done = send(store, desk)
    assert states(store) == ["sent"] * 8 + ["dead"]
    assert (done.sent, done.dead) == (4, 1)


def test_fault_93_an_outage_of_three_days_ends_with_all_in_order_in_one_message(store: Store) -> None:
    desk = Desk(answer=lambda *_: BUSY)
    for hour in range(72):
        fill(store, desk, count=1, now=at(60 * hour))
        send(store, desk, now=at(60 * hour))
    assert len(desk.got) < 24  # a receiver that is down is not hammered
    desk.answer = lambda *_: SENT
    desk.got.clear()
    for hour in range(72, 96):
        send(store, desk, now=at(60 * hour))
    assert set(states(store)) == {"sent"}
    told = [part["alert"]["id"] for m in desk.messages() for part in m.data.get("developments", [m.data])]
    assert sorted(told, key=lambda one: int(one[1:])) == told
    assert len(told) == 72
    assert len(desk.got) <= 3
    assert "Late: it could not be delivered since 2025-06-10 " in desk.messages()[0].text
    assert "Held back: the receiver could not be reached." in desk.messages()[-1].text


def test_a_critical_alert_tries_a_receiver_that_is_left_alone(store: Store) -> None:
    desk = Desk(answer=lambda *_: Receipt(outcome="retry", code=429, retry_after_s=3600))
    fill(store, desk, count=1)
    send(store, desk)
    desk.answer = lambda *_: SENT
    fill(store, desk, count=1)
    tell(store, desk, place="Kidal", severity="critical")
    assert send(store, desk, now=at(5)).sent == 1
    assert desk.subjects()[-1] == "New: Ambush near Kidal, 30 killed"
    assert states(store) == ["retry", "pending", "sent"]
    send(store, desk, now=at(6))  # it can be reached again: what waited for that goes
    assert states(store) == ["retry", "sent", "sent"]


def test_a_person_may_say_that_a_receiver_can_be_reached(store: Store) -> None:
    desk = Desk(answer=lambda *_: Receipt(outcome="retry", code=429, retry_after_s=3600))
    fill(store, desk, count=2)
    send(store, desk)
    fill(store, desk, count=1)
    send(store, desk, now=at(1))
    desk.answer = lambda *_: SENT
    with store.write() as tx:
        outbox.retry(tx, 2, now=at(2))
    assert send(store, desk, now=at(2)).sent == 3


def test_a_cooldown_holds_what_is_no_graver_and_joins_it(store: Store) -> None:
    desk, cooldown = Desk(), timedelta(minutes=30)
    tell(store, desk, killed=30)
    send(store, desk, cooldown=cooldown)
    tell(store, desk, killed=31, development=1, decision="update")
    assert send(store, desk, now=at(1), cooldown=cooldown).waiting == 1
    tell(store, desk, killed=32, development=1, decision="update")
    fill(store, desk, count=1)  # of something else
    assert send(store, desk, now=at(2), cooldown=cooldown).sent == 1
    assert send(store, desk, now=at(29), cooldown=cooldown).sent == 0
    assert send(store, desk, now=at(30), cooldown=cooldown).sent == 2
    last = desk.messages()[-1]
    assert last.subject == "Update: Ambush near Gao, 32 killed"
    assert "30 → 32" in last.text
    assert "Held back: D1 was told of at 12:00 UTC" in last.text
    assert len(desk.got) == 3


def test_a_higher_severity_passes_the_cooldown_and_takes_along_what_waits(store: Store) -> None:
    desk, cooldown = Desk(), timedelta(minutes=30)
    tell(store, desk, killed=30)
    send(store, desk, cooldown=cooldown)
    tell(store, desk, killed=31, development=1, decision="update")
    send(store, desk, now=at(1), cooldown=cooldown)
    tell(store, desk, killed=60, development=1, decision="update", severity="high")
    assert send(store, desk, now=at(2), cooldown=cooldown).sent == 2
    assert desk.subjects()[1:] == ["Update: Ambush near Gao, 60 killed"]
    assert send(store, desk, now=at(60), cooldown=cooldown).sent == 0


def test_a_correction_passes_the_cooldown(store: Store) -> None:
    desk, cooldown = Desk(), timedelta(minutes=30)
    tell(store, desk, killed=30)
    send(store, desk, cooldown=cooldown)
    tell(store, desk, killed=3, development=1, decision="update", fires=False)
    assert send(store, desk, now=at(1), cooldown=cooldown).sent == 1


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, datetime(2025, 6, 10, 21, 59, tzinfo=UTC), None),
        (NIGHT, datetime(2025, 6, 10, 22, tzinfo=UTC), datetime(2025, 6, 11, 6, tzinfo=UTC)),
        (NIGHT, datetime(2025, 6, 11, 5, 59, tzinfo=UTC), datetime(2025, 6, 11, 6, tzinfo=UTC)),
        (NIGHT, datetime(2025, 6, 11, 6, tzinfo=UTC), None),
        (
            NIGHT.model_copy(update={"zone": "Europe/Paris"}),  # two hours ahead in June
            datetime(2025, 6, 10, 20, tzinfo=UTC), datetime(2025, 6, 11, 4, tzinfo=UTC),
        ),
        (
            QuietHours(start=time(1), end=time(4), zone="Europe/Paris"),  # on the night that is an hour shorter
            datetime(2025, 3, 30, 0, 30, tzinfo=UTC), datetime(2025, 3, 30, 2, tzinfo=UTC),
        ),
    ],
)  # fmt: skip
def test_quiet_hours_are_those_of_their_zone(hours: QuietHours, now: datetime, until: datetime | None) -> None:
    assert quiet_until(hours, now) == until


@pytest.mark.parametrize(("mode", "at_night"), [("critical_only", ["Kidal"]), ("hold", [])])
def test_quiet_hours_hold_all_or_all_but_the_critical(mode: str, at_night: list[str], store: Store) -> None:
    desk, day = Desk(), Desk(name="day")
    quiet = (NIGHT.model_copy(update={"mode": mode, "channels": ("desk",)}),)
    night, morning = at(60 * 11), at(60 * 18)
    tell(store, desk, day, place="Gao")
    tell(store, desk, day, place="Kidal", severity="critical")
    done = send(store, desk, day, now=night, quiet=quiet)
    assert desk.subjects() == [f"New: Ambush near {place}, 30 killed" for place in at_night]
    assert (len(day.got), done.waiting) == (2, 2 - len(at_night))
    with store.read() as tx:
        (hold, *_) = queue.holds(tx, [d.id for d in deliveries(store)]).values()
    assert (hold.reason, hold.until) == ("quiet hours from 22:00 to 06:00 Africa/Bamako", morning)
    send(store, desk, day, now=morning, quiet=quiet)
    assert set(states(store)) == {"sent"}


def test_a_silence_has_a_reason_and_an_end_and_the_next_message_makes_up_for_it(store: Store) -> None:
    desk, other = Desk(), Desk(name="other")
    tell(store, desk, other, killed=30)
    send(store, desk, other)
    with store.write() as tx:
        silence = silences.add(
            tx, development_id=1, rule=None, channel="desk", reason="known to all", now=at(0), until=at(60)
        )
    tell(store, desk, other, killed=40, development=1, decision="update")
    tell(store, desk, place="Kidal")
    send(store, desk, other, now=at(1))
    assert [d.error for d in deliveries(store) if d.state == "skipped"] == ["S1: silenced: known to all"]
    assert len(other.got) == 2
    assert desk.subjects()[1:] == ["New: Ambush near Kidal, 30 killed"]
    with store.write() as tx:
        assert silences.end(tx, silence.id, now=at(2)).ended_at == at(2)
        assert silences.standing(tx, now=at(2)) == ()
    tell(store, desk, other, killed=50, development=1, decision="update")
    send(store, desk, other, now=at(3))
    assert "30 → 50" in desk.messages()[-1].text


def test_fault_79_a_receiver_that_is_gone_is_switched_off_until_it_is_switched_on(store: Store) -> None:
    desk = Desk(
        to=("first", "second"),
        answer=lambda _, to: (
            Receipt(outcome="dead", code=410, error="gone: HTTP 410 Gone", gone=True) if to == "first" else SENT
        ),
    )
    fill(store, desk, count=1)
    send(store, desk)
    fill(store, desk, count=1)
    send(store, desk)
    assert len(desk.messages("first")) == 1
    assert len(desk.messages("second")) == 2
    assert states(store) == ["dead", "sent", "skipped", "sent"]
    assert "switched off since 2025-06-10 12:00 UTC: gone: HTTP 410 Gone" in (deliveries(store)[2].error or "")
    desk.answer = lambda *_: SENT
    with store.write() as tx:
        queue.enable(tx, "desk", "first")
        assert [outbox.retry(tx, n, now=NOON) for n in (1, 2)] == [1, 1]
    assert send(store, desk).sent == 2


@pytest.mark.parametrize(("policy", "state", "sent"), [("retry", "retry", 1), ("keep", "unknown", 0)])
def test_what_may_have_arrived_is_sent_again_or_kept(policy: str, state: str, sent: int, store: Store) -> None:
    desk = Desk(answer=lambda *_: Receipt(outcome="unknown", error="lost after DATA"))
    fill(store, desk, count=1)
    send(store, desk, when_unknown=policy)
    assert states(store) == [state]
    desk.answer = lambda *_: SENT
    assert send(store, desk, now=at(60), when_unknown=policy).sent == sent
    assert len({m.uid for m in desk.messages()}) == 1
    assert [m.possible_repeat for m in desk.messages()] == [False, True][: 1 + sent]
