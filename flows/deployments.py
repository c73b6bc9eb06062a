"""The deployments as code, and the server for those who have none.

In: settings of the schedule. Out: Prefect deployments of all flows, served from this process; deploy/prefect.yaml
has the same for work pools. Prefect's own settings stand in [tool.prefect] of pyproject.toml; outside the checkout the
few that matter are set here.
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
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Schedule

NAME = "scheduled"  # one name whatever the interval: another one would leave a second deployment behind
_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
START_TIMEOUT_S = 90  # a first start migrates Prefect's database: 14 s on two idle cores
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A flow (flows/FLOW.py holds the flow FLOW), with when it runs and what becomes of a second run at once."""

    flow: str
    name: str  # says how it is run
    description: str
    regular: bool = False  # every so many minutes
    cron: str | None = None  # in UTC, which Mali keeps
    parameters: Mapping[str, str] = field(default_factory=dict)
    overlap: Literal["CANCEL_NEW", "ENQUEUE"] = "CANCEL_NEW"


_MONITOR = """\
Reads the configured sources, records what is new about the watch as versioned developments, and sends alerts.

- **State message**: what the run found ("3 new, 2 updated"), and how many sources and deliveries failed.
- **Artifacts**: `run-report` (new developments with quotes, what was dropped and why), `new-developments`, `sources`.
- A second run at once is cancelled. A run in which some sources or channels failed is `Degraded`: its log says why.
- Safe to run at any time: what is known is not recorded again, what was sent is not sent again.
"""
_UPKEEP = """\
Checks the database, writes a backup and restores it once, gives up old raw bodies, vacuums, prunes old flow runs.

- **State message**: whether the database is sound, tonight's backup, how many sources need a look.
- **Artifacts**: `upkeep-report`, `source-health`.
- A database with faults fails the run, and nothing is deleted from it.
"""
_BACKFILL = """\
Records past articles in order of time, as if the monitor had run then. Alerts are off unless asked for.

- **Parameters**: `sources` are files, folders, feed files or archives of JSON Lines that the run can see.
- **Artifacts**: `backfill-progress` while it runs, `backfill-report` at its end.
- A run that was killed is taken up where it stopped by the next one with the same parameters; a second one waits.
"""

_DIGEST = """\
Sends what the {period} before brought, in one message, to the channels that the watch names for it.

- **State message**: how many digests were sent, and how many wait for a channel that is down.
- Safe to run at any time: a digest is sent once to each receiver.
"""


def _digest(name: str, period: str, cron: str) -> Deployed:
    said = _DIGEST.format(period=period)
    return Deployed(flow="digest", name=name, description=said, cron=cron, parameters={"period": name})


# A further flow is one more line here and its like in deploy/prefect.yaml.
DEPLOYED = (
    Deployed(flow="monitor", name=NAME, description=_MONITOR, regular=True),
    Deployed(flow="upkeep", name="nightly", description=_UPKEEP, cron="17 2 * * *"),  # when little is published
    Deployed(flow="backfill", name="on-demand", description=_BACKFILL, overlap="ENQUEUE"),
    _digest("daily", "day", "0 6 * * *"),
    _digest("weekly", "week", "15 6 * * 1"),
)


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


def serve_flows(*, every_minutes: int, parameters: Mapping[str, str], own_server: bool) -> None:
    """Serve all flows on their schedules until interrupted; an overlapping run is cancelled, that of a backfill waits.

    On a server of our own, runs that an ended process left behind are marked crashed first: they would hold the slot.
    """
    from prefect.runner import Runner

    class Served(Runner):
        """A runner that ends on SIGTERM as on Ctrl-C: quietly, and with its children."""

        def handle_sigterm(self, *_: object, **__: object) -> None:
            signal.raise_signal(signal.SIGINT)

    if own_server:
        release_ended_runs()
    runner = Served(pause_on_shutdown=False, limit=len(DEPLOYED))  # each flow once; without a limit late runs pile up
    for deployed in DEPLOYED:
        runner.add_deployment(deployment_of(deployed, every_minutes=every_minutes, parameters=parameters))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background process ignores it
    with suppress(KeyboardInterrupt):
        asyncio.run(runner.start())


def deployment_of(deployed: Deployed, *, every_minutes: int, parameters: Mapping[str, str]) -> RunnerDeployment:
    """Return a flow as a deployment; its times do not depend on when it was started.

    Of the parameters it gets those that the flow takes.
    """
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment

    flow: Any = getattr(import_module(f"flows.{deployed.flow}"), deployed.flow)
    schedule = _schedule(deployed, every_minutes)
    known = {name: value for name, value in parameters.items() if name in flow.parameters.properties}
    deployment = flow.to_deployment(
        name=deployed.name,
        **({"schedule": schedule} if schedule else {}),
        parameters={**known, **deployed.parameters},
        description=deployed.description,
        tags=["sahelwatch", deployed.flow],
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy(deployed.overlap), grace_period_seconds=GRACE_S
        ),
    )
    if not isinstance(deployment, RunnerDeployment):  # a coroutine, where an event loop is running
        raise RuntimeError(f"{deployed.flow} cannot be served from inside an event loop")
    return deployment


def _schedule(deployed: Deployed, every_minutes: int) -> Schedule | None:
    from prefect.schedules import Cron, Interval

    if deployed.cron:
        return Cron(deployed.cron, timezone="UTC", slug="regular")
    if deployed.regular:
        return Interval(timedelta(minutes=every_minutes), anchor_date=_ANCHOR, slug="regular")
    return None


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
            deployment_filter=DeploymentFilter(
                name=DeploymentFilterName(any_=[deployed.name for deployed in DEPLOYED])
            ),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=unfinished)),
        )
        for run in left:
            client.set_flow_run_state(run.id, Crashed(message="The process that ran it has ended."), force=True)
