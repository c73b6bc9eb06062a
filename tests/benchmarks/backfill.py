"""Measures backfills of made-up years: how fast, how the cost of an article grows, what the recording process needs.

    make benchmarks ARGS="backfill 10000 [1|2|…|dask|all] [postgres|URL]"

In: how many articles; how many processes read and code them, or Dask on two workers, or all of these (1, 2, Dask); an
empty database (a new SQLite file, a new Postgres of the wheel, or a URL). Out: a table. CPU time is that of the
recording process alone: on a machine that others use it tells more than the clock. With one process it codes, too.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, make_url, text

from flows import runner
from flows.settings import Settings
from flows.stages.backfill import Progress
from flows.stages.windows import Span
from storage import backfills
from storage.engine import Store, open_store
from tests import postgres
from tests.benchmarks import past
from tests.benchmarks.feed_server import SPAWN
from tests.benchmarks.feeds import MIB, RSS_UNIT

EVERY_S = 0.5  # a look at how far it came
TOLD_S = 60.0  # a line on standard error: a long backfill shows where it stands
FIRST_OF_ALL = 1  # the id of a backfill in a new database
DASK_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Point:
    """How far a backfill was: documents recorded, seconds by the clock, CPU seconds of the recording process."""

    done: int
    at: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A backfill: seconds in all and of its survey, and its pace in each tenth of the documents."""

    seconds: float
    survey_s: float
    tenths: tuple[tuple[float, float], ...]  # seconds and CPU seconds of the recording process, for one document
    peak: int  # bytes of resident memory of the recording process
    articles: int


class Watcher(threading.Thread):
    """Looks from time to time how far a backfill of this process came."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self.points: list[Point] = []
        self._store, self._ended, self._told = store, threading.Event(), time.perf_counter()

    def run(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Take a point, and tell it where the last one that was told is old."""
        with self._store.read() as tx:
            shards = backfills.shards(tx, FIRST_OF_ALL)
        point = Point(sum(s.done for s in shards), time.perf_counter(), time.process_time())
        self.points.append(point)
        if point.at - self._told > TOLD_S:
            self._told = point.at
            told = f"{point.done} of {sum(s.documents for s in shards)} documents, {point.cpu:.0f} s of CPU time"
            print(f"{told}, {_peak() / MIB:.0f} MiB", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Take the last point."""
        self._ended.set()
        self.join()
        self.look()


def backfilled(files: Sequence[str], database: str, arm: str) -> Measured:
    """Backfill archives into an empty database, in this process, which ends soon."""
    start = time.perf_counter()
    with closing(open_store(database)) as store:
        watcher = Watcher(store)
        watcher.start()
        done = _done(files, database, arm)
        watcher.stop()
    if done.done != done.documents or done.failed:
        raise RuntimeError(f"{database}: {done.message}")
    return Measured(
        seconds=time.perf_counter() - start,
        survey_s=max(p.at for p in watcher.points if not p.done) - start,
        tenths=_tenths(watcher.points, done.documents),
        peak=_peak(),
        articles=done.counts["articles"],
    )


def _done(files: Sequence[str], database: str, arm: str) -> Progress:
    if arm == "dask":
        options = {"database": database, "runner": "dask", "processes": DASK_WORKERS}
        return runner.backfill_flow(options, files, Span())
    settings = Settings(database=database, channels=())
    return runner.backfill_directly(settings, files, Span(), processes=int(arm), alerts=False, tell=lambda _: None)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def _tenths(points: Sequence[Point], documents: int) -> tuple[tuple[float, float], ...]:
    """Return the pace of each tenth; empty where it went too fast to be looked at."""
    ends = [_crossed(points, documents * tenth / 10) for tenth in range(11)]
    step = documents / 10
    return tuple(((b.at - a.at) / step, (b.cpu - a.cpu) / step) for a, b in pairwise(ends))


def _crossed(points: Sequence[Point], number: float) -> Point:
    """Return when so many documents were recorded, on the straight line between the points around it."""
    before = max((p for p in points if p.done <= number), key=lambda p: p.at)
    after = next((p for p in points if p.done > number), before)
    share = (number - before.done) / (after.done - before.done) if after.done > before.done else 0.0
    parts = ((b - a) * share for a, b in ((before.at, after.at), (before.cpu, after.cpu)))
    return Point(int(number), before.at + next(parts), before.cpu + next(parts))


def main(count: str = "10000", arm: str = "all", database: str = "") -> int:
    """Measure, print the table, and return the exit code."""
    arms = ["1", "2", *(["dask"] if find_spec("prefect_dask") else [])] if arm == "all" else [arm]
    rows: dict[str, tuple[Measured, int]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["PREFECT_HOME"] = f"{temporary}/prefect"
        files = [str(path) for path in past.archive(int(count), Path(temporary))]
        for one in arms:
            url = _database(database, Path(temporary), one)
            with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
                rows[one] = pool.submit(backfilled, files, url, one).result(), _size(url)
    _show(rows, int(count))
    return 0


def _database(wanted: str, folder: Path, arm: str) -> str:
    if wanted == "postgres":
        made: str = postgres.start().get_uri(driver="psycopg")
        return made
    return wanted or f"sqlite:///{folder}/{arm}.db"


def _size(database: str) -> int:
    """Return the bytes of a database on the disk."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        return sum(
            path.stat().st_size for path in Path(str(url.database)).parent.glob(f"{Path(str(url.database)).name}*")
        )
    engine = create_engine(url)
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _show(rows: dict[str, tuple[Measured, int]], count: int) -> None:
    names = {"dask": f"Dask, {DASK_WORKERS} workers", "1": "1 process"}
    heads = (
        "",
        "s",
        "survey s",
        "articles/s",
        "ms first tenth",
        "last",
        "ratio",
        "CPU ms first tenth",
        "last",
        "ratio",
        "peak MiB",
        "database MB",
    )
    table = Table(*heads, title=f"backfill of {count} articles; CPU and memory of the recording process", box=None)
    for arm, (took, size) in rows.items():
        (first, first_cpu), (last, last_cpu) = took.tenths[0], took.tenths[-1]
        table.add_row(
            names.get(arm, f"{arm} processes"),
            f"{took.seconds:.0f}", f"{took.survey_s:.0f}", f"{took.articles / took.seconds:.1f}",
            *(f"{pace * 1000:.1f}" for pace in (first, last)), f"{last / first:.2f}",
            *(f"{pace * 1000:.1f}" for pace in (first_cpu, last_cpu)), f"{last_cpu / first_cpu:.2f}",
            f"{took.peak / MIB:.0f}", f"{size / 1e6:.0f}",
        )  # fmt: skip
    console = Console(width=160)
    console.print(table)
    for arm, (took, _) in rows.items():
        cpu = " ".join(f"{pace * 1000:.1f}" for _, pace in took.tenths)
        console.print(f"{names.get(arm, arm)}: CPU ms an article in each tenth: {cpu}")
