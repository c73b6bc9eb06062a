"""Completes feed entries that hold a summary only: fetches their pages where the source asks for it.

In: documents that were read, their sources, the door, and the store, which tells what is known and what still waits for
its page. Out: the documents with the pages' text. An entry whose page fails keeps the feed's text and says so; the page
is tried again in later runs, some times, and then becomes the entry's next version. No page is fetched twice for good.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flows.stages import hostile
from flows.stages.fetch import HOST_S, Door, document_of
from flows.stages.http_values import Failure, Fetched, Request
from flows.stages.read import Read
from parsers.article import Article, Document
from parsers.errors import ParseError
from parsers.formats import page
from parsers.formats.reading import Reading
from storage import articles, sources
from storage.engine import Store
from storage.source_values import Source, WaitingPage

MOST_PAGES = 50  # of one source in one run; the others wait for the next one
MOST_WAITING = 500  # of one source; the oldest are given up, with the feed's text
HOSTS = 8  # asked side by side
PAUSES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))  # after each failure
_KEPT = "its page could not be read, the feed's text is kept: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a feed whose page is wanted."""

    source: Source
    article: Article
    failed: int = 0  # times
    stored: bool = False  # by an earlier run, with the feed's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an entry; `waiting` is when its page is to be tried again."""

    entry: Entry
    article: Article
    page: Document | None = None
    problem: str | None = None
    waiting: WaitingPage | None = None


def complete(
    store: Store, read: Sequence[Read], wanting: Mapping[str, Source], door: Door, *, now: datetime
) -> tuple[Read, ...]:
    """Return the documents, the new entries of the sources in `wanting` (by key) with the text of their pages.

    For an entry of an earlier run whose page is there at last, a document is added: the page.
    """
    fresh = [(r, wanting[r.document.source]) for r in read if not r.known and r.document.source in wanting]
    with store.read() as tx:
        known = articles.known_identities(tx, {a.identity for r, _ in fresh for a in r.reading.articles})
    new = [Entry(source=s, article=a) for r, s in fresh for a in r.reading.articles if a.identity not in known]
    entries = [e for e in new if e.article.url] + _waiting(store, wanting.values(), now)
    outcomes = _outcomes(entries, door, now)
    _remember(store, outcomes, now)
    found = {o.entry.article.identity: o for o in outcomes if not o.entry.stored}
    full = {id(r): _completed(r, found, known) for r, _ in fresh}
    return (*(full.get(id(r), r) for r in read), *_late(outcomes))


def _waiting(store: Store, wanting: Iterable[Source], now: datetime) -> list[Entry]:
    """Return the stored entries whose pages are due."""
    found: list[Entry] = []
    with store.read() as tx:
        for source in wanting:
            for waiting in sources.state(tx, source.key).waiting:
                stored = articles.find(tx, waiting.identity) if waiting.due_at <= now else None
                if stored:
                    article = stored.version.article
                    found.append(Entry(source=source, article=article, failed=waiting.failed, stored=True))
    return found


def _outcomes(entries: Iterable[Entry], door: Door, now: datetime) -> list[Outcome]:
    """Ask for the pages: of several hosts side by side, of one host one after the other."""
    asked: dict[str, int] = {}
    hosts: dict[str, list[Entry]] = {}
    left: list[Outcome] = []
    for entry in entries:
        asked[entry.source.key] = asked.get(entry.source.key, 0) + 1
        if asked[entry.source.key] > MOST_PAGES:
            left.append(_later(entry, now))
        else:
            hosts.setdefault(urlsplit(entry.article.url or "").hostname or "", []).append(entry)
    with ThreadPoolExecutor(max_workers=HOSTS, thread_name_prefix="complete") as pool:
        parts = list(pool.map(lambda some: _of_host(some, door, now), hosts.values()))
    return [*(outcome for part in parts for outcome in part), *left]


def _of_host(entries: Sequence[Entry], door: Door, now: datetime) -> list[Outcome]:
    end = time.monotonic() + HOST_S
    return [_asked(e, door, now) if time.monotonic() < end else _later(e, now) for e in entries]


def _asked(entry: Entry, door: Door, now: datetime) -> Outcome:
    answer = door.get(Request(url=entry.article.url or ""))
    if isinstance(answer, Failure) and answer.kind == "waiting":
        pause = timedelta(seconds=answer.retry_after_s or 0.0)
        return _kept(_later(entry, now + pause), answer.message)
    if not isinstance(answer, Fetched):
        final = isinstance(answer, Failure) and answer.permanent
        return _failed(entry, answer.message if isinstance(answer, Failure) else "not modified", now, final=final)
    document = document_of(entry.source, answer, now)
    try:
        found = hostile.parse(page.read, document).articles[0]
    except ParseError as error:
        return _failed(entry, str(error), now)
    article = entry.article
    if sum(map(len, found.paragraphs)) <= sum(map(len, article.paragraphs)):
        return Outcome(entry=entry, article=article)
    full = replace(
        article,
        paragraphs=found.paragraphs,
        standfirst=article.standfirst or found.standfirst,
        authors=article.authors or found.authors,
        published_at=article.published_at or found.published_at,
        modified_at=found.modified_at or article.modified_at,
        attributed_to=found.attributed_to or article.attributed_to,
        remarks=tuple(r for r in article.remarks if not r.startswith(_KEPT)),
    )
    return Outcome(entry=entry, article=full, page=document)


def _later(entry: Entry, at: datetime) -> Outcome:
    """Return the outcome of an entry whose page was not asked for."""
    waiting = WaitingPage(identity=entry.article.identity, failed=entry.failed, due_at=at)
    return Outcome(entry=entry, article=entry.article, waiting=waiting)


def _failed(entry: Entry, reason: str, now: datetime, *, final: bool = False) -> Outcome:
    """Return the outcome of an entry whose page failed; after so many times the feed's text stands."""
    failed = entry.failed + 1
    outcome = Outcome(entry=entry, article=entry.article)
    if failed <= len(PAUSES) and not final:
        outcome = _later(replace(entry, failed=failed), now + PAUSES[failed - 1])
    return _kept(outcome, reason)


def _kept(outcome: Outcome, reason: str) -> Outcome:
    remark = f"{_KEPT}{reason}"
    article = replace(outcome.article, remarks=(*outcome.article.remarks, remark))
    return replace(outcome, article=article, problem=f"{article.external_id}: {remark}")


def _remember(store: Store, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Keep which pages are to be tried again. What is due and was not asked for belongs to no stored entry."""
    by_source: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_source.setdefault(outcome.entry.source.key, []).append(outcome)
    with store.write() as tx:
        for key, some in by_source.items():
            state = sources.state(tx, key)
            asked = {o.entry.article.identity for o in some}
            still = [w for w in state.waiting if w.due_at > now and w.identity not in asked]
            waiting = (*still, *(o.waiting for o in some if o.waiting))[-MOST_WAITING:]
            sources.save_state(tx, key, replace(state, waiting=waiting))


def _completed(read: Read, found: Mapping[str, Outcome], known: frozenset[str]) -> Read:
    """Return a document with its new entries only: the summary of a known one must not become its next version."""
    new = [a for a in read.reading.articles if a.identity not in known]
    problems = [o.problem for a in new if (o := found.get(a.identity)) and o.problem]
    full = tuple(found[a.identity].article if a.identity in found else a for a in new)
    reading = replace(read.reading, articles=full, problems=(*read.reading.problems, *problems))
    entries = len(read.reading.articles)
    return replace(read, reading=reading, entries=entries if entries != len(full) else None)


def _late(outcomes: Iterable[Outcome]) -> Iterator[Read]:
    """Yield the pages of stored entries as documents of their own; no entries of the feed as it is now."""
    for outcome in outcomes:
        if outcome.entry.stored and outcome.page:
            reading = Reading(articles=(outcome.article,))
            yield Read(document=outcome.page, outcome="parsed", reading=reading, entries=0)
