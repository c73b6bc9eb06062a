"""The task shells of the flows: names, retries and the run's log around the plain stages. No decision here."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff

from flows import events
from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.collect import Collected
from flows.stages.deliver.dispatch import Dispatched
from flows.stages.deliver.message import one_line
from flows.stages.doors import opened_door
from flows.stages.read import Read
from flows.stages.record import Recorded
from flows.stages.report import RunReport, as_markdown, development_rows, notice_words, source_rows
from flows.stages.settle import settle
from storage.engine import open_store
from storage.source_values import Source, SourceNotice, SourceState

_LINE = 1000  # characters of a line of the log
_RETRIES = 2
_BACKOFF = exponential_backoff(backoff_factor=2)  # 2 s, 4 s: long enough for another writer to end


@task(task_run_name="{name}", cache_policy=NO_CACHE, retries=_RETRIES, retry_delay_seconds=_BACKOFF)
def collect_sources(
    name: str, settings: Settings, planned: Sequence[Source], states: Mapping[str, SourceState], now: datetime
) -> tuple[Collected, ...]:
    """Read what some sources hold, side by side."""
    with closing(open_store(settings.database)) as store, opened_door(store, settings.http) as door:
        collected = stages.collect_side_by_side(planned, states, door, now)
    for part in collected:
        for problem in part.problems:
            _tell(logging.WARNING, f"{problem.name}: {problem.reason}")
        if part.failed:
            _tell(logging.WARNING, f"source {part.source.key} failed: {part.failed}")
        else:  # every line of the run's log is a row of Prefect's database
            _tell(logging.DEBUG, f"source {part.source.key}: {len(part.documents)} documents")
    failed, documents = sum(c.failed is not None for c in collected), sum(len(c.documents) for c in collected)
    _tell(logging.INFO, f"sources: {len(collected)}, failed: {failed}, documents: {documents}")
    return collected


@task(task_run_name="read", cache_policy=NO_CACHE, retries=_RETRIES, retry_delay_seconds=_BACKOFF)
def read_collected(settings: Settings, collected: Sequence[Collected], now: datetime) -> tuple[Read, ...]:
    """Parse the documents that are not known yet."""
    with closing(open_store(settings.database)) as store:
        read = stages.read_collected(store, settings, collected, now=now)
    for document in read:
        if document.outcome != "parsed":
            _tell(logging.WARNING, f"{document.document.name}: {document.outcome}: {document.reason}")
    _tell(logging.INFO, f"{len(read)} documents, {sum(r.known for r in read)} of them known")
    return read


@task(task_run_name="record", cache_policy=NO_CACHE, retries=_RETRIES, retry_delay_seconds=_BACKOFF)
def record_all(
    settings: Settings, collected: Sequence[Collected], read: Sequence[Read], now: datetime, alerting: bool
) -> tuple[tuple[Recorded, ...], tuple[SourceNotice, ...]]:
    """Deduplicate, code and decide, one transaction a document; then settle the account of each source."""
    planned = [c.source for c in collected]
    channels = stages.open_channels(settings)
    with closing(open_store(settings.database)) as store:
        recorded = stages.record_all(store, read, settings, channels, planned=planned, now=now, alerting=alerting)
        notices = settle(store, collected, read, recorded, now=now)
    events.tell_notices(notices)
    events.tell_alerts([a for r in recorded for a in r.alerts], [v for r in recorded for v in r.versions])
    for notice in notices:
        _tell(logging.WARNING, notice_words(notice))
    for version in (v for r in recorded for v in r.versions):
        _tell(logging.INFO, f"D{version.development_id} {version.decision}: {version.state.summary}")
    return recorded, notices


@task(task_run_name="deliver", cache_policy=NO_CACHE, retries=_RETRIES, retry_delay_seconds=_BACKOFF)
def deliver_due(settings: Settings) -> Dispatched:
    """Send what waits in the outbox."""
    with closing(open_store(settings.database)) as store:
        dispatched = stages.deliver_due(store, settings)
    events.tell_dead(dispatched.dead_ones)
    for error in dispatched.errors:
        _tell(logging.WARNING, error)
    return dispatched


@task(task_run_name="report", cache_policy=NO_CACHE)
def publish_report(report: RunReport) -> None:
    """Publish the run as artifacts: its report, the new developments, the sources."""
    create_markdown_artifact(as_markdown(report), key="run-report", description=report.message)
    sources = f"{len(report.collected)} sources, {len(report.failed)} failed"
    create_table_artifact(source_rows(report.collected), key="sources", description=sources)
    if report.versions:
        create_table_artifact(development_rows(report), key="new-developments", description=report.message)


def _tell(level: int, words: str) -> None:
    """Write a line to the log of the run: foreign words neither end it nor steer a terminal."""
    get_run_logger().log(level, "%s", one_line(words, _LINE))
