"""Opens a database and hands out its transactions.

In: a URL (SQLite file or Postgres). Out: a Store whose `read()` and `write()` are all that the other
modules of storage need. Writers exclude each other on both databases, so that read-decide-write loses
no update and sequence numbers are committed in their order; readers see one snapshot and never wait.
An error never shows a password.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from storage import schema
from storage.errors import StorageError

Transaction: TypeAlias = Session

BUSY_TIMEOUT_S = 30  # a writer waits this long for another one; a batch writes for about a second
POLL_S = 0.02  # between two looks whether a file is still busy
CONNECT_TIMEOUT_S = 10  # Postgres only
WRITERS = 0x5A_4E_41  # key of the advisory lock that a writer of Postgres holds
SECRETS = ("password", "sslpassword", "passfile")  # query arguments of libpq


class Store:
    """An open database. One a process: connections do not survive a fork."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name  # the URL without its password
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Yield a transaction that sees one snapshot and can change nothing."""
        with self._transaction(self._reader) as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Yield a transaction that no other writer overlaps; committed at the end, undone by any exception.

        Raises StorageError when the database fails or is busy for longer than BUSY_TIMEOUT_S.
        """
        with self._transaction(self._writer) as tx:
            yield tx

    @contextmanager
    def bare(self) -> Iterator[Connection]:
        """Yield a connection without any transaction, for the few statements that bear none (VACUUM).

        Raises StorageError when the database fails.
        """
        is_postgres = self._engine.dialect.name == "postgresql"
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if is_postgres else {"bare": True}
        try:
            with self._engine.execution_options(**options).connect() as connection:
                yield connection
        except (DBAPIError, PoolTimeoutError) as error:
            raise StorageError(f"{self.name}: {_reason(error)}") from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Transaction]:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
        except (DBAPIError, PoolTimeoutError) as error:
            raise StorageError(f"{self.name}: {_reason(error)}") from error


def open_store(url: str, *, create: bool = True) -> Store:
    """Open a database, creating a missing SQLite file unless told not to, and bring its schema up to date.

    Raises SchemaError for a schema newer than this program, StorageError (one line, no password) for
    what cannot be opened or is not there.
    """
    name = safe_name(url)
    engine: Engine | None = None
    try:
        parsed = _parsed(url)
        if not create and is_missing(url):
            raise StorageError(f"no database at {parsed.database}; run `sahelwatch run` first")
        engine = _engine(parsed)
        schema.ensure(engine, name)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        if engine is not None:
            engine.dispose()
        raise StorageError(f"{name}: {_reason(error)}") from error
    return Store(engine, name)


def has_failed(error: BaseException) -> bool:
    """Tell whether an error met within a transaction is the database's: the transaction is lost, and is to be left."""
    return isinstance(error, (DBAPIError, PoolTimeoutError))


def is_missing(url: str) -> bool:
    """Tell whether a URL names an SQLite file that is not there."""
    try:
        parsed = _parsed(url)
    except ValueError:
        return False
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def safe_name(url: str) -> str:
    """Return the URL without its password, fit for messages."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return re.sub(r".*@", "***@", url)
    hidden = {key: "***" for key in parsed.query if key in SECRETS}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("not a database URL; use sqlite:///FILE or postgresql+psycopg://HOST/NAME") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("a store needs a file: sqlite:///FILE")
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        return parsed
    raise ValueError("neither SQLite nor Postgres; use sqlite:///FILE or postgresql+psycopg://HOST/NAME")


def _engine(url: URL) -> Engine:
    options: dict[str, Any] = {
        "hide_parameters": True,  # else errors would quote whole articles, and recipients
        "json_serializer": partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
    }
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        connect = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S}
        engine = create_engine(url, connect_args=connect, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        connect = {"connect_timeout": CONNECT_TIMEOUT_S}
        engine = create_engine(url, connect_args=connect, pool_pre_ping=True, **options)
        event.listen(engine, "connect", _prepare_postgres)
        event.listen(engine, "begin", _begin_postgres)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # an alert marked as sent stays so after a power cut
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Switch a new file over; SQLite does not wait by itself where another process is at the same."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(POLL_S)


def _begin_sqlite(connection: Connection) -> None:
    """Begin as the engine's options say; the driver itself would begin too late, and deferred."""
    options = connection.get_execution_options()
    if options.get("bare", False):
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        return
    writes = options.get("writes", False)
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {'ON' if options.get('foreign_keys', True) else 'OFF'}")
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def _prepare_postgres(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.execute(f"SET lock_timeout = '{BUSY_TIMEOUT_S}s'")
    cursor.close()
    connection.commit()


def _begin_postgres(connection: Connection) -> None:
    """Let writers queue, as they do on SQLite: without it two of them would both append version 4."""
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def _reason(error: BaseException) -> str:
    """Return what went wrong in one line, without statement and parameters."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, ImportError):
        return f"{cause}: install sahelwatch[postgres]"
    return " ".join(str(cause).split())
