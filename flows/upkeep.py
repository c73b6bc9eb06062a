"""The nightly flow: check the database, back it up, give up old bodies, vacuum, tell how the sources do.

In: where the database is. Out: a flow run that failed where the database has faults or the backup could not be
restored. Safe to run beside the monitor and at any time; what is remembered of articles and developments stays.
"""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas import State
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterEndTime
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Failed

from flows.events import tell_failed_run
from flows.settings import Settings, load_settings
from flows.stages import upkeep as stages
from flows.stages.run import logical_date
from flows.stages.upkeep import UpkeepReport
from storage import integrity
from storage import upkeep as stored
from storage.engine import open_store
from storage.retention import Released

OURS = ["monitor", "upkeep", "backfill", "digest"]  # flows whose history is pruned; others are not ours
_A_PAGE = 200  # runs that the server names in one answer


@task(task_run_name="check", cache_policy=NO_CACHE)
def check(settings: Settings) -> tuple[str, ...]:
    """Return the faults of the database."""
    with closing(open_store(settings.database)) as store:
        faults = integrity.verify(store)
    for fault in faults:
        get_run_logger().error("%s", fault)
    return faults


@task(task_run_name="back up", cache_policy=NO_CACHE)
def back_up(settings: Settings, now: datetime) -> Path | None:
    """Write a backup and restore it once."""
    with closing(open_store(settings.database)) as store:
        return stages.back_up_nightly(store, settings.upkeep, now=now)


@task(task_run_name="give up old bodies", cache_policy=NO_CACHE)
def give_up_bodies(settings: Settings, now: datetime) -> Released:
    """Give up raw bodies by age and by size."""
    with closing(open_store(settings.database)) as store:
        return stages.give_up_bodies(store, settings.upkeep, now=now)


@task(task_run_name="vacuum", cache_policy=NO_CACHE)
def vacuum(settings: Settings) -> None:
    """Give free room back to the disk."""
    with closing(open_store(settings.database)) as store:
        stored.vacuum(store)


@task(task_run_name="prune old runs", cache_policy=NO_CACHE)
def prune_runs(days: int, now: datetime) -> int:
    """Delete the runs of our flows that ended so many days ago, with their tasks, logs and artifacts."""
    ended = FlowRunFilter(end_time=FlowRunFilterEndTime(before_=now - timedelta(days=days)))
    ours = FlowFilter(name=FlowFilterName(any_=OURS))
    pruned = 0
    with get_client(sync_client=True) as client:
        while runs := client.read_flow_runs(flow_filter=ours, flow_run_filter=ended, limit=_A_PAGE):
            for run in runs:
                with suppress(ObjectNotFound):  # the server prunes its history too
                    client.delete_flow_run(run.id)
            pruned += len(runs)
    return pruned


@task(task_run_name="report", cache_policy=NO_CACHE)
def publish(report: UpkeepReport) -> None:
    """Publish the report and the table of sources as artifacts."""
    create_markdown_artifact(stages.as_markdown(report), key="upkeep-report", description=report.message)
    create_table_artifact(list(report.health), key="source-health", description="The sources that are on")


def run_name() -> str:
    """Return the name of a flow run: the day that it stands for."""
    return f"upkeep {runtime.flow_run.scheduled_start_time or datetime.now(UTC):%Y-%m-%d}"


@flow(
    name="upkeep",
    flow_run_name=run_name,
    description="Checks and backs up the database, gives up old raw bodies, and tells how the sources are doing.",
    on_failure=[tell_failed_run],
    on_crashed=[tell_failed_run],
)
def upkeep(database: str | None = None, config: Path | None = None, now: datetime | None = None) -> State[UpkeepReport]:
    """Check and back up the database, give up old raw bodies, and tell how the sources are doing.

    Args:
        database: URL without a password, such as sqlite:////srv/watch.db. Leave empty for the configured one.
        config: A settings file in place of sahelwatch.toml. Leave empty for that one.
        now: The instant from which ages are counted. Leave empty for the present one.

    """
    settings, at = load_settings(config, database=database), logical_date(now)
    faults = check(settings)
    with closing(open_store(settings.database)) as store:
        health, notices = stages.source_health(store, now=at)
    if faults:
        report = UpkeepReport(now=at, faults=faults, health=health, notices=notices)
        publish(report)
        return Failed(message=report.message)
    backup = back_up(settings, at)
    released = give_up_bodies(settings, at)
    vacuum(settings)
    pruned = prune_runs(settings.upkeep.runs_kept_days, at)
    report = UpkeepReport(
        now=at,
        backup=backup,
        released=released,
        vacuumed=True,
        health=health,
        notices=notices,
        runs_pruned=pruned,
    )
    publish(report)
    return Completed(message=report.message, data=report)
