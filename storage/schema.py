"""Brings the schema of a database up to date, by one process at a time.

In: an engine whose transactions with `writes=True` exclude each other. A current schema costs one query
and loads no Alembic. A failed migration leaves the database as it was; a schema that this program does
not know is never touched.
"""

from __future__ import annotations

import re
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, inspect, text

from storage.errors import SchemaError

HEAD = "0009"  # the newest file in migrations/versions; tests/storage/test_store_schema.py compares them
MIGRATIONS = Path(__file__).parent / "migrations"

_NUMBERED = re.compile(r"\d{4}")
_alembic = Lock()  # Alembic keeps the running migration in globals of its modules


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def ensure(engine: Engine, name: str) -> None:
    """Run the migrations that are pending; SchemaError where they fail or the schema is not ours to change."""
    with engine.connect() as connection:
        if _is_current(revision(connection), name):
            return
    try:
        migrate(engine)
    except Exception as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise SchemaError(f"{name}: migrating to {HEAD} failed and was rolled back: {reason}") from error


def migrate(engine: Engine, *, scripts: Path = MIGRATIONS) -> None:
    """Run the pending migrations of a folder in one transaction; one that waited for another finds none."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    directory = ScriptDirectory(str(scripts))
    # References are checked at the end: a table that is rebuilt is dropped in between.
    with _alembic, engine.execution_options(writes=True, foreign_keys=False).begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"fn": lambda found, _: directory._upgrade_revs("head", found)}
        )
        with Operations.context(context):
            context.run_migrations()
        if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise SchemaError("a migration left rows that refer to nothing")


def _is_current(found: str | None, name: str) -> bool:
    if found is not None and not _NUMBERED.fullmatch(found):
        raise SchemaError(f"{name}: the database belongs to another program (its schema is {found!r})")
    if found is not None and found > HEAD:
        raise SchemaError(f"{name}: its schema {found} is newer than {HEAD}, the newest this program knows: update it")
    return found == HEAD
