"""The flow of a backfill: past articles, recorded as if the monitor had run then; alerts off unless asked for.

In: files and folders, a span of time, and who does the reading and coding: this process, several, or a Dask cluster.
Out: a flow run with a progress artifact. A run that was killed is taken up by the next one with the same parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.states import Completed
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner
from pydantic import Field

from flows.events import tell_failed_run
from flows.settings import SettingsError, load_settings
from flows.stages import prepare as stages
from flows.stages import run as monitor_stages
from flows.stages.backfill import Backfiller, Pending, Progress, Submit
from flows.stages.windows import Span, Window
from storage.backfills import Item

T = TypeVar("T")
Runner = Literal["processes", "dask"]
CHUNK = 1_000  # documents of a task run: many seconds of work, and 200 task runs for 100,000 documents


@task(task_run_name="survey {chunk.first} +{chunk.more}", cache_policy=NO_CACHE)
def survey(chunk: stages.Chunk) -> tuple[tuple[Item, str | None], ...]:
    """Find the dates of some documents."""
    return stages.dates(chunk)


@task(task_run_name="read and code {chunk.first} +{chunk.more}", cache_policy=NO_CACHE)
def prepare(chunk: stages.Chunk) -> tuple[stages.Prepared, ...]:
    """Read and code some documents; what they say is decided later, in order of time."""
    return stages.prepare(chunk)


_TASKS: dict[Any, Any] = {stages.dates: survey, stages.prepare: prepare}


@contextmanager
def submitting(runner: Runner, processes: int, address: str | None) -> Iterator[Submit]:
    """Yield what hands chunks over to a task runner of Prefect."""
    with _runner(runner, processes, address) as pool:

        def submit(work: Callable[[stages.Chunk], T], chunk: stages.Chunk) -> Pending[T]:
            pending: Pending[T] = pool.submit(_TASKS[work], {"chunk": chunk})
            return pending

        yield submit


def _runner(runner: Runner, processes: int, address: str | None) -> TaskRunner[Any]:
    """Return a task runner of Prefect; SettingsError where that for Dask is not installed."""
    if runner == "processes":
        # The tools of coding are loaded once a process: one thread would do it beside the recorder, and no faster.
        return ThreadPoolTaskRunner(max_workers=1) if processes == 1 else ProcessPoolTaskRunner(max_workers=processes)
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError as error:
        raise SettingsError("--runner dask needs prefect-dask: install sahelwatch[dask]") from error
    where = {"address": address} if address else {"cluster_kwargs": {"n_workers": processes, "threads_per_worker": 1}}
    made: TaskRunner[Any] = DaskTaskRunner(**where)
    return made


@flow(
    name="backfill",
    flow_run_name="backfill {sources[0]}",
    description="Records past articles in order of time, as if the monitor had run then.",
    on_failure=[tell_failed_run],
    on_crashed=[tell_failed_run],
)
def backfill(
    sources: Annotated[list[str], Field(min_length=1)],
    since: datetime | None = None,
    until: datetime | None = None,
    window_h: Window = 24,
    alerts: bool = False,
    runner: Runner = "processes",
    processes: Annotated[int, Field(ge=1, le=64)] = 2,
    address: str | None = None,
    database: str | None = None,
    config: Path | None = None,
    watch: Path | None = None,
) -> State[Progress]:
    """Record past articles in order of time, as if the monitor had run then.

    Args:
        sources: Files, folders, feed files, or archives of JSON Lines (*.jsonl) on the machine of the run.
        since: Leave out what was published before this instant. Leave empty for no bound.
        until: Leave out what was published at or after this instant. Leave empty for now.
        window_h: Hours of a window: the monitor is taken to have run at the end of each. A part of a day, or 24.
        alerts: Whether developments are alerted. Off, a backfill fills the database quietly.
        runner: Who reads and codes: processes of this machine, or a Dask cluster that sees the same files.
        processes: How many processes, where they are started here.
        address: Of the Dask scheduler, such as tcp://127.0.0.1:8786. Leave empty to start a cluster here.
        database: URL without a password, such as sqlite:////srv/watch.db. Leave empty for the configured one.
        config: A settings file in place of sahelwatch.toml. Leave empty for that one.
        watch: A watch file. Leave empty for the configured one.

    """
    settings = load_settings(config, database=database, watch=watch)
    span = Span(since=_aware(since), until=_aware(until), window_h=window_h)
    artifact = create_progress_artifact(progress=0.0, key="backfill-progress", description="nothing recorded yet")

    def tell(progress: Progress) -> None:
        share = 100.0 * progress.done / max(1, progress.documents)
        update_progress_artifact(
            cast(UUID, artifact), progress=share, description=f"{progress.month}: {progress.message}"
        )
        get_run_logger().info("%s: %s", progress.month, progress.message)

    with closing(monitor_stages.open_sound(settings)) as store, submitting(runner, processes, address) as submit:
        progress = Backfiller(store, settings, submit, tell, alerting=alerts, chunk=CHUNK).run(sources, span)
        if alerts:
            progress.errors = monitor_stages.deliver_due(store, settings).errors
    create_markdown_artifact(as_markdown(progress), key="backfill-report", description=progress.message)
    return Completed(message=progress.message, data=progress)


def _aware(instant: datetime | None) -> datetime | None:
    return monitor_stages.logical_date(instant) if instant else None


def as_markdown(progress: Progress) -> str:
    """Return what a backfill did: the counts, and what could not be taken."""
    lines = ["# Backfill", "", progress.message, "", "| what | how often |", "|---|---|"]
    lines += [f"| {what} | {number} |" for what, number in sorted(progress.counts.items())]
    if progress.failed:
        lines += ["", "## Not taken", "", *(f"- {d.name}: {d.reason}" for d in progress.failed)]
    if progress.errors:
        lines += ["", "## Deliveries that did not end well", "", *(f"- {error}" for error in progress.errors)]
    return "\n".join(lines) + "\n"
