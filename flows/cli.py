"""The command `sahelwatch`: reads arguments, calls a stage or a query, prints, and ends with an exit code.

In: a command line. Out: text, or JSON with --json; exit codes 0 done, 1 failed, 2 wrong usage, 3 done but
some sources failed. Heavy imports stand inside the commands, so that --help is quick. An expected fault is
one line, never a traceback.
"""

from __future__ import annotations

import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import rich
from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from flows import cli_alerts, cli_articles, cli_backfill, cli_developments, cli_replay, cli_sources, cli_upkeep
from flows.cli_common import COMMON, DEGRADED, DONE, FAILED, USAGE, Common, Limit, aware, err, load, opened, out

app = App(
    name="sahelwatch",
    help="Follows the Wagner Group and Africa Corps in Mali: collects, codes, records and alerts.",
    version=lambda: version("sahelwatch"),
    version_flags=["--version"],
)
app.command(cli_sources.app)
app.command(cli_developments.app)
app.command(cli_articles.app)
app.command(cli_articles.diff)
app.command(cli_replay.replay)
app.command(cli_alerts.app)
app.command(cli_alerts.rules)
app.command(cli_alerts.digest)
app.command(cli_backfill.backfill)
app.command(cli_upkeep.app)
app.command(cli_upkeep.upkeep)
app.command(cli_upkeep.backup)


@app.command
def run(
    *sources: str,
    direct: Annotated[bool, Parameter(help="Run the same stages without Prefect.", negative="")] = False,
    as_of: Annotated[datetime | None, Parameter(help="The logical date of the run.")] = None,
    no_alerts: Annotated[bool, Parameter(help="Record without alerting.", negative="")] = False,
    common: Common = COMMON,
) -> int:
    """Run the monitor once: on the given files or folders, else on the configured sources."""
    from flows import runner, terminal

    settings, alerting = load(common), not no_alerts
    if common.json:
        rich.reconfigure(stderr=True)  # the console channel must not write between the JSON
    if direct:
        report = runner.run_directly(settings, sources, as_of=as_of, alerts=alerting)
    else:
        report = runner.run_flow(common.parameters(), sources, as_of=as_of, alerts=alerting)
    shown = any(channel.kind == "console" for channel in settings.channels)
    terminal.print_run(out, report, alerts_shown=shown, as_json=common.json)
    if not report.failed:
        return DONE
    return FAILED if len(report.failed) == len(report.collected) else DEGRADED


@app.command
def serve(
    *,
    every_minutes: Annotated[int, Parameter(help="Minutes between two scheduled runs.")] = 15,
    host: Annotated[str, Parameter(help="Address of the Prefect server that is started.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="Its port.")] = 4200,
    common: Common = COMMON,
) -> int:
    """Serve the monitor on its schedule; starts a Prefect server with its UI where none is configured."""
    from flows import runner
    from parsers.coding.watch import load_watch

    if every_minutes < 1:
        return usage(f"--every-minutes: {every_minutes} is less than 1")
    with opened(common, create=True) as store:  # what cannot work is told now, not by the first scheduled run
        err.print(f"database        {store.name}", markup=False, soft_wrap=True)
    load_watch(load(common).watch)
    runner.serve_here(common.parameters(), every_minutes=every_minutes, host=host, port=port, console=err)
    return DONE


@app.command
def articles(
    *,
    relevance: Annotated[Literal["relevant", "context", "irrelevant"] | None, Parameter(help="Only these.")] = None,
    duplicates: Annotated[bool, Parameter(help="Only judgements that two articles are one.", negative="")] = False,
    limit: Limit = 50,
    as_of: Annotated[datetime | None, Parameter(help="As they stood at that instant.")] = None,
    common: Common = COMMON,
) -> int:
    """List the articles, newest first, and the documents that no format can read."""
    from flows import reasons, terminal, terminal_versions
    from storage import articles as stored
    from storage import documents, unkept

    at = aware(as_of)
    with opened(common) as store, store.read() as tx:
        if duplicates:
            judged, leaders, names = reasons.judgements(tx, as_of=at)
            terminal_versions.print_judgements(out, judged, leaders, names, as_json=common.json)
            return DONE
        rows = stored.every(tx, as_of=at, limit=limit, relevance=relevance)
        missed = unkept.of_articles(tx, [a.id for a in rows], as_of=at)
        terminal.print_articles(out, rows, documents.quarantined(tx), missed, as_json=common.json)
    return DONE


@app.command
def show(
    id: str,
    *,
    as_of: Annotated[datetime | None, Parameter(help="As it stood at that instant.")] = None,
    common: Common = COMMON,
) -> int:
    """Show one development (D12): its versions, evidence and figures."""
    from flows import reasons, terminal
    from storage import developments as stored

    with opened(common) as store, store.read() as tx:
        development = stored.get(tx, reasons.number(id, "D"), as_of=aware(as_of))
    terminal.print_development(out, development, as_json=common.json)
    return DONE


@app.command
def why(id: str, *, common: Common = COMMON) -> int:
    """Tell why an alert (L3) was sent, or why a development (D12) or article (A7, or its file name) caused none."""
    from flows import reasons, terminal

    with opened(common) as store, store.read() as tx:
        answer = reasons.explain(tx, id)
    terminal.print_reasons(out, answer, as_json=common.json)
    return DONE


@app.command
def export(
    what: Literal["articles", "developments", "alerts", "changes", "mentions"],
    *,
    format: Annotated[Literal["jsonl", "csv", "geojson"], Parameter(help="Of the output.")] = "jsonl",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="File to write (default: here).")] = None,
    after: Annotated[
        int, Parameter(help="For changes: the cursor of the last one you have.", validator=Number(gte=0, lt=2**63))
    ] = 0,
    as_of: Annotated[datetime | None, Parameter(help="As it stood at that instant.")] = None,
    common: Common = COMMON,
) -> int:
    """Export records for machines: JSON Lines, CSV, or GeoJSON for developments."""
    from flows import exporting

    if format == "geojson" and what != "developments":
        return usage("only developments have places: --format geojson goes with developments")
    with opened(common) as store, store.read() as tx:
        text = exporting.render(tx, what, format=format, after=after, as_of=aware(as_of))
        exporting.write(text, output)
    return DONE


@app.command
def verify(*, common: Common = COMMON) -> int:
    """Check the database: integrity, foreign keys, hashes of the raw bodies, gaps in versions."""
    from flows import terminal
    from storage.integrity import verify as check

    with opened(common) as store:
        faults = check(store)
    if common.json:
        terminal.print_json({"sound": not faults, "faults": list(faults)})
    elif not faults:
        out.print("The database is sound.")
    for fault in () if common.json else faults:
        err.print(fault, markup=False)
    return FAILED if faults else DONE


def usage(message: str) -> int:
    """Tell of a wrong usage."""
    err.print(message, markup=False)
    return USAGE


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        code = app(exit_on_error=False, print_error=True, result_action="return_value")
    except CycloptsError:
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(DONE)
    except Exception as error:
        if not _is_expected(error):
            raise
        err.print(f"sahelwatch: {error}", markup=False, soft_wrap=True)
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else DONE)


def _is_expected(error: Exception) -> bool:
    from flows.settings import SettingsError
    from flows.stages.joins import JoinError
    from parsers.errors import LexiconError, ParseError
    from storage.errors import StorageError

    return isinstance(
        error, SettingsError | JoinError | LexiconError | ParseError | StorageError | RuntimeError | OSError
    )


if __name__ == "__main__":
    main()
