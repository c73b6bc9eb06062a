"""Two to four monitors at once on one database: each alert comes once, and the records are those of one monitor.

Each is a process of its own; all begin each chapter at the same moment, the first one on a database that is not there
yet. With `pytest --whole-drills` there are 100 rounds, half of them on each database.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from flows.stages.deliver.message import Channel
from tests.flows.hooks import hooks, posted, running_hooks
from tests.flows.kills import ended, go_on, in_child
from tests.flows.stories import CHAPTERS, Arrival, Ending, ending, tell

ROUNDS, SAMPLE = 50, 2  # on each database
MONITORS = (2, 3, 4)
SOON = timedelta(seconds=1)

pytestmark = [pytest.mark.usefixtures("coded_once"), pytest.mark.timeout(5400)]


@pytest.fixture
def tmp_path(in_memory: Path) -> Path:
    """Keep the databases in memory too."""
    return in_memory


def at_once(work: Callable[[], object], number: int, folder: Path) -> None:
    """Do the same in several processes, which begin at one moment."""
    reading, writing = os.pipe()

    def begin() -> None:
        os.close(writing)
        os.read(reading, 1)  # until the other end is closed
        work()

    children = [in_child(begin, folder / f"error {n}") for n in range(number)]
    os.close(reading)
    os.close(writing)
    codes = [ended(child) for child in children]
    assert codes == [0] * number, "".join(file.read_text() for file in folder.glob("error *"))


def told_at_once(database: str, channels: Mapping[str, Channel], folder: Path, *, monitors: int) -> None:
    """Tell the story with several monitors; what one of them left to another, a run soon after each chapter sends."""
    for number in range(len(CHAPTERS)):
        at_once(functools.partial(tell, database, channels, number), monitors, folder)
        tell_alone = functools.partial(tell, database, channels, number, late=SOON)
        assert ended(in_child(tell_alone, folder / "error 0")) == 0, (folder / "error 0").read_text()


def check(database: str, arrivals: list[Arrival], wanted: Ending) -> None:
    """Compare with one monitor: the records, and what arrived; how it was grouped is left to chance."""
    found = ending(database, arrivals)
    for what in ("articles", "mentions", "developments", "changes"):
        assert found.records[what] == wanted.records[what], f"an update of {what} is lost"
    assert found.told == wanted.told
    assert found.unsent == ()
    came = Counter((one.to, uid) for one in arrivals for uid in one.alerts)
    assert [one for one, times in came.items() if times > 1] == [], "an alert came twice"
    assert [one for one, times in Counter((a.to, a.uid) for a in arrivals).items() if times > 1] == []
    assert [one for one in arrivals if one.may_repeat] == []


def test_monitors_at_once_tell_nothing_twice_and_lose_nothing(
    new_database: Callable[[], str],
    drop_database: Callable[[str], None],
    folders: Callable[[object], Path],
    in_memory: Path,
    whole_drills: bool,
) -> None:
    file = in_memory / "posted"
    rounds = ROUNDS if whole_drills else SAMPLE
    with running_hooks(file) as address:
        alone = new_database()
        go_on(alone, hooks(address, "alone"), folders("alone"))
        wanted = ending(alone, posted(file, "alone"))
        for number in range(rounds):
            database, monitors = new_database(), MONITORS[number % len(MONITORS)]
            told_at_once(database, hooks(address, number), folders(number), monitors=monitors)
            try:
                check(database, posted(file, number), wanted)
            except AssertionError as error:
                raise AssertionError(f"round {number}, {monitors} monitors: {error}") from error
            drop_database(database)
            print(f"round {number + 1}: {monitors} monitors, {len(wanted.told)} alerts, each once", flush=True)
