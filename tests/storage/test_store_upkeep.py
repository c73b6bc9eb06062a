"""What storage promises of copies: all rows, of one moment, in either direction; and of backups."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import counters, digests, outbox, upkeep
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.integrity import verify


def fill(store, given, articles=3):
    with store.write() as tx:
        for number in range(articles):
            article = given.article(str(number), headline="“L’armée” 🔴 \x00 à Ségou")
            version = given.add_development(tx)
            given.decide(tx, given.add_mention(tx, article), version)
            outbox.add_alert(
                tx, uid=f"alert_{version.id}", version=version, change="new", rule="r", severity="high",
                reasons=("é",), recipients=[("desk", "a"), ("desk", "b")], now=given.at(number + 0.5),
            )  # fmt: skip
        counters.add(tx, {("inbox", "dropped", "empty"): 2})
        digests.add(
            tx, uid="digest_1", watch="w", period="daily", start_at=given.at(0), end_at=given.at(1),
            channel="desk", recipient="a",
        )  # fmt: skip


def waiting(store):
    with store.read() as tx:
        return outbox.waiting_elsewhere(tx, channels=()), digests.waiting(tx)


@pytest.fixture
def other(tmp_path: Path) -> Store:
    with closing(open_store(f"sqlite:///{tmp_path}/other.db")) as opened:
        yield opened


def test_a_database_is_copied_row_by_row_and_back(store, other, new_database, given):
    fill(store, given)
    copied = upkeep.copy(store, other)  # SQLite or Postgres -> SQLite
    assert upkeep.contents(store) == upkeep.contents(other) == copied
    assert {c.table: c.rows for c in copied}["delivery"] == 6
    with closing(open_store(new_database())) as back:
        assert upkeep.copy(other, back) == copied  # -> SQLite or Postgres
        fill_more(back, given)


def fill_more(store, given):
    """Add rows: their numbers come after the copied ones."""
    with store.write() as tx:
        assert given.add_mention(tx, given.article("next")).id == 4
    assert verify(store) == ()


def test_a_copy_of_an_empty_database_can_be_filled(store, other, given):
    upkeep.copy(other, store)
    fill(store, given)
    assert verify(store) == ()


def test_a_target_that_holds_rows_is_refused_and_left_alone(store, other, given):
    fill(store, given)
    fill(other, given, articles=1)
    before = upkeep.contents(other)
    with pytest.raises(StorageError, match="holds rows"):
        upkeep.copy(store, other)
    assert upkeep.contents(other) == before


def test_a_backup_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path, given):
    with closing(open_store(f"sqlite:///{tmp_path}/a.db")) as store:
        full = tmp_path / "no[w]here.db"
        draft = full.with_name(f".{full.name}.{os.getpid()}.part")
        draft.write_text("in the way")  # VACUUM INTO refuses it, as it refuses a disk that is full
        with pytest.raises(StorageError, match=r"no\[w\]here.db cannot be written"):
            upkeep.back_up(store, full, now=given.noon)
        assert not draft.exists()


def test_a_copy_that_differs_is_undone(store, other, given):
    fill(store, given)
    with other.write() as tx:
        tx.execute(text("CREATE TRIGGER fault AFTER INSERT ON counter BEGIN UPDATE counter SET total = total + 1; END"))
    with pytest.raises(StorageError, match="counter differs from the original: 1 rows"):
        upkeep.copy(store, other)
    assert {c.rows for c in upkeep.contents(other)} == {0}


def test_fault_72_a_backup_is_one_sound_file_in_which_nothing_waits_to_be_sent(store, given, tmp_path: Path):
    fill(store, given)
    file = tmp_path / "kept" / "backup.db"
    found = upkeep.back_up(store, file, now=given.at(60))
    assert [path.name for path in file.parent.iterdir()] == ["backup.db"]
    with closing(open_store(f"sqlite:///{file}")) as copied:
        assert verify(copied) == ()
        assert waiting(copied) == ({}, {})
        same = {c.table: c for c in upkeep.contents(store)}
        assert {c.table for c in upkeep.contents(copied) if c != same[c.table]} == {"delivery", "digest"}
    assert waiting(store) == ({"desk": 6}, {"desk": 1})  # the original sends them
    assert {c.table: c.rows for c in found}["article"] == 3


def test_a_backup_never_replaces_a_file(store, given, tmp_path: Path):
    (tmp_path / "backup.db").write_text("precious")
    with pytest.raises(FileExistsError, match="never replaces"):
        upkeep.back_up(store, tmp_path / "backup.db", now=given.noon)
    assert (tmp_path / "backup.db").read_text() == "precious"


def test_an_unsound_copy_is_removed(tmp_path: Path, given):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    fill(store, given)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("DROP TRIGGER raw_body_no_update")
        connection.execute("UPDATE raw_body SET size = size + 1")
    with pytest.raises(StorageError, match="not sound: raw body"):
        upkeep.back_up(store, tmp_path / "kept" / "backup.db", now=given.noon)
    assert list((tmp_path / "kept").iterdir()) == []
    store.close()


def test_fault_72_backups_taken_while_others_write_are_sound(store, database, given, tmp_path: Path):
    stop, numbers = threading.Event(), count()

    def write() -> None:
        with closing(open_store(database)) as writer:
            while not stop.is_set():
                with writer.write() as tx:
                    given.decide(
                        tx, given.add_mention(tx, given.article(f"w{next(numbers)}")), given.add_development(tx)
                    )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        rows = []
        for number in range(8):
            found = upkeep.back_up(store, tmp_path / f"{number}.db", now=given.noon)  # verifies the copy
            rows.append({c.table: c.rows for c in found}["decision"])
    finally:
        stop.set()
        thread.join()
    assert rows == sorted(rows)
    assert rows[-1] > rows[0]


def test_vacuum_gives_room_back(tmp_path: Path, given):
    file = tmp_path / "store.db"
    store = open_store(f"sqlite:///{file}")
    with store.write() as tx:
        tx.execute(text("CREATE TABLE bulk AS SELECT randomblob(2000000) AS b"))
    with store.write() as tx:
        tx.execute(text("DROP TABLE bulk"))
    upkeep.vacuum(store)
    assert file.stat().st_size < 1_000_000
    fill(store, given)  # the connection is as before
    store.close()


def test_a_database_of_either_kind_can_be_vacuumed(store, given):
    fill(store, given)
    before = upkeep.contents(store)
    upkeep.vacuum(store)
    assert upkeep.contents(store) == before
