"""Runs the command line in a child of this warmed-up process, as a shell would see it.

In: arguments, variables, a folder. Out: the exit code and what was printed. A fork is ten times as quick as a
fresh interpreter; what only a fresh one shows (imports, closed pipes) is tested with one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows import cli


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return standard output, which must be one JSON document."""
        return json.loads(self.out)

    def one_line(self) -> str:
        """Return the one line of the error; fails for a traceback or a longer text."""
        assert "Traceback" not in self.err, self.err.strip().splitlines()[-1]
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, f"{len(lines)} lines on standard error: {self.err}"
        return lines[0]


def sahelwatch(*arguments: str | Path, folder: Path, variables: Mapping[str, str] | None = None) -> Ended:
    """Run `sahelwatch` with these arguments in a folder."""
    with tempfile.TemporaryDirectory() as printed:
        out, err = Path(printed, "out"), Path(printed, "err")
        child = os.fork()
        if not child:
            _become(list(map(str, arguments)), folder, variables or {}, out, err)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return Ended(code=status, out=out.read_text(encoding="utf-8"), err=err.read_text(encoding="utf-8"))


def _become(arguments: list[str], folder: Path, variables: Mapping[str, str], out: Path, err: Path) -> None:
    """Be the command, and end the process."""
    code: Any = 1
    try:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
        sys.stdout, sys.stderr = out.open("w", encoding="utf-8"), err.open("w", encoding="utf-8")
        for name in [name for name in os.environ if name.startswith("SAHELWATCH_")]:
            del os.environ[name]
        os.environ.update(variables)
        os.chdir(folder)
        sys.argv = ["sahelwatch", *arguments]
        cli.main()
    except SystemExit as ending:
        code = ending.code
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)
