"""Runs of the stages as the tests make them, and what is left of them in the exports.

In: a database, files, an instant. Out: run reports, and exports as rows without what differs from run to run
(instants, ids, counts of attempts), so that two databases can be compared.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows import exporting
from flows.settings import AlertSettings, Settings
from flows.stages import run as stages
from flows.stages.collect import collect
from flows.stages.deliver.dispatch import Dispatched, dispatch
from flows.stages.deliver.message import Channel, Message, Receipt
from flows.stages.report import RunReport
from flows.stages.settle import settle
from storage.engine import Store, open_store

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds" / "articles"
SEED_0, SEED_1 = sorted(SEEDS.iterdir())
NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)  # three days after what the seeds tell

Row = dict[str, Any]
EXPORTS: tuple[exporting.What, ...] = ("articles", "developments", "alerts", "mentions", "changes")

_INSTANTS = {"first_seen_at", "changed_at", "created_at", "sent_at", "recorded_at"}
_COUNTS = {"attempts", "possible_repeat"}
_ID = re.compile(r"\b([ADL])(\d+)\b")


class Recorder:
    """A channel that writes one line a message to a file, on the disk before the receipt."""

    kind = "recorder"

    def __init__(self, file: Path, *, name: str = "desk", to: tuple[str, ...] = ("first", "second")) -> None:
        self.name, self._file, self._to = name, file, to

    def recipients(self) -> tuple[str, ...]:
        return self._to

    def send(self, message: Message, recipient: str) -> Receipt:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([message.uid, recipient, message.possible_repeat]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return Receipt(outcome="sent")


def run(database: str, *addresses: Path, as_of: datetime = NOON, alerts: bool = True, age: int = 14) -> RunReport:
    """Run the stages as --direct does, with the console for a channel."""
    settings = Settings(database=database, alerts=AlertSettings(max_article_age_days=age))
    return stages.run_direct(settings, [str(address) for address in addresses], as_of=as_of, alerts=alerts)


def run_with(database: str, channel: Channel, *addresses: Path, clock: datetime = NOON) -> Dispatched:
    """Run the same stages as --direct does, with a channel and a clock of the test."""
    settings, channels = Settings(database=database), {channel.name: channel}
    with closing(open_store(database)) as store:
        planned = stages.plan_sources(store, settings, list(map(str, addresses)), now=NOON)
        collected = [collect(source, NOON) for source in planned]
        read = stages.read_collected(store, settings, collected, now=NOON)
        recorded = stages.record_all(store, read, settings, channels, planned=planned, now=NOON, alerting=True)
        notices = settle(store, collected, read, recorded, now=NOON)
        dispatched = dispatch(store, channels, clock=lambda: clock, policy=stages.policy_of(settings))
        stages.report_run(store, collected, read, recorded, notices, dispatched, now=NOON)
    return dispatched


def exported(database: str, what: exporting.What) -> list[Row]:
    """Return an export as it is."""
    with closing(open_store(database)) as store:
        return exported_from(store, what)


def exported_from(store: Store, what: exporting.What) -> list[Row]:
    """Return an export of an open store as it is."""
    with store.read() as tx:
        return [json.loads(line) for line in exporting.render(tx, what, format="jsonl").splitlines()]


def records(database: str) -> dict[str, list[Row]]:
    """Return all exports without instants and counts, their ids replaced by their rank among those of their kind."""
    with closing(open_store(database)) as store:
        found = {what: exported_from(store, what) for what in EXPORTS}
    known = {
        (letter, int(n)) for rows in found.values() for row in rows for letter, n in _ID.findall(str(row.get("id")))
    }
    before = Counter[str]()  # of each kind, in the order of their numbers
    ranks: dict[tuple[str, int], int] = {}
    for letter, number in sorted(known):
        before[letter] += 1
        ranks[letter, number] = before[letter]
    stable = {what: [_stable(row) for row in rows] for what, rows in found.items()}
    text = _ID.sub(lambda m: f"{m[1]}{ranks.get((m[1], int(m[2])), m[2])}", json.dumps(stable, ensure_ascii=False))
    ranked: dict[str, list[Row]] = json.loads(text)
    return ranked


def _stable(value: Any) -> Any:
    if isinstance(value, Mapping):
        left_out = _INSTANTS | _COUNTS | {"uid", "cursor"}
        return {name: _stable(part) for name, part in value.items() if name not in left_out}
    return [_stable(part) for part in value] if isinstance(value, list) else value


def of_kind(rows: Iterable[Row], kind: str, **fields: Any) -> Row:
    """Return the one development of a kind, and of these fields where there are several."""
    found = [row for row in rows if row["kind"] == kind and all(row[name] == v for name, v in fields.items())]
    assert len(found) == 1, f"{len(found)} developments of kind {kind} {fields}"
    return found[0]
