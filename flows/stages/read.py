"""From documents to articles: each new document is read by the first format that knows it.

In: documents, and the store that remembers which were read. Out: `Read` values, one a document that is new
or that newer readers can try again. A document that no format reads is quarantined with its reason, never
dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flows.stages import hostile
from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats.reading import Reading
from parsers.formats.registry import READERS_VERSION, read, read_feed
from storage import documents as stored_documents
from storage import sources
from storage.engine import Store, Transaction
from storage.errors import NotFoundError
from storage.source_values import SourceKind
from storage.values import Outcome

NOTHING = Reading(articles=(), problems=())
_FEEDS = frozenset[SourceKind | None]({"feed", "json_feed", "sitemap"})  # sources that must not answer with a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document and what came of reading it; `known` documents were recorded by an earlier run."""

    document: Document
    outcome: Outcome
    reason: str | None = None
    reading: Reading = NOTHING
    known: bool = False
    entries: int | None = None  # in the document, where some that are known were left out of the reading
    returned: bool = False  # a known document that stands again where another one stood since

    def order(self) -> tuple[datetime, str]:
        """Return the place of the document in a batch: by the first article's day, then by name."""
        dates = [a.published_at for a in self.reading.articles if a.published_at]
        return min(dates, default=self.document.retrieved_at), self.document.name


def read_documents(store: Store, documents: Iterable[Document]) -> tuple[Read, ...]:
    """Read the new documents, and those in quarantine that older readers gave up; in the order of a batch."""
    with store.read() as tx:
        kinds = {source.key: source.kind for source in sources.every(tx)}
        rows = [_read_or_known(tx, d, kinds) for d in documents]
        seen = {(r.document.source, r.document.sha256) for r in rows}
        waiting = [d for d in stored_documents.quarantined(tx) if d.reader != READERS_VERSION]
        again = [_kept(tx, d.id) for d in waiting if (d.source, d.sha256) not in seen]
    rows += [read_document(d, kind=kinds.get(d.source)) for d in again if d is not None]
    return tuple(sorted(rows, key=Read.order))


def _kept(tx: Transaction, document_id: int) -> Document | None:
    """Return a document with its body, or None where retention has given the body up."""
    try:
        return stored_documents.load(tx, document_id)
    except NotFoundError:
        return None


def _read_or_known(tx: Transaction, document: Document, kinds: Mapping[str, SourceKind]) -> Read:
    kind = kinds.get(document.source)
    known = stored_documents.find(tx, document.source, document.sha256)
    if known is None or (known.outcome != "parsed" and known.reader != READERS_VERSION):
        return read_document(document, kind=kind)
    if known.name == document.name and stored_documents.last_under(tx, document.source, document.name) != known.sha256:
        return replace(read_document(document, kind=kind), returned=True)
    return Read(document=document, outcome=known.outcome, reason=known.reason, known=True)


def read_document(document: Document, *, kind: SourceKind | None = None) -> Read:
    """Read one document; what no format can read comes back as quarantined, with the reason.

    `kind` is that of its source: one of feeds gives feeds, never the page of a login or of an article.
    """
    if not document.body.strip():
        return Read(document=document, outcome="empty", reason="the document is empty")
    wanted = read_feed if kind in _FEEDS else read
    try:
        return Read(document=document, outcome="parsed", reading=hostile.parse(wanted, document))
    except ParseError as error:
        return Read(document=document, outcome="quarantined", reason=error.reason)
