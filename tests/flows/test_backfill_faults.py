"""What a backfill refuses, and what two of them do to each other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import runner
from flows.settings import Settings, SettingsError
from flows.stages import backfill as stage
from flows.stages import run as stages
from flows.stages.prepare import Chunk
from flows.stages.windows import Span
from parsers.errors import ParseError
from storage import articles
from storage.backfills import Item
from storage.engine import open_store
from storage.errors import StorageError
from tests.flows.test_backfill import ROOT, UNTIL, filled_back, line, rows


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return an archive of a few articles."""
    made = tmp_path / "old.jsonl"
    made.write_text("\n".join(map(line, range(8))))
    return made


def test_no_run_is_taken_to_have_been_in_the_future(tmp_path: Path, monkeypatch):
    noon = datetime(2025, 6, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(stages, "utcnow", lambda: noon)
    file, database = tmp_path / "old.jsonl", f"sqlite:///{tmp_path}/a.db"
    file.write_text(line(0))  # of that morning
    assert filled_back(database, file, span=Span(until=noon + timedelta(days=1000))).counts["articles"] == 1
    with closing(open_store(database)) as store, store.read() as tx:
        assert [article.first_seen_at for article in articles.every(tx)] == [noon]


def test_a_damaged_database_is_left_alone(tmp_path: Path, archive: Path):
    database = tmp_path / "a.db"
    filled_back(f"sqlite:///{database}", archive)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_reading%'")
    with pytest.raises(StorageError, match="is damaged"):
        filled_back(f"sqlite:///{database}", archive)


def test_alerts_to_a_channel_that_is_not_there_are_refused_before_anything_is_read(tmp_path: Path, archive: Path):
    watch = tmp_path / "watch.toml"
    watch.write_text((ROOT / "seeds/watch.toml").read_text() + '\n[digest]\ndaily = ["nobody"]\n')
    settings = Settings(database=f"sqlite:///{tmp_path}/a.db", watch=watch, channels=())
    with pytest.raises(SettingsError, match="unknown channel nobody"):
        runner.backfill_directly(
            settings, [str(archive)], Span(until=UNTIL), processes=1, alerts=True, tell=lambda _: None
        )


def test_one_that_is_started_again_while_it_plans_leaves_the_work_to_the_later_one(
    tmp_path: Path, archive: Path, monkeypatch
):
    once, twice = f"sqlite:///{tmp_path}/1.db", f"sqlite:///{tmp_path}/2.db"
    filled_back(once, archive)
    survey = stage.dates

    def overtaken(chunk: Chunk) -> tuple[tuple[Item, str | None], ...]:
        monkeypatch.setattr(stage, "dates", survey)
        filled_back(twice, archive)
        return survey(chunk)

    monkeypatch.setattr(stage, "dates", overtaken)
    with pytest.raises(StorageError, match="the same backfill was started again"):
        filled_back(twice, archive)
    assert rows(twice) == rows(once)


def test_a_source_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(ParseError, match="nowhere"):
        filled_back(f"sqlite:///{tmp_path}/a.db", tmp_path / "nowhere")
