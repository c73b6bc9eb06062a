"""Counters and logs of a run: nothing that was dropped is missing, and no word of an article becomes a label."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from flows.settings import LogSettings, MetricsSettings, Settings
from flows.stages import logs
from flows.stages import run as stages
from flows.stages.metrics import OTHER, counts_of, drop_class
from tests.flows.runs import NOON, SEEDS

SAMPLE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?\d+)')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database=f"sqlite:///{tmp_path}/watch.db",
        metrics=MetricsSettings(file=tmp_path / "node" / "sahelwatch.prom"),
        logs=LogSettings(file=tmp_path / "log" / "sahelwatch.jsonl"),
        channels=(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / 'in"box'
    made.mkdir()
    for path in SEEDS.iterdir():
        (made / path.name).write_bytes(path.read_bytes())
    (made / "empty.txt").write_text(" ")
    (made / "odd.bin").write_bytes(b"\x00\x01\x02")
    (made / "link.txt").symlink_to(made / "empty.txt")
    return made


def samples(path: Path) -> dict[str, int]:
    """Return the samples of a metrics file; fails for a line that is none."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("# ")]
    found = [SAMPLE.fullmatch(line) for line in lines]
    assert all(found), lines
    return {f"{m[1]}{{{m[2] or ''}}}": int(m[3]) for m in found if m}


def total(found: dict[str, int], name: str, *labels: str) -> int:
    return sum(n for key, n in found.items() if key.startswith(f"{name}{{") and all(label in key for label in labels))


def test_everything_that_was_dropped_is_counted_once(settings: Settings, folder: Path):
    report = stages.run_direct(settings, [str(folder)], as_of=NOON, alerts=False)
    counted = {key: n for key, n in counts_of(report).items() if key[1] == "dropped"}
    assert sum(counted.values()) == len(report.dropped)
    assert {why for _, _, why in counted} >= {"not_taken", "empty", "quarantined", "background"}
    assert OTHER not in {why for _, _, why in counted}


def test_totals_grow_from_run_to_run_and_the_file_is_readable(settings: Settings, folder: Path):
    stages.run_direct(settings, [str(folder)], as_of=NOON, alerts=False)
    first = samples(settings.metrics.file)
    assert total(first, "sahelwatch_articles_total") == 2
    assert total(first, "sahelwatch_documents_total", 'outcome="quarantined"') == 1
    assert first['sahelwatch_last_run{count="sources"}'] == 1
    stages.run_direct(settings, [str(folder)], as_of=NOON, alerts=False)
    again = samples(settings.metrics.file)
    assert total(again, "sahelwatch_articles_total") == 2
    assert total(again, "sahelwatch_dropped_total", 'why="not_taken"') == 2
    assert all(again[key] >= n for key, n in first.items() if "_total" in key)


def test_a_run_is_logged_as_events(settings: Settings, folder: Path):
    for _ in range(2):
        report = stages.run_direct(settings, [str(folder)], as_of=NOON, alerts=False)
    events = [json.loads(line) for line in settings.logs.file.read_text(encoding="utf-8").splitlines()]
    assert [e["event"] for e in events].count("run") == 2
    last = events[len(events) - 1 - [e["event"] for e in reversed(events)].index("run") :]
    dropped = [e for e in last if e["event"] == "dropped"]
    assert [(e["name"], e["reason"]) for e in dropped] == [(d.name, d.reason) for d in report.dropped]
    assert {e["why"] for e in dropped} >= {"empty", "quarantined"}
    assert all("at" in e for e in events)


def test_the_log_has_each_thing_that_the_counters_count(settings: Settings, folder: Path):
    report = stages.run_direct(settings, [str(folder)], as_of=NOON, alerts=False)
    logged = [e for e in logs.events(report) if e["event"] == "dropped"]
    counted = {key: n for key, n in counts_of(report).items() if key[1] == "dropped"}
    assert Counter((e["source"], "dropped", e["why"]) for e in logged) == counted


@pytest.mark.parametrize(
    ("reason", "sort"),
    [
        ("known", "known"),
        ("near copy of A12", "copy"),
        ("v3, wording edit: two sentences", "edit_without_news"),
        ("background: “a camp of Wagner” (the article is irrelevant)", "irrelevant"),
        ("background: “a raid” (not in the theatre: Tillabéri)", "outside_the_theatre"),
        ("background of D4: “a raid” (denied, and linked to nothing that is known)", "background"),
        ("repeat of D4: “quarantined: words” (nothing that was not told)", "repeat"),
        ("something that nobody thought of", OTHER),
    ],
)
def test_a_reason_is_counted_by_its_sort(reason: str, sort: str):
    assert drop_class(reason) == sort
