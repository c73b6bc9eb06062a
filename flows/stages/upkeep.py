"""The nightly care of the database, step by step: check, back up, give up old bodies, vacuum, tell how sources do.

In: a store, the settings, the instant. Out: an `UpkeepReport`. A database with faults is reported and otherwise left
alone: nothing is deleted from it, and no older backup is removed in favour of a worse one.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.settings import Settings, UpkeepSettings
from flows.stages.health import longest_silence
from flows.stages.report import notice_words
from storage import digests, outbox, retention, sources, upkeep
from storage.engine import Store, Transaction, open_store
from storage.errors import StorageError
from storage.integrity import verify
from storage.retention import Released
from storage.source_values import Source, SourceNotice, SourceState

MEGABYTE = 1_000_000  # bytes
LEFT_AFTER_S = 24 * 3600  # no backup takes so long: what is older was left by a killed one
_BACKUP = "sahelwatch-{:%Y%m%dT%H%M%SZ}.db"
_BACKUPS = "sahelwatch-*.db"
_DRILL = ".drill-"
_NONE = Released(bodies=0, size=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepReport:
    """What one upkeep did; `faults` are those of the database, and then nothing else was done."""

    now: datetime
    faults: tuple[str, ...] = ()
    backup: Path | None = None
    released: Released = _NONE
    vacuumed: bool = False
    health: tuple[dict[str, Any], ...] = ()
    notices: tuple[SourceNotice, ...] = ()
    runs_pruned: int = 0

    @property
    def message(self) -> str:
        """Return the upkeep in one line."""
        if self.faults:
            return f"{len(self.faults)} faults: {self.faults[0]}"
        failing = sum(row["state"] != "ok" for row in self.health)
        parts = [
            "sound",
            f"backup {self.backup.name}" if self.backup else "no backup",
            f"{self.released.bodies} bodies given up ({self.released.size / MEGABYTE:.1f} MB)",
            f"{failing} of {len(self.health)} sources need a look",
        ]
        return ", ".join([*parts, *([f"{self.runs_pruned} old runs pruned"] if self.runs_pruned else [])])


def run_upkeep(settings: Settings, *, now: datetime) -> UpkeepReport:
    """Do the steps one after the other, without Prefect."""
    with closing(open_store(settings.database)) as store:
        faults = verify(store)
        health, notices = source_health(store, now=now)
        if faults:
            return UpkeepReport(now=now, faults=faults, health=health, notices=notices)
        backup = back_up_nightly(store, settings.upkeep, now=now)
        released = give_up_bodies(store, settings.upkeep, now=now)
        upkeep.vacuum(store)
    return UpkeepReport(
        now=now, backup=backup, released=released, vacuumed=True, health=health, notices=notices
    )  # fmt: skip


def give_up_bodies(store: Store, settings: UpkeepSettings, *, now: datetime) -> Released:
    """Give up raw bodies by age, then by size; many short transactions, so that no writer waits for long."""
    total = _NONE
    if settings.bodies_max_age_days is not None:
        before = now - timedelta(days=settings.bodies_max_age_days)
        total = _all(store, total, lambda tx: retention.release_older(tx, before, now=now))
    if settings.bodies_max_mb is not None:
        limit = settings.bodies_max_mb * MEGABYTE
        total = _all(store, total, lambda tx: retention.release_oldest(tx, limit, now=now))
    return total


def _all(store: Store, total: Released, step: Callable[[Transaction], Released]) -> Released:
    """Repeat a step until it finds nothing more."""
    while True:
        with store.write() as tx:
            done = step(tx)
        if not done.bodies:
            return total
        total = Released(bodies=total.bodies + done.bodies, size=total.size + done.size)


def back_up_nightly(store: Store, settings: UpkeepSettings, *, now: datetime) -> Path | None:
    """Write tonight's backup, try it, and only then remove the oldest beyond those to be kept; one that fails goes."""
    if not settings.backups_kept:
        return None
    path = settings.backups / _BACKUP.format(now)
    _remove_left(settings.backups)
    upkeep.back_up(store, path, now=now)
    try:
        drill(path)
    except BaseException:
        path.unlink()  # else it would stand for a good one, and one more be written every night
        raise
    others = sorted(set(settings.backups.glob(_BACKUPS)) - {path})  # whose names a wrong clock may have made
    for old in others[: max(0, len(others) - settings.backups_kept + 1)]:
        old.unlink()
    return path


def _remove_left(folder: Path) -> None:
    """Remove what backups and drills left that were killed: each is as large as the database."""
    for left in (*folder.glob(f".{_BACKUPS}.*.part*"), *folder.glob(f"{_DRILL}*")):
        if time.time() - left.lstat().st_mtime > LEFT_AFTER_S:
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def drill(path: Path) -> None:
    """Restore a backup beside itself and try it; StorageError where it is not sound or would send something again."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=_DRILL) as folder:
        restored = Path(shutil.copy(path, folder))
        with closing(open_store(f"sqlite:///{restored}")) as store:
            if faults := verify(store):
                raise StorageError(f"{path}: restored, it is not sound: {faults[0]}")
            with store.read() as tx:
                waiting = outbox.waiting_elsewhere(tx, channels=()) | digests.waiting(tx)
            if waiting:
                raise StorageError(f"{path}: restored, it would send again to {', '.join(waiting)}")


def source_health(store: Store, *, now: datetime) -> tuple[tuple[dict[str, Any], ...], tuple[SourceNotice, ...]]:
    """Return a row for each source that is on, those first that need a look; and the notices of the last day."""
    with store.read() as tx:
        states = sources.states(tx)
        known = sources.every(tx, enabled=True)
        notices = sources.notices(tx, since=now - timedelta(days=1))
    rows = [_health_row(source, states.get(source.key, SourceState()), now) for source in known]
    return tuple(sorted(rows, key=lambda row: (row["state"] == "ok", row["source"]))), notices


def _health_row(source: Source, state: SourceState, now: datetime) -> dict[str, Any]:
    silence = longest_silence(source)
    quiet = now - state.last_new_at if state.last_new_at else None
    if state.failing_since:
        word = "failing"
    elif silence and quiet and quiet > silence:
        word = "silent"
    else:
        word = state.notice if state.notice in {"collapsed", "moved"} else "ok"
    return {
        "source": source.key,
        "state": word,
        "failures in a row": state.failures,
        "failing since": _when(state.failing_since),
        "last answer": _when(state.last_ok_at),
        "last new item": _when(state.last_new_at),
        "items": state.items,
    }


def _when(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else ""


def as_markdown(report: UpkeepReport) -> str:
    """Return the upkeep for people: faults first, then what was done, then the sources that need a look."""
    lines = [f"# Upkeep {report.now:%Y-%m-%d %H:%M} UTC", "", report.message, ""]
    if report.faults:
        lines += ["## Faults of the database", "", *(f"- {fault}" for fault in report.faults), ""]
        lines += ["Nothing was deleted. Restore the latest backup, or repair the file.", ""]
    look = [row for row in report.health if row["state"] != "ok"]
    if look:
        lines += ["## Sources that need a look", "", "| source | state | failures | since | last new item |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {r['source']} | {r['state']} | {r['failures in a row']} | {r['failing since']} | {r['last new item']} |"
            for r in look
        ]
        lines.append("")
    if report.notices:
        lines += ["## What the operator was told today", "", *(f"- {notice_words(n)}" for n in report.notices), ""]
    return "\n".join(lines)
