"""What can be said of the files of deploy/ without an engine or a cluster: form, pins, rights, entry points."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNITS = sorted((DEPLOY / "systemd").iterdir())
ONCE = {"prefect-migrations", "setup", "sahelwatch"}  # end by themselves, so that nobody asks how they are


def stages() -> list[list[str]]:
    """Return the instructions of the image, stage by stage, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line and not line.startswith("#")]
    starts = [n for n, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def test_the_image_holds_only_what_the_lock_names_by_hash():
    wheels, final = stages()
    installs = [line for stage in (wheels, final) for line in stage if re.search(r"pip (?:install|wheel)", line)]
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


def test_the_image_runs_without_root_and_tells_its_health():
    final = stages()[-1]
    users = [line.split()[1] for line in final if line.startswith("USER ")]
    assert users[-1] not in {"root", "0"}
    assert int(users[-1]) >= 10_000
    after = final[final.index(f"USER {users[-1]}") :]
    assert not any(line.startswith("RUN ") for line in after)
    assert any(line.startswith("HEALTHCHECK ") for line in final)


def test_nothing_but_what_is_copied_goes_to_the_builder():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    copied = {word for stage in stages() for line in stage if line.startswith("COPY ") for word in line.split()[1:-1]}
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((DEPLOY.parent / path).exists() for path in copied)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_has_no_secret_and_tells_its_health(name: str):
    service = SERVICES[name]
    assert "build" in service or re.search(r":\d+(?:\.\d+)+", service["image"])
    text = json.dumps(service)
    for secret in re.findall(r"://[^:/\s\"]+:([^@\"]+)@", text) + re.findall(r"PASSWORD\": \"([^\"]+)", text):
        assert secret.startswith("${")
    assert name in ONCE or name == "prefect-services" or "healthcheck" in service
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_what_a_service_waits_for_is_there_and_comes_to_that_state():
    for service in SERVICES.values():
        for other, wanted in service.get("depends_on", {}).items():
            state = wanted["condition"]
            assert "healthcheck" in SERVICES[other] if state == "service_healthy" else other in ONCE


def test_postgres_is_healthy_only_when_others_reach_it():
    """While it sets itself up it listens on its socket only: what starts then finds nobody, and ends."""
    assert "--host" in SERVICES["postgres"]["healthcheck"]["test"]


def test_the_compose_file_has_the_form_of_one():
    named = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", []) if not v.startswith((".", "/"))}
    assert named == set(COMPOSE["volumes"])
    assert {c["source"] for s in SERVICES.values() for c in s.get("configs", [])} == set(COMPOSE["configs"])


def test_the_jobs_of_the_cluster_are_described_in_full():
    values = yaml.safe_load((DEPLOY / "helm-values-worker.yaml").read_text(encoding="utf-8"))
    template = json.loads(values["worker"]["config"]["baseJobTemplate"]["configuration"])
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
    assert used == set(template["variables"]["properties"])
    pod = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "sahelwatch"}}]


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("helm-values-*.yaml")), ids=lambda path: path.name)
def test_images_of_the_charts_are_those_of_the_compose_file(path: Path):
    tags = re.findall(r"prefectTag: (\S+)", path.read_text(encoding="utf-8"))
    ours = SERVICES["prefect-server"]["image"].split(":")[1]
    assert tags
    assert all(tag.removesuffix("-kubernetes") == ours for tag in tags)


def section(path: Path, name: str) -> dict[str, list[str]]:
    """Return the settings of a section of a unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").partition(f"[{name}]\n")[2].partition("\n[")[0].splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("path", [p for p in UNITS if p.suffix == ".timer"], ids=lambda path: path.name)
def test_a_timer_starts_a_unit_that_is_there(path: Path):
    assert path.with_suffix(".service") in UNITS
    assert section(path, "Timer")["OnCalendar"]


@pytest.mark.parametrize("path", [p for p in UNITS if p.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_is_understood_by_systemd_and_can_do_little(path: Path, tmp_path: Path):
    service = section(path, "Service")
    assert service["User"] == ["sahelwatch"]
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    for program in {words.split()[0] for words in service["ExecStart"]}:
        text = path.read_text(encoding="utf-8").replace(program, "/bin/true")  # the program is installed elsewhere
    unit = tmp_path / path.name
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in security.stderr:
        pytest.skip("this systemd judges no unit that is not running")
    assert security.returncode == 0, security.stdout[-300:]


def test_commands_of_the_units_are_those_of_the_program():
    commands = set(re.findall(r"/sahelwatch (\S+)", "\n".join(p.read_text(encoding="utf-8") for p in UNITS)))
    commands |= {"db"} & set((DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace('"', " ").split())
    from flows.cli import app

    assert commands == {"serve", "run", "upkeep", "digest", "db"}
    assert all(app[command] for command in commands)
