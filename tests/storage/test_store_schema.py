"""What storage promises of schema, on SQLite and on Postgres."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import (  # noqa: F401 (all tables are part of the schema)
    backfills,
    counters,
    documents,
    leads,
    regrouping,
    retention,
    schema,
    sources,
    tables_alerts,
    unkept,
)
from storage.encoding import digest
from storage.engine import Store, open_store
from storage.errors import SchemaError, StorageError
from storage.source_values import Source, SourceAttempt, SourceNotice, SourceState
from storage.tables import APPEND_ONLY, Table

NEXT = f"{int(schema.HEAD) + 1:04}"
MODULES_WITH_TABLES = (backfills, counters, regrouping, retention, unkept)


def set_revision(url: str, revision: str) -> None:
    store = open_store(url)
    with store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
    store.close()


def test_head_is_the_newest_migration():
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_heads() == [schema.HEAD]


def test_an_empty_database_is_migrated_to_the_tables_of_the_program(store):
    with store.read() as tx:
        context = MigrationContext.configure(tx.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
        assert schema.revision(tx.connection()) == schema.HEAD


def test_a_current_schema_is_opened_without_alembic(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/store.db"
    open_store(url).close()
    program = f"import sys; from storage.engine import open_store; open_store({url!r}); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_fault_70_a_newer_schema_is_refused_and_left_alone(new_database):
    database = new_database()
    set_revision(database, "9999")
    with pytest.raises(SchemaError, match=rf"9999 is newer than {schema.HEAD}.*update") as caught:
        open_store(database)
    assert "\n" not in str(caught.value)


def test_a_database_of_another_program_is_refused(new_database):
    database = new_database()
    set_revision(database, "a1b2c3d4e5f6")
    with pytest.raises(SchemaError, match="another program"):
        open_store(database)


def engine_of(store: Store) -> Engine:
    with store.write() as tx:
        return tx.get_bind()


def migrations_with(folder: Path, upgrade: str) -> Path:
    """Return a copy of the migrations with one more, number NEXT."""
    shutil.copytree(schema.MIGRATIONS, folder)
    names = f"revision = '{NEXT}'\ndown_revision = '{schema.HEAD}'"
    (folder / "versions" / "next.py").write_text(f"from alembic import op\n{names}\n\n\ndef upgrade():\n{upgrade}")
    return folder


def test_fault_69_a_migration_that_fails_midway_leaves_the_database_as_it_was(store, database, tmp_path: Path):
    scripts = migrations_with(
        tmp_path / "broken",
        "    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('SELECT id FROM nowhere')\n",
    )
    with pytest.raises(DBAPIError, match="nowhere"):
        schema.migrate(engine_of(store), scripts=scripts)
    again = open_store(database)  # the old program still runs
    with again.read() as tx:
        assert not inspect(tx.connection()).has_table("half")
        assert schema.revision(tx.connection()) == schema.HEAD
    again.close()


def test_a_migration_may_rebuild_a_table_that_others_refer_to(store, given, tmp_path: Path):
    scripts = migrations_with(
        tmp_path / "batch",
        "    with op.batch_alter_table('source', recreate='auto') as table:\n"
        "        table.drop_constraint('uq_source_key_hash', type_='unique')\n"
        "        table.drop_column('key_hash')\n",
    )
    with store.write() as tx:
        given.add_article(tx)
    schema.migrate(engine_of(store), scripts=scripts)
    with store.read() as tx:
        assert schema.revision(tx.connection()) == NEXT
        assert tx.execute(text("SELECT count(*) FROM document JOIN source ON source_id = source.id")).scalar() == 1


def test_a_migration_that_leaves_rows_without_their_parent_is_rolled_back(tmp_path: Path, given):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.write() as tx:
        given.add_article(tx)
    scripts = migrations_with(tmp_path / "broken", "    op.execute('DELETE FROM source')\n")
    with pytest.raises(SchemaError, match="refer to nothing"):
        schema.migrate(engine_of(store), scripts=scripts)
    with store.read() as tx:
        assert len(sources.every(tx)) == 1
    store.close()


OF_0001 = (
    "INSERT INTO source (key, key_hash, kind, address, outlet, language, enabled)"
    " VALUES ('inbox', '{inbox}', 'files', 'inbox/', NULL, NULL, true),"
    " ('wire', '{wire}', 'feed', 'w', 'W', 'fr', false)",
    "INSERT INTO document (source_id, sha256, name, retrieved_at) VALUES (2, 'a', 'one', '2025-06-07')",
    "INSERT INTO reading (document_id, reader, outcome, read_at) VALUES (1, '1', 'empty', '2025-06-07')",
)


def test_a_database_of_0001_is_upgraded_with_its_rows(new_database, given, tmp_path: Path):
    database = new_database()
    scripts = tmp_path / "0001"
    shutil.copytree(schema.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("000[2-9]*"))
    engine = create_engine(database)
    schema.migrate(engine, scripts=scripts)
    with engine.begin() as connection:
        assert schema.revision(connection) == "0001"
        for statement in OF_0001:
            connection.execute(text(statement.format(inbox=digest("inbox"), wire=digest("wire"))))
    engine.dispose()

    store = open_store(database)
    wire = Source(key="wire", kind="feed", address="w", outlet="W", language="fr", enabled=False)
    with store.write() as tx:
        assert sources.every(tx) == (given.inbox, wire)
        assert sources.every(tx, enabled=False) == (wire,)
        assert sources.states(tx) == {"inbox": SourceState(), "wire": SourceState()}
        assert documents.find(tx, "wire", "a").name == "one"
        sources.ensure(tx, replace(wire, family="w", interval_minutes=60, verified=False))
        tx.expire_all()
        assert sources.get(tx, "wire") == replace(wire, family="w", interval_minutes=60, verified=False)
    with pytest.raises(StorageError, match="reading is append-only"), store.write() as tx:
        tx.execute(text("DELETE FROM reading"))
    store.close()


@pytest.fixture
def filled(store, given):
    """Return a store with a row in each table that is append-only."""
    with store.write() as tx:
        version = given.add_development(tx)
        mention = given.add_mention(tx)
        given.decide(tx, mention, version)
        regrouping.merge(tx, version.development_id, into=None, reason="no part of another", now=given.noon)
        regrouping.move(tx, [mention.id], watch="mali", to=version.development_id, reason="its own", now=given.noon)
        tx.execute(
            text(
                "INSERT INTO alert (uid, development_id, development_number, development_version_id, change, rule,"
                " severity, reasons, created_at) VALUES ('u', 1, 1, 1, 'new', 'r', 'high', '[]', '2025-06-07')"
            )
        )
        tx.execute(
            text(
                "INSERT INTO delivery (alert_id, channel, recipient, recipient_hash, state, attempts, possible_repeat)"
                " VALUES (1, 'console', '', '', 'sent', 1, false)"
            )
        )
        tx.execute(
            text("INSERT INTO attempt (delivery_id, number, started_at, outcome) VALUES (1, 1, '2025-06-07', 'sent')")
        )
        tx.execute(
            text(
                "INSERT INTO told (channel, recipient, recipient_hash, development_id, development_number, delivery_id,"
                " severity, message_uid, thread_uid, told_at)"
                " VALUES ('console', '', '', 1, 1, 1, 'high', 'u', 'u', '2025-06-07')"
            )
        )
        sources.add_attempt(tx, SourceAttempt(source="inbox", started_at=given.noon, outcome="ok"))
        sources.add_notice(tx, SourceNotice(source="inbox", kind="silent", reason="quiet", noticed_at=given.noon))
        leads.name(tx, 1, reason="the first publisher", now=given.noon)
        unkept.add(tx, 1, document_id=1, why="flapping", now=given.noon)
        retention.release_oldest(tx, 0, now=given.at(1))
    return store


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_fault_74_what_is_append_only_can_neither_be_changed_nor_deleted(filled, table, statement):
    with filled.read() as tx:
        assert tx.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1
    with pytest.raises(StorageError, match=f"{table} is append-only"), filled.write() as tx:
        tx.execute(text(statement.format(table)))


def test_a_raw_body_can_be_neither_changed_nor_deleted_unless_it_was_released(store, given):
    with store.write() as tx:
        given.add_article(tx)
    with pytest.raises(StorageError, match="raw_body is append-only"), store.write() as tx:
        tx.execute(text("UPDATE raw_body SET size = 0"))
    with pytest.raises(StorageError, match="raw_body is append-only: release"), store.write() as tx:
        tx.execute(text("DELETE FROM raw_body"))
    with store.write() as tx:
        retention.release_oldest(tx, 0, now=given.noon)
        assert tx.execute(text("SELECT count(*) FROM raw_body")).scalar() == 0
