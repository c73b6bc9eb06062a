"""Structured logs: a run as events, one JSON object a line, for those who collect logs by machine.

In: the report of a run. Out: lines added to the file of the settings: one for the run, one for each source, and one for
each thing that was dropped, with the reason. Never an alert's recipient, and never a secret of the settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.settings import Settings
from flows.stages.metrics import drops
from flows.stages.report import RunReport, source_rows

Event = dict[str, Any]


def log_run(settings: Settings, report: RunReport, *, at: datetime) -> None:
    """Add the events of a run to the log file, if one is wanted; OSError names a file that cannot be written."""
    if settings.logs.file:
        add(settings.logs.file, events(report), at=at)


def events(report: RunReport) -> Iterator[Event]:
    """Yield a run as events: the run, its sources, what is new, what was dropped."""
    yield {"event": "run", "as_of": report.now.isoformat(), "message": report.message, **report.counts()}
    for row in source_rows(report.collected):
        yield {"event": "source", **row}
    for version in report.versions:
        yield {
            "event": "development",
            "id": f"D{version.development_id}",
            "version": version.number,
            "decision": version.decision,
            "summary": version.state.summary,
        }
    for drop in drops(report):
        yield {"event": "dropped", **asdict(drop)}
    for error in report.dispatched.errors:
        yield {"event": "delivery_error", "reason": error}


def add(path: Path, found: Iterator[Event], *, at: datetime) -> None:
    """Add events to a file in one write, so that the lines of two processes never mix."""
    stamp = {"at": at.isoformat()}
    text = "".join(json.dumps({**stamp, **event}) + "\n" for event in found)  # all ASCII: no terminal acts on it
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        file.write(text.encode("ascii"))
