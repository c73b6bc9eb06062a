"""The command `sahelwatch replay`: what another watch, other words or other limits would have told.

In: a command line. Out: text, or JSON with --json. Heavy imports stand inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from flows.cli_common import COMMON, DONE, Common, load, opened, out

if TYPE_CHECKING:
    from flows.stages.replay import Replay, Told


def replay(
    *,
    lexicon: Annotated[Path | None, Parameter(help="Folder of another lexicon (default: that of the seeds).")] = None,
    max_age: Annotated[
        int | None, Parameter(help="Days after which an article alerts nobody.", validator=Number(gte=1))
    ] = None,
    common: Common = COMMON,
) -> int:
    """Code and decide again all that is stored, alert nobody, and show the alerts gained and lost."""
    from dataclasses import asdict

    from flows.stages.replay import replay as run_again
    from flows.terminal import print_json
    from parsers.coding.tools import load_coder
    from parsers.coding.watch import load_watch

    settings = load(common)
    coder = load_coder(settings.seeds, load_watch(settings.watch), words=lexicon)
    with opened(common) as store:
        done = run_again(store, coder, max_age_days=max_age or settings.alerts.max_article_age_days)
    if common.json:
        print_json(asdict(done))
    else:
        _print(done)
    return DONE


def _print(done: Replay) -> None:
    from flows.terminal import print_line

    print_line(
        out, f"{done.articles} versions of articles, watch {done.watch}: {done.before} alerts then, {done.after} now."
    )
    for title, told in (("Gained", done.gained), ("Lost", done.lost)):
        print_line(out, f"\n{title}: {len(told)}", "bold")
        for one in told:
            _print_told(one, lost=title == "Lost")


def _print_told(told: Told, *, lost: bool) -> None:
    from flows.terminal import print_line

    print_line(out, f"\n  {told.change} by {told.article} ({told.severity}, rule {told.rule}): {told.summary}", "cyan")
    for line in (*told.reasons, *told.evidence):
        print_line(out, f"    - {line}")
    print_line(out, "    now:" if lost else "    then:", "bold")
    for line in told.otherwise:
        print_line(out, f"    - {line}", "dim")
