"""The deployments as code, and the server for those who have none.

In: settings of the schedule. Out: a Prefect deployment of the monitor, served from this process. Prefect's
own settings stand in [tool.prefect] of pyproject.toml; outside the checkout the few that matter are set
here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

START_TIMEOUT_S = 90  # a first start migrates Prefect's database: 14 s on two idle cores
GRACE_S = 120  # before a slot whose run never started is given free again

# As in pyproject.toml, for working folders in which Prefect does not see that file.
_PREFECT_DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(START_TIMEOUT_S),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "DO_NOT_TRACK": "1",
}


def prefect_defaults() -> None:
    """Set what Prefect needs before it is imported; what the environment says goes before it."""
    for name, value in _PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)


def has_server() -> bool:
    """Tell whether a Prefect server is configured, in the environment or in Prefect's profile."""
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


@contextmanager
def running_server(host: str, port: int) -> Iterator[str]:
    """Start a Prefect server with its UI as a child process, yield its API address, and end it at the end.

    Raises RuntimeError when the port is taken or the server does not answer in time.
    """
    address = f"http://{host}:{port}"
    if _answers(f"{address}/api/health"):
        raise RuntimeError(f"{address} is taken; set PREFECT_API_URL={address}/api to use that server, or --port")
    child = subprocess.Popen(  # noqa: S603 (our own interpreter, our own arguments)
        [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        _await_server(child, address)
        yield f"{address}/api"
    finally:
        child.terminate()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()


def _await_server(child: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(f"{address}/api/health"):
        if child.poll() is not None:
            raise RuntimeError(f"the Prefect server at {address} ended at once; is the port taken?")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the Prefect server at {address} did not answer within {START_TIMEOUT_S} s")
        time.sleep(0.25)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (http to our own server)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def serve_monitor(*, every_minutes: int, parameters: Mapping[str, str], limit: int = 2) -> None:
    """Serve the monitor on its schedule until interrupted; an overlapping run is cancelled, never queued."""
    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment

    from flows.monitor import monitor

    deployment = monitor.to_deployment(
        name=f"every-{every_minutes}-minutes",
        interval=timedelta(minutes=every_minutes),
        parameters=dict(parameters),
        description=_DESCRIPTION,
        tags=["sahelwatch", "monitor"],
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW, grace_period_seconds=GRACE_S
        ),
    )
    if not isinstance(deployment, RunnerDeployment):  # a coroutine, where an event loop is running
        raise RuntimeError("the monitor cannot be served from inside an event loop")
    serve(deployment, limit=limit, pause_on_shutdown=False)


_DESCRIPTION = """\
Reads the configured sources, records what is new about the watch as versioned developments, and sends alerts.

- **State message**: what the run found ("3 new, 2 updated"); `Degraded` where some sources failed.
- **Artifacts**: `run-report` (new developments with quotes, what was dropped and why), `new-developments`, `sources`.
- Safe to run at any time: what is known is not recorded again, what was sent is not sent again.
"""
