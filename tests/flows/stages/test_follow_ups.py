"""What each receiver was last told decides what it is told next: follow-ups, corrections, threads."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from flows.stages.follow_up import wrongly_told
from parsers.coding.values import Participant, PlaceMention, When
from storage import outbox, told
from storage.engine import Store
from storage.values import DevelopmentState, Fatalities
from tests.flows.stages.receivers_told import Desk, at, deliveries, send, state, states, tell

GAO = PlaceMention(
    id="gao", name="Gao", kind="town", country="Mali", region="Gao", latitude=16.27, longitude=-0.04,
    geo_precision=1, surface="Gao", start=0, end=3,
)  # fmt: skip
KIDAL = replace(GAO, id="kidal", name="Kidal", region="Kidal")
KIDAL_REGION = replace(KIDAL, id="kidal_region", kind="region", geo_precision=3)
CENTRE = replace(
    GAO, id="central-mali", name="central Mali", kind="area", region=None, latitude=14.6, longitude=-4.0,
    geo_precision=3,
)  # fmt: skip
KONNA = replace(GAO, id="konna", name="Konna", region="Mopti", latitude=14.95, longitude=-3.89)
SUNDAY = When(start=date(2025, 6, 8), end=date(2025, 6, 8), precision="day", basis="weekday")
MONDAY = replace(SUNDAY, start=date(2025, 6, 9), end=date(2025, 6, 9))
WEEK = replace(SUNDAY, start=date(2025, 6, 2), end=date(2025, 6, 8), precision="week")


def test_a_follow_up_speaks_of_what_changed_since_this_receiver_was_told(store: Store) -> None:
    early, late = Desk(), Desk(name="late")
    tell(store, early, killed=30)
    send(store, early)
    tell(store, early, killed=40, development=1, decision="update", fires=False, now=at(10))  # told to nobody
    tell(store, early, late, killed=60, development=1, decision="update", now=at(20))
    send(store, early, late, now=at(20))
    first, second = early.messages()
    assert first.subject == "New: Ambush near Gao, 30 killed"
    assert second.subject == "Update: Ambush near Gao, 60 killed"
    assert "killed: 30 → 60" in second.text
    assert "(you were last told 10 June 2025, 12:00 UTC)" in second.text
    assert "killed: 30 → 60" in second.html
    assert second.data["since"] == {"version": 1, "told_at": at(0).isoformat()}
    (only,) = late.messages()
    assert only.subject == "New: Ambush near Gao, 60 killed"
    assert (only.thread, only.data["changes"], only.data["since"]) == (None, [], None)


def test_a_thread_has_the_first_message_for_its_root(store: Store) -> None:
    desk = Desk()
    for number, killed in enumerate((30, 40, 50)):
        tell(store, desk, killed=killed, development=1 if number else None, decision="update" if number else "new")
        send(store, desk, now=at(number))
    first, second, third = desk.messages()
    assert (second.thread, second.previous) == (first.uid, first.uid)
    assert (third.thread, third.previous) == (first.uid, second.uid)
    assert third.data["thread"] == {"id": first.uid, "previous": second.uid}
    assert first.data["thread"] == {"id": first.uid, "previous": None}


def test_a_correction_goes_to_those_who_were_told_wrongly_and_to_no_other(store: Store) -> None:
    wrong, fresh, pending = Desk(name="wrong"), Desk(name="fresh"), Desk(name="pending")
    tell(store, wrong, pending, killed=60)
    send(store, wrong)  # pending is not reached before the correction is made
    raised = tell(store, fresh, killed=5, development=1, decision="update", fires=False, now=at(60))
    assert [(a.rule, a.change) for a in raised] == [("correction", "correction")]
    assert raised[0].reasons[-1] == "not 60: 5"
    send(store, wrong, fresh, pending, now=at(60))
    assert wrong.subjects() == ["New: Ambush near Gao, 60 killed", "Correction: Ambush near Gao, 5 killed"]
    assert wrong.messages()[-1].type == "development.corrected"
    assert fresh.got == []
    assert pending.subjects() == ["New: Ambush near Gao, 5 killed"]  # once, and right
    assert set(states(store)) == {"sent"}


def test_a_rule_that_fires_tells_each_receiver_what_it_is_to_it(store: Store) -> None:
    wrong, right = Desk(name="wrong"), Desk(name="right")
    tell(store, wrong, killed=60)
    send(store, wrong)
    raised = tell(store, wrong, right, killed=5, development=1, decision="update", now=at(60))
    assert len(raised) == 1  # nobody gets two messages
    send(store, wrong, right, now=at(60))
    assert wrong.subjects()[-1].startswith("Correction: ")
    assert right.subjects() == ["New: Ambush near Gao, 5 killed"]


def test_a_correction_of_what_never_arrived_is_not_sent(store: Store) -> None:
    desk = Desk()
    tell(store, desk, killed=60)
    tell(store, desk, killed=5, development=1, decision="update", fires=False)
    with store.write() as tx:
        outbox.finish(tx, 1, outcome="dead", now=at(0), error="refused")
    done = send(store, desk, now=at(1))
    assert (done.sent, desk.got) == (0, [])
    assert (deliveries(store)[1].state, deliveries(store)[1].error) == (
        "skipped", "nothing to correct: it was never told what is corrected",
    )  # fmt: skip


def test_an_alert_that_comes_after_its_successor_is_not_sent(store: Store) -> None:
    desk = Desk()
    tell(store, desk, killed=30)
    tell(store, desk, killed=40, development=1, decision="update")
    send(store, desk)
    assert desk.subjects() == ["New: Ambush near Gao, 40 killed"]
    with store.read() as tx:
        (knows,) = told.of_development(tx, 1)
        assert (knows.development_number, knows.message_uid) == (2, desk.messages()[0].uid)
        assert told.alerts_in(tx, knows.message_uid) == (1, 2)
    assert states(store) == ["sent", "sent"]


CASES: dict[str, tuple[DevelopmentState, DevelopmentState, tuple[str, ...]]] = {
    "more died": (state(killed=30), state(killed=60), ()),
    "fewer died": (state(killed=60), state(killed=30), ("not 60: 30",)),
    "a rival figure": (state(killed=60), state(fatalities=Fatalities(low=5, high=60)), ()),
    "no figure any more": (state(killed=60), state(fatalities=Fatalities()), ()),
    "another town": (replace(state(), place=GAO), replace(state(), place=KIDAL), ("not at Gao: at Kidal",)),
    "the town of the region": (replace(state(), place=KIDAL_REGION), replace(state(), place=KIDAL), ()),
    "the region of the town": (replace(state(), place=KIDAL), replace(state(), place=KIDAL_REGION), ()),
    "a town of another region": (replace(state(), place=KIDAL_REGION),
        replace(state(), place=GAO), ("not at Kidal: at Gao",)),
    "a town of a part of the country": (replace(state(), place=CENTRE), replace(state(), place=KONNA), ()),
    "a town outside of that part": (
        replace(state(), place=CENTRE), replace(state(), place=KIDAL), ("not at central Mali: at Kidal",),
    ),
    "another day": (state(when=SUNDAY), state(when=MONDAY), ("not on 2025-06-08: on 2025-06-09",)),
    "a day of the week": (state(when=WEEK), state(when=SUNDAY), ()),
    "a day, where none was known": (state(), state(when=SUNDAY), ()),
    "done later than announced": (state(modality="announced", when=SUNDAY), state(when=MONDAY), ()),
    "not them": (
        state(), state(participants=(Participant(id="fama", name="FAMa", camp="state", role="target"),)),
        ("not Wagner Group",),
    ),
    "disputed": (state(), state(status="disputed"), ()),
    "retracted": (state(), state(status="retracted"), ("it is retracted",)),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "wrong"), CASES.values(), ids=CASES.keys())
def test_what_was_told_wrongly(before: DevelopmentState, after: DevelopmentState, wrong: tuple[str, ...]) -> None:
    assert wrongly_told(before, after) == wrong
