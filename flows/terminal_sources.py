"""What `sahelwatch sources` prints: each source with how it is doing, and what the operator was last told.

In: sources, their states, notices. Out: text on a console, or JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from flows.stages.deliver.message import plain
from flows.stages.moves import address_of
from flows.stages.report import notice_words
from flows.terminal import print_json, print_line, print_table, table_of
from storage.source_values import Source, SourceNotice, SourceState

_WIDE = 120  # columns; in fewer an address is broken over several lines, and `check` and --json show it


def print_sources(
    console: Console,
    found: Sequence[Source],
    states: Mapping[str, SourceState],
    notices: Sequence[SourceNotice],
    *,
    as_json: bool,
) -> None:
    """Print the sources with how they are doing, and what the operator was last told."""
    rows = [(s, states.get(s.key, SourceState())) for s in found]
    if as_json:
        print_json(
            {"sources": [{**asdict(s), "state": asdict(t)} for s, t in rows], "notices": [asdict(n) for n in notices]}
        )
        return
    wide = console.width >= _WIDE
    table = table_of("key", "kind", "on", "health", "last new", "due", *(["address"] if wide else []))
    for source, state in rows:
        table.add_row(
            source.key,
            source.kind,
            "on" if source.enabled else "off",
            Text(plain(_health(source, state))),
            f"{state.last_new_at:%Y-%m-%d %H:%M}" if state.last_new_at else "never",
            f"{state.due_at:%Y-%m-%d %H:%M}" if state.due_at else "next run",
            *([Text(plain(_address(source, state)))] if wide else []),
        )
    print_table(console, table, "no source is on: sahelwatch sources --all lists the others")
    for notice in notices:
        print_line(console, f"{notice.noticed_at:%Y-%m-%d %H:%M} {notice_words(notice)}", "dim")


def _address(source: Source, state: SourceState) -> str:
    asked = address_of(source, state)
    return source.address if asked == source.address else f"{source.address} (moved to {asked})"


def _health(source: Source, state: SourceState) -> str:
    moved = "" if address_of(source, state) == source.address else ", moved"
    if state.failing_since:
        return f"fails since {state.failing_since:%Y-%m-%d %H:%M}, {state.failures} times"
    if state.notice:
        return state.notice
    if state.last_ok_at is None:
        return "not read yet" if source.verified else "not read, unverified"
    return f"ok{moved}"
