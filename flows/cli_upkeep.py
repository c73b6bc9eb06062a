"""Commands of the operator: `sahelwatch upkeep`, `backup`, and `db upgrade` and `db copy`.

In: a command line. Out: text, or JSON with --json. Heavy imports stand inside the commands.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from flows.cli_common import COMMON, DONE, FAILED, Common, err, load, opened, out

app = App(name="db", help="Bring a database up to date, or copy it to another one.")


def upkeep(*, common: Common = COMMON) -> int:
    """Check the database, back it up, give up old raw bodies, vacuum, and tell how the sources are doing."""
    from flows.stages.run import utcnow
    from flows.stages.upkeep import as_markdown, run_upkeep
    from flows.terminal import print_json

    report = run_upkeep(load(common), now=utcnow())
    if common.json:
        print_json({"message": report.message, **asdict(report)})
    else:
        out.print(as_markdown(report), markup=False)
    return FAILED if report.faults else DONE


def backup(file: Path, *, common: Common = COMMON) -> int:
    """Write a copy of the database to a new SQLite file, and try it; others may write meanwhile."""
    from flows.stages.run import utcnow
    from flows.stages.upkeep import drill
    from flows.terminal import print_json
    from storage.upkeep import back_up

    with opened(common) as store:
        copied = back_up(store, file, now=utcnow())
    drill(file)
    if common.json:
        print_json({"file": str(file), "tables": [asdict(c) for c in copied]})
    else:
        rows = sum(c.rows for c in copied)
        out.print(f"{file}: {rows} rows of {len(copied)} tables, sound; restored, it sends nothing again", markup=False)
    return DONE


@app.command
def upgrade(*, common: Common = COMMON) -> int:
    """Bring the schema of the database up to date; a missing SQLite file is made."""
    from storage.schema import HEAD

    with opened(common, create=True) as store:
        out.print(f"{store.name}: schema {HEAD}", markup=False)
    return DONE


@app.command
def copy(
    *,
    from_: Annotated[str, Parameter(name="--from", help="URL of the database to copy.")],
    to: Annotated[str, Parameter(help="URL of an empty database; a missing SQLite file is made.")],
    common: Common = COMMON,
) -> int:
    """Copy all rows to another database, of the same kind or not, and compare the two row by row."""
    from flows.terminal import print_json
    from storage.engine import open_store
    from storage.upkeep import copy as copy_rows

    with closing(open_store(from_, create=False)) as source, closing(open_store(to)) as target:
        err.print(f"{source.name} → {target.name}", markup=False, soft_wrap=True)
        copied = copy_rows(source, target)
    if common.json:
        print_json([asdict(c) for c in copied])
        return DONE
    for table in copied:
        out.print(f"{table.table:20} {table.rows:>10} rows  {table.sha256[:16]}", markup=False)
    out.print("All rows arrived, and are the same.")
    return DONE
