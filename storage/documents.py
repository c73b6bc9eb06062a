"""Documents as they came, and how they were read.

In: a transaction, Document values, the outcome of a reading. Out: StoredDocument. A body is kept once
under its hash; a document that is read again gains a reading, and the latest one counts. Nothing that
could not be read is thrown away.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from parsers.article import Document
from storage import sources
from storage.driver import run
from storage.encoding import digest
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import DocumentRow, RawBodyRow, ReadingRow, SourceRow
from storage.values import Outcome, StoredDocument

# Made once: SQLAlchemy takes longer to make an alias than SQLite to answer the query.
_LATER = aliased(ReadingRow)
_IS_SUPERSEDED = exists().where(col(_LATER.document_id) == ReadingRow.document_id, col(_LATER.id) > ReadingRow.id)
_LATEST = (
    select(DocumentRow, SourceRow.key, ReadingRow)
    .join(SourceRow, col(SourceRow.id) == DocumentRow.source_id)
    .join(ReadingRow, col(ReadingRow.document_id) == DocumentRow.id)
    .where(~_IS_SUPERSEDED)
    .order_by(col(DocumentRow.id))
)


def add(
    tx: Transaction,
    document: Document,
    *,
    outcome: Outcome,
    reason: str | None,
    reader: str,
    now: datetime,
    returned: bool = False,
) -> StoredDocument:
    """Keep a document and the outcome of its reading; a known one gains a reading only where that is news.

    The document is known by its source and the hash of its body; one that has `returned`, after another text stood
    under its name, is read anew. NotFoundError for an unknown source.
    """
    known = find(tx, document.source, document.sha256)
    if known is not None and not returned and (known.outcome, known.reader) == (outcome, reader):
        return known
    return add_reading(tx, document, known, outcome=outcome, reason=reason, reader=reader, now=now)


def add_reading(
    tx: Transaction,
    document: Document,
    known: StoredDocument | None,
    *,
    outcome: Outcome,
    reason: str | None,
    reader: str,
    now: datetime,
) -> StoredDocument:
    """Add a reading of a document that `find` has just returned; of one that it did not find, keep it first."""
    row = _insert(tx, document) if known is None else tx.get_one(DocumentRow, known.id)
    reading = ReadingRow(document_id=row.id, reader=reader, outcome=outcome, reason=reason, read_at=now)
    tx.add(reading)
    tx.flush()
    return _stored(row, document.source, reading)


def find(tx: Transaction, source: str, sha256: str) -> StoredDocument | None:
    """Return the document of a source with this hash, or None."""
    rows = _select(tx, (col(SourceRow.key_hash) == digest(source)) & (col(DocumentRow.sha256) == sha256))
    return rows[0] if rows else None


def last_under(tx: Transaction, source: str, name: str) -> str | None:
    """Return the hash of the document that was read last under a name of a source, or None."""
    return tx.exec(
        select(DocumentRow.sha256)
        .join(SourceRow, col(SourceRow.id) == DocumentRow.source_id)
        .join(ReadingRow, col(ReadingRow.document_id) == DocumentRow.id)
        .where(SourceRow.key_hash == digest(source), DocumentRow.name == name)
        .order_by(col(ReadingRow.id).desc())
        .limit(1)
    ).first()


def quarantined(tx: Transaction) -> tuple[StoredDocument, ...]:
    """Return the documents whose latest reading failed, oldest first."""
    return _select(tx, col(ReadingRow.outcome) == "quarantined")


def load(tx: Transaction, document_id: int) -> Document:
    """Return a document with its body; NotFoundError where it is unknown or its body was deleted."""
    row = tx.get(DocumentRow, document_id)
    if row is None:
        raise NotFoundError(f"no document {document_id}")
    source = tx.get_one(SourceRow, row.source_id)
    body = tx.exec(select(RawBodyRow.body).where(RawBodyRow.sha256 == row.sha256)).first()
    if body is None:
        raise NotFoundError(f"document {document_id} ({row.name}): its body is no longer kept")
    return Document(
        source=source.key,
        name=row.name,
        body=body,
        retrieved_at=row.retrieved_at,
        media_type=row.media_type,
        url=row.url,
    )


def _insert(tx: Transaction, document: Document) -> DocumentRow:
    sha256 = document.sha256
    if not run(tx.connection(), "SELECT 1 FROM raw_body WHERE sha256 = ?", (sha256,)):
        tx.add(RawBodyRow(sha256=sha256, body=document.body, size=len(document.body)))
    row = DocumentRow(
        source_id=sources.row_id(tx, document.source),
        sha256=sha256,
        name=document.name,
        url=document.url,
        media_type=document.media_type,
        retrieved_at=document.retrieved_at,
    )
    tx.add(row)
    tx.flush()
    return row


def _select(tx: Transaction, condition: ColumnElement[bool]) -> tuple[StoredDocument, ...]:
    rows = tx.exec(_LATEST.where(condition))
    return tuple(_stored(row, source, reading) for row, source, reading in rows)


def _stored(row: DocumentRow, source: str, reading: ReadingRow) -> StoredDocument:
    return StoredDocument(
        id=row.id,
        source=source,
        name=row.name,
        sha256=row.sha256,
        retrieved_at=row.retrieved_at,
        outcome=reading.outcome,
        reason=reading.reason,
        reader=reading.reader,
    )
