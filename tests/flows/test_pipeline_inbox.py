"""What the whole pipeline makes of copies, of files that no format reads, and of articles that are old."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flows.stages.report import as_json, as_markdown
from parsers.article import Document
from parsers.formats.registry import READERS_VERSION
from storage import documents, sources
from storage.engine import open_store
from storage.source_values import Source
from tests.flows.runs import NOON, ROOT, SEED_0, SEED_1, SEEDS, Row, exported, of_kind, run

CASES = ROOT / "tests/cases/pipeline"
FRAME = "Follow our channel for updates from the region all day long.\n{}\nShare this page. All rights are reserved.\n"


@pytest.fixture
def seeded(database: str) -> str:
    """Give a database after one run over both seeds."""
    run(database, SEEDS)
    return database


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Give an empty folder, beside the database."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def slots(row: Row) -> Row:
    return {name: row[name] for name in ("version", "independent_sources", "fatalities", "status", "summary")}


def test_a_framed_copy_under_another_name_is_a_duplicate(seeded: str, inbox: Path) -> None:
    before = {row["id"]: slots(row) for row in exported(seeded, "developments")}
    copy = inbox / "reprint.txt"
    copy.write_text(FRAME.format(SEED_1.read_text(encoding="utf-8")), encoding="utf-8")
    report = run(seeded, copy)
    (article,) = [a for a in exported(seeded, "articles") if a["external_id"] == copy.name]
    assert (article["duplicate_of"], article["duplicate_kind"]) == (SEED_1.name, "near")
    assert article["duplicate_score"] > 0.9
    assert article["duplicate_reasons"]
    assert report.alerts == ()
    assert {row["id"]: slots(row) for row in exported(seeded, "developments")} == before
    assert any(d.name == copy.name and "copy of A2" in d.reason for d in report.dropped)


def test_fault_59_the_same_bytes_under_two_names_of_a_folder_are_one_document(database: str, inbox: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (inbox / name).write_bytes(SEED_1.read_bytes())
    report = run(database, inbox)
    assert [a["external_id"] for a in exported(database, "articles")] == ["one.txt"]
    assert {row["independent_sources"] for row in exported(database, "developments")} == {1}
    assert any(d.name == "two.txt" for d in report.dropped), "the report does not tell of the second file"


STORY = """Credited from: Le Courrier du Fleuve
Fighters of JNIM attacked an army post in Mahou on Monday. At least nine soldiers were killed, residents said.
The army said that it had driven the attackers back. Nobody else spoke of the attack until the evening.
"""


def test_one_file_name_in_two_folders_is_two_articles(seeded: str, inbox: Path) -> None:
    (inbox / SEED_1.name).write_text(STORY, encoding="utf-8")
    run(seeded, inbox)
    articles = exported(seeded, "articles")
    assert [article["version"] for article in articles] == [1, 1, 1], "another story became a version of the seed"
    mahou = of_kind(exported(seeded, "developments"), "attack_on_forces", place_id="mahou")
    assert mahou["independent_sources"] == 2


RETOLD = """Credited from: La Voix de San
{agency}Nine soldiers at least died on Monday when JNIM fighters attacked the army post at Mahou, according to people
living there. Elsewhere in the region the day was quiet, said a driver who had come from Koutiala with millet.
"""


@pytest.mark.parametrize(("agency", "sources"), [("BAMAKO (AFP) – ", 1), ("", 2)], ids=["agency copy", "own words"])
def test_reprints_of_an_agency_are_one_source(database: str, inbox: Path, agency: str, sources: int) -> None:
    texts = {
        "courrier.txt": STORY.replace("Fighters", f"{agency}Fighters", 1),
        "voix.txt": RETOLD.format(agency=agency),
    }
    for name, text in texts.items():
        (inbox / name).write_text(text, encoding="utf-8")
    run(database, inbox)
    mahou = of_kind(exported(database, "developments"), "attack_on_forces", place_id="mahou")
    assert {report["external_id"] for report in mahou["reports"]} == set(texts)
    assert mahou["independent_sources"] == sources


def test_a_figure_that_its_file_takes_back_is_taken_back(database: str, inbox: Path) -> None:
    words = SEED_1.read_text(encoding="utf-8")
    tolls = []
    for text in (words, words.replace("over 30 soldiers", "over 60 soldiers"), words):
        (inbox / SEED_1.name).write_text(text, encoding="utf-8")
        run(database, inbox)
        attack = of_kind(exported(database, "developments"), "attack_on_forces", place_id="boulikessi")
        tolls.append(attack["fatalities"]["low"])
    assert tolls == [30, 60, 30]


@pytest.mark.parametrize("body", [b"just words, one line, no sentence", b"\x00\x01\x02" * 400], ids=["notes", "binary"])
def test_fault_61_what_no_format_reads_is_kept_and_told(body: bytes, database: str, inbox: Path) -> None:
    (inbox / "odd.txt").write_bytes(body)
    (inbox / SEED_0.name).write_bytes(SEED_0.read_bytes())
    report = run(database, inbox)
    with closing(open_store(database)) as store, store.read() as tx:
        (waiting,) = documents.quarantined(tx)
        assert documents.load(tx, waiting.id).body == body
    assert waiting.name == "odd.txt"
    assert waiting.reason
    assert report.counts()["documents_quarantined"] == 1
    assert report.message.endswith("1 in quarantine")
    (told,) = [d.reason for d in report.dropped if d.name == "odd.txt"]
    assert waiting.reason in told
    assert "odd.txt" in as_markdown(report)
    assert as_json(report)["counts"]["documents_quarantined"] == 1
    assert len(report.alerts) == 2  # the good file beside it


def test_a_document_in_quarantine_is_left_there_by_the_same_readers(database: str, inbox: Path) -> None:
    (inbox / "odd.txt").write_text("just words", encoding="utf-8")
    run(database, inbox)
    report = run(database, inbox)
    assert (report.known, report.message) == (1, "nothing new, 1 of 1 sources failed, 1 in quarantine")


def test_newer_readers_try_a_quarantined_document_again(database: str) -> None:
    gone = Source(key="files:gone", kind="files", address="/gone")
    seed = Document(source=gone.key, name=SEED_1.name, body=SEED_1.read_bytes(), retrieved_at=NOON)
    with closing(open_store(database)) as store, store.write() as tx:
        sources.ensure(tx, gone)
        documents.add(tx, seed, outcome="quarantined", reason="unknown layout", reader="older", now=NOON)
    report = run(database, SEED_0)  # the file itself is gone: what was kept is read
    assert [a["external_id"] for a in exported(database, "articles")] == [SEED_0.name, SEED_1.name]
    assert len(exported(database, "developments")) == 7
    assert report.quarantined == ()
    with closing(open_store(database)) as store, store.read() as tx:
        assert documents.quarantined(tx) == ()
        known = documents.find(tx, gone.key, seed.sha256)
    assert known is not None
    assert (known.outcome, known.reader) == ("parsed", READERS_VERSION)


def test_a_run_without_alerts_records_and_says_why(database: str) -> None:
    report = run(database, SEEDS, alerts=False)
    assert (report.alerts, report.dispatched.sent) == ((), 0)
    assert exported(database, "alerts") == []
    rows = exported(database, "developments")
    assert len(rows) == 7
    assert {tuple(row["alert_reasons"]) for row in rows} == {("alerts are switched off for this run",)}
    assert run(database, SEEDS).alerts == ()  # what was recorded quietly stays quiet


@pytest.fixture
def feed(inbox: Path) -> Path:
    file = inbox / "feed.xml"
    file.write_bytes((CASES / "feed/feed.xml").read_bytes())
    return file


@pytest.mark.parametrize(("age", "alerted"), [(14, {"new"}), (60, {"old", "new"}), (1, set())])
def test_old_articles_of_a_feed_are_recorded_without_alert(
    age: int, alerted: set[str], feed: Path, database: str
) -> None:
    run(database, feed, age=age)
    kinds = {"old": "deployment", "new": "withdrawal_announced"}
    rows = exported(database, "developments")
    watched = {name: of_kind(rows, kind) for name, kind in kinds.items()}
    told = {alert["development_id"] for alert in exported(database, "alerts")}
    assert {name for name, row in watched.items() if row["id"] in told} == alerted
    for name, row in watched.items():
        assert any("days old" in reason for reason in row["alert_reasons"]) is (name not in alerted)


def test_the_age_of_an_article_counts_at_the_logical_date(feed: Path, new_database: Callable[[], str]) -> None:
    early, late = new_database(), new_database()
    assert len(run(early, feed, as_of=NOON - timedelta(days=30)).alerts) == 2
    assert len(run(late, feed, as_of=NOON + timedelta(days=30)).alerts) == 0


def test_dates_of_a_feed_are_those_of_its_articles(feed: Path, database: str) -> None:
    run(database, feed)
    assert [a["published_at"] for a in exported(database, "articles")] == [
        "2025-05-06T08:00:00+00:00",
        "2025-06-06T09:30:00+00:00",
    ]
    row = of_kind(exported(database, "developments"), "withdrawal_announced")
    assert (row["date"], row["time_basis"]) == ("2025-06-06", "weekday")
