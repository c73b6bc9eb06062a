"""Measures flow runs of the monitor with nothing new beside a bare flow of as many tasks, on one Prefect server.

    make benchmarks ARGS="flow [200] [100]"

In: how many feeds, and how many runs in a row. Out: a table of medians with the ratio to the bare flow; then what the
runs in a row left behind: runs and task runs that are not over, and lines of the server's log with "locked".
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.deployments import START_TIMEOUT_S, prefect_defaults
from tests.benchmarks.articles import NEWEST, ON_WATCH, make_up_feeds
from tests.benchmarks.feed_server import SPAWN, serving
from tests.benchmarks.feeds import config_of

FEEDS, ENTRIES = 200, 10
ROUNDS = 9
RUNS = 100
MOST = 2.0  # times the bare flow
DRAIN_S = 120  # for the server to write down what it was told; it took 2 s for 1,200 task runs
UNFINISHED = ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds of each piece of work, round by round, and of each of the runs in a row."""

    rounds: dict[str, list[float]]
    in_a_row: list[float]
    tasks: int  # of a run of the monitor


@contextmanager
def prefect_server(home: Path, log: Path) -> Iterator[str]:
    """Start a Prefect server of our own on loopback, yield the address of its API, and end it."""
    os.environ["PREFECT_HOME"] = str(home)
    prefect_defaults()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with log.open("wb") as written:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        child = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        api, deadline = f"http://127.0.0.1:{port}/api", time.monotonic() + START_TIMEOUT_S
        while not _answers(f"{api}/health"):
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the Prefect server did not start:\n{log.read_text()}")
            time.sleep(0.3)
        yield api
    finally:
        child.terminate()
        child.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def timed(api: str, config: str, runs: int) -> Times:
    """Measure the flows in turns, then one after another; in a process that knows the server from its start."""
    os.environ["PREFECT_API_URL"] = api
    from flows.runner import run_directly, run_flow
    from flows.settings import load_settings

    settings = load_settings(Path(config))

    def monitor() -> None:
        report = run_flow({"config": Path(config)}, [], as_of=NEWEST, alerts=False)
        if report.versions or report.failed or not report.collected:
            raise RuntimeError(f"not a run with nothing new: {report.message}")

    run_directly(settings, [], as_of=NEWEST, alerts=False)  # the first reads
    tasks = _tasks_of(monitor, api)
    bare = bare_flow(tasks)
    works: dict[str, Callable[[], object]] = {
        f"bare flow of {tasks} tasks": bare,
        "monitor, nothing new": monitor,
        "monitor without Prefect": lambda: run_directly(settings, [], as_of=NEWEST, alerts=False),
    }
    rounds = {name: [] for name in works}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            took = _seconds(work)
            if number:  # the first round loads what is loaded once
                rounds[name].append(took)
    return Times(rounds=rounds, in_a_row=[_seconds(monitor) for _ in range(runs)], tasks=tasks)


def bare_flow(tasks: int) -> Callable[[], object]:
    """Return a flow of so many tasks that do nothing; as in the monitor, the last four wait for each other."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from prefect.futures import wait

    @task(cache_policy=NO_CACHE)
    def nothing(number: int) -> int:
        return number

    @flow(name="bare")
    def bare() -> None:
        wait(nothing.map(list(range(tasks - 4))))
        for number in range(4):
            nothing(number)

    return bare


def _tasks_of(run: Callable[[], object], api: str) -> int:
    run()
    return _drained(api)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _drained(api: str) -> int:
    """Wait until the server has written down all task runs that it was told of; return their number."""
    before = -1
    while (now := _count(api, "task_runs", {})) != before:
        before = now
        time.sleep(3)
    return now


def _count(api: str, what: str, wanted: dict[str, Any]) -> int:
    body = json.dumps(wanted).encode()
    request = urllib.request.Request(f"{api}/{what}/count", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(json.load(answer))


def left_behind(api: str, log: Path, expected: int) -> tuple[dict[str, int], float]:
    """Return what is not over, and how long the server took to write down the task runs."""
    start = time.monotonic()
    while _count(api, "task_runs", {}) < expected and time.monotonic() < start + DRAIN_S:
        time.sleep(0.2)
    drained_s = time.monotonic() - start
    time.sleep(2)  # the last states come after the last runs
    unfinished = {"state": {"type": {"any_": UNFINISHED}}}
    return {
        "flow runs not over": _count(api, "flow_runs", {"flow_runs": unfinished}),
        "task runs not over": _count(api, "task_runs", {"task_runs": unfinished}),
        "task runs never written down": max(0, expected - _count(api, "task_runs", {})),
        "lines of the server's log with 'locked'": log.read_text(errors="replace").count("locked"),
    }, drained_s


def main(feeds: int = FEEDS, runs: int = RUNS) -> int:
    """Measure, print the tables, and return the exit code: 1 where a run takes too long or leaves something."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        serving(make_up_feeds(feeds, ENTRIES, on_watch=ON_WATCH)) as served,
        prefect_server(Path(temporary, "prefect"), Path(temporary, "log")) as api,
    ):
        config = config_of(Path(temporary), "flow", served)
        with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
            times = pool.submit(timed, api, config, runs).result()
        flow_runs = 1 + 2 * (ROUNDS + 1) + runs
        left, drained_s = left_behind(api, Path(temporary, "log"), flow_runs * times.tasks)

    return show(times, left, drained_s, title=f"{feeds} feeds, medians of {ROUNDS} rounds")


def show(times: Times, left: dict[str, int], drained_s: float, *, title: str) -> int:
    """Print what was measured; return the exit code."""
    table = Table("", "s", "from", "to", "x bare flow", title=title, box=None)
    peer = median(next(iter(times.rounds.values())))
    for name, took in [*times.rounds.items(), (f"monitor, {len(times.in_a_row)} in a row", times.in_a_row)]:
        spread = f"{min(took):.2f}", f"{max(took):.2f}"
        table.add_row(name, f"{median(took):.2f}", *spread, f"{median(took) / peer:.2f}")
    Console().print(table)
    Console().print(*(f"{number} {what}" for what, number in left.items()), sep="; ")
    Console().print(f"The server had written all down {drained_s:.1f} s after the last run.")
    kept = median(times.rounds["monitor, nothing new"]) < MOST * peer and not any(left.values())
    Console().print(f"A run with nothing new takes {'less' if kept else 'MORE'} than {MOST:g} times the bare flow.")
    return 0 if kept else 1
