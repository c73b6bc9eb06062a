"""A backfill that is killed at random moments, again and again, ends in the database of an undisturbed one.

Real processes, real SIGKILL, at moments drawn from a seed. `pytest --whole-drills` kills one backfill 20 times on each
database; a few times else.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import runner
from flows.settings import Settings
from flows.stages.backfill import Backfiller, Progress, Tell
from flows.stages.windows import Span
from storage import backfills
from storage.engine import open_store
from tests.benchmarks import past
from tests.flows.all_rows import all_rows

FORK = multiprocessing.get_context("fork")  # a child has the tools of coding, and what was coded before
KILLS, SAMPLE = 20, 3
DOCUMENTS, SAMPLED = 120, 40
APART = timedelta(hours=4)  # 40 of them are a week, 120 are twenty days
PAGES = 6  # that are coded when their turn comes, and recorded apart from their progress
CHUNK = 8
LONG_S = 120  # for processes to start or to end on a busy machine: never waited for in full
SEED = 20250613
SLOWER, FASTER = 1.3, 0.6  # the longest wait for the next kill
STORIES = 5  # at most: one that ends before it is killed often enough is followed by another
UNTIL = datetime(2020, 3, 1, tzinfo=UTC)
# All of the bookkeeping that cannot be the same: when it was done, and who did it.
NOT_THE_SAME = {
    *("backfill.started_at", "backfill.planned_at", "backfill.finished_at"),
    *("backfill_shard.leased_by", "backfill_shard.lease_until"),
}

pytestmark = [pytest.mark.usefixtures("coded_once"), pytest.mark.timeout(3600)]


def page(number: int) -> str:
    title = f"Ménaka: the radio of the town told of attack {number}"
    told = f"Gunmen killed {number + 3} soldiers near Ménaka, residents said. It was the {number + 2}th in the year."
    return (
        f"<html><head><title>{title}</title>"
        f"<meta property='article:published_time' content='2020-01-0{number + 1}'></head>"
        f"<body><article><h1>{title}</h1><p>{told}</p><p>Sign up for the letter of the house.</p></article></body>"
    )


def sources(folder: Path, documents: int) -> list[str]:
    """Write archives, pages, a file without a date and one that cannot be read; return what to fill back."""
    files = past.archive(documents, folder, APART)
    pages = folder / "pages"
    pages.mkdir()
    for number in range(PAGES):
        (pages / f"{number}.html").write_text(page(number), encoding="utf-8")
    (pages / "undated.txt").write_text("Camp at Ber\nA drone struck a camp at Ber and killed 9, a nurse said.\n")
    (pages / "broken.json").write_text("{")
    return [str(path) for path in (*files, pages)]


def filled_back(
    database: str, addresses: Sequence[str], tell: Tell = lambda _: None, *, processes: int = 1
) -> Progress:
    settings, span = Settings(database=database, channels=()), Span(until=UNTIL)
    with closing(open_store(database)) as store, runner.submitting_here(processes) as submit:
        return Backfiller(store, settings, submit, tell, chunk=CHUNK).run(addresses, span)


def killed_after(pause_s: float, database: str, addresses: Sequence[str]) -> bool:
    """Kill a backfill after a time; tell whether it was still at work."""
    child = FORK.Process(target=filled_back, args=(database, addresses))
    child.start()
    child.join(pause_s)
    child.kill()
    child.join()
    assert child.exitcode in (-signal.SIGKILL, 0)
    return child.exitcode == -signal.SIGKILL


def share_done(database: str) -> float:
    """Return how much of the one backfill of a database is recorded."""
    with closing(open_store(database)) as store, store.read() as tx:
        shards = backfills.shards(tx, 1)
    return sum(s.done for s in shards) / max(1, sum(s.documents for s in shards))


def killed_often(database: str, addresses: Sequence[str], kills: int, reach_s: float, chance: random.Random) -> int:
    """Kill a backfill so many times, sooner or later as it comes along too fast or too slowly; return how often."""
    met = 0
    while met < kills and killed_after(chance.uniform(0, reach_s), database, addresses):
        met += 1
        reach_s *= SLOWER if share_done(database) < met / (kills + 1) else FASTER
    return met


def test_a_backfill_killed_at_random_ends_in_the_same_database(
    new_database: Callable[[], str], tmp_path: Path, whole_drills: bool
) -> None:
    kills, chance = KILLS if whole_drills else SAMPLE, random.Random(SEED)
    addresses = sources(tmp_path, DOCUMENTS if whole_drills else SAMPLED)
    filled_back(new_database(), addresses)  # codes all, once
    undisturbed, instants = new_database(), [time.monotonic()]
    filled_back(undisturbed, addresses, lambda _: instants.append(time.monotonic()))
    wanted = all_rows(undisturbed, without=NOT_THE_SAME)
    assert min(len(wanted[t]) for t in ("article", "duplicate", "development_version", "backfill_shard")) > 2
    for _ in range(STORIES):
        database = new_database()
        met = killed_often(database, addresses, kills, instants[1] - instants[0], chance)
        done = filled_back(database, addresses)
        if met < kills or not done.resumed:  # it ended before its last kill
            continue
        found = all_rows(database, without=NOT_THE_SAME)
        differing = {table: sorted({*found[table]} ^ {*wanted[table]})[:4] for table in wanted}
        assert {table: some for table, some in differing.items() if found[table] != wanted[table]} == {}
        print(f"{met} kills; {done.counts['articles']} articles were left for the last process", flush=True)
        return
    raise AssertionError(f"each of {STORIES} backfills ended before it was killed {kills} times")


@pytest.mark.skipif(sys.platform != "linux", reason="reads the states of processes from /proc")
def test_the_processes_of_a_killed_recorder_end_with_it(tmp_path: Path) -> None:
    addresses = sources(tmp_path, SAMPLED)
    ours, theirs = FORK.Pipe()

    def tell(_: Progress) -> None:
        theirs.send([child.pid for child in multiprocessing.active_children()])
        time.sleep(LONG_S)  # so that it is killed at work

    database = f"sqlite:///{tmp_path}/a.db"
    recorder = FORK.Process(target=filled_back, args=(database, addresses, tell), kwargs={"processes": 2})
    recorder.start()
    assert ours.poll(LONG_S)
    workers = ours.recv()
    assert [is_at_work(pid) for pid in workers] == [True, True]
    recorder.kill()
    recorder.join()
    end = time.monotonic() + LONG_S
    while any(map(is_at_work, workers)) and time.monotonic() < end:
        time.sleep(0.1)
    assert [is_at_work(pid) for pid in workers] == [False, False]


def is_at_work(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, and nobody asked how
