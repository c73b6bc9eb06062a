"""`sahelwatch db copy` takes every row of every table there is, in both directions, and the copy can be written to.

The rows are made from the schema, so that a new table or column is covered on the day it is added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    make_url,
    select,
    text,
)

from storage import upkeep  # so that all tables are known
from storage.columns import Encoded, Instant, Words
from storage.engine import open_store
from storage.tables import Table as Tables
from tests.flows.commands import sahelwatch

ROWS = 3
BOOKKEEPING = {"alembic_version"}  # of the schema: every database has its own
NOON = datetime(2025, 6, 7, 12, 30, 15, 123456, tzinfo=UTC)

Rows = dict[str, list[dict[str, Any]]]


def plain_tables() -> Sequence[Table]:
    """Return the tables, parents first, with JSON for what is encoded."""
    plain = MetaData()
    for table in Tables.metadata.sorted_tables:
        for column in table.to_metadata(plain).columns:
            if isinstance(column.type, Encoded):
                column.type = JSON(none_as_null=True)
    return plain.sorted_tables


def made_up(column: Column[Any], number: int) -> Any:
    """Return a value for a column of a row: the second row has none where there may be none."""
    if column.name == "id" or column.foreign_keys:
        return number
    if column.nullable and number == 2:
        return None
    kind = column.type
    for types, value in {
        (Words,): f"“{column.name}” é 🔴\n'{number}'\\",
        (Instant,): NOON + timedelta(hours=number, microseconds=number),
        (JSON,): {"n": number, "é": [1.5, None, True, "’"], "deep": {"a": []}},
        (Boolean,): number == 1,
        (Date,): date(2025, 6, number),
        (Double,): number / 3,
        (LargeBinary,): bytes([0, 255, number]),
        (BigInteger,): 2**62 + number,
        (Integer,): 2**31 - 1 - number,
    }.items():
        if isinstance(kind, types):
            return value
    raise TypeError(f"{column}: no value is made up for {kind!r}")


def fill(database: str) -> None:
    """Put rows into each table; what they say need not make sense, only be kept."""
    with closing(open_store(database)) as store, store.write() as tx:
        for table in plain_tables():
            for number in range(1, ROWS + 1):
                tx.execute(insert(table).values({c.name: made_up(c, number) for c in table.columns}))


def rows(database: str) -> Rows:
    """Return all rows of each table, read without what copies them."""
    with closing(open_store(database)) as store, store.read() as tx:
        return {
            table.name: sorted((dict(row._mapping) for row in tx.execute(select(table))), key=repr)
            for table in plain_tables()
        }


def tables_of(database: str) -> set[str]:
    engine = create_engine(database)
    names = set(inspect(engine).get_table_names()) - BOOKKEEPING
    engine.dispose()
    return names


@pytest.fixture
def filled(tmp_path: Path) -> str:
    """Return a database with rows in each table."""
    database = f"sqlite:///{tmp_path}/filled.db"
    fill(database)
    return database


def test_every_row_of_every_table_arrives_and_comes_back(
    new_database: Callable[[], str], filled: str, tmp_path: Path
) -> None:
    wanted, there, back = rows(filled), new_database(), f"sqlite:///{tmp_path}/back.db"
    assert set(wanted) == tables_of(filled)
    assert {len(found) for found in wanted.values()} == {ROWS}
    for source, target in ((filled, there), (there, back)):
        done = sahelwatch("db", "copy", "--from", source, "--to", target, "--json", folder=tmp_path)
        assert done.code == 0, done.err
        assert {table["table"]: table["rows"] for table in done.json} == dict.fromkeys(wanted, ROWS)
        assert rows(target) == wanted
    assert tables_of(there) == set(wanted)


def test_what_comes_after_the_copy_is_numbered_after_it(new_database: Callable[[], str], filled: str) -> None:
    there = new_database()
    with closing(open_store(filled)) as source, closing(open_store(there)) as target:
        upkeep.copy(source, target)
        with target.write() as tx:
            for table in plain_tables():
                values = {c.name: made_up(c, ROWS + 1) for c in table.columns if c.name != "id"}
                tx.execute(insert(table).values(values))
    assert {row["id"] for found in rows(there).values() for row in found if "id" in row} == {1, 2, 3, 4}


def test_a_row_that_was_changed_on_its_way_is_told(
    new_database: Callable[[], str], filled: str, tmp_path: Path
) -> None:
    there = new_database()
    open_store(there).close()
    engine = create_engine(there)
    with engine.begin() as connection:
        for statement in FAULTS[make_url(there).get_backend_name()]:
            connection.execute(text(statement))
    engine.dispose()
    done = sahelwatch("db", "copy", "--from", filled, "--to", there, folder=tmp_path)
    assert done.code == 1
    assert "told differs from the original" in done.err
    assert {len(found) for found in rows(there).values()} == {0}


FAULTS = {
    "sqlite": [
        "DROP TRIGGER told_no_update",
        "CREATE TRIGGER fault AFTER INSERT ON told BEGIN UPDATE told SET channel = 'another' WHERE id = 2; END",
    ],
    "postgresql": [
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.id = 2 THEN NEW.channel := 'another'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER fault BEFORE INSERT ON told FOR EACH ROW EXECUTE FUNCTION fault()",
    ],
}
