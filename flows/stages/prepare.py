"""The part of a backfill that can be done anywhere and at once: reading and coding documents.

In: a `Chunk` of items, which says where documents stand, not what is in them. Out: dates, or `Prepared` values.
Reads files and seeds only, never the database, so that any process of any machine that sees the files can do it.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path

from flows.stages.archives import load
from flows.stages.editions import is_page
from flows.stages.read import Read, read_document
from flows.stages.record import Coded, articles_of, code_all
from flows.stages.run import coder_of
from parsers.article import Document
from parsers.errors import ParseError
from storage.backfills import Item
from storage.source_values import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some items with the instants of the runs that would have taken them, and what is needed to code them."""

    items: tuple[tuple[Item, datetime], ...]
    sources: Mapping[str, Source]  # by key
    seeds: Path
    watch: Path

    @property
    def first(self) -> str:
        """Return the name of its first document."""
        return self.items[0][0].name

    @property
    def more(self) -> int:
        """Return how many documents follow the first one."""
        return len(self.items) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document that was read and coded; `failed` tells why it could not even be taken."""

    item: Item
    now: datetime  # of the run that would have taken it
    read: Read | None = None
    coded: tuple[Coded, ...] = ()
    failed: str | None = None

    @property
    def waits(self) -> bool:
        """Tell whether its coding depends on what is recorded before it: lines that recur in pages of its outlet."""
        return self.read is not None and any(is_page(article) for article in self.read.reading.articles)


def dates(chunk: Chunk) -> tuple[tuple[Item, str | None], ...]:
    """Return the items with the dates of their newest articles; those that cannot be taken with the reason."""
    _end_with_parent()
    return tuple(_dated(item, chunk.sources[item.source], now) for item, now in chunk.items)


def _dated(item: Item, source: Source, now: datetime) -> tuple[Item, str | None]:
    try:
        document = load(item, source, now)
    except ParseError as error:
        return item, error.reason
    told = [a.published_at for a in read_document(document, kind=source.kind).reading.articles if a.published_at]
    return replace(item, at=max(told, default=None), first_at=min(told, default=None)), None


def prepare(chunk: Chunk) -> tuple[Prepared, ...]:
    """Read and code the documents of a chunk."""
    _end_with_parent()
    return tuple(_prepared(item, now, chunk) for item, now in chunk.items)


def _prepared(item: Item, now: datetime, chunk: Chunk) -> Prepared:
    source = chunk.sources[item.source]
    try:
        document: Document = load(item, source, now)
    except ParseError as error:
        return Prepared(item=item, now=now, failed=error.reason)
    prepared = Prepared(item=item, now=now, read=read_document(document, kind=source.kind))
    if prepared.read is None or prepared.waits:
        return prepared
    coder = coder_of(chunk.seeds, chunk.watch)
    return replace(prepared, coded=code_all(articles_of(prepared.read, source), coder))


@cache
def _end_with_parent() -> None:
    """See to it that a process that was started for this work ends with the one that started it.

    A pool does not: where the recorder is killed, its processes would wait for work for ever.
    """
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_wait_for_end, args=(parent,), daemon=True).start()


def _wait_for_end(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
