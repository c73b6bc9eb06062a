"""A run that is killed at any step, and run again, leaves the records of an undisturbed one and loses no alert.

The child kills itself with SIGKILL at the n-th checkpoint: before each SQL statement but plain reads, before and
after each commit, before and after each message. Nothing in the house knows of it.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import re
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, inspect, select
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

from flows.stages import record as record_stage
from flows.stages.deliver.dispatch import LEASE_S
from flows.stages.deliver.message import Message, Receipt
from storage.engine import open_store
from storage.integrity import verify
from storage.tables import Table
from tests.flows.runs import NOON, SEEDS, Recorder, records, run_with

AT_ONCE = 2  # children side by side
SOON, LATER = NOON + timedelta(seconds=1), NOON + timedelta(seconds=LEASE_S + 1)
READS = {"SELECT", "PRAGMA"}  # killed before one of them, a process leaves what it leaves before the next write
NOT_STABLE = {"leased_by", "duration_s"}  # the process that died, and how long it took

Arrived = list[tuple[str, str, bool]]


class Checkpoints:
    """Counts the steps of a process, writes down their names, and kills the process at one of them."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at

    def reach(self, name: str) -> None:
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


class WatchedRecorder(Recorder):
    """A recorder whose sends are checkpoints."""

    def __init__(self, file: Path, checkpoints: Checkpoints) -> None:
        super().__init__(file)
        self._checkpoints = checkpoints

    def send(self, message: Message, recipient: str) -> Receipt:
        self._checkpoints.reach("before send")
        receipt = super().send(message, recipient)
        self._checkpoints.reach("after send")
        return receipt


def _short(sql: str) -> str:
    """Return the verb of a statement, with its table where it writes."""
    words = re.findall(r"\w+", sql)
    return " ".join(words[: {"INSERT": 3, "UPDATE": 2}.get(words[0], 1)])


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
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_run(database: str, folder: Path, at: int | None) -> None:
    """Run in this process until the checkpoint; without one to the end, and keep the names of all."""
    checkpoints = Checkpoints(at)
    checkpoints.install()
    run_with(database, WatchedRecorder(folder / "arrived", checkpoints), SEEDS)
    (folder / "checkpoints").write_text(json.dumps(checkpoints.names))


def arrived(folder: Path) -> Arrived:
    file = folder / "arrived"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [tuple(json.loads(line)) for line in lines]


def kept(database: str) -> str:
    """Return all rows that the dead process left, as text: what a second run starts from."""
    engine = create_engine(database)
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        rows = {
            table.name: [
                {name: value for name, value in row._mapping.items() if name not in NOT_STABLE}
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in Table.metadata.sorted_tables
            if table.name in there
        }
    engine.dispose()
    return repr(rows)


@pytest.fixture(autouse=True)
def warmed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code each article once for all runs: coding is pure, and most of the time of a run."""
    coded: dict[Any, Any] = {}

    @functools.wraps(record_stage.code)
    def code(article: Any, coder: Any) -> Any:
        if article not in coded:
            coded[article] = original(article, coder)
        return coded[article]

    original = record_stage.code
    monkeypatch.setattr(record_stage, "code", code)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give a folder in memory where there is one: a killed process loses nothing there either, and it is quicker."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def folders(tmp_path: Path) -> Callable[[object], Path]:
    def folder(name: object) -> Path:
        made = tmp_path / str(name)
        made.mkdir()
        return made

    return folder


def undisturbed(database: str, folder: Path) -> tuple[list[str], dict[str, Any], Arrived]:
    """Return the checkpoints of a run that nothing disturbs, its records, and what arrived."""
    run_with(f"sqlite:///{folder}/warming.db", Recorder(folder / "warming"), SEEDS)
    child = in_child(lambda: killed_run(database, folder, None), folder / "error")
    assert ended(child) == 0, (folder / "error").read_text()
    return json.loads((folder / "checkpoints").read_text()), records(database), arrived(folder)


def kills(
    numbers: Sequence[int], new_database: Callable[[], str], folders: Callable[[object], Path]
) -> Iterator[tuple[int, str, Path]]:
    """Yield each checkpoint with the database and the folder of the run that was killed there."""
    for batch in (numbers[i : i + AT_ONCE] for i in range(0, len(numbers), AT_ONCE)):
        places = [(number, new_database(), folders(number)) for number in batch]
        children = [
            in_child(functools.partial(killed_run, database, folder, number), folder / "error")
            for number, database, folder in places
        ]
        for child, (number, _, folder) in zip(children, places, strict=True):
            code = ended(child)
            assert code == -signal.SIGKILL, f"checkpoint {number}: {code}: {(folder / 'error').read_text()}"
        yield from places


def check_recovery(database: str, folder: Path, wanted: dict[str, Any], all_alerts: Arrived) -> None:
    """Run again, at once and after the lease of the dead sender; compare with the undisturbed run."""
    before = arrived(folder)
    for clock in (SOON, LATER):
        run_with(database, Recorder(folder / "arrived"), SEEDS, clock=clock)
    assert records(database) == wanted
    with closing(open_store(database)) as store:
        assert verify(store) == ()
    by_uid = Counter((uid, to) for uid, to, _ in arrived(folder))
    assert len({uid for uid, _ in by_uid}) == len({uid for uid, _, _ in all_alerts}), "an id changed, or one is lost"
    assert len(by_uid) == len(all_alerts), "an alert was lost"
    assert set(by_uid.values()) <= {1, 2}, "an alert was sent a third time"
    assert arrived(folder)[: len(before)] == before
    assert run_with(database, Recorder(folder / "arrived"), SEEDS, clock=LATER).sent == 0


def chosen(names: Sequence[str], *, all_of_them: bool) -> list[int]:
    """Return the checkpoints to kill at: all, or all commits and messages and one of each other kind."""
    numbers = range(1, len(names) + 1)
    if all_of_them:
        return list(numbers)
    first = {name: number for number, name in reversed(list(zip(numbers, names, strict=True)))}
    often = {"before commit", "after commit", "before send", "after send"}
    return [n for n, name in zip(numbers, names, strict=True) if name in often or first[name] == n]


def test_a_run_killed_anywhere_is_made_good_by_the_next(
    new_database: Callable[[], str], folders: Callable[[object], Path]
) -> None:
    database = new_database()
    names, wanted, all_alerts = undisturbed(database, folders("undisturbed"))
    assert Counter(names)["before send"] == len(all_alerts) == 4
    assert len(names) > 150
    seen: dict[str, int] = {}  # what was left -> the first checkpoint that left it: from there all goes the same way
    numbers = chosen(names, all_of_them=database.startswith("sqlite"))
    for number, killed, folder in kills(numbers, new_database, folders):
        left = kept(killed) + repr(arrived(folder))
        if left in seen:
            continue
        seen[left] = number
        try:
            check_recovery(killed, folder, wanted, all_alerts)
        except AssertionError as error:
            raise AssertionError(f"killed at checkpoint {number} ({names[number - 1]}): {error}") from error
    # each document, each lease, each message and each receipt leaves a state of its own
    assert len(seen) >= 2 + 2 + 3 * len(all_alerts)


def test_a_message_that_may_be_a_repeat_says_so(
    new_database: Callable[[], str], folders: Callable[[object], Path]
) -> None:
    database, folder = new_database(), folders("killed")
    names, _, _ = undisturbed(new_database(), folders("undisturbed"))
    child = in_child(lambda: killed_run(database, folder, names.index("after send") + 1), folder / "error")
    assert ended(child) == -signal.SIGKILL
    ((uid, recipient, _),) = arrived(folder)
    assert run_with(database, Recorder(folder / "arrived"), SEEDS, clock=LATER).sent == 4
    assert [may for u, to, may in arrived(folder) if (u, to) == (uid, recipient)] == [False, True]
    assert [may for u, to, may in arrived(folder) if (u, to) != (uid, recipient)] == [False] * 3
