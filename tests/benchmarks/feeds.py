"""Measures runs of the monitor on many feeds beside feedparser that fetches the same feeds itself, one by one.

    make benchmarks ARGS="feeds [200] [50]"

In: how many feeds and entries. Out: a table: seconds, peak memory, what the server was asked, and the ratio to
feedparser. Each piece of work is a process of its own, with its politeness as the settings have it by default.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from tests.benchmarks.articles import NEWEST, ON_WATCH, make_up_feeds
from tests.benchmarks.feed_server import SPAWN, Asked, Feeds, serving

T = TypeVar("T")

FEEDS, ENTRIES = 200, 50
MOST = 1 / 3  # of feedparser's time for a run with nothing new
MIB = 2**20
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a piece of work took, in its process, imports left out; `peak` is resident memory in bytes."""

    seconds: float
    cpu_s: float
    peak: int
    found: int


def by_feedparser(urls: list[str]) -> Spent:
    """Fetch and parse the feeds as a plain script does."""
    import feedparser

    return _spent(lambda: sum(len(feedparser.parse(url).entries) for url in urls))


def by_monitor(config: str) -> Spent:
    """Run the monitor without Prefect."""
    from flows.settings import load_settings
    from flows.stages import run as stages

    settings = load_settings(Path(config))
    return _spent(lambda: sum(r.articles for r in stages.run_direct(settings, as_of=NEWEST, alerts=False).recorded))


def by_flow(config: str) -> Spent:
    """Run the monitor as a flow run, on Prefect's temporary server."""
    from flows.runner import run_flow

    options = {"config": Path(config)}
    return _spent(lambda: sum(r.articles for r in run_flow(options, [], as_of=NEWEST, alerts=False).recorded))


def _spent(work: Callable[[], int]) -> Spent:
    start, cpu = time.perf_counter(), time.process_time()
    found = work()
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Spent(seconds=seconds, cpu_s=cpu_s, peak=peak * RSS_UNIT, found=found)


def main(feeds: int = FEEDS, entries: int = ENTRIES) -> int:
    """Measure, print the table, and return the exit code: 1 where a run with nothing new takes too long."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        serving(make_up_feeds(feeds, entries, on_watch=ON_WATCH)) as served,
    ):
        os.environ["PREFECT_HOME"] = f"{temporary}/prefect"
        direct, flow = (config_of(Path(temporary), name, served) for name in ("direct", "flow"))
        measured = {
            "feedparser.parse(url), in a loop": _alone(served, by_feedparser, list(served.urls)),
            "monitor, all new": _alone(served, by_monitor, direct),
            "monitor again, nothing new": _alone(served, by_monitor, direct),
            "monitor as a flow run, all new": _alone(served, by_flow, flow),
            "flow run again, nothing new": _alone(served, by_flow, flow),
        }
    seconds = [spent.seconds for spent, _ in measured.values()]
    _show(measured, f"{feeds} feeds of {entries} entries, {ON_WATCH:.0%} of them on the watch's matter")
    kept = seconds[2] < MOST * seconds[0]
    Console().print(f"A run with nothing new takes {'less' if kept else 'MORE'} than {MOST:.2f} of feedparser's time.")
    return 0 if kept else 1


def config_of(folder: Path, name: str, served: Feeds) -> str:
    """Write settings that name the feeds; their hosts are private ones, which must be allowed by name."""
    path = folder / f"{name}.toml"
    path.write_text(
        f'database = "sqlite:///{folder}/{name}.db"\nsources = {list(served.urls)!r}\n'
        f"[http]\nallow_hosts = {list(served.hosts)!r}\n",
        encoding="utf-8",
    )
    return str(path)


def _alone(served: Feeds, work: Callable[[T], Spent], argument: T) -> tuple[Spent, Asked]:
    """Do a piece of work in a process of its own."""
    served.asked()
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        spent = pool.submit(work, argument).result()
    return spent, served.asked()


def _show(measured: dict[str, tuple[Spent, Asked]], title: str) -> None:
    table = Table("", "s", "CPU s", "MiB", "requests", "feeds", "304", "entries", "x feedparser", title=title, box=None)
    peer = next(iter(measured.values()))[0].seconds
    for name, (spent, asked) in measured.items():
        counts = (asked.requests, asked.feeds, asked.unchanged, spent.found)
        times = (f"{spent.seconds:.2f}", f"{spent.cpu_s:.2f}", f"{spent.peak / MIB:.0f}")
        table.add_row(name, *times, *map(str, counts), f"{spent.seconds / peer:.2f}")
    Console().print(table)
