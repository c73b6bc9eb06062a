"""Faults of the store, of delivery and of Prefect as a whole run meets them, by their numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker
from prefect.logging import disable_run_logger

from flows import tasks
from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.collect import Collected, collect
from storage import developments, outbox
from storage.engine import open_store
from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import NOON, SEED_0, SEEDS, Recorder, exported, records, run, run_with

DATABASE = "sqlite:///kept.db"


def command(folder: Path, *arguments: str | Path) -> Ended:
    return sahelwatch(*arguments, "--database", DATABASE, folder=folder)


def arrived(file: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return [(uid, recipient) for uid, recipient, _ in lines]


def test_fault_68_a_damaged_database_is_refused_and_the_backups_are_named(tmp_path: Path) -> None:
    assert command(tmp_path, "run", "--direct", SEEDS, "--as-of", "2025-06-10T12:00").code == 0
    file = tmp_path / "kept.db"
    with file.open("r+b") as pages:
        pages.seek(file.stat().st_size * 3 // 4)
        pages.write(b"\xa5" * 4096 * 8)
    before = file.read_bytes()
    ended = command(tmp_path, "run", "--direct", SEEDS, "--as-of", "2025-06-11T12:00")
    assert ended.code == 1
    assert "kept.db" in ended.one_line()
    assert "malformed" in ended.one_line() or "is damaged" in ended.one_line()
    assert "backups" in ended.one_line()
    assert file.read_bytes() == before


def test_fault_71_a_clock_that_jumps_back_changes_no_order(database: str) -> None:
    run(database, SEED_0, as_of=NOON)
    with closing(open_store(database)) as store:
        with store.write() as tx:
            before = developments.get(tx, 1)
            developments.add_version(
                tx, 1, state=before.state, decision="update", changes=(), alert_reasons=(),
                now=NOON - timedelta(days=400),
            )  # fmt: skip
        with store.read() as tx:
            found = developments.get(tx, 1)
    assert [version.number for version in found.history] == [1, 2]
    assert found.version.number == 2
    assert found.history[0].sequence < found.history[1].sequence
    rows = [row for row in exported(database, "changes") if row["id"] == "D1"]
    assert [row["version"] for row in rows][-1] == 2


def test_fault_75_what_a_crash_left_unsent_the_next_run_sends(database: str, tmp_path: Path) -> None:
    channel, settings = Recorder(tmp_path / "sent"), Settings(database=database)
    with closing(open_store(database)) as store:  # all of a run but its delivery
        planned = stages.plan_sources(store, settings, [str(SEEDS)], now=NOON)
        read = stages.read_collected(store, settings, [collect(source, NOON) for source in planned], now=NOON)
        stages.record_all(store, read, settings, {"desk": channel}, planned=planned, now=NOON, alerting=True)
    assert arrived(tmp_path / "sent") == []
    assert run_with(database, channel, SEEDS).sent == 4
    assert run_with(database, channel, SEEDS).sent == 0
    assert len({*arrived(tmp_path / "sent")}) == len(arrived(tmp_path / "sent")) == 4


HEADLINE = "Mali\x1b[2J\x1b]0;owned\x07\r\nERROR forged line \u2028\x9b31m"


def test_fault_95_a_headline_writes_no_line_of_a_log(tmp_path: Path) -> None:
    items = [{"id": HEADLINE, "title": HEADLINE, "content_text": text} for text in ("", "JNIM attacked Gao.")]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": HEADLINE, "items": items}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "odd\nERROR forged\x1b[2J.json").write_text(json.dumps(feed), encoding="utf-8")
    (tmp_path / "in" / "none\nERROR forged\x1b[2J.txt").write_bytes(b"")
    (tmp_path / "sahelwatch.toml").write_text('[logs]\nfile = "log.jsonl"\n', encoding="utf-8")
    ended = command(tmp_path, "run", "--direct", tmp_path / "in", "--as-of", "2025-06-10T12:00")
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [line for line in lines if not line.startswith('{"at": ')] == []
    printed = [*ended.out.split("\n"), *ended.err.split("\n"), *lines]
    assert [line for line in printed if line.startswith("ERROR")] == []
    assert [line for line in printed if {"\x1b", "\x07", "\x9b"} & set(line)] == []


@pytest.fixture
def no_server() -> Iterator[None]:
    """Let tasks run outside of a flow: their events go to a client that keeps them."""
    AssertingEventsClient.reset()
    EventsWorker.set_client_override(AssertingEventsClient)
    with disable_run_logger():
        yield
    EventsWorker.drain_all()
    EventsWorker.set_client_override(None)  # type: ignore[arg-type]
    AssertingEventsClient.reset()


@pytest.mark.usefixtures("no_server")
def test_fault_97_a_task_that_is_retried_does_nothing_twice(new_database: Callable[[], str]) -> None:
    database, other = new_database(), new_database()
    settings = Settings(database=database)
    collected: tuple[Collected, ...] = tuple(collect(source, NOON) for source in stages.plan_given([str(SEEDS)]))
    for _ in range(2):
        read = tasks.read_collected.fn(settings, collected, NOON)
        for _ in range(2):
            tasks.record_all.fn(settings, collected, read, NOON, True)
        sent = [tasks.deliver_due.fn(settings).sent for _ in range(2)]
    assert sent == [0, 0]
    run(other, SEEDS)
    assert records(database) == records(other)


def test_fault_97_two_runs_at_once_end_as_one(tmp_path: Path) -> None:
    def one(_: int) -> Ended:
        return command(tmp_path, "run", "--direct", SEEDS, "--as-of", "2025-06-10T12:00")

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(one, range(2)))
    assert [one.code for one in ended] == [0, 0]
    assert "Traceback" not in "".join(one.err for one in ended)
    shared, alone = f"sqlite:///{tmp_path}/kept.db", f"sqlite:///{tmp_path}/alone.db"
    run(alone, SEEDS)
    assert records(shared) == records(alone)
    with closing(open_store(shared)) as store, store.read() as tx:
        states = [d.state for alert in outbox.alerts(tx) for d in outbox.deliveries(tx, alert.id)]
    assert states == ["sent", "sent"]
