"""What is remembered of hosts between two runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import hosts
from storage.source_values import HostState, RobotsText

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def robots(text: str, *, origin: str = "https://a.example", at: datetime = NOON) -> RobotsText:
    return RobotsText(origin=origin, fetched_at=at, text=text)


def test_what_is_remembered_of_a_host_comes_back(store):
    state = HostState(paused_until=NOON, robots=(robots("User-agent: *\nDisallow: /\x00é"),))
    with store.write() as tx:
        hosts.save(tx, "a.example", state)
        hosts.save(tx, "b.example", HostState())
    with store.read() as tx:
        known = hosts.states(tx)
    assert known["b.example"] == HostState()
    assert known["a.example"].paused_until == NOON
    assert known["a.example"].robots[0].text == "User-agent: *\nDisallow: /\ufffdé"


def test_what_is_left_out_stays_and_the_newer_copy_counts(store):
    http = robots("http", origin="http://a.example")
    saved = [
        HostState(paused_until=NOON, robots=(robots("second", at=NOON + HOUR), http)),
        HostState(robots=(robots("first"),)),
        HostState(paused_until=NOON + HOUR, robots=()),
    ]
    for state in saved:
        with store.write() as tx:
            hosts.save(tx, "a.example", state)
    with store.read() as tx:
        found = hosts.states(tx)["a.example"]
    assert found.paused_until == NOON + HOUR
    assert {copy.origin: copy.text for copy in found.robots} == {"https://a.example": "second", http.origin: "http"}
