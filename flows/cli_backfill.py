"""The command `sahelwatch backfill`: records past articles, with its progress in the terminal.

In: a command line. Out: the progress, then the result, or JSON with --json. Heavy imports stand inside the command.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from flows.cli_common import COMMON, DEGRADED, DONE, USAGE, Common, err, load, out

if TYPE_CHECKING:
    from flows.stages.backfill import Progress

Processes = Annotated[int, Parameter(help="Processes that read and code.", validator=Number(gte=1, lte=64))]


def backfill(
    *sources: str,
    since: Annotated[datetime | None, Parameter(help="Leave out what was published before.")] = None,
    until: Annotated[datetime | None, Parameter(help="Leave out what was published then or later (now).")] = None,
    window_hours: Annotated[int, Parameter(help="Of the windows at whose ends the monitor would have run.")] = 24,
    alerts: Annotated[bool, Parameter(help="Alert on what is new.", negative="")] = False,
    processes: Processes = 1,
    runner: Annotated[
        Literal["direct", "processes", "dask"], Parameter(help="Without Prefect, or with it.")
    ] = "direct",
    address: Annotated[str | None, Parameter(help="Of a Dask scheduler; none starts a cluster here.")] = None,
    common: Common = COMMON,
) -> int:
    """Record past articles in order of time, as if the monitor had run then; a killed one goes on where it stopped."""
    from flows import runner as running
    from flows.settings import SettingsError
    from flows.stages.run import logical_date
    from flows.stages.windows import Span
    from flows.terminal import print_json

    if not sources:
        err.print("backfill: name files, folders, feed files or archives of JSON Lines")
        return USAGE
    since, until = (logical_date(instant) if instant else None for instant in (since, until))
    try:
        span = Span(since=since, until=until, window_h=window_hours)
    except SettingsError as error:
        err.print(f"backfill: {error}", markup=False)
        return USAGE
    if runner == "direct":
        with _bar() as bar:
            line = bar.add_task("surveying", total=None)

            def tell(p: Progress) -> None:
                bar.update(line, description=p.month, completed=p.done, total=p.documents)

            done = running.backfill_directly(load(common), sources, span, processes=processes, alerts=alerts, tell=tell)
    else:
        chosen = {"runner": runner, "processes": processes, "address": address, "alerts": alerts}
        done = running.backfill_flow(common.parameters() | chosen, sources, span)
    if common.json:
        failed = [{"name": d.name, "reason": d.reason} for d in done.failed]
        told = {"message": done.message, "documents": done.documents, "counts": done.counts}
        print_json(told | {"failed": failed, "errors": done.errors})
    else:
        _print(done)
    return DEGRADED if done.failed or done.errors else DONE


def _bar() -> Bar:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Bar(TextColumn("{task.description:9}"), *columns, console=err)


def _print(done: Progress) -> None:
    out.print(f"{'Resumed: ' if done.resumed else ''}{done.message}.", markup=False)
    for what, number in sorted(done.counts.items()):
        out.print(f"  {what:32} {number:>8}", markup=False)
    for dropped in done.failed:
        err.print(f"{dropped.name}: {dropped.reason}", markup=False)
    for error in done.errors:
        err.print(error, markup=False)
