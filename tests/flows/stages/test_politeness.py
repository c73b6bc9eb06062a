"""What hosts ask for between requests: pauses that hold for all sources and in later runs, robots.txt, Crawl-delay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.stages.check import check_source
from flows.stages.http_values import Failure, Fetched, HttpSettings, Request
from flows.stages.pauses import Pauses
from flows.stages.report import RunReport
from flows.stages.robots import LONGEST_DELAY_S
from flows.stages.run import run_direct
from storage import hosts, sources
from storage.engine import open_store
from storage.source_values import HostState, RobotsText, SourceAttempt, SourceState
from tests.flows.runs import NOON
from tests.flows.stages.hostile_server import HOST, NOW, HostileServer, kept, opened, page, running_server
from tests.flows.stages.test_fetch import feed

LOCAL = "127.0.0.1"
HOUR = timedelta(hours=1)
RSS = feed(1).encode()
LATER = page(b"", "Retry-After: 3600", status=429)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with running_server() as running:
        yield running


class Monitor:
    """A monitor of the feeds "one" and "two", both of the same host."""

    def __init__(self, folder: Path, server: HostileServer) -> None:
        row = '[[source]]\nkey = "{0}"\nkind = "feed"\naddress = "{1}"\nenabled = true\n'
        catalogue = folder / "sources.toml"
        catalogue.write_text("".join(row.format(k, server.url(f"/{k}", host=LOCAL)) for k in ("one", "two")))
        self.settings = Settings(
            database=f"sqlite:///{folder}/store.db",
            catalogue=catalogue,
            http=HttpSettings(allow_hosts=(LOCAL,), delay_s=0),
        )

    def run(self, at: datetime) -> RunReport:
        return run_direct(self.settings, as_of=at)

    def last(self, key: str) -> tuple[SourceAttempt, SourceState]:
        with closing(open_store(self.settings.database)) as store, store.read() as tx:
            return sources.attempts(tx, key)[0], sources.state(tx, key)


@pytest.mark.parametrize("refusing", [LATER, page(b"", "Retry-After: 3600", status=503)], ids=["429", "503"])
def test_fault_18_a_pause_holds_for_all_sources_of_a_host_in_later_runs(
    refusing: bytes, server: HostileServer, tmp_path: Path
) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = {"/one": refusing, "/two": refusing}
    monitor.run(NOON)
    asked = server.targets()
    assert sorted({"/one", "/two"} & set(asked)) in (["/one"], ["/two"])  # the first one spoke for the host
    server.answers = {"/one": page(RSS), "/two": page(RSS)}
    report = monitor.run(NOON + 2 * HOUR)
    assert server.targets() == asked
    assert (report.failed, report.message) == ((), "nothing new")
    attempt, state = monitor.last("two" if "/one" in asked else "one")
    assert (attempt.outcome, state.failures, state.failing_since) == ("waiting", 0, None)
    assert "left alone" in (attempt.reason or "")
    assert state.due_at
    assert timedelta(minutes=50) < state.due_at - (NOON + 2 * HOUR) <= HOUR


def test_fault_18_a_pause_ends(server: HostileServer, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = dict.fromkeys(("/one", "/two"), page(b"", "Retry-After: 1", status=429))
    monitor.run(NOON)
    time.sleep(1.1)
    server.answers = {"/one": page(RSS), "/two": page(RSS)}
    monitor.run(NOON + HOUR)
    assert [monitor.last(key)[0].outcome for key in ("one", "two")] == ["ok", "ok"]


def test_fault_18_a_pause_met_at_the_robots_txt_is_kept(server: HostileServer, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = {"/robots.txt": LATER, "/one": page(RSS), "/two": page(RSS)}
    monitor.run(NOON)
    monitor.run(NOON + 2 * HOUR)
    assert server.targets() == ["/robots.txt"]


def test_fault_18_a_check_keeps_to_a_pause_and_stores_none(server: HostileServer, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = {"/one": LATER}
    with closing(open_store(monitor.settings.database)) as store:
        assert "429" in (check_source(store, monitor.settings, "one").failed or "")
        with store.read() as tx:
            assert hosts.states(tx) == {}
        monitor.run(NOON)
        asked = server.targets()
        found = check_source(store, monitor.settings, "two")
    assert server.targets() == asked
    assert any("left alone" in problem for problem in found.problems)


def test_fault_18_a_pause_is_asked_for_once_and_other_hosts_go_on(server: HostileServer) -> None:
    server.answers |= {"/later": LATER, "/": page()}
    now = [NOW]
    with opened(allow_hosts=(HOST, "b.example"), clock=lambda: now[0]) as door:
        assert isinstance(door.get(Request(url=server.url("/later"))), Failure)
        now[0] = NOW + timedelta(minutes=59)
        waiting = door.get(Request(url=server.url()))
        assert isinstance(waiting, Failure)
        assert (waiting.kind, waiting.retry_after_s, waiting.permanent) == ("waiting", 60.0, False)
        assert isinstance(door.get(Request(url=server.url(host="b.example"))), Fetched)
        now[0] = NOW + HOUR
        assert isinstance(door.get(Request(url=server.url())), Fetched)
    assert server.targets() == ["/later", "/", "/"]


def test_fault_18_a_redirect_to_a_host_that_pauses_is_not_followed(server: HostileServer) -> None:
    pauses = Pauses({"b.example": NOW + HOUR})
    server.answers["/"] = page(b"", f"Location: {server.url('/x', host='b.example')}", status=302)
    with opened(allow_hosts=(HOST, "b.example"), pauses=pauses) as door:
        waiting = door.get(Request(url=server.url()))
    assert isinstance(waiting, Failure)
    assert (waiting.kind, server.targets()) == ("waiting", ["/"])


@pytest.mark.parametrize(("ahead", "left_s"), [(HOUR, 3600.0), (-HOUR, 0.0), (25 * HOUR, 0.0)])
def test_a_pause_that_nobody_can_have_asked_for_is_not_believed(ahead: timedelta, left_s: float) -> None:
    pauses = Pauses({HOST: NOW + ahead})
    assert (pauses.left_s(HOST, NOW), pauses.left_s("b.example", NOW), pauses.fresh()) == (left_s, 0.0, {})
    pauses.ask(HOST, NOW, seconds=1e9)
    assert pauses.fresh() == {HOST: NOW + timedelta(hours=24)}


def test_fault_26_a_robots_txt_is_kept_for_the_next_run(server: HostileServer, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = {"/robots.txt": page(b"User-agent: *\nDisallow: /two\n"), "/one": page(RSS)}
    for hour in range(3):
        monitor.run(NOON + 2 * hour * HOUR)
    assert server.targets() == ["/robots.txt", "/one", "/one", "/one"]


def test_fault_26_a_robots_txt_of_yesterday_is_asked_for_again(server: HostileServer, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = {"/robots.txt": page(), "/one": page(RSS), "/two": page(RSS)}
    yesterday = datetime.now(UTC) - timedelta(hours=24)
    old = RobotsText(origin=server.url("", host=LOCAL), fetched_at=yesterday, text="User-agent: *\nDisallow: /")
    with closing(open_store(monitor.settings.database)) as store, store.write() as tx:
        hosts.save(tx, LOCAL, HostState(robots=(old,)))
    monitor.run(NOON)
    assert sorted(server.targets()) == ["/one", "/robots.txt", "/two"]


def test_fault_26_a_robots_txt_that_could_not_be_had_is_asked_for_in_each_run(
    server: HostileServer, tmp_path: Path
) -> None:
    monitor = Monitor(tmp_path, server)
    server.answers = {"/robots.txt": page(status=500)}
    for day in range(2):
        monitor.run(NOON + day * 24 * HOUR)
    assert server.targets() == ["/robots.txt"] * 2


def test_a_crawl_delay_is_kept_to(server: HostileServer) -> None:
    at: list[float] = []

    def noted(_: object, write: object) -> None:
        at.append(time.monotonic())
        write(page())  # type: ignore[operator]

    server.answers = {"/robots.txt": page(b"User-agent: *\nCrawl-delay: 0.3\n"), "/": noted}
    with opened(respect_robots=True) as door:
        for _ in range(3):
            door.get(Request(url=server.url()))
    assert [later - earlier >= 0.3 for earlier, later in pairwise(at)] == [True, True]


@pytest.mark.parametrize(
    ("rules", "delay_s", "waited_s"),
    [
        ("User-agent: *\nCrawl-delay: 20\n", 2.0, 20.0),
        ("User-agent: *\nCrawl-delay: 1\n", 2.0, 2.0),
        ("User-agent: *\nCrawl-delay: 86400\n", 2.0, LONGEST_DELAY_S),
        ("User-agent: *\nCrawl-delay: 20\n\nUser-agent: sahelwatch\nCrawl-delay: 5\n", 2.0, 5.0),
        ("User-agent: other\nCrawl-delay: 20\n", 2.0, 2.0),
        ("User-agent: *\nCrawl-delay: soon\n", 2.0, 2.0),
    ],
)
def test_the_longest_of_the_delays_counts_within_bounds(
    rules: str, delay_s: float, waited_s: float, server: HostileServer
) -> None:
    slept: list[float] = []
    server.answers = {"/robots.txt": kept(page(rules.encode())), "/": kept(page())}
    with opened(respect_robots=True, delay_s=delay_s, sleep=slept.append) as door:
        for _ in range(2):
            door.get(Request(url=server.url()))
    assert [round(s) for s in slept] == [round(delay_s), round(waited_s)]  # after the robots.txt, after the page


def test_fault_27_a_foreign_host_is_left_a_second_whatever_the_settings_say() -> None:
    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise OSError("no such host")

    slept: list[float] = []
    with opened(allow_hosts=(), delay_s=0, sleep=slept.append, resolve=nowhere) as door:
        for _ in range(2):
            door.get(Request(url="http://a.example/"))
    assert [round(s, 1) for s in slept] == [1.0]
