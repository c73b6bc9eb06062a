"""What the commands share: consoles, exit codes, common options, and the way to settings and database.

In: the options of a command. Out: settings, an open store. Imports nothing heavy: --help must be quick.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console

if TYPE_CHECKING:
    from flows.settings import Settings
    from storage.engine import Store

DONE, FAILED, USAGE, DEGRADED = 0, 1, 2, 3
Limit = Annotated[int, Parameter(help="At most so many.", validator=Number(gte=1, lte=1_000_000))]
_PIPE_WIDTH = 160  # columns of tables that no terminal shows


def not_blank(_: object, words: str) -> None:
    """Refuse an option that was given without a word."""
    if not words.strip():
        raise ValueError("say why")


class _Output(Console):
    """A console whose reader may go away (`sahelwatch show D1 | head`): that is no failure."""

    def on_broken_pipe(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(DONE)


out = _Output(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
err = Console(stderr=True, highlight=False)


@Parameter(name="*")
@dataclass
class Common:
    """Options of every command."""

    database: Annotated[str | None, Parameter(help="URL of the database (default: SQLite under var/).")] = None
    config: Annotated[Path | None, Parameter(help="Settings file (default: sahelwatch.toml here).")] = None
    watch: Annotated[Path | None, Parameter(help="Watch file (default: seeds/watch.toml).")] = None
    json: Annotated[bool, Parameter(help="Print JSON for machines.", negative="")] = False

    def parameters(self) -> dict[str, Any]:
        """Return those that were given as parameters of the flow; paths are made absolute.

        The database goes by the environment instead: its URL may hold a password, and Prefect shows parameters.
        """
        if self.database is not None:
            os.environ["SAHELWATCH_DATABASE"] = self.database
        given = {"config": self.config, "watch": self.watch}
        return {name: path.absolute() for name, path in given.items() if path is not None}


COMMON = Common()


def load(common: Common) -> Settings:
    """Return the settings with the command line's on top."""
    from flows.settings import load_settings

    return load_settings(common.config, database=common.database, watch=common.watch)


@contextmanager
def opened(common: Common, *, create: bool = False) -> Iterator[Store]:
    """Open the database of a command, and close it after; a query must not create a missing one."""
    from storage.engine import open_store

    with closing(open_store(load(common).database, create=create)) as store:
        yield store


@contextmanager
def opened_or_empty(common: Common) -> Iterator[Store]:
    """Open the database of a command; where there is none, an empty one that goes with the command."""
    from storage.engine import is_missing, open_store

    with tempfile.TemporaryDirectory(prefix="sahelwatch-") as folder:
        url = load(common).database
        url = f"sqlite:///{folder}/empty.db" if is_missing(url) else url
        with closing(open_store(url)) as store:
            yield store


def aware(instant: datetime | None) -> datetime | None:
    """Return an instant of the command line in UTC."""
    from flows.stages.run import logical_date

    return logical_date(instant) if instant else None
