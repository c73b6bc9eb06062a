"""Fetches one source of the web: its feed, page, sitemap or listing, as documents.

In: a source, what is remembered of it, the HTTP door, the instant of the run. Out: a `Collected`. A fault is
a value with its reason. Validators are handed on, not kept: they are stored once what the answer caused is
stored.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from flows.stages import hostile
from flows.stages.collect import Collected, Problem
from flows.stages.health import wants_unconditional
from flows.stages.http_values import Failure, FailureKind, Fetched, NotModified, Request
from flows.stages.moves import address_of, led, stayed
from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats.listing import article_links
from parsers.formats.sitemap_index import listed_sitemaps
from storage.source_values import AttemptOutcome, Source, SourceAttempt, SourceState

MOST_PAGES = 30  # of one listing in one run; the rest waits for the next one
HOST_S = 300.0  # seconds on the pages of one host in one run: its Crawl-delay may be long
_OUTCOMES: dict[FailureKind, AttemptOutcome] = {
    "blocked": "blocked", "robots": "blocked", "url": "blocked", "waiting": "waiting",
}  # fmt: skip


class Door(Protocol):
    """What fetches: `flows.stages.http.HttpDoor`, or a double in a test."""

    def get(self, request: Request) -> Fetched | NotModified | Failure:
        """Fetch one address; expected faults are returned."""


def fetch(source: Source, state: SourceState, door: Door, now: datetime) -> Collected:
    """Fetch what a source holds now: where it moved to, and conditionally but for one fetch a day."""
    address = address_of(source, state)
    found = _fetched(source, address, state, door, now)
    return replace(found, state=stayed(state)) if found.failed and address != source.address else found


def _fetched(source: Source, address: str, state: SourceState, door: Door, now: datetime) -> Collected:
    free = wants_unconditional(state, now)
    request = Request(
        url=address,
        etag=None if free else state.etag,
        last_modified=None if free else state.last_modified,
    )
    answer = door.get(request)
    if isinstance(answer, Failure):
        return failed(source, answer, now)
    state = led(source, state, answer.moved_to)
    if isinstance(answer, NotModified):
        attempt = SourceAttempt(
            source=source.key, started_at=now, outcome="not_modified", status=304, duration_s=answer.elapsed_s
        )
        return Collected(source=source, attempt=attempt, state=state)
    after = replace(state, etag=answer.etag, last_modified=answer.last_modified)
    if free:
        after = replace(after, unconditional_at=now)
    return _taken(source, answer, after, door, now)


def _taken(source: Source, answer: Fetched, state: SourceState, door: Door, now: datetime) -> Collected:
    attempt = SourceAttempt(
        source=source.key,
        started_at=now,
        outcome="ok",
        status=answer.status,
        size=len(answer.body),
        duration_s=answer.elapsed_s,
    )
    document = document_of(source, answer, now)
    if not answer.body.strip():
        empty = Failure(kind="protocol", message=f"{document.name}: the answer is empty", status=answer.status)
        return failed(source, empty, now)
    try:
        if source.kind == "listing":
            links = hostile.parse(article_links, document)
            return _listed(source, links, attempt, state, door, now)
        sitemaps = hostile.parse(listed_sitemaps, document) if source.kind == "sitemap" else ()
    except ParseError as error:
        return failed(source, Failure(kind="protocol", message=str(error), status=answer.status), now)
    if sitemaps:
        return _indexed(source, sitemaps, attempt, state, door, now)
    return Collected(source=source, documents=(document,), attempt=attempt, state=state)


def _listed(
    source: Source, links: Sequence[str], attempt: SourceAttempt, state: SourceState, door: Door, now: datetime
) -> Collected:
    """Fetch the pages that a listing names, those first that were never asked for, then those asked longest ago."""
    turns = {mark: turn for turn, mark in enumerate(state.asked)}
    links = sorted(links, key=lambda link: turns.get(_mark(link), -1))
    documents, problems, asked = _pages(source, links[:MOST_PAGES], door, now)
    listed = {_mark(link) for link in links}
    marks = (*(m for m in state.asked if m in listed and m not in asked), *asked)
    if more := len(listed) - len(marks):
        problems.append(Problem(name=source.key, reason=f"{more} more links wait for the next run"))
    state = replace(state, asked=marks)
    if problems:  # validators stand for a listing only once all that it lists was taken
        state = replace(state, etag=None, last_modified=None)
    return _gathered(source, documents, problems, attempt, state)


def _indexed(
    source: Source, links: Sequence[str], attempt: SourceAttempt, state: SourceState, door: Door, now: datetime
) -> Collected:
    """Fetch the sitemaps that an index names."""
    documents, problems, _ = _pages(source, links, door, now)
    if not documents:
        none = f"{source.address}: none of its {len(links)} sitemaps could be had: {problems[0].reason}"
        return failed(source, Failure(kind="status", message=none, status=attempt.status), now)
    # An index changes more seldom than what it names: without validators all of it is asked for again.
    state = replace(state, etag=None, last_modified=None)
    return _gathered(source, documents, problems, attempt, state)


def _gathered(
    source: Source, documents: list[Document], problems: list[Problem], attempt: SourceAttempt, state: SourceState
) -> Collected:
    return Collected(source=source, documents=tuple(documents), problems=tuple(problems), attempt=attempt, state=state)


def _mark(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()[:16]


def _pages(
    source: Source, links: Iterable[str], door: Door, now: datetime
) -> tuple[list[Document], list[Problem], list[str]]:
    """Fetch pages; return them, the faults, and the marks of those that were asked for."""
    documents: list[Document] = []
    problems: list[Problem] = []
    asked: list[str] = []
    end = time.monotonic() + HOST_S
    for link in links:
        answer = door.get(Request(url=link)) if time.monotonic() < end else None
        if isinstance(answer, Fetched):
            documents.append(document_of(source, answer, now))
        elif isinstance(answer, Failure):
            problems.append(Problem(name=link, reason=answer.message))
        if answer and not (isinstance(answer, Failure) and answer.kind == "waiting"):
            asked.append(_mark(link))
    return documents, problems, asked


def document_of(source: Source, answer: Fetched, now: datetime) -> Document:
    """Return an answer as a document; its charset travels in the media type."""
    charset = f"; charset={answer.charset}" if answer.charset else ""
    media_type = f"{answer.media_type}{charset}" if answer.media_type else None
    return Document(
        source=source.key,
        name=answer.url,
        body=answer.body,
        media_type=media_type,
        url=answer.url,
        retrieved_at=now,
    )


def failed(source: Source, failure: Failure, now: datetime) -> Collected:
    """Return a fault of a source as a value; that its host is left alone for a while is none."""
    outcome = _OUTCOMES.get(failure.kind, "failed")
    attempt = SourceAttempt(
        source=source.key, started_at=now, outcome=outcome, reason=failure.message, status=failure.status
    )
    return Collected(
        source=source,
        problems=(Problem(name=source.key, reason=failure.message),) if outcome == "waiting" else (),
        failed=None if outcome == "waiting" else failure.message,
        attempt=attempt,
        permanent=failure.permanent,
        retry_after_s=failure.retry_after_s,
    )
