"""The nightly upkeep: what it deletes, what it never does, and what it tells."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.exceptions import ObjectNotFound

from flows import upkeep as flow
from flows.settings import Settings, UpkeepSettings
from flows.stages import upkeep
from flows.stages.upkeep import as_markdown, run_upkeep
from storage import sources
from storage.engine import open_store
from storage.errors import StorageError
from storage.source_values import Source, SourceState
from storage.upkeep import contents
from tests.flows.commands import sahelwatch
from tests.flows.runs import NOON, SEEDS, exported, run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(
        database=f"sqlite:///{tmp_path}/watch.db",
        upkeep=UpkeepSettings(bodies_max_age_days=30, backups=tmp_path / "backups", backups_kept=2),
    )
    run(made.database, SEEDS)
    return made


def rows(database: str) -> dict[str, int]:
    with closing(open_store(database)) as store:
        return {c.table: c.rows for c in contents(store)}


def test_a_night_backs_up_and_gives_up_only_old_bodies(settings: Settings):
    before = rows(settings.database)
    report = run_upkeep(settings, now=NOON + timedelta(days=29))
    assert (report.released.bodies, report.faults, report.vacuumed) == (0, (), True)
    report = run_upkeep(settings, now=NOON + timedelta(days=31))
    assert report.released.bodies == 2
    after = rows(settings.database)
    assert {table for table in after if before[table] != after[table]} == {"raw_body", "released_body"}
    assert run_upkeep(settings, now=NOON + timedelta(days=32)).faults == ()


def test_after_the_bodies_are_gone_a_run_knows_its_documents(settings: Settings):
    run_upkeep(settings, now=NOON + timedelta(days=31))
    before = exported(settings.database, "articles")
    report = run(settings.database, SEEDS)
    assert (report.known, report.dispatched.sent, len(report.versions)) == (2, 0, 0)
    assert exported(settings.database, "articles") == before


def test_so_many_backups_are_kept_the_newest_ones(settings: Settings):
    made = [run_upkeep(settings, now=NOON + timedelta(days=day)).backup for day in range(4)]
    assert sorted(settings.upkeep.backups.iterdir()) == made[2:]


@pytest.mark.parametrize("year", [1970, 2036])
def test_tonights_backup_is_kept_whatever_the_clock_once_said(settings: Settings, year: int):
    astray, day = NOON.replace(year=year), timedelta(days=1)
    for now in (NOON, NOON + day, astray, astray + day, NOON + 2 * day):
        tonight = run_upkeep(settings, now=now).backup
        assert tonight in set(settings.upkeep.backups.iterdir())
    assert len(list(settings.upkeep.backups.iterdir())) == 2


def test_what_killed_backups_left_is_removed_and_what_others_write_is_not(settings: Settings):
    folder = settings.upkeep.backups
    old, young = folder / ".sahelwatch-1.db.7.part", folder / ".sahelwatch-2.db.7.part"
    (drilled := folder / ".drill-1").mkdir(parents=True)
    for path in (old, young, drilled / "sahelwatch-1.db"):
        path.touch()
    for path in (old, drilled):
        os.utime(path, (0, 0))
    backup = run_upkeep(settings, now=NOON).backup
    assert set(folder.iterdir()) == {young, backup}


def test_a_backup_that_cannot_be_restored_is_not_kept(settings: Settings, monkeypatch):
    good = run_upkeep(settings, now=NOON).backup
    with monkeypatch.context() as patched:
        patched.setattr(upkeep.shutil, "copy", full)
        with pytest.raises(OSError, match="No space left"):
            run_upkeep(settings, now=NOON + timedelta(days=1))
    assert list(settings.upkeep.backups.iterdir()) == [good]


def full(source: Path, folder: str) -> str:
    raise OSError(errno.ENOSPC, "No space left on device", folder)


def test_a_run_on_a_backup_sends_no_repeat(settings: Settings):
    backup = run_upkeep(settings, now=NOON).backup
    report = run(f"sqlite:///{backup}", SEEDS)
    assert (report.dispatched.sent, len(report.alerts), report.known) == (0, 0, 2)


def test_a_database_with_faults_is_left_alone(settings: Settings, tmp_path: Path):
    with sqlite3.connect(tmp_path / "watch.db") as connection:
        connection.execute("DROP TRIGGER raw_body_no_update")
        connection.execute("UPDATE raw_body SET size = 1")
    report = run_upkeep(settings, now=NOON + timedelta(days=400))
    assert len(report.faults) == 2
    assert "its content has changed" in report.message
    assert rows(settings.database)["raw_body"] == 2
    assert not settings.upkeep.backups.exists()


def test_the_drill_tells_of_a_backup_that_would_send_again(settings: Settings):
    backup = run_upkeep(settings, now=NOON).backup
    with sqlite3.connect(backup) as connection:
        connection.execute("UPDATE delivery SET state = 'pending'")
    with pytest.raises(StorageError, match="it would send again to console"):
        upkeep.drill(backup)


def test_sources_that_need_a_look_come_first(settings: Settings):
    with closing(open_store(settings.database)) as store:
        with store.write() as tx:
            for key in ("a-good", "b-bad", "c-quiet"):
                sources.ensure(tx, Source(key=key, kind="feed", address=key, expected_per_week=7))
            sources.save_state(tx, "b-bad", SourceState(failing_since=NOON, failures=4))
            sources.save_state(tx, "c-quiet", SourceState(last_new_at=NOON - timedelta(days=20)))
            sources.save_state(tx, "a-good", SourceState(last_new_at=NOON))
        health, _ = upkeep.source_health(store, now=NOON)
    assert [(row["source"], row["state"]) for row in health[:3]] == [
        ("b-bad", "failing"),
        ("c-quiet", "silent"),
        ("a-good", "ok"),
    ]
    told = as_markdown(upkeep.UpkeepReport(now=NOON, health=health))
    assert "| b-bad | failing | 4 |" in told
    assert "a-good" not in told


class Server:
    """The part of a Prefect client that pruning needs; one run is gone before it is deleted."""

    def __init__(self, runs: list[str]) -> None:
        self.runs = runs

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read_flow_runs(self, **_: object) -> list[SimpleNamespace]:
        return [SimpleNamespace(id=run) for run in self.runs]

    def delete_flow_run(self, run: str) -> None:
        self.runs.remove(run)
        if run == "gone":
            raise ObjectNotFound(http_exc=RuntimeError("404"))


def test_a_run_that_the_server_pruned_meanwhile_is_no_fault(monkeypatch):
    server = Server(["a", "gone", "b"])
    monkeypatch.setattr(flow, "get_client", lambda **_: server)
    flow.prune_runs.fn(30, NOON)
    assert server.runs == []


def test_the_commands(settings: Settings, tmp_path: Path):
    options = ["--database", settings.database]
    variables = {"SAHELWATCH_UPKEEP__BACKUPS": str(tmp_path / "nightly")}
    assert "sound" in sahelwatch("upkeep", *options, folder=tmp_path, variables=variables).out
    assert len(list((tmp_path / "nightly").iterdir())) == 1
    assert "sends nothing again" in sahelwatch("backup", tmp_path / "b.db", *options, folder=tmp_path).out
    again = sahelwatch("backup", tmp_path / "b.db", *options, folder=tmp_path)
    assert (again.code, again.one_line()[-35:]) == (1, "a backup never replaces another one")
    target = f"sqlite:///{tmp_path}/copy.db"
    copied = sahelwatch("db", "copy", "--from", settings.database, "--to", target, folder=tmp_path)
    assert (copied.code, "All rows arrived" in copied.out) == (0, True)
    assert rows(target) == rows(settings.database)
    assert sahelwatch("db", "copy", "--from", settings.database, "--to", target, folder=tmp_path).code == 1
    assert sahelwatch("db", "upgrade", *options, folder=tmp_path).code == 0
