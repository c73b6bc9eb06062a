"""All rows of a database, so that two of them can be compared row by row.

In: a URL. Out: the rows of each table as sorted lines. A number that the database gave is replaced by its rank: on
Postgres a transaction that was undone leaves a gap. What is left out of a row is named by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy import select

from storage import upkeep  # so that all tables are known
from storage.engine import Transaction, open_store
from storage.integrity import verify
from storage.tables import Table

Ranks = Mapping[str, Mapping[int, int]]  # table -> id -> rank
# Numbers of rows that are no foreign keys: columns, and members of the JSON of a table.
COLUMNS = {
    "print.version_id": "article_version",
    "print.article_id": "article",
    "print_key.version_id": "article_version",
}
MEMBERS = {"development_version": {"anchor_development": "development", "phrase": "mention"}}
_ID = re.compile(r"\b([AD])(\d+)\b")
_LETTERS = {"A": "article", "D": "development"}


def all_rows(database: str, *, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Return the rows of each table but for some columns, such as backfill.started_at; the database must be sound."""
    with closing(open_store(database)) as store:
        assert verify(store) == ()
        with store.read() as tx:
            found = {table.name: _rows(tx, table) for table in Table.metadata.sorted_tables}
    assert {c.table for c in upkeep.contents(store)} == set(found)
    ranks = {
        name: {number: rank for rank, number in enumerate(sorted(row["id"] for row in rows), start=1)}
        for name, rows in found.items()
        if rows and "id" in rows[0]
    }
    return {
        table.name: sorted(_line(table, row, ranks, without) for row in found[table.name])
        for table in Table.metadata.sorted_tables
    }


def _rows(tx: Transaction, table: SqlTable) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in tx.execute(select(table))]


def _line(table: SqlTable, row: Mapping[str, Any], ranks: Ranks, without: Collection[str]) -> str:
    kept = {}
    for column in table.columns:
        name, value = f"{table.name}.{column.name}", row[column.name]
        if name in without:
            continue
        referred = [COLUMNS[name]] if name in COLUMNS else [key.column.table.name for key in column.foreign_keys]
        if column.name == "id":
            referred = [table.name]
        number = referred and value is not None
        kept[column.name] = ranks[referred[0]][value] if number else _plain(value, ranks, MEMBERS.get(table.name, {}))
    return repr(kept)


def _plain(value: Any, ranks: Ranks, members: Mapping[str, str]) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    text = value if isinstance(value, str) else repr(value)
    for member, table in members.items():
        known = ranks.get(table, {})
        text = re.sub(rf"\b({member}=)(\d+)\b", lambda m, known=known: f"{m[1]}{known[int(m[2])]}", text)
    return _ID.sub(lambda m: f"{m[1]}{ranks.get(_LETTERS[m[1]], {}).get(int(m[2]), m[2])}", text)
