"""The command `sahelwatch sources`: lists, adds, switches, checks, and exchanges sources.

In: a command line. Out: text, or JSON with --json. `check` fetches once, says what it found and what a run
would store, and stores nothing.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from flows.cli_common import COMMON, DONE, FAILED, Common, load, opened, opened_or_empty, out

app = App(name="sources", help="List, add, switch on and off, check, import and export sources.")
Kind = Literal["files", "inbox", "feed", "json_feed", "page", "listing", "sitemap"]


@app.default
def listing(
    *,
    all: Annotated[bool, Parameter(help="Those that are switched off too.", negative="")] = False,
    common: Common = COMMON,
) -> int:
    """List the sources with their state and health."""
    from flows import terminal_sources
    from flows.stages.run import known_sources
    from storage import sources as stored

    with opened(common) as store:
        found = known_sources(store, load(common))
        with store.read() as tx:
            states, notices = stored.states(tx), stored.notices(tx, limit=20)
    shown = [s for s in found if all or s.enabled]
    terminal_sources.print_sources(out, shown, states, notices, as_json=common.json)
    return DONE


@app.command
def add(
    address: str,
    *,
    kind: Annotated[Kind, Parameter(help="What is at the address.")] = "feed",
    key: Annotated[str | None, Parameter(help="Short name (default: made from the address).")] = None,
    outlet: Annotated[str | None, Parameter(help="Who publishes it.")] = None,
    language: Annotated[str | None, Parameter(help="Two letters, such as fr.")] = None,
    every_minutes: Annotated[int, Parameter(help="Longest pause between two polls.")] = 15,
    per_week: Annotated[float | None, Parameter(help="Items expected a week; silence is judged by it.")] = None,
    fetch_pages: Annotated[bool, Parameter(help="Fetch the page of each new entry.", negative="")] = False,
    common: Common = COMMON,
) -> int:
    """Add a source and switch it on."""
    from flows.stages.catalogue import LOCAL, checked, free_key, source_of_address
    from flows.stages.run import known_sources
    from storage import sources as stored
    from storage.source_values import Source

    with opened(common, create=True) as store:
        taken = {s.key: s.address for s in known_sources(store, load(common))}
    if kind in LOCAL:
        path = str(Path(address).absolute())
        source = Source(key=free_key(path, taken, wanted=key), kind=kind, address=path)
    else:
        source = source_of_address(address, kind=kind, key=free_key(address, taken, wanted=key))
    source = replace(
        source,
        outlet=outlet,
        language=language,
        interval_minutes=every_minutes,
        expected_per_week=per_week,
        fetch_pages=fetch_pages,
    )
    source = checked(source)
    with opened(common, create=True) as store, store.write() as tx:
        stored.ensure(tx, source)
        stored.enable(tx, source.key, enabled=True)
    out.print(f"{source.key} is read from now on: {source.address}", markup=False, soft_wrap=True)
    return DONE


@app.command
def enable(key: str, *, common: Common = COMMON) -> int:
    """Switch a source on."""
    return _switch(key, common, enabled=True)


@app.command
def disable(key: str, *, common: Common = COMMON) -> int:
    """Switch a source off; what it brought stays."""
    return _switch(key, common, enabled=False)


def _switch(key: str, common: Common, *, enabled: bool) -> int:
    from flows.stages.run import known_sources
    from storage import sources as stored

    with opened(common, create=True) as store:
        known_sources(store, load(common))
        with store.write() as tx:
            stored.enable(tx, key, enabled=enabled)
    out.print(f"{key} is {'on' if enabled else 'off'}", markup=False)
    return DONE


@app.command
def check(key_or_address: str, *, common: Common = COMMON) -> int:
    """Fetch a source once and say what is there and what a run would store; stores nothing."""
    from flows import terminal
    from flows.stages.check import check_source

    with opened_or_empty(common) as store:
        finding = check_source(store, load(common), key_or_address)
    terminal.print_facts(out, asdict(finding), as_json=common.json)
    return FAILED if finding.failed else DONE


@app.command(name="import")
def import_(file: Path, *, common: Common = COMMON) -> int:
    """Add the feeds of an OPML file, switched off."""
    from flows.stages.catalogue import sources_of_opml
    from flows.stages.run import known_sources
    from storage import sources as stored

    body = file.read_bytes()
    with opened(common, create=True) as store:
        found = sources_of_opml(body, name=str(file), known=known_sources(store, load(common)))
        with store.write() as tx:
            for source in found:
                stored.ensure(tx, source)
    told = f"{len(found)} feeds added, switched off: sahelwatch sources --all lists them"
    out.print(told if found else "no feed added: the file names none that is new", markup=False, soft_wrap=True)
    return DONE


@app.command
def export(
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="File to write (default: here).")] = None,
    common: Common = COMMON,
) -> int:
    """Write the feeds as OPML."""
    from flows.exporting import write
    from flows.stages.catalogue import opml_of_sources
    from flows.stages.run import known_sources

    with opened(common) as store:
        found: Any = known_sources(store, load(common))
    write(opml_of_sources(found).decode(), output)
    return DONE
