"""The sources that documents come from, what is remembered of them, and the record of their attempts and notices.

In: a transaction, and Source, SourceState, SourceAttempt and SourceNotice values. Out: the same. Never
switches a source on again that a person switched off: the configuration describes a source, the database
remembers whether it is in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import col, select

from storage.driver import run
from storage.encoding import digest
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.source_values import Source, SourceAttempt, SourceNotice, SourceState
from storage.tables import SourceAttemptRow, SourceNoticeRow, SourceRow, SourceStateRow, Table

_UNKNOWN = "no source {!r}: sources.ensure comes first"
Value = TypeVar("Value", Source, SourceAttempt, SourceNotice)


def ensure(tx: Transaction, *given: Source) -> None:
    """Add sources, or bring their descriptions up to date; `enabled` counts only when one is added."""
    hashes = [digest(source.key) for source in given]
    known = {row.key: row for row in tx.exec(select(SourceRow).where(col(SourceRow.key_hash).in_(hashes)))}
    for source in given:
        row = known.get(source.key)
        if row is None:
            known[source.key] = SourceRow(key_hash=digest(source.key), **asdict(source))
            tx.add(known[source.key])
            continue
        for field in fields(source):
            if field.name not in {"key", "enabled"}:
                setattr(row, field.name, getattr(source, field.name))
    tx.flush()


def enable(tx: Transaction, key: str, *, enabled: bool) -> None:
    """Switch a source on or off; NotFoundError for an unknown one."""
    _row(tx, key).enabled = enabled
    tx.flush()


def get(tx: Transaction, key: str) -> Source:
    """Return a source; NotFoundError for an unknown one."""
    return _value(Source, _row(tx, key))


def every(tx: Transaction, *, enabled: bool | None = None) -> tuple[Source, ...]:
    """Return all sources, or those that are switched on or off, in the order they were added."""
    query = select(SourceRow).order_by(col(SourceRow.id))
    if enabled is not None:
        query = query.where(col(SourceRow.enabled).is_(enabled))
    return tuple(_value(Source, row) for row in tx.exec(query))


def state(tx: Transaction, key: str) -> SourceState:
    """Return what is remembered of a source, at first nothing; NotFoundError for an unknown one."""
    row = tx.get(SourceStateRow, row_id(tx, key))
    return SourceState() if row is None else row.state


def states(tx: Transaction) -> dict[str, SourceState]:
    """Return what is remembered of each source, by its key; all sources are in it."""
    rows = tx.exec(
        select(SourceRow.key, SourceStateRow)
        .join(SourceStateRow, col(SourceStateRow.source_id) == SourceRow.id, isouter=True)
        .order_by(col(SourceRow.id))
    )
    return {key: SourceState() if row is None else row.state for key, row in rows}


def save_state(tx: Transaction, key: str, state: SourceState) -> None:
    """Remember this of a source, in place of what was; NotFoundError for an unknown one."""
    save_states(tx, {key: state})


def save_states(tx: Transaction, states: Mapping[str, SourceState]) -> None:
    """Remember these of sources, by their keys, in place of what was; NotFoundError for an unknown one."""
    ids = _ids(tx, states)
    rows = tx.exec(select(SourceStateRow).where(col(SourceStateRow.source_id).in_(ids.values())))
    known = {row.source_id: row for row in rows}
    for key, state in states.items():
        if row := known.get(ids[key]):
            row.state = state
        else:
            tx.add(SourceStateRow(source_id=ids[key], state=state))
    tx.flush()


def add_attempt(tx: Transaction, *attempts: SourceAttempt) -> None:
    """Record tries to read sources; NotFoundError for an unknown one."""
    ids = _ids(tx, [attempt.source for attempt in attempts])
    tx.add_all(SourceAttemptRow(**_columns(attempt, ids)) for attempt in attempts)
    tx.flush()


def attempts(tx: Transaction, key: str, *, limit: int = 50) -> tuple[SourceAttempt, ...]:
    """Return the last tries to read a source, newest first; NotFoundError for an unknown one."""
    rows = tx.exec(
        select(SourceAttemptRow)
        .where(SourceAttemptRow.source_id == row_id(tx, key))
        .order_by(col(SourceAttemptRow.id).desc())
        .limit(limit)
    )
    return tuple(_value(SourceAttempt, row, source=key) for row in rows)


def add_notice(tx: Transaction, notice: SourceNotice) -> None:
    """Record what the operator is told of a source; NotFoundError for an unknown one."""
    tx.add(SourceNoticeRow(**_columns(notice, _ids(tx, [notice.source]))))
    tx.flush()


def notices(tx: Transaction, *, since: datetime | None = None, limit: int | None = None) -> tuple[SourceNotice, ...]:
    """Return the notices of all sources that were made at `since` or later, newest first."""
    query = (
        select(SourceRow.key, SourceNoticeRow)
        .join(SourceNoticeRow, col(SourceNoticeRow.source_id) == SourceRow.id)
        .order_by(col(SourceNoticeRow.id).desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(col(SourceNoticeRow.noticed_at) >= since)
    return tuple(_value(SourceNotice, row, source=key) for key, row in tx.exec(query))


def row_id(tx: Transaction, key: str) -> int:
    """Return the number of a source inside the database; NotFoundError for an unknown one."""
    found = run(tx.connection(), "SELECT id FROM source WHERE key_hash = ?", (digest(key),))
    if not found:
        raise NotFoundError(_UNKNOWN.format(key))
    return int(found[0].id)


def _ids(tx: Transaction, keys: Iterable[str]) -> dict[str, int]:
    """Return the numbers of sources by their keys; NotFoundError for an unknown one."""
    wanted = {key: digest(key) for key in keys}
    query = select(SourceRow.key, SourceRow.id).where(col(SourceRow.key_hash).in_(wanted.values()))
    found = {key: number for key, number in tx.exec(query) if number is not None}
    for key in wanted:
        if key not in found:
            raise NotFoundError(_UNKNOWN.format(key))
    return found


def _find(tx: Transaction, key: str) -> SourceRow | None:
    return tx.exec(select(SourceRow).where(SourceRow.key_hash == digest(key))).first()


def _row(tx: Transaction, key: str) -> SourceRow:
    row = _find(tx, key)
    if row is None:
        raise NotFoundError(f"no source {key!r}")
    return row


def _columns(record: SourceAttempt | SourceNotice, ids: Mapping[str, int]) -> dict[str, Any]:
    """Return the fields of a record by their columns, which have the same names."""
    columns = asdict(record)
    return {"source_id": ids[columns.pop("source")], **columns}


def _value(kind: type[Value], row: Table, **known: Any) -> Value:
    """Return the value that a row holds: its columns have the names of the fields, but for those given."""
    names = (field.name for field in fields(kind) if field.name not in known)
    return kind(**known, **{name: getattr(row, name) for name in names})
