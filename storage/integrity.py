"""Checks that a database still holds what was put into it.

In: an open store. Out: one line a fault, none when all is well. Reads everything, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, text
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from storage.engine import Store, Transaction
from storage.errors import StorageError
from storage.retention import is_released
from storage.tables import ArticleVersionRow, DevelopmentVersionRow, DocumentRow, MentionRow, RawBodyRow

MALFORMED = "malformed"  # what SQLite says of a file whose pages cannot be read
BATCH = 50  # bodies in memory at once; a body is at most 10 MB


def verify(store: Store) -> tuple[str, ...]:
    """Return the faults of a database: its file, references, raw bodies, version numbers and quotes."""
    faults: list[str] = []
    try:
        with store.read() as tx:
            for check in (_file, _bodies, _article_numbers, _development_numbers, _quotes):
                faults.extend(check(tx))
    except StorageError as error:  # a page that cannot be read at all
        faults.append(str(error))
    return tuple(faults)


def damage(store: Store) -> str | None:
    """Return why a database file must not be written to; None where SQLite's quick look at its pages finds nothing."""
    try:
        with store.read() as tx:
            if tx.connection().dialect.name != "sqlite":
                return None
            line = str(tx.execute(text("PRAGMA quick_check(1)")).scalar())
    except StorageError as error:
        return str(error)
    return None if line == "ok" else line


def _file(tx: Transaction) -> Iterator[str]:
    """Ask SQLite for damaged pages and dangling references; Postgres watches over both itself."""
    connection = tx.connection()
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.execute(text("PRAGMA integrity_check")):
        if line != "ok":
            yield f"database file: {line}"
    for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
        yield f"{table} {row} refers to a {parent} that does not exist"


def _bodies(tx: Transaction) -> Iterator[str]:
    rows = tx.exec(select(RawBodyRow.sha256, RawBodyRow.body, RawBodyRow.size).execution_options(yield_per=BATCH))
    for sha256, body, size in rows:
        if hashlib.sha256(body).hexdigest() != sha256 or len(body) != size:
            yield f"raw body {sha256}: its content has changed"
    missing = (
        select(DocumentRow.id, DocumentRow.name)
        .join(RawBodyRow, col(RawBodyRow.sha256) == DocumentRow.sha256, isouter=True)
        .where(col(RawBodyRow.sha256).is_(None), ~is_released(DocumentRow.sha256))
        .order_by(col(DocumentRow.id))
    )
    for document_id, name in tx.exec(missing):
        yield f"document {document_id} ({name}): its raw body is missing"


def _article_numbers(tx: Transaction) -> Iterator[str]:
    for owner in _gaps(tx, col(ArticleVersionRow.article_id), col(ArticleVersionRow.number)):
        yield f"article A{owner}: its versions are not numbered 1, 2, 3 …"


def _development_numbers(tx: Transaction) -> Iterator[str]:
    for owner in _gaps(tx, col(DevelopmentVersionRow.development_id), col(DevelopmentVersionRow.number)):
        yield f"development D{owner}: its versions are not numbered 1, 2, 3 …"


def _quotes(tx: Transaction) -> Iterator[str]:
    rows = tx.exec(
        select(MentionRow, ArticleVersionRow.text)
        .join(ArticleVersionRow, col(ArticleVersionRow.id) == MentionRow.version_id)
        .order_by(col(MentionRow.id))
        .execution_options(yield_per=BATCH)
    )
    for row, words in rows:
        if words[row.start : row.end] != row.body.quote:
            yield f"mention {row.id}: its quote is not in its article at {row.start}"


def _gaps(tx: Transaction, owner: Mapped[int], number: Mapped[int]) -> list[int]:
    """Return the owners whose numbers, unique by a key, do not run from 1 to their count."""
    query = (
        select(owner)
        .group_by(owner)
        .having((func.min(number) != 1) | (func.max(number) != func.count()))
        .order_by(owner)
    )
    return list(tx.exec(query))
