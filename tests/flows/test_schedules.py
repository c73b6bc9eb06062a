"""A served monitor is really scheduled: a real Prefect server makes its runs ahead of time.

With libraries that do not fit each other the server starts, the deployment is registered, and no run is ever
made; nothing but this shows it.
"""

from __future__ import annotations

import inspect
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
START_S = 120  # of the server, with a new database, and of what it serves
SCHEDULED_S = 30  # the server looks for new deployments every 5 s
END_S = 30


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return the API of the server that `sahelwatch serve` starts, once it serves the monitor."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    command = [sys.executable, "-m", "flows.cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [*command, "--database", f"sqlite:///{folder}/served.db"],
            cwd=ROOT,  # so that Prefect sees [tool.prefect] of pyproject.toml
            stdout=log,
            stderr=log,
            start_new_session=True,  # its server and its runs are in its group
        )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=10) as client:
            await_deployment(client, child, folder / "log")
            yield client
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=END_S)
        assert not listens(port), "the server outlived what started it"
    finally:
        if child.poll() is None or listens(port):
            os.killpg(child.pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def await_deployment(client: httpx2.Client, child: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the deployment is registered."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if client.get("/deployments/name/backfill/on-demand").is_success:  # the last one
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.3)
    pytest.fail(f"the monitor is not served:\n{log.read_text(errors='replace')}")


def scheduled(client: httpx2.Client, deployment: str) -> list[datetime]:
    """Return when the runs that the server made ahead will start; wait for them."""
    wanted = {
        "deployments": {"name": {"any_": [deployment]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    deadline = time.monotonic() + SCHEDULED_S
    while time.monotonic() < deadline:
        runs = client.post("/flow_runs/filter", json=wanted).raise_for_status().json()
        starts = [datetime.fromisoformat(run["expected_start_time"]) for run in runs]
        if ahead := [start for start in starts if start > datetime.now(UTC)]:
            return ahead
        time.sleep(0.5)
    return []


def deployed(client: httpx2.Client, name: str, *, flow: str = "monitor") -> dict[str, Any]:
    """Return a deployment of a flow."""
    found: dict[str, Any] = client.get(f"/deployments/name/{flow}/{name}").raise_for_status().json()
    return found


def test_runs_are_made_ahead_every_15_minutes(api: httpx2.Client) -> None:
    starts = scheduled(api, "scheduled")
    assert len(starts) >= 3
    assert {after - before for before, after in pairwise(starts)} == {timedelta(minutes=15)}


def test_runs_of_a_cron_schedule_are_made_ahead(api: httpx2.Client) -> None:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.monitor import monitor

    with temporary_settings({PREFECT_API_URL: str(api.base_url).rstrip("/")}):
        deployment = monitor.to_deployment(name="by-cron", cron="7,37 * * * *")
        assert isinstance(deployment, RunnerDeployment)
        deployment.apply()
    starts = scheduled(api, "by-cron")
    assert len(starts) >= 3
    assert {start.minute for start in starts} == {7, 37}


def test_the_upkeep_is_scheduled_every_night(api: httpx2.Client) -> None:
    starts = scheduled(api, "nightly")
    assert {(start.hour, start.minute) for start in starts} == {(2, 17)}


OVERLAPS = [("monitor", "scheduled", "CANCEL_NEW"), ("upkeep", "nightly", "CANCEL_NEW")]
OVERLAPS += [("backfill", "on-demand", "ENQUEUE")]


@pytest.mark.parametrize(("flow", "name", "then"), OVERLAPS)
def test_fault_97_a_second_run_at_once_is_cancelled_and_that_of_a_backfill_waits(
    api: httpx2.Client, flow: str, name: str, then: str
) -> None:
    found = deployed(api, name, flow=flow)
    assert found["global_concurrency_limit"]["limit"] == 1
    assert found["concurrency_options"]["collision_strategy"] == then


@pytest.mark.parametrize(("flow", "name"), [(flow, name) for flow, name, _ in OVERLAPS])
def test_the_form_explains_every_parameter(api: httpx2.Client, flow: str, name: str) -> None:
    function = getattr(import_module(f"flows.{flow}"), flow).fn
    fields = deployed(api, name, flow=flow)["parameter_openapi_schema"]["properties"]
    told = {name: field.get("description") for name, field in fields.items()}
    assert told == explained(function.__doc__ or "")
    assert set(told) == set(inspect.signature(function).parameters)


def explained(docstring: str) -> dict[str, str]:
    """Return the parameters that a docstring explains, one a line."""
    _, _, lines = inspect.cleandoc(docstring).partition("Args:\n")
    return dict(re.findall(r"^ +(\w+): (.+)$", lines, re.M))
