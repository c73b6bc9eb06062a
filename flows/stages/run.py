"""One run of the monitor, stage by stage, as plain functions: what the flow wraps and `--direct` calls.

In: settings and the instant of the run. Out: what each stage returned, and the report. The order of the stages is the
way of the data: plan, collect, read, complete, record (deduplicate, code, decide, alert), settle, deliver.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flows.settings import DATA, Settings, SettingsError
from flows.stages.catalogue import LOCAL, load_catalogue
from flows.stages.collect import Collected, collect, plan
from flows.stages.complete import complete
from flows.stages.deliver.dispatch import Dispatched, dispatch
from flows.stages.deliver.message import Channel
from flows.stages.deliver.policy import Policy
from flows.stages.deliver.registry import open_channel
from flows.stages.digest import Digested, send_digests
from flows.stages.doors import opened_door
from flows.stages.fetch import Door, fetch
from flows.stages.health import is_due
from flows.stages.heartbeat import ping
from flows.stages.logs import log_run
from flows.stages.metrics import keep_counts
from flows.stages.read import Read, read_documents
from flows.stages.record import Recorded, record
from flows.stages.report import RunReport
from flows.stages.reprint import reprint
from flows.stages.settle import settle
from flows.stages.versions import Tools
from parsers.coding.tools import Coder, load_coder
from parsers.coding.watch import load_watch
from storage import developments, sources
from storage.alert_values import Period
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.integrity import MALFORMED, damage
from storage.source_values import Source, SourceNotice, SourceState
from storage.values import Development

SIDE_BY_SIDE = 16  # fetches at once; one host is asked one thing at a time by the door
GROUPS = 8  # tasks that share the sources of the web among them


def utcnow() -> datetime:
    """Return the present instant: the one clock of the house."""
    return datetime.now(UTC)


@cache
def coder_of(seeds: Path, watch: Path) -> Coder:
    """Return the coder for a seeds folder and a watch, loaded once a process."""
    return load_coder(seeds, load_watch(watch))


def open_channels(settings: Settings) -> dict[str, Channel]:
    """Return the configured channels by name."""
    return {channel.name: channel for channel in map(open_channel, settings.channels)}


def policy_of(settings: Settings) -> Policy:
    """Return what the watch and the settings say of when messages go out."""
    watch = load_watch(settings.watch)
    return Policy(
        group_over=watch.group_over,
        cooldown=timedelta(minutes=watch.cooldown_minutes),
        quiet=watch.quiet,
        when_unknown=settings.alerts.when_unknown,
    )


def check_setup(settings: Settings) -> None:
    """Refuse a watch that names channels which are not configured: its alerts would reach nobody."""
    known = {channel.name for channel in settings.channels}
    watch = load_watch(settings.watch)
    named = {f"rule {rule.id}": rule.channels for rule in watch.rules}
    named |= {f"quiet {number}": hours.channels for number, hours in enumerate(watch.quiet, start=1)}
    named |= {"digest": (*watch.digest.daily, *watch.digest.weekly)}
    for where, channels in named.items():
        if unknown := set(channels) - known - {"*"}:
            raise SettingsError(f"{settings.watch}: {where} names the unknown channel {', '.join(sorted(unknown))}")


def open_sound(settings: Settings) -> Store:
    """Open the database of a run; StorageError for a damaged one, which every further write could make worse."""
    advice = f"nothing was run; restore a backup: the nightly ones are in {settings.upkeep.backups}"
    try:
        store = open_store(settings.database)
    except StorageError as error:
        raise (StorageError(f"{error}: {advice}") if MALFORMED in str(error) else error) from error
    if fault := damage(store):
        store.close()
        raise StorageError(f"{store.name} is damaged: {' '.join(fault.split())}: {advice}")
    return store


def plan_given(addresses: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources that addresses name: files and folders, or addresses of the web."""
    return plan(addresses, home=DATA)


def known_sources(store: Store, settings: Settings) -> tuple[Source, ...]:
    """Bring the catalogue into the database, and return all sources that it knows."""
    listed = load_catalogue(settings.catalogue)
    with store.write() as tx:
        sources.ensure(tx, *listed)
        return sources.every(tx)


def described_sources(store: Store, settings: Settings) -> tuple[Source, ...]:
    """Return all sources as `known_sources` does, and store nothing."""
    listed = {source.key: source for source in load_catalogue(settings.catalogue)}
    with store.read() as tx:
        stored = {source.key: source for source in sources.every(tx)}
    new = {key: replace(s, enabled=stored[key].enabled) if key in stored else s for key, s in listed.items()}
    return tuple((stored | new).values())


def plan_sources(store: Store, settings: Settings, given: Sequence[str], *, now: datetime) -> tuple[Source, ...]:
    """Return the sources of a run: those given; else those of the settings; else those switched on and due."""
    if named := tuple(given) or settings.sources:
        return plan_given(named)
    known = known_sources(store, settings)
    with store.read() as tx:
        states = sources.states(tx)
    return tuple(s for s in known if s.enabled and (s.kind in LOCAL or is_due(states.get(s.key, SourceState()), now)))


def states_of(store: Store, planned: Iterable[Source]) -> dict[str, SourceState]:
    """Return what is remembered of each source."""
    with store.read() as tx:
        known = sources.states(tx)
    return {s.key: known.get(s.key, SourceState()) for s in planned}


def collect_one(source: Source, state: SourceState, door: Door, now: datetime) -> Collected:
    """Read one source, local or of the web."""
    return collect(source, now) if source.kind in LOCAL else fetch(source, state, door, now)


def collect_side_by_side(
    planned: Sequence[Source], states: Mapping[str, SourceState], door: Door, now: datetime
) -> tuple[Collected, ...]:
    """Read several sources at once, and return them in their order; the fault of one touches no other."""
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE, thread_name_prefix="fetch") as pool:
        return tuple(pool.map(lambda s: collect_one(s, states.get(s.key, SourceState()), door, now), planned))


def grouped(planned: Sequence[Source]) -> tuple[tuple[Source, ...], ...]:
    """Return the sources of the web in few groups, one host in one group, so that few tasks share them."""
    hosts: dict[str, list[Source]] = {}
    for source in planned:
        hosts.setdefault(urlsplit(source.address).hostname or source.address, []).append(source)
    groups: list[list[Source]] = [[] for _ in range(min(GROUPS, len(hosts)))]
    for _, members in sorted(hosts.items(), key=lambda item: (-len(item[1]), item[0])):
        min(groups, key=len).extend(members)
    return tuple(tuple(g) for g in groups)


def read_collected(
    store: Store, settings: Settings, collected: Sequence[Collected], *, now: datetime
) -> tuple[Read, ...]:
    """Register the sources, read their new documents in the order of a batch, and complete entries from their pages."""
    with store.write() as tx:
        sources.ensure(tx, *(part.source for part in collected))
    read = read_documents(store, [d for c in collected for d in c.documents])
    wanting = {c.source.key: c.source for c in collected if c.source.fetch_pages}
    if not wanting:
        return read
    with opened_door(store, settings.http) as door:
        return complete(store, read, wanting, door, now=now)


def record_all(
    store: Store,
    read: Sequence[Read],
    settings: Settings,
    channels: Mapping[str, Channel],
    *,
    planned: Sequence[Source],
    now: datetime,
    alerting: bool,
) -> tuple[Recorded, ...]:
    """Record the documents that are not known, each in a transaction of its own."""
    fresh = [r for r in read if not r.known]
    if not fresh:
        return ()
    reprint(store)
    fresh_sources = _first_reads(store, planned) if settings.alerts.baseline else frozenset()
    tools = Tools(
        coder=coder_of(settings.seeds, settings.watch),
        now=now,
        max_article_age_days=settings.alerts.max_article_age_days,
        recipients={name: channel.recipients() for name, channel in channels.items()},
        alerting=alerting,
        sources={s.key: s for s in planned},
    )
    quiet = replace(tools, baseline="the first read of its source is recorded without alert")
    return tuple(record(store, d, quiet if d.document.source in fresh_sources else tools) for d in fresh)


def _first_reads(store: Store, planned: Sequence[Source]) -> frozenset[str]:
    """Return the keys of the sources of the web that never gave anything before: their backlog is no news."""
    states = states_of(store, planned)
    return frozenset(s.key for s in planned if s.kind not in LOCAL and states[s.key].last_ok_at is None)


def report_run(
    store: Store,
    collected: Sequence[Collected],
    read: Sequence[Read],
    recorded: Sequence[Recorded],
    notices: Sequence[SourceNotice],
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
        notices=tuple(notices),
        dispatched=dispatched,
        developments=known,
    )


def run_direct(
    settings: Settings, given: Sequence[str] = (), *, as_of: datetime | None = None, alerts: bool = True
) -> RunReport:
    """Run the same stages without Prefect: for scripts, replays and a bare cron."""
    check_setup(settings)
    now = logical_date(as_of)
    channels = open_channels(settings)
    with closing(open_sound(settings)) as store, opened_door(store, settings.http) as door:
        planned = plan_sources(store, settings, given, now=now)
        collected = collect_side_by_side(planned, states_of(store, planned), door, now)
        read = read_collected(store, settings, collected, now=now)
        recorded = record_all(store, read, settings, channels, planned=planned, now=now, alerting=alerts)
        notices = settle(store, collected, read, recorded, now=now)
        dispatched = deliver_due(store, settings)
        report = report_run(store, collected, read, recorded, notices, dispatched, now=now)
        keep_account(store, settings, report)
    if fault := beat(settings, report):
        logging.getLogger(__name__).warning("%s", fault)
    return report


def deliver_due(store: Store, settings: Settings) -> Dispatched:
    """Send what is due to the configured channels, when the watch and the settings want it sent."""
    return dispatch(store, open_channels(settings), clock=utcnow, policy=policy_of(settings))


def send_digest(store: Store, settings: Settings, *, period: Period, now: datetime) -> Digested:
    """Send what the last whole day or week brought to those whom the watch names for it."""
    watch, channels = load_watch(settings.watch), open_channels(settings)
    return send_digests(store, watch, channels, period=period, now=now, clock=utcnow)


def beat(settings: Settings, report: RunReport) -> str | None:
    """Tell the watchman that a run went well, a failed one not; return why he could not be told."""
    if settings.heartbeat is None or report.went_wrong:
        return None
    return ping(settings.heartbeat.get_secret_value(), allow_hosts=list(settings.http.allow_hosts))


def keep_account(store: Store, settings: Settings, report: RunReport) -> None:
    """Count what a run did and dropped, and write metrics and logs where they are wanted."""
    keep_counts(store, settings, report)
    log_run(settings, report, at=utcnow())


def logical_date(as_of: datetime | None) -> datetime:
    """Return the instant a run stands for, aware and in UTC; a naive one is taken as UTC."""
    if as_of is None:
        return utcnow()
    return as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of.astimezone(UTC)
