"""What `sahelwatch diff` and the lists of articles print of versions and copies.

In: values of the stages and of storage. Out: text on a console. Where there are no colours, what went is marked
[-so-] and what came {+so+}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.stages.comparison_page import Comparison, stretches, version_line
from flows.stages.deliver.message import plain
from flows.stages.difference import Block, Piece
from flows.stages.editions import unkept_words
from flows.terminal import print_json, print_line
from storage.values import Judgement

_SIGNS = {"same": " ", "changed": "~", "added": "+", "removed": "-"}
_STYLES = {"same": "", "added": "bold green", "removed": "red strike"}
_MARKS = {"same": ("", ""), "added": ("{+", "+}"), "removed": ("[-", "-]")}
_MOST_REASONS = 12  # of an edit; a page that was written anew has many
_COLOURS = {"trivial": "dim", "wording": "cyan", "fact": "bold yellow", "retraction": "bold red"}


def print_comparison(console: Console, shown: Comparison) -> None:
    """Print how two versions differ; runs of parts that did not change are folded into one line."""
    name = plain(shown.new.article.external_id)
    console.print(Text.assemble((f"{shown.article.public_id} ", "bold cyan"), (name, "bold")))
    for version in shown.versions:
        style = "" if version.number in {shown.old.number, shown.new.number} else "dim"
        console.print(Padding(Text(plain(version_line(version)), style=style), (0, 0, 0, 2)))
    for one in shown.unkept:
        words = f"{unkept_words(one)}, the last one {one.last_seen_at:%Y-%m-%d %H:%M}"
        console.print(Padding(Text(words, style="yellow"), (0, 0, 0, 2)))
    if shown.old.number == shown.new.number:
        console.print(Text("\nThere is nothing to compare: it has one version."))
        return
    head = f"\nv{shown.old.number} → v{shown.new.number}: "
    kind, reasons = (shown.edit.kind, shown.edit.reasons) if shown.edit else ("", ())
    told = "; ".join(reasons[:_MOST_REASONS])
    more = f" and {len(reasons) - _MOST_REASONS} more (--json has them all)" if len(reasons) > _MOST_REASONS else ""
    console.print(Text.assemble(head, (f"{kind} edit", _COLOURS.get(kind, "")), f": {plain(told)}{more}\n"))
    if shown.difference.is_empty:
        console.print(Text("Only white space differs."))
        return
    plainly = console.color_system is None or console.no_color
    for stretch in stretches(shown.difference):
        if stretch.same:
            console.print(Text(f"  … {_parts(len(stretch.blocks))} unchanged", style="dim"))
        for block in () if stretch.same else stretch.blocks:
            console.print(_row(block, plainly=plainly))


def _parts(count: int) -> str:
    return f"{count} part{'s' if count > 1 else ''}"


def _row(block: Block, *, plainly: bool) -> Table:
    """Return a part with its sign in the margin, wrapped at the width of the terminal."""
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(overflow="fold")
    label = Text(f"{block.part}: " if block.part != "paragraph" else "", style="dim")
    row.add_row(_SIGNS[block.kind], Text.assemble(label, *(_words(p, plainly=plainly) for p in block.pieces)))
    return row


def _words(piece: Piece, *, plainly: bool) -> Text:
    words = plain(piece.text)
    bare = words.rstrip()
    before, after = _MARKS[piece.kind] if plainly and bare else ("", "")
    style = "" if plainly else _STYLES[piece.kind]
    return Text.assemble((f"{before}{bare}{after}", style), words[len(bare) :])


def print_judgements(
    console: Console, rows: Sequence[Judgement], leaders: Mapping[int, int], names: Mapping[int, str], *, as_json: bool
) -> None:
    """Print which articles were judged copies of which, why, and who leads their group; undone ones say so."""
    if as_json:
        print_json([{**asdict(j), "leader": leaders[j.left]} for j in rows])
        return
    for row in rows:
        undone = row.undone_at is not None
        head = f"A{row.left} {plain(names[row.left])}"
        console.print(Text(head, style="dim strike" if undone else "bold"), soft_wrap=True)
        said = f"{row.kind} copy of A{row.right} {plain(names[row.right])}, score {row.score:.2f}"
        led = ""
        if not undone and leaders[row.left] != row.right:
            leads = leaders[row.left] == row.left
            led = "; named to lead their group" if leads else f"; group of A{leaders[row.left]}"
        print_line(console, f"    {said}{led}")
        for reason in row.reasons:
            print_line(console, f"    - {reason}", "dim")
        if row.undone_at is not None:
            print_line(console, f"    undone {row.undone_at:%Y-%m-%d %H:%M}: {row.undone_reason}", "yellow")
    if not rows:
        console.print(Text("no duplicates"))
