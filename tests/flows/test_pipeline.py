"""What the whole pipeline makes of the two seed documents, on SQLite and on Postgres.

The expectations stand in tests/cases/pipeline/seeds/expected.json and were written from the texts, not from a run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storage import developments
from storage.engine import open_store
from storage.integrity import verify
from tests.flows.runs import ROOT, SEED_0, SEED_1, SEEDS, Row, exported, of_kind, records, run

EXPECTED = json.loads((ROOT / "tests/cases/pipeline/seeds/expected.json").read_text(encoding="utf-8"))
WANTED: dict[str, Row] = EXPECTED["developments"]

Database = Callable[[], str]


def names(row: Row, role: str) -> list[str]:
    return [actor["name"] for actor in row["actors"] if actor["role"] == role]


def told(row: Row) -> Row:
    """Return a development of the export in the words of expected.json."""
    return {
        **row,
        "agents": names(row, "agent"),
        "targets": names(row, "target"),
        "reports": sorted({report["external_id"] for report in row["reports"]}),
        "located": row["latitude"] is not None and row["longitude"] is not None,
        "strict": [q["strict"] for q in row["quantities"] if q["measure"] == "killed"],
    }


def like(row: Row, wanted: Row) -> bool:
    return all(row[name] == value for name, value in wanted.items() if name not in {"described", "anchored_to"})


def found(rows: list[Row], name: str) -> Row:
    """Return the one development that is the named one of expected.json."""
    alike = [row for row in rows if like(told(row), WANTED[name])]
    near = [
        {field: told(row)[field] for field in WANTED[name] if field in told(row)}
        for row in rows
        if row["kind"] == WANTED[name]["kind"]
    ]
    assert len(alike) == 1, f"{len(alike)} developments are “{name}”; of its kind there are {near}"
    return alike[0]


@pytest.fixture
def seeded(database: str) -> str:
    """Give a database after one run over both seeds."""
    run(database, SEEDS)
    return database


def test_the_developments_of_the_seeds_are_recorded_and_no_other(seeded: str) -> None:
    rows = exported(seeded, "developments")
    assert len(rows) == len({found(rows, name)["id"] for name in WANTED}) == len(WANTED)


def test_rival_descriptions_of_one_actor_are_both_kept(seeded: str) -> None:
    rows = exported(seeded, "developments")
    for name, wanted in WANTED.items():
        said = [description["text"] for description in found(rows, name)["descriptions"]]
        for words in wanted.get("described", ()):
            assert any(words in text for text in said), f"{name}: nothing in {said} says “{words}”"


def test_the_attack_in_timbuktu_is_counted_from_the_one_on_boulikessi(seeded: str) -> None:
    rows = exported(seeded, "developments")
    later, first = found(rows, "attack in Timbuktu"), found(rows, "attack on Boulikessi")
    assert later["anchor_development_id"] == first["id"]
    assert later["date"] is None
    with closing(open_store(seeded)) as store, store.read() as tx:
        when = developments.get(tx, int(later["id"][1:])).state.when
    assert (when.offset_days, when.basis, when.start) == (1, "anchored", None)


def test_what_is_no_event_of_its_own_belongs_to_no_development(seeded: str) -> None:
    rows = exported(seeded, "mentions")
    for words, scope in EXPECTED["told_of_no_development"].items():
        loose = [row for row in rows if words in row["quote"] and row["role"] == "background"]
        assert loose, f"no background mention quotes “{words}”"
        assert {row["scope"] for row in loose} == {scope}, words
        for row in loose:
            assert [(d["decision"], d["development_id"]) for d in row["decisions"]] == [("background", None)], words
            assert all(d["reasons"] for d in row["decisions"]), words


def test_figures_of_no_event_are_in_no_toll(seeded: str) -> None:
    killed = {
        (row["place_id"], q["low"])
        for row in exported(seeded, "developments")
        for q in row["quantities"]
        if q["measure"] == "killed"
    }
    assert killed == {("boulikessi", 30), ("mahou", 5)}


def test_exactly_the_watched_developments_are_alerted_once(seeded: str) -> None:
    rows = exported(seeded, "developments")
    watched = {row["id"] for row in rows if row["watched"]}
    alerts = exported(seeded, "alerts")
    assert len(watched) == 2
    assert sorted(alert["development_id"] for alert in alerts) == sorted(watched)
    assert {alert["change"] for alert in alerts} == {"new"}
    assert [[d["state"] for d in alert["deliveries"]] for alert in alerts] == [["sent"], ["sent"]]
    assert all(alert["reasons"] for alert in alerts)
    assert all(row["alert_reasons"] for row in rows)


def test_no_date_is_made_up(seeded: str) -> None:
    assert [row["summary"] for row in exported(seeded, "developments") if row["date"] or row["date_end"]] == []
    for mention in exported(seeded, "mentions"):
        if mention["date"]:  # only years that the words themselves give
            assert (mention["time_basis"], mention["time_precision"]) == ("explicit", "year")
            assert mention["date"][:4] in mention["quote"]
    articles = exported(seeded, "articles")
    assert [(a["published_at"], a["duplicate_of"], a["relevance"], a["version"]) for a in articles] == [
        (None, None, "relevant", 1)
    ] * 2


def test_quotes_stand_in_their_articles(seeded: str) -> None:
    with closing(open_store(seeded)) as store:
        assert verify(store) == ()


def test_the_order_of_files_changes_nothing(new_database: Database) -> None:
    one, other, folder = new_database(), new_database(), new_database()
    run(one, SEED_0, SEED_1)
    run(other, SEED_1, SEED_0)
    run(folder, SEEDS)
    assert records(one) == records(other) == records(folder)


def test_one_file_a_run_gives_the_same_as_both_at_once(new_database: Database) -> None:
    at_once, one_by_one = new_database(), new_database()
    run(at_once, SEED_0, SEED_1)
    run(one_by_one, SEED_0)
    run(one_by_one, SEED_1)
    assert records(one_by_one) == records(at_once)


def substance(database: str) -> list[Any]:
    """Return what is known of the world, whoever told it first."""
    slots = ("kind", "modality", "scope", "place_id", "date", "fatalities", "watched", "status", "independent_sources")
    return sorted(
        [
            [str(row[slot]) for slot in slots],
            sorted(f"{actor['role']} {actor['id']}" for actor in row["actors"]),
            sorted(said["text"] for said in row["descriptions"]),
            sorted(str([q["measure"], q["low"], q["high"], q["claimant"]]) for q in row["quantities"]),
            sorted({report["quote"] for report in row["reports"]}),
        ]
        for row in exported(database, "developments")
    )


def test_whichever_seed_comes_a_day_earlier_the_same_is_known(new_database: Database) -> None:
    forward, backward = new_database(), new_database()
    for database, files in ((forward, (SEED_0, SEED_1)), (backward, (SEED_1, SEED_0))):
        for file in files:
            run(database, file)
    assert substance(forward) == substance(backward)


def test_a_second_run_finds_nothing_new(seeded: str) -> None:
    before = records(seeded)
    report = run(seeded, SEEDS)
    assert report.message == "nothing new"
    assert (report.known, report.versions, report.alerts, report.dispatched.sent) == (2, (), (), 0)
    assert records(seeded) == before


def test_a_raised_toll_in_a_known_file_updates_the_development(seeded: str, tmp_path: Path) -> None:
    edited = tmp_path / SEED_1.name
    edited.write_text(SEED_1.read_text(encoding="utf-8").replace("over 30 soldiers", "over 60 soldiers"), "utf-8")
    report = run(seeded, edited)
    assert report.message == "1 updated"
    (article,) = [a for a in exported(seeded, "articles") if a["external_id"] == SEED_1.name]
    assert (article["version"], article["duplicate_of"]) == (2, None)
    row = of_kind(exported(seeded, "developments"), "attack_on_forces", place_id="boulikessi")
    assert (row["version"], row["fatalities"]) == (2, {"low": 60, "best": 60, "high": None})
    (change,) = [c for c in row["changes"] if c["field"] == "fatalities"]
    assert (change["old"]["low"], change["new"]["low"], change["decision"]) == (30, 60, "update")
    assert row["independent_sources"] == 1
    assert len(exported(seeded, "developments")) == len(WANTED)
    assert report.alerts == ()  # nobody who is watched takes part


def test_a_copy_of_the_whole_folder_elsewhere_is_nothing_new(seeded: str, tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "copied")
    before = exported(seeded, "developments")
    report = run(seeded, tmp_path / "copied")
    assert (report.message, report.alerts) == ("nothing new", ())
    assert exported(seeded, "developments") == before
