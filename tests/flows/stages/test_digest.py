"""The digest of a day or a week: its period, what it holds, and that each is sent once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.stages.deliver.message import Receipt
from flows.stages.digest import Digested, period_before, send_digests
from parsers.coding.watch import DigestPlan, Watch
from storage.engine import Store
from tests.flows.stages.receivers_told import NOON, SENT, Desk, tell

MORNING = datetime(2025, 6, 11, 6, tzinfo=UTC)  # a Wednesday


def watch(**plan: object) -> Watch:
    return Watch(
        id="mali", title="Mali", theatre=("Mali",), watched=("wagner_group",),
        digest=DigestPlan(**{"daily": ("desk",), "weekly": ("desk",), **plan}),
    )  # fmt: skip


def send(
    store: Store, *desks: Desk, period: str = "daily", now: datetime = MORNING, of: Watch | None = None
) -> Digested:
    return send_digests(
        store, of or watch(), {d.name: d for d in desks}, period=period, now=now, clock=lambda: now  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("period", "zone", "start", "end"),
    [
        ("daily", "UTC", datetime(2025, 6, 10, tzinfo=UTC), datetime(2025, 6, 11, tzinfo=UTC)),
        ("weekly", "UTC", datetime(2025, 6, 2, tzinfo=UTC), datetime(2025, 6, 9, tzinfo=UTC)),
        ("daily", "Europe/Paris", datetime(2025, 6, 9, 22, tzinfo=UTC), datetime(2025, 6, 10, 22, tzinfo=UTC)),
        ("daily", "Pacific/Honolulu", datetime(2025, 6, 9, 10, tzinfo=UTC), datetime(2025, 6, 10, 10, tzinfo=UTC)),
    ],
)
def test_a_period_is_the_last_whole_one_in_its_zone(period: str, zone: str, start: datetime, end: datetime) -> None:
    assert period_before(MORNING, period, zone) == (start, end)  # type: ignore[arg-type]


def test_a_day_with_the_change_of_the_clock_is_an_hour_shorter() -> None:
    start, end = period_before(datetime(2025, 3, 31, 6, tzinfo=UTC), "daily", "Europe/Paris")
    assert end - start == timedelta(hours=23)


def test_a_digest_tells_the_developments_of_its_period_once(store: Store) -> None:
    desk, other = Desk(to=("first", "second")), Desk(name="other")
    tell(store, place="Kidal", now=NOON - timedelta(days=1))
    tell(store, place="Gao", killed=3)
    tell(store, place="Menaka", killed=90, kind="base_lost")
    tell(store, place="Nowhere", watched=False)
    tell(store, place="Later", now=NOON + timedelta(days=1))
    assert send(store, desk, other).sent == 2
    (message,) = desk.messages("first")
    assert message.subject == "Mali, 10 June 2025: 2 developments"
    assert [row["id"] for row in message.data["developments"]] == ["D2", "D3"]
    assert "Ambush near Gao, 3 killed" in message.text
    assert "Ambush near Gao, 3 killed" in message.html
    assert not any(place in message.text for place in ("Kidal", "Nowhere", "Later"))
    assert other.got == []
    assert send(store, desk, other).sent == 0


def test_a_digest_tells_what_stood_at_the_end_of_its_period(store: Store) -> None:
    desk = Desk()
    tell(store, killed=3)
    tell(store, killed=60, development=1, decision="update", now=NOON + timedelta(days=1))
    send(store, desk)
    assert "3 killed" in desk.messages()[0].text
    send(store, desk, now=MORNING + timedelta(days=1))
    assert "Changed" in desk.messages()[1].text
    assert "60 killed" in desk.messages()[1].text


def test_nothing_new_makes_no_message(store: Store) -> None:
    desk = Desk()
    assert send(store, desk) == Digested()
    tell(store, killed=3)
    assert send(store, desk, of=watch(min_severity="critical"), now=MORNING + timedelta(days=1)) == Digested()
    assert desk.got == []


def test_who_did_not_ask_gets_none(store: Store) -> None:
    desk = Desk()
    tell(store)
    assert send(store, desk, of=watch(daily=())).sent == 0
    assert send(store, desk, of=watch(daily=("*",))).sent == 1


def test_a_digest_that_fails_is_sent_by_the_next_run(store: Store) -> None:
    desk = Desk(answer=lambda *_: Receipt(outcome="retry", code=503, error="HTTP 503"))
    tell(store)
    done = send(store, desk)
    assert (done.sent, done.waiting, done.errors) == (0, 1, ("digest to desk: HTTP 503",))
    desk.answer = lambda *_: SENT
    assert send(store, desk, now=MORNING + timedelta(minutes=15)).sent == 1
    assert len({message.uid for message in desk.messages()}) == 1
