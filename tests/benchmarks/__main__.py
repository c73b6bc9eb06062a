"""Measures a run of the monitor beside feedparser alone and beside plain hashing, on the same articles.

    make benchmarks [ARGS=1000]          make benchmarks ARGS="feeds [200] [50]", see feeds.py
from tests.benchmarks import backfill, feeds, flow

In: how many articles. Out: a table; every time is a median, and its ratio is to feedparser in the same
process. The peers do far less than the monitor: they say what the least possible work costs.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import feedparser
from rich.console import Console
from rich.table import Table

from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.report import RunReport
from storage import duplicates
from storage.engine import open_store
from tests.benchmarks import backfill, feeds, flow
from tests.benchmarks.articles import as_feed, make_up, write_files

ARTICLES = 300
ROUNDS = 3


def measured(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def monitor(folder: Path, database: str) -> RunReport:
    """Run the monitor on a folder, as `sahelwatch run --direct --no-alerts` does."""
    settings = Settings(database=database, channels=())
    return stages.run_direct(settings, [str(folder)], alerts=False)


def same_bytes(folder: Path) -> int:
    """Return how many files are copies of others, by their hash without the line of the credit."""
    bodies = [path.read_bytes().partition(b"\n")[2] for path in sorted(folder.iterdir())]
    return len(bodies) - len({hashlib.sha256(body).digest() for body in bodies})


def copies(database: str) -> int:
    """Return how many articles the monitor judged to be exact copies."""
    store = open_store(database)
    with store.read() as tx:
        found = sum(judgement.kind == "exact" for judgement in duplicates.judgements(tx))
    store.close()
    return found


def main(count: int) -> None:
    """Measure, and print the table."""
    rounds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "articles")
        folder.mkdir()
        articles = list(make_up(count))
        write_files(articles, folder)
        feed = as_feed(articles)
        settings = Settings()
        loading = measured(lambda: stages.coder_of(settings.seeds, settings.watch))
        for number in range(ROUNDS):
            database = f"sqlite:///{temporary}/{number}.db"
            works: dict[str, Callable[[], object]] = {
                "feedparser alone, one feed": partial(feedparser.parse, feed),
                "sha256 alone, copies by bytes": partial(same_bytes, folder),
                "monitor, all new": partial(monitor, folder, database),
                "monitor again, nothing new": partial(monitor, folder, database),
            }
            for name, work in works.items():
                rounds.setdefault(name, []).append(measured(work))
        found = copies(database), same_bytes(folder)
    show(rounds, count)
    Console().print(f"Copies found: monitor {found[0]}, sha256 {found[1]}. Loading seeds, once: {loading:.2f} s.")


def show(rounds: dict[str, list[float]], count: int) -> None:
    """Print the table."""
    table = Table("", "s", "articles/s", "x feedparser", title=f"{count} articles, median of {ROUNDS}", box=None)
    peer = median(next(iter(rounds.values())))
    for name, times in rounds.items():
        took = median(times)
        table.add_row(name, f"{took:.3f}", f"{count / took:,.0f}", f"{took / peer:.2f}")
    Console().print(table)


if __name__ == "__main__":
    for name, part in {"feeds": feeds, "flow": flow}.items():
        if sys.argv[1:2] == [name]:
            sys.exit(part.main(*map(int, sys.argv[2:])))
    if sys.argv[1:2] == ["backfill"]:
        sys.exit(backfill.main(*sys.argv[2:]))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
