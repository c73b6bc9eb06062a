"""Keeps Prefect, in these tests and in the processes they start, in a folder of its own; what drills need."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Prefect reads these when it is first imported. The user's ~/.prefect, server and settings stay untouched.
if "prefect" in sys.modules:
    raise RuntimeError("Prefect was imported before it was told where its folder is")
for name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[name]
_home = tempfile.TemporaryDirectory(prefix="sahelwatch-prefect-", ignore_cleanup_errors=True)  # removed at exit
os.environ |= {"PREFECT_HOME": _home.name, "DO_NOT_TRACK": "1"}


@pytest.fixture
def whole_drills(request: pytest.FixtureRequest) -> bool:
    """Tell whether drills are to be done as a whole."""
    return bool(request.config.getoption("--whole-drills"))


@pytest.fixture
def coded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code each article once for all runs: coding is pure, and most of the time of a run."""
    from flows.stages import record as record_stage

    original, coded = record_stage.code, dict[Any, Any]()

    @functools.wraps(original)
    def code(article: Any, coder: Any) -> Any:
        if article not in coded:
            coded[article] = original(article, coder)
        return coded[article]

    monkeypatch.setattr(record_stage, "code", code)


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """Give a folder in memory where there is one: a killed process loses nothing there either, and it is quicker."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def folders(in_memory: Path) -> Callable[[object], Path]:
    """Return a function that makes a folder of a name."""

    def folder(name: object) -> Path:
        made = in_memory / str(name)
        made.mkdir()
        return made

    return folder
