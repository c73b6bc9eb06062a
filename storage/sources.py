"""The sources that documents come from.

In: a transaction and Source values. Out: the same. Never switches a source on again that a person
switched off: the configuration describes a source, the database remembers whether it is in use.
"""

from __future__ import annotations

from sqlmodel import col, select

from storage.encoding import digest
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import SourceRow
from storage.values import Source


def ensure(tx: Transaction, source: Source) -> None:
    """Add a source, or bring its description up to date; `enabled` counts only when it is added."""
    row = _find(tx, source.key)
    if row is None:
        row = SourceRow(
            key=source.key,
            key_hash=digest(source.key),
            kind=source.kind,
            address=source.address,
            outlet=source.outlet,
            language=source.language,
            enabled=source.enabled,
        )
    else:
        row.kind, row.address, row.outlet, row.language = source.kind, source.address, source.outlet, source.language
    tx.add(row)
    tx.flush()


def enable(tx: Transaction, key: str, *, enabled: bool) -> None:
    """Switch a source on or off; NotFoundError for an unknown one."""
    row = _find(tx, key)
    if row is None:
        raise NotFoundError(f"no source {key!r}")
    row.enabled = enabled
    tx.flush()


def every(tx: Transaction) -> tuple[Source, ...]:
    """Return all sources in the order they were added."""
    return tuple(
        Source(
            key=row.key,
            kind=row.kind,
            address=row.address,
            outlet=row.outlet,
            language=row.language,
            enabled=row.enabled,
        )
        for row in tx.exec(select(SourceRow).order_by(col(SourceRow.id)))
    )


def row_id(tx: Transaction, key: str) -> int:
    """Return the number of a source inside the database; NotFoundError for an unknown one."""
    found = tx.exec(select(SourceRow.id).where(SourceRow.key_hash == digest(key))).first()
    if found is None:
        raise NotFoundError(f"no source {key!r}: sources.ensure comes before its documents")
    return found


def _find(tx: Transaction, key: str) -> SourceRow | None:
    return tx.exec(select(SourceRow).where(SourceRow.key_hash == digest(key))).first()
