"""The scheduled flow: collect, read, record, deliver, report; the way of the data from top to bottom.

In: the sources to read (none: those of the settings) and the logical date. Out: a flow run whose state
message says what is new. Safe to run at any time and as often as wanted: what is known is not recorded
again, what was sent is not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

from prefect import flow, get_run_logger, runtime, unmapped
from prefect.client.schemas import State
from prefect.futures import wait
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote

from flows.events import tell_failed_run
from flows.settings import Settings, load_settings
from flows.stages import run as stages
from flows.stages.catalogue import LOCAL
from flows.stages.collect import Collected
from flows.stages.report import RunReport
from flows.tasks import collect_sources, deliver_due, publish_report, read_collected, record_all
from storage.engine import open_store
from storage.source_values import Source, SourceState

T = TypeVar("T")


class NothingReadError(Exception):
    """That no source of a run gave anything; carries the report."""

    def __init__(self, report: RunReport) -> None:
        super().__init__(report.message)
        self.report = report


def run_name() -> str:
    """Return the name of a flow run: the instant that it stands for."""
    parameters = runtime.flow_run.parameters or {}
    instant = parameters.get("as_of") or runtime.flow_run.scheduled_start_time or stages.utcnow()
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant)
    return f"monitor {instant:%Y-%m-%d %H:%M:%S}"


@flow(
    name="monitor",
    flow_run_name=run_name,
    description="Collects the news, records what is new about the watch, and alerts.",
    on_failure=[tell_failed_run],
    on_crashed=[tell_failed_run],
)
def monitor(
    sources: list[str] | None = None,
    as_of: datetime | None = None,
    alerts: bool = True,
    database: str | None = None,
    config: Path | None = None,
    watch: Path | None = None,
) -> State[RunReport]:
    """Collect the news, record what is new, and alert on it.

    Args:
        sources: Files, folders or addresses to read. Leave empty for the configured sources.
        as_of: The logical date: articles are judged as if it were this instant. Leave empty for now.
        alerts: Whether new developments are alerted. Switch off to fill the database quietly.
        database: URL without a password, such as sqlite:////srv/watch.db. Leave empty for the configured one.
        config: A settings file in place of sahelwatch.toml. Leave empty for that one.
        watch: A watch file. Leave empty for the configured one.

    """
    settings = load_settings(config, database=database, watch=watch)
    stages.check_setup(settings)
    now = stages.logical_date(as_of)
    with closing(stages.open_sound(settings)) as store:
        planned = stages.plan_sources(store, settings, sources or [], now=now)
        states = stages.states_of(store, planned)
    collected = collect_in_tasks(settings, planned, states, now)
    read = read_collected(settings, as_it_is(collected), now)
    recorded, notices = record_all(settings, as_it_is(collected), as_it_is(read), now, alerts)
    dispatched = deliver_due(settings)
    with closing(open_store(settings.database)) as store:
        report = stages.report_run(store, collected, read, recorded, notices, dispatched, now=now)
        stages.keep_account(store, settings, report)
    publish_report(as_it_is(report))
    if fault := stages.beat(settings, report):
        get_run_logger().warning("%s", fault)
    return final_state(report)


def collect_in_tasks(
    settings: Settings, planned: Sequence[Source], states: Mapping[str, SourceState], now: datetime
) -> tuple[Collected, ...]:
    """Read the sources in few tasks: one for each local source, a handful for all of the web."""
    groups: list[tuple[Source, ...]] = [(s,) for s in planned if s.kind in LOCAL]
    groups += stages.grouped([s for s in planned if s.kind not in LOCAL])
    names = [f"collect {group_name(group)}" for group in groups]
    known = [{s.key: states[s.key] for s in group} for group in groups]
    futures = collect_sources.map(names, unmapped(settings), as_it_is(groups), as_it_is(known), now)
    wait(futures)
    collected: list[Collected] = []
    for group, future in zip(groups, futures, strict=True):
        if future.state.is_completed():
            collected += future.result()
        else:
            collected += [Collected(source=s, failed=future.state.message or "its task failed") for s in group]
    return tuple(collected)


def as_it_is(value: T) -> T:
    """Hand a value to a task whole: Prefect looks for futures in all that it holds else, a second for 200 sources."""
    return cast(T, quote(value))


def group_name(group: Sequence[Source]) -> str:
    """Return a short name for some sources: the first ones, and how many more."""
    first = ", ".join(s.key for s in group[:2])
    return f"{first} +{len(group) - 2}" if len(group) > 2 else first


def final_state(report: RunReport) -> State[RunReport]:
    """Return how the run ended: failed where no source gave anything, degraded where some or a channel failed."""
    if report.went_wrong:
        return Failed(message=report.message, data=NothingReadError(report))
    if report.failed or report.dispatched.errors:
        return Completed(name="Degraded", message=report.message, data=report)
    return Completed(message=report.message, data=report)
