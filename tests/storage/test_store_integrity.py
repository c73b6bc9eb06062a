"""What storage promises of integrity, on SQLite and on Postgres."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import mentions
from storage.engine import open_store
from storage.integrity import damage, verify


@pytest.fixture
def filled(store, given):
    with store.write() as tx:
        version = given.add_development(tx)
        given.decide(tx, given.add_mention(tx), version)
        given.add_version(tx, version, 14, given.at(1))
    return store


# The guards stand in the way of damage, so they are taken off first, as a fault of the disk would not ask.
UNGUARDED = {
    "sqlite": "DROP TRIGGER {table}_no_{action}",
    "postgresql": "ALTER TABLE {table} DISABLE TRIGGER {table}_no_{action}",
}
DAMAGE = {
    "raw body .*: its content has changed": ("raw_body", "update", "UPDATE raw_body SET size = size + 1"),
    r"document 1 \(one\): its raw body is missing": ("raw_body", "delete", "DELETE FROM raw_body"),
    "development D1: its versions are not numbered": (
        "development_version",
        "update",
        "UPDATE development_version SET number = 3 WHERE number = 2",
    ),
    "article A1: its versions are not numbered": (
        "article_version",
        "update",
        "UPDATE article_version SET number = 2",
    ),
    "mention 1: its quote is not in its article": (
        "article_version",
        "update",
        "UPDATE article_version SET text = 'other words'",
    ),
}


def test_a_sound_database_has_no_faults(filled):
    assert verify(filled) == ()
    assert damage(filled) is None


@pytest.mark.parametrize(("fault", "damage"), DAMAGE.items(), ids=DAMAGE.keys())
def test_fault_73_a_fault_is_named(filled, fault, damage):
    table, action, statement = damage
    with filled.write() as tx:
        tx.execute(text(UNGUARDED[tx.connection().dialect.name].format(table=table, action=action)))
        tx.execute(text(statement))
    (found,) = verify(filled)
    assert re.match(fault, found)


def test_a_quote_that_was_never_there_is_named(store, given):
    article = given.article()
    with store.write() as tx:
        kept = given.add_article(tx, article)
        mentions.add(tx, kept.version.id, [given.mention(article, quote="nobody said this")])
    assert verify(store) == ("mention 1: its quote is not in its article at 28",)


def test_a_reference_to_nothing_is_named(tmp_path: Path, given):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.write() as tx:
        given.add_article(tx)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("DELETE FROM source")
    assert verify(store) == ("document 1 refers to a source that does not exist",)
    store.close()


def test_a_damaged_file_is_named(tmp_path: Path, given):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.write() as tx:
        for number in range(200):
            given.add_article(tx, given.article(str(number)))
    store.close()
    with (tmp_path / "store.db").open("r+b") as file:
        file.seek(file.seek(0, 2) * 3 // 4)  # behind the pages of the schema
        file.write(b"\xa5" * 4096 * 20)
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    faults = verify(store)
    assert faults
    assert any("malformed" in fault or "database file" in fault for fault in faults)
    assert damage(store)
    store.close()
