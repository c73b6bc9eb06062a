"""A backfill: past documents, recorded as if the monitor had run at the end of each window of their time.

In: local sources, a span of time, and a `Submit` that has chunks prepared wherever it likes. Out: rows as the monitor
would have made them, in order of time, by one recorder at a time. What was killed is taken up where it stopped: each
batch is one transaction with its progress. It must never touch the health of a source: the past is no news of it.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from typing import Protocol, TypeVar

from flows.settings import Settings, SettingsError
from flows.stages import run as stages
from flows.stages.archives import listed
from flows.stages.catalogue import LOCAL
from flows.stages.metrics import drop_class
from flows.stages.prepare import Chunk, Prepared, dates, prepare
from flows.stages.record import Dropped, Recorded, record, record_coded
from flows.stages.reprint import reprint
from flows.stages.versions import Tools
from flows.stages.windows import Span, in_order_of_time
from storage import backfills, sources
from storage.backfills import Backfill, Item, Shard
from storage.engine import Store, Transaction
from storage.source_values import Source

CHUNK = 250  # documents prepared at once: seconds of work, and some MB
AHEAD = 4  # chunks that are prepared before they are recorded; more would only take memory
BATCH = 25  # documents in a transaction: other writers wait less than a second
LEASE_S = 120.0  # renewed by each batch; a machine that vanished holds up another one for so long

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """Work that was handed over."""

    def result(self) -> T_co:
        """Return what came of it; wait for it."""


class Submit(Protocol):
    """Hands a chunk over to whatever does the work: this process, others, a cluster."""

    def __call__(self, work: Callable[[Chunk], T], chunk: Chunk) -> Pending[T]:
        """Return at once, with the work that is pending."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a backfill came; `counts` are those of this process: articles, versions, alerts, and drops by reason."""

    documents: int = 0
    done: int = 0
    month: str = ""
    resumed: bool = False
    undated: int = 0
    outside: int = 0  # documents that were published before or after the span
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[Dropped] = field(default_factory=list)  # files and lines that could not be taken
    errors: tuple[str, ...] = ()  # of deliveries, where it alerts

    @property
    def message(self) -> str:
        """Return the backfill in one line."""
        parts = [f"{self.done} of {self.documents} documents", f"{self.counts['articles']} articles or versions"]
        parts.append(f"{self.counts['versions']} versions of developments")
        optional = {"alerts": self.counts["alerts"], "undated": self.undated, "outside the span": self.outside}
        parts += [f"{number} {word}" for word, number in optional.items() if number]
        parts += [f"{len(self.failed)} could not be taken"] if self.failed else []
        return ", ".join([*parts, *([f"{len(self.errors)} delivery errors"] if self.errors else [])])


Tell = Callable[[Progress], None]


class Backfiller:
    """One recorder at work on one backfill."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        submit: Submit,
        tell: Tell,
        *,
        alerting: bool = False,
        chunk: int = CHUNK,
    ) -> None:
        self._store, self._settings, self._submit, self._tell = store, settings, submit, tell
        self._alerting, self._chunk = alerting, chunk
        if alerting:
            stages.check_setup(settings)
        channels = stages.open_channels(settings) if alerting else {}
        self._recipients = {name: channel.recipients() for name, channel in channels.items()}
        self._by = f"{socket.gethostname()}:{os.getpid()}"
        self._progress = Progress()
        self._sources: dict[str, Source] = {}

    def run(self, addresses: Sequence[str], span: Span) -> Progress:
        """Plan what is not planned yet, and record what is not recorded yet.

        Raises ParseError for a source that is not there, StorageError while another recorder is at it.
        """
        planned = stages.plan_given(addresses)
        if bad := [s.address for s in planned if s.kind not in LOCAL]:
            raise SettingsError(f"{bad[0]}: a backfill reads files and folders; what is on the web is not the past")
        self._sources = {s.key: s for s in planned}
        backfill = self._begun(planned, span)
        if not backfill.planned:
            self._plan(backfill, planned, span)
        self._count(backfill)
        reprint(self._store)
        with self._store.read() as tx:
            shards = backfills.shards(tx, backfill.id)
        for month, found in groupby(shards, key=lambda shard: shard.month):
            of_month = list(found)
            if any(shard.done < shard.documents for shard in of_month):
                self._record_month(backfill, month, of_month, span)
        with self._store.write() as tx:
            backfills.finish(tx, backfill.id, now=stages.utcnow())
        return self._progress

    def _begun(self, planned: Sequence[Source], span: Span) -> Backfill:
        """Return the backfill of these sources and this span that was not finished, or begin one."""
        told = [*sorted(f"{s.key}\n{s.address}" for s in planned), str(span)]
        key = hashlib.sha256("\n".join(told).encode()).hexdigest()
        now = stages.utcnow()
        with self._store.write() as tx:
            for source in planned:
                sources.ensure(tx, replace(source, enabled=False))  # else the monitor would read the past every time
            known = backfills.unfinished(tx, key)
            if known:
                self._progress.resumed = True
                return known
            until = min(span.until or now, now)  # no monitor has run in the future
            return backfills.begin(tx, key, since=span.since, until=until, now=now)

    def _plan(self, backfill: Backfill, planned: Sequence[Source], span: Span) -> None:
        """Survey all documents for their dates, and cut them into shards."""
        with self._store.write() as tx:
            mark = backfills.start_plan(tx, backfill.id, now=stages.utcnow())
        if mark is None:  # planned by another process meanwhile
            return
        seen_at = max(backfill.until, stages.utcnow())  # dates after it would be left out as impossible
        found = ((item, seen_at) for source in planned for item in listed(source))
        for surveyed in self._in_order(dates, found):
            self._progress.failed += [Dropped(name=i.name, reason=failed) for i, failed in surveyed if failed]
            taken = [item for item, failed in surveyed if not failed]
            inside = [item for item in taken if item.at is None or self._is_inside(item.at, backfill)]
            self._progress.outside += len(taken) - len(inside)
            with self._store.write() as tx:
                backfills.plan(tx, backfill.id, inside, mark=mark)
        with self._store.write() as tx:
            backfills.planned(tx, backfill.id, mark=mark, now=stages.utcnow())

    def _is_inside(self, at: datetime, backfill: Backfill) -> bool:
        return (backfill.since is None or backfill.since <= at) and at < backfill.until

    def _count(self, backfill: Backfill) -> None:
        with self._store.read() as tx:
            shards = backfills.shards(tx, backfill.id)
        self._progress.documents = sum(s.documents for s in shards)
        self._progress.done = sum(s.done for s in shards)
        self._progress.undated = sum(s.documents for s in shards if s.month == backfills.UNDATED)

    def _record_month(self, backfill: Backfill, month: str, shards: Sequence[Shard], span: Span) -> None:
        self._progress.month = month
        with self._store.write() as tx:
            backfills.lease(tx, shards, by=self._by, now=stages.utcnow(), for_s=LEASE_S, is_gone=_is_gone)
            current = {s.id: s for s in backfills.shards(tx, backfill.id)}
            items = [(item, s.id) for s in shards for item in backfills.items(tx, s)]
        left = in_order_of_time(items, {s.id: current[s.id].done for s in shards}, backfill.until, span.window_h)
        shard_of = {s.source: s.id for s in shards}
        for prepared in self._in_order(prepare, left):
            self._record_chunk(prepared, shard_of)
            self._tell(self._progress)
        with self._store.write() as tx:
            backfills.release(tx, shards, by=self._by)

    def _in_order(
        self, work: Callable[[Chunk], tuple[T, ...]], items: Iterable[tuple[Item, datetime]]
    ) -> Iterator[tuple[T, ...]]:
        """Have chunks worked on, some ahead, and yield what came of them in their order."""
        pending: deque[Pending[tuple[T, ...]]] = deque()
        rest = iter(items)
        while some := tuple(islice(rest, self._chunk)):
            named = {item.source: self._sources[item.source] for item, _ in some}
            chunk = Chunk(items=some, sources=named, seeds=self._settings.seeds, watch=self._settings.watch)
            pending.append(self._submit(work, chunk))
            if len(pending) > AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    def _record_chunk(self, prepared: Sequence[Prepared], shard_of: dict[str, int]) -> None:
        """Record prepared documents, a batch with its progress in one transaction."""
        rest = deque(prepared)
        while rest:
            if rest[0].waits:
                self._record_waiting(rest.popleft(), shard_of)
                continue
            batch: list[Prepared] = []
            while rest and len(batch) < BATCH and not rest[0].waits:
                batch.append(rest.popleft())
            with self._store.write() as tx:
                recorded = [self._record(tx, one) for one in batch]
                self._advance(tx, batch, shard_of)
            self._keep_count(batch, recorded)

    def _record_waiting(self, one: Prepared, shard_of: dict[str, int]) -> None:
        """Record a page as the monitor does: what its coding depends on is committed by now."""
        assert one.read is not None  # noqa: S101 (it waits)
        recorded = record(self._store, one.read, self._tools(one.now))
        with self._store.write() as tx:
            self._advance(tx, [one], shard_of)
        self._keep_count([one], [recorded])

    def _advance(self, tx: Transaction, batch: Sequence[Prepared], shard_of: dict[str, int]) -> None:
        done = Counter(shard_of[one.item.source] for one in batch)
        backfills.advance(tx, done, by=self._by, now=stages.utcnow(), for_s=LEASE_S)

    def _record(self, tx: Transaction, one: Prepared) -> Recorded:
        """Record one document as `flows.stages.record` does, its coding done before."""
        name = one.item.name
        if one.read is None:
            return Recorded(name=name, dropped=(Dropped(name=name, reason=one.failed or "not taken"),))
        recorded = record_coded(tx, one.read, one.coded, self._tools(one.now))
        if one.read.outcome == "parsed" or recorded.dropped:  # known, where no format could read it
            return recorded
        return replace(recorded, dropped=(Dropped(name=name, reason=f"{one.read.outcome}: {one.read.reason}"),))

    def _tools(self, now: datetime) -> Tools:
        return Tools(
            coder=stages.coder_of(self._settings.seeds, self._settings.watch),
            now=now,
            max_article_age_days=self._settings.alerts.max_article_age_days,
            recipients=self._recipients,
            alerting=self._alerting,
            sources=self._sources,
        )

    def _keep_count(self, batch: Sequence[Prepared], recorded: Sequence[Recorded]) -> None:
        self._progress.done += len(batch)
        self._progress.failed += [Dropped(name=p.item.name, reason=p.failed) for p in batch if p.failed]
        for done in recorded:
            counts = {"articles": done.articles, "versions": len(done.versions), "alerts": len(done.alerts)}
            self._progress.counts.update(counts)
            self._progress.counts.update(f"dropped: {drop_class(d.reason)}" for d in done.dropped)


def _is_gone(recorder: str) -> bool:
    """Tell whether a recorder of this machine has ended without giving its lease back."""
    host, _, pid = recorder.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
