"""The heartbeat: asked after a good run, silent after a failed one, harmful to none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.settings import HttpSettings, Settings
from flows.stages import run as stages
from flows.stages.heartbeat import ping
from tests.flows.runs import NOON, SEED_0


@contextmanager
def watchman(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server that notes what it is asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/s3cr3t?key=s3cr3t", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_address_is_asked_as_it_is() -> None:
    with watchman() as (address, asked):
        assert ping(address, allow_hosts=["127.0.0.1"]) is None
    assert asked == ["/s3cr3t?key=s3cr3t"]


def test_a_fault_is_told_without_what_is_secret() -> None:
    with watchman(500) as (address, _):
        busy = ping(address, allow_hosts=["127.0.0.1"])
        refused = ping(address, allow_hosts=[])
    gone = ping(address, allow_hosts=["127.0.0.1"])
    for fault, why in (
        (busy, "HTTP 500"),
        (refused, "not public"),
        (gone, "refused"),
        (ping("x", allow_hosts=[]), "http"),
    ):
        assert fault is not None
        assert why in fault
        assert "s3cr3t" not in fault


@pytest.mark.parametrize(("source", "beats"), [(str(SEED_0), 1), ("nowhere/at/all.txt", 0)])
def test_fault_98_it_beats_after_a_good_run_alone(source: str, beats: int, tmp_path: Path) -> None:
    with watchman() as (address, asked):
        settings = Settings(
            database=f"sqlite:///{tmp_path}/s.db", heartbeat=SecretStr(address),
            http=HttpSettings(allow_hosts=("127.0.0.1",)),
        )  # fmt: skip
        stages.run_direct(settings, [source], as_of=NOON)
    assert len(asked) == beats
