"""Processes of drills and benchmarks: a Prefect server and what talks to it, on loopback, each ended by its own id.

In: folders and variables of the environment. Out: objects that are started, killed and started again. Nothing here is
a fake: what is killed is killed with SIGKILL.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
START_S = 300  # for a server with a new database, on a busy machine


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(true: Callable[[], object], what: str, *, within_s: float = START_S) -> float:
    """Wait until something is true, and return how long it took; RuntimeError after `within_s`."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > within_s:
            raise RuntimeError(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.2)
    return time.monotonic() - start


class Child:
    """A process of ours with its own children: `python -m …` in a session of its own, its words in a file."""

    def __init__(self, words: list[str], log: Path, env: Mapping[str, str]) -> None:
        self.words, self.log, self.env = words, log, env
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.words],
                cwd=ROOT,  # so that Prefect sees [tool.prefect] of pyproject.toml
                env={**os.environ, **self.env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it and all that it started with SIGKILL: the runs too, which are in groups of their own."""
        if self.process.poll() is None:
            started = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            for process in started:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end; it is killed after 30 s."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


class Api:
    """The API of a Prefect server, as far as drills need it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/api"

    def ask(self, path: str, body: object = None, *, method: str | None = None) -> Any:
        """Return the answer to a GET, or to a POST of a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        for pause_s in (1, 2, 4, 8, 0):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code != 503 or not pause_s:  # 503: its database is busy, as that of SQLite is after a start
                    raise
                time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def is_up(self) -> bool:
        """Tell whether the server answers."""
        return self._has("health")

    def has_deployment(self, name: str) -> bool:
        """Tell whether a deployment, as flow/name, is registered."""
        return self._has(f"deployments/name/{name}")

    def _has(self, path: str) -> bool:
        try:
            self.ask(path)
        except OSError:  # an answer such as 404 is one too
            return False
        return True

    def run(self, deployment: str, **parameters: object) -> str:
        """Ask for a run of a deployment now; return its id."""
        found = self.ask(f"deployments/name/{deployment}")
        made = self.ask(f"deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return str(made["id"])

    def state(self, run: str) -> tuple[str, str]:
        """Return the name of a run's state, and its message."""
        state = self.ask(f"flow_runs/{run}")["state"]
        return state["name"], state["message"] or ""


def prefect_server(port: int, folder: Path, env: Mapping[str, str]) -> Child:
    """Start a Prefect server, and wait until it answers."""
    words = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = Child(words, folder / "server.log", env)
    try:
        wait_until(lambda: Api(port).is_up() or server.process.poll() is not None, "the Prefect server answers")
        if server.process.poll() is not None:
            raise RuntimeError("the Prefect server ended at once")
    except RuntimeError as error:
        server.kill()
        raise RuntimeError(f"{error}\n{server.log.read_text(errors='replace')[-2000:]}") from error
    return server
