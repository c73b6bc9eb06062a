"""Commands on developments: `sahelwatch developments`, and `merge`, `split`, `undo` below it.

In: a command line. Out: text, or JSON with --json. Heavy imports stand inside the commands.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from flows.cli_common import COMMON, DONE, Common, Limit, aware, load, not_blank, opened, out

if TYPE_CHECKING:
    from flows.stages.regroup import Bench, Regrouped
    from storage.engine import Transaction

Reason = Annotated[str, Parameter(help="Why; it is kept with the new versions.", validator=not_blank)]
app = App(name="developments", help="Lists the developments; merges and splits them.")


@app.default
def listing(
    *,
    all: Annotated[bool, Parameter(help="Context developments too, not only watched ones.", negative="")] = False,
    kind: Annotated[str | None, Parameter(help="Only this kind.")] = None,
    limit: Limit = 50,
    as_of: Annotated[datetime | None, Parameter(help="As they stood at that instant.")] = None,
    common: Common = COMMON,
) -> int:
    """List the developments, newest first."""
    from flows import terminal
    from storage import developments as stored

    with opened(common) as store, store.read() as tx:
        rows = stored.every(tx, as_of=aware(as_of), watched=None if all else True, kind=kind, limit=limit)
    terminal.print_developments(out, rows, as_json=common.json)
    return DONE


@app.command
def merge(survivor: str, part: str, *, reason: Reason, common: Common = COMMON) -> int:
    """Merge the second development (D12) into the first: they are one event; what comes later goes to the first."""
    from flows import reasons
    from flows.stages import regroup

    ids = reasons.number(survivor, "D"), reasons.number(part, "D")
    return _regrouped(lambda tx, bench: regroup.merge(tx, *ids, bench), reason, common)


@app.command
def split(
    id: str,
    *,
    articles: Annotated[list[str], Parameter(help="Articles (A7, or file names) that tell of another event.")],
    reason: Reason,
    common: Common = COMMON,
) -> int:
    """Split off what some articles tell of a development (D12): it becomes one of its own."""
    from flows import reasons
    from flows.stages import regroup

    known = reasons.number(id, "D")
    return _regrouped(
        lambda tx, bench: regroup.split(tx, known, {reasons.article_of(tx, a).id for a in articles}, bench),
        reason,
        common,
    )


@app.command
def undo(id: str, *, reason: Reason, common: Common = COMMON) -> int:
    """Undo the merge of a development (D12) into another; a split is undone by merging the parts."""
    from flows import reasons
    from flows.stages import regroup

    part = reasons.number(id, "D")
    return _regrouped(lambda tx, bench: regroup.unmerge(tx, part, bench), reason, common)


def _regrouped(work: Callable[[Transaction, Bench], Regrouped], reason: str, common: Common) -> int:
    from flows.stages.regroup import Bench
    from flows.stages.run import coder_of, utcnow
    from flows.terminal import print_json, print_line

    settings = load(common)
    bench = Bench(coder=coder_of(settings.seeds, settings.watch), now=utcnow(), reason=reason.strip())
    with opened(common) as store, store.write() as tx:
        made = work(tx, bench)
    if common.json:
        versions = [
            {"id": f"D{v.development_id}", "version": v.number, "status": v.state.status, "summary": v.state.summary}
            for v in made.versions
        ]
        print_json({"versions": versions, "overruled": list(made.overruled)})
        return DONE
    for version in made.versions:
        print_line(out, f"D{version.development_id} v{version.number}: {version.state.summary}")
    for veto in made.overruled:
        print_line(out, f"overruled: {veto}", "yellow")
    return DONE
