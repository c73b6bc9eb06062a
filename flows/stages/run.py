"""One run of the monitor, stage by stage, as plain functions: what the flow wraps and `--direct` calls.

In: settings and the instant of the run. Out: what each stage returned, and the report. The order of the
stages is the way of the data: collect, read, record (deduplicate, code, decide, alert), deliver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from flows.settings import DATA, Settings
from flows.stages.collect import Collected, collect, plan
from flows.stages.deliver.dispatch import Dispatched, dispatch
from flows.stages.deliver.message import Channel
from flows.stages.deliver.registry import open_channel
from flows.stages.read import Read, read_documents
from flows.stages.record import Recorded, record
from flows.stages.report import RunReport
from flows.stages.versions import Tools
from parsers.coding.coder import Coder, load_coder
from parsers.coding.watch import load_watch
from storage import developments, sources
from storage.engine import Store, open_store
from storage.values import Development, Source


def utcnow() -> datetime:
    """Return the present instant: the one clock of the house."""
    return datetime.now(UTC)


@cache
def coder_of(seeds: Path, watch: Path) -> Coder:
    """Return the coder for a seeds folder and a watch, loaded once a process."""
    return load_coder(seeds, load_watch(watch))


def plan_sources(settings: Settings, given: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources of a run: those given, else those configured."""
    return plan(given or settings.sources, home=DATA)


def open_channels(settings: Settings) -> dict[str, Channel]:
    """Return the configured channels by name."""
    return {channel.name: channel for channel in map(open_channel, settings.channels)}


def read_collected(store: Store, collected: Sequence[Collected]) -> tuple[Read, ...]:
    """Register the sources, and read their new documents in the order of a batch."""
    with store.write() as tx:
        for part in collected:
            sources.ensure(tx, part.source)
    return read_documents(store, [d for c in collected for d in c.documents])


def record_all(
    store: Store,
    read: Sequence[Read],
    settings: Settings,
    channels: Mapping[str, Channel],
    *,
    now: datetime,
    alerting: bool,
) -> tuple[Recorded, ...]:
    """Record the documents that are not known, each in a transaction of its own."""
    fresh = [r for r in read if not r.known]
    if not fresh:
        return ()
    tools = Tools(
        coder=coder_of(settings.seeds, settings.watch),
        now=now,
        max_article_age_days=settings.alerts.max_article_age_days,
        recipients={name: channel.recipients() for name, channel in channels.items()},
        alerting=alerting,
    )
    return tuple(record(store, document, tools) for document in fresh)


def report_run(
    store: Store,
    collected: Sequence[Collected],
    read: Sequence[Read],
    recorded: Sequence[Recorded],
    dispatched: Dispatched,
    *,
    now: datetime,
) -> RunReport:
    """Return the report of a run, with the developments that changed as they stand now."""
    changed = dict.fromkeys(v.development_id for r in recorded for v in r.versions)
    with store.read() as tx:
        known: dict[int, Development] = {i: developments.get(tx, i) for i in changed}
    return RunReport(
        now=now,
        collected=tuple(collected),
        read=tuple(read),
        recorded=tuple(recorded),
        dispatched=dispatched,
        developments=known,
    )


def run_direct(
    settings: Settings, sources: tuple[Source, ...], *, as_of: datetime | None = None, alerts: bool = True
) -> RunReport:
    """Run the same stages without Prefect: for scripts, replays and a bare cron."""
    now = logical_date(as_of)
    channels = open_channels(settings)
    with closing(open_store(settings.database)) as store:
        collected = [collect(source, now) for source in sources]
        read = read_collected(store, collected)
        recorded = record_all(store, read, settings, channels, now=now, alerting=alerts)
        dispatched = dispatch(store, channels, clock=utcnow)
        return report_run(store, collected, read, recorded, dispatched, now=now)


def logical_date(as_of: datetime | None) -> datetime:
    """Return the instant a run stands for, aware and in UTC; a naive one is taken as UTC."""
    if as_of is None:
        return utcnow()
    return as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of.astimezone(UTC)
