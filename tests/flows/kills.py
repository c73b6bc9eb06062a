"""Children of a warmed-up process that tell the story and are killed, at a step or at a moment.

In: a database, a folder. Out: what arrived and how far the story came, on disk, so that a kill loses none of it.
A child that follows a killed one goes on with its chapter, after the lease of the dead.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

from flows.stages.deliver.message import Channel, Message, Receipt
from tests.flows.stories import CHAPTERS, DESK, NIGHT, Arrival, arrival, from_lines, lines, tell

READS = {"SELECT", "PRAGMA"}  # killed before one of them, a process leaves what it leaves before the next write


class Checkpoints:
    """Counts the steps of a process, writes down their names, and kills the process at one of them."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at

    def reach(self, name: str) -> None:
        """Pass a step, or end here."""
        self.names.append(name)
        if len(self.names) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch all engines of this process, which ends soon."""
        commit = DefaultDialect.do_commit

        def watched_commit(dialect: DefaultDialect, connection: Any) -> None:
            self.reach("before commit")
            commit(dialect, connection)
            self.reach("after commit")

        DefaultDialect.do_commit = watched_commit  # type: ignore[method-assign]
        event.listen(Engine, "before_cursor_execute", self._statement)

    def _statement(self, _connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if (name := _short(sql)) not in READS:
            self.reach(name)


class Receiver:
    """A channel that writes a line a message to a file, on the disk before the receipt; its sends are steps."""

    kind = "recorder"

    def __init__(self, file: Path, name: str, to: tuple[str, ...], checkpoints: Checkpoints) -> None:
        self.name, self._file, self._to, self._checkpoints = name, file, to, checkpoints

    def recipients(self) -> tuple[str, ...]:
        """Return whom it reaches."""
        return self._to

    def send(self, message: Message, recipient: str) -> Receipt:
        """Write down what arrived."""
        self._checkpoints.reach("before send")
        with self._file.open("a", encoding="utf-8") as file:
            file.write(lines([arrival(f"{self.name}/{recipient}", message)]))
            file.flush()
            os.fsync(file.fileno())
        self._checkpoints.reach("after send")
        return Receipt(outcome="sent")


def recorders(folder: Path, checkpoints: Checkpoints | None = None) -> dict[str, Channel]:
    """Return the channels of the story, whose messages end in a file of the folder."""
    file, steps = folder / "arrived", checkpoints or Checkpoints()
    both = Receiver(file, DESK, ("first", "second"), steps), Receiver(file, NIGHT, ("third",), steps)
    return {one.name: one for one in both}


def arrived(folder: Path) -> list[Arrival]:
    """Return what arrived, in its order."""
    file = folder / "arrived"
    return from_lines(file.read_text(encoding="utf-8")) if file.exists() else []


def chapters_told(folder: Path) -> int:
    """Return how many chapters were told to their end."""
    file = folder / "chapters"
    return len(file.read_text()) if file.exists() else 0


def tell_next(database: str, channels: Mapping[str, Channel], folder: Path, *, late: timedelta = timedelta(0)) -> None:
    """Tell the chapter that was not told to its end."""
    tell(database, channels, chapters_told(folder), late=late)
    with (folder / "chapters").open("a") as file:
        file.write(".")


def go_on(database: str, channels: Mapping[str, Channel], folder: Path, *, late: timedelta = timedelta(0)) -> None:
    """Tell the story from there on to its end."""
    while chapters_told(folder) < len(CHAPTERS):
        tell_next(database, channels, folder, late=late)


def tell_until(database: str, folder: Path, at: int | None) -> None:
    """Tell a chapter in this process until a checkpoint; without one to the end, and keep the names of all."""
    checkpoints = Checkpoints(at)
    checkpoints.install()
    tell_next(database, recorders(folder, checkpoints), folder)
    (folder / "checkpoints").write_text(json.dumps(checkpoints.names))


def in_child(work: Callable[[], None], errors: Path) -> int:
    """Start a child of this warmed-up process; return its process id."""
    if child := os.fork():
        return child
    gc.disable()  # a collection would copy the parent's memory
    try:
        work()
    except BaseException:
        errors.write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for a child; return its exit code, or the signal that killed it as a negative number."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _short(sql: str) -> str:
    """Return the verb of a statement, with its table where it writes."""
    words = re.findall(r"\w+", sql)
    return " ".join(words[: {"INSERT": 3, "UPDATE": 2}.get(words[0], 1)])
