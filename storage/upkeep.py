"""The care of a database: vacuum, a safe copy to a file, and a copy of all rows to another database.

In: open stores. Out: the copy, verified row by row; StorageError where it differs. A copy is made of one snapshot,
while others write. Never writes over what is there: a target that holds rows is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, MetaData, Table, func, insert, select, text, update
from sqlmodel import col

from storage import backfills, counters, documents, leads, regrouping, retention, sources, tables_alerts, unkept
from storage.columns import Encoded
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.integrity import verify
from storage.tables import DeliveryRow
from storage.tables import Table as Tables
from storage.tables_alerts import DigestRow

# Imported so that the tables of these modules are known here: a copy that leaves one out is none.
_MODULES = (backfills, counters, documents, leads, regrouping, retention, sources, tables_alerts, unkept)
BATCH = 500  # rows in memory at once; a raw body has 10 MB at most, and 10 kB as a rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied of a table: its rows, and a hash over all of them in whatever order."""

    table: str
    rows: int
    sha256: str


def vacuum(store: Store) -> None:
    """Give free room back to the disk, and renew what the planner knows."""
    with store.bare() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA optimize")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("VACUUM (ANALYZE)")


def back_up(store: Store, path: Path, *, now: datetime) -> tuple[Copied, ...]:
    """Write a copy to a new SQLite file, check it, and return what is in it; others may write meanwhile.

    Deliveries that are not settled are held in the copy, for the original will have sent them: a run on the copy sends
    no repeat, and `alerts --retry` sends one on purpose. FileExistsError for a file that is there; StorageError for a
    copy that is not sound, which is removed.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; a backup never replaces another one")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            _write_copy(store, draft)
        except StorageError as error:  # it names the database; the disk that is full is that of the copy
            raise StorageError(f"{path} cannot be written: {error}") from error
        with closing(open_store(f"sqlite:///{draft}")) as copied:
            _hold_deliveries(copied, now)
            if faults := verify(copied):
                raise StorageError(f"{path}: the copy is not sound: {faults[0]}")
            found = contents(copied)
            with copied.bare() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        draft.replace(path)
    finally:
        for left in path.parent.glob(f"{escape(draft.name)}*"):
            left.unlink()
    return found


def _write_copy(store: Store, draft: Path) -> None:
    with store.bare() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("VACUUM INTO :file"), {"file": str(draft)})
            return
    with closing(open_store(f"sqlite:///{draft}")) as target:
        copy(store, target)


def _hold_deliveries(store: Store, now: datetime) -> None:
    reason = f"held: this is a copy of {now:%Y-%m-%d %H:%M} UTC, and the original may have sent it since"
    with store.write() as tx:
        for table in (DeliveryRow, DigestRow):
            tx.execute(
                update(table)
                .where(col(table.state).in_(("pending", "retry", "sending")))
                .values(state="unknown", error=reason, next_attempt_at=None, lease_until=None)
            )


def copy(source: Store, target: Store) -> tuple[Copied, ...]:
    """Copy all rows to an empty database in one transaction, and compare the two; return what was copied.

    Raises StorageError for a target that is not empty, and where a table differs; it is left empty then.
    """
    copied: list[Copied] = []
    with source.read() as reading, target.write() as writing:
        _refuse_filled(writing.connection(), target.name)
        for table in _plain_tables():
            copied.append(_copied(table, _inserted(writing.connection(), table, _rows(reading.connection(), table))))
        _set_sequences(writing.connection())
        arrived = [_copied(table, _rows(writing.connection(), table)) for table in _plain_tables()]
        for sent, came in zip(copied, arrived, strict=True):
            if sent != came:
                raise StorageError(
                    f"{target.name}: {sent.table} differs from the original: {came.rows} rows ({came.sha256[:12]}) "
                    f"for {sent.rows} ({sent.sha256[:12]})"
                )
    return tuple(copied)


def contents(store: Store) -> tuple[Copied, ...]:
    """Return what is in each table."""
    with store.read() as tx:
        return tuple(_copied(table, _rows(tx.connection(), table)) for table in _plain_tables())


def _plain_tables() -> list[Table]:
    """Return the tables, parents first, with values as plain JSON: what a newer program wrote is not lost."""
    plain = MetaData()
    for table in Tables.metadata.sorted_tables:
        for column in table.to_metadata(plain).columns:
            if isinstance(column.type, Encoded):
                column.type = JSON(none_as_null=True)
    return list(plain.sorted_tables)


def _refuse_filled(connection: Connection, name: str) -> None:
    for table in _plain_tables():
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise StorageError(f"{name}: {table.name} holds rows; a copy goes into an empty database only")


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    found = connection.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key.columns))
    for row in found.mappings():
        yield dict(row)


def _inserted(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Insert rows in batches, and hand each on."""
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        yield row
        if len(batch) == BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)


def _copied(table: Table, rows: Iterable[dict[str, Any]]) -> Copied:
    """Count and hash rows. The hashes are added up, for the two databases sort text each in its own way."""
    count, total = 0, 0
    for row in rows:
        count += 1
        line = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)
        total += int.from_bytes(hashlib.sha256(line.encode()).digest(), "big")
    return Copied(table=table.name, rows=count, sha256=f"{total % 2**256:064x}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return value if isinstance(value, dict | list | str | int | float | None) else str(value)


def _set_sequences(connection: Connection) -> None:
    """Let Postgres number the next rows after those that were copied with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in Tables.metadata.sorted_tables:
        if "id" in table.columns:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 (our own names)
                    f"coalesce(max(id), 1), max(id) IS NOT NULL) FROM {table.name}"
                )
            )
