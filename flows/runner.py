"""Runs and serves the monitor from the command line: as a flow run, or directly.

In: settings and the command's options. Out: the run's report. With a Prefect server configured the flow
runs there, else on Prefect's temporary one; `direct` needs no Prefect at all.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Generic, TypeVar

from rich.console import Console

from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.backfill import Backfiller, Progress, Submit, Tell
from flows.stages.prepare import Chunk
from flows.stages.report import RunReport
from flows.stages.windows import Span

T = TypeVar("T")
Options = dict[str, Any]


def run_directly(settings: Settings, sources: Sequence[str], *, as_of: datetime | None, alerts: bool) -> RunReport:
    """Run the stages in this process, without Prefect."""
    return stages.run_direct(settings, sources, as_of=as_of, alerts=alerts)


def run_flow(options: Options, sources: Sequence[str], *, as_of: datetime | None, alerts: bool) -> RunReport:
    """Run the monitor as a flow run and return its report, also where the run failed."""
    from flows.deployments import prefect_defaults

    prefect_defaults()
    from flows.monitor import NothingReadError, monitor

    state = monitor(sources=[_absolute(s) for s in sources], as_of=as_of, alerts=alerts, **options, return_state=True)
    report = state.result(raise_on_failure=False)
    if isinstance(report, RunReport):
        return report
    if isinstance(report, NothingReadError):
        return report.report
    if isinstance(report, BaseException):
        raise report
    raise RuntimeError(f"the flow run ended without a report: {state.name}: {state.message}")


@contextmanager
def submitting_here(processes: int) -> Iterator[Submit]:
    """Yield what hands chunks over to processes of this machine; with one, to this process itself."""
    if processes == 1:
        yield lambda work, chunk: _Later(work, chunk)
        return
    # spawn: a fork would copy the locks that other threads of this process hold
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield lambda work, chunk: pool.submit(work, chunk)


class _Later(Generic[T]):
    """Work that is done here when its result is wanted."""

    def __init__(self, work: Callable[[Chunk], T], chunk: Chunk) -> None:
        self._work, self._chunk = work, chunk

    def result(self) -> T:
        return self._work(self._chunk)


def backfill_directly(
    settings: Settings, sources: Sequence[str], span: Span, *, processes: int, alerts: bool, tell: Tell
) -> Progress:
    """Run a backfill from this process, without Prefect."""
    with closing(stages.open_sound(settings)) as store, submitting_here(processes) as submit:
        progress = Backfiller(store, settings, submit, tell, alerting=alerts).run(sources, span)
        if alerts:
            progress.errors = stages.deliver_due(store, settings).errors
    return progress


def backfill_flow(options: Options, sources: Sequence[str], span: Span) -> Progress:
    """Run a backfill as a flow run, and return how far it came."""
    from flows.deployments import prefect_defaults

    prefect_defaults()
    from flows.backfill import backfill

    when = {"since": span.since, "until": span.until, "window_h": span.window_h}
    state: Any = backfill(sources=[_absolute(s) for s in sources], **when, **options, return_state=True)
    done: Progress = state.result()
    return done


def _absolute(source: str) -> str:
    return source if "://" in source else str(Path(source).absolute())


def serve_here(options: Options, *, every_minutes: int, host: str, port: int, console: Console) -> None:
    """Serve the flows until interrupted, on the configured server or on one that is started here."""
    from flows.deployments import NAME, has_server, prefect_defaults, running_server, serve_flows

    signal.signal(signal.SIGTERM, _interrupt)  # so that the server started here is ended too
    parameters = {name: str(value) for name, value in options.items()}
    prefect_defaults()
    if has_server():
        serve_flows(every_minutes=every_minutes, parameters=parameters, own_server=False)
        return
    with running_server(host, port) as api:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        console.print(f"Prefect UI      http://{host}:{port}", highlight=False)
        console.print(f"schedule        every {every_minutes} minutes, upkeep every night", highlight=False)
        console.print(f"run now         PREFECT_API_URL={api} prefect deployment run monitor/{NAME}", soft_wrap=True)
        console.print("stop            Ctrl-C")
        with temporary_settings({PREFECT_API_URL: api}):
            serve_flows(every_minutes=every_minutes, parameters=parameters, own_server=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
