"""The deployments as code, and the server for those who have none.

In: settings of the schedule. Out: a Prefect deployment of the monitor, served from this process. Prefect's
own settings stand in [tool.prefect] of pyproject.toml; outside the checkout the few that matter are set
here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

NAME = "scheduled"  # one name whatever the interval: another one would leave a second deployment behind
_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
START_TIMEOUT_S = 90  # a first start migrates Prefect's database: 14 s on two idle cores
DIGESTS = {"daily": "0 6 * * *", "weekly": "15 6 * * 1"}  # times are UTC, which Mali keeps
GRACE_S = 120  # before a slot whose run never started is given free again

# As in pyproject.toml, for working folders in which Prefect does not see that file.
_PREFECT_DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(START_TIMEOUT_S),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 24 * 3600),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "parsers,storage",
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
        env={**os.environ, "PREFECT_SERVER_UI_API_URL": "/api"},  # its pages ask port 4200 else, whatever our port
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


def serve_monitor(*, every_minutes: int, parameters: Mapping[str, str], own_server: bool, limit: int = 2) -> None:
    """Serve the monitor on its schedule until interrupted; an overlapping run is cancelled, never queued.

    On a server of our own, runs that an ended process left behind are marked crashed first: they would hold the slot.
    """
    from prefect.runner import Runner

    class Served(Runner):
        """A runner that ends on SIGTERM as on Ctrl-C: quietly, and with its children."""

        def handle_sigterm(self, *_: object, **__: object) -> None:
            signal.raise_signal(signal.SIGINT)

    if own_server:
        release_ended_runs()
    runner = Served(pause_on_shutdown=False, limit=limit)
    runner.add_deployment(deployment_of(every_minutes=every_minutes, parameters=parameters))
    for deployment in digest_deployments(parameters=parameters):
        runner.add_deployment(deployment)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background process ignores it
    with suppress(KeyboardInterrupt):
        asyncio.run(runner.start())


def deployment_of(*, every_minutes: int, parameters: Mapping[str, str]) -> RunnerDeployment:
    """Return the monitor as a deployment; its times do not depend on when it was started."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Interval

    from flows.monitor import monitor

    deployment = monitor.to_deployment(
        name=NAME,
        schedule=Interval(timedelta(minutes=every_minutes), anchor_date=_ANCHOR, slug="regular"),
        parameters=dict(parameters),
        description=_DESCRIPTION,
        tags=["sahelwatch", "monitor"],
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW, grace_period_seconds=GRACE_S
        ),
    )
    if not isinstance(deployment, RunnerDeployment):  # a coroutine, where an event loop is running
        raise RuntimeError("the monitor cannot be served from inside an event loop")
    return deployment


def digest_deployments(*, parameters: Mapping[str, str]) -> tuple[RunnerDeployment, ...]:
    """Return the digest of the day and of the week as deployments, sent in the morning of their zone."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron

    from flows.digest import digest

    made = []
    for period, cron in DIGESTS.items():
        deployment = digest.to_deployment(
            name=period,
            schedule=Cron(cron, timezone="UTC", slug=period),
            parameters={"period": period, **parameters},
            description="Sends what the period before brought, to the channels that the watch names for it.",
            tags=["sahelwatch", "digest"],
        )
        if not isinstance(deployment, RunnerDeployment):
            raise RuntimeError("the digest cannot be served from inside an event loop")
        made.append(deployment)
    return tuple(made)


def release_ended_runs() -> None:
    """Mark the runs crashed that an ended process left behind."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterName,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    unfinished = FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
    with get_client(sync_client=True) as client:
        left = client.read_flow_runs(
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[NAME])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=unfinished)),
        )
        for run in left:
            client.set_flow_run_state(run.id, Crashed(message="The process that ran it has ended."), force=True)


_DESCRIPTION = """\
Reads the configured sources, records what is new about the watch as versioned developments, and sends alerts.

- **State message**: what the run found ("3 new, 2 updated").
- **Artifacts**: `run-report` (new developments with quotes, what was dropped and why), `new-developments`, `sources`.
- A second run at once is cancelled; runs in which some sources failed are `Degraded` and stand in the list of all runs.
- Safe to run at any time: what is known is not recorded again, what was sent is not sent again.
"""
