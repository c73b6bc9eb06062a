"""The deployments as code and those of deploy/prefect.yaml are the same."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.deployments import DEPLOYED, Deployed, deployment_of

FILE = Path(__file__).parents[2] / "deploy" / "prefect.yaml"
WRITTEN: dict[str, dict[str, Any]] = {
    d["name"]: d for d in yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]
}


def test_every_flow_stands_in_both() -> None:
    assert {d.name: f"flows.{d.flow}.{d.flow}" for d in DEPLOYED} == {n: w["entrypoint"] for n, w in WRITTEN.items()}


@pytest.mark.parametrize("deployed", DEPLOYED, ids=lambda d: d.name)
def test_a_deployment_is_written_as_it_is_made(deployed: Deployed) -> None:
    written = WRITTEN[deployed.name]
    made = deployment_of(deployed, every_minutes=15, parameters={"watch": "/w", "config": "/c", "other": "x"})
    assert (written["name"], written["tags"]) == (made.name, made.tags)
    assert written["concurrency_limit"] == {
        "limit": made.concurrency_limit,
        "collision_strategy": made.concurrency_options.collision_strategy.value,
        "grace_period_seconds": made.concurrency_options.grace_period_seconds,
    }
    schedules = [s.schedule for s in made.schedules or []]
    assert [s.get("cron") for s in written["schedules"]] == [getattr(s, "cron", None) for s in schedules]
    assert [s.get("interval") for s in written["schedules"]] == [
        s.interval.total_seconds() if hasattr(s, "interval") else None for s in schedules
    ]
    assert {**written.get("parameters", {})} == dict(deployed.parameters)
    assert made.description
    assert written["description"]


@pytest.mark.parametrize("deployed", DEPLOYED, ids=lambda d: d.name)
def test_a_flow_gets_the_parameters_that_it_takes(deployed: Deployed) -> None:
    made = deployment_of(deployed, every_minutes=15, parameters={"watch": "/w", "config": "/c", "other": "x"})
    taken = set(getattr(import_module(f"flows.{deployed.flow}"), deployed.flow).parameters.properties)
    assert set(made.parameters) == ({"watch", "config"} & taken) | set(deployed.parameters)
