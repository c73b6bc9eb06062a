"""Processes that are killed at any moment, twice, and followed by one that is not: nothing lost, nothing told twice.

The messages go to a server in a process of its own. With `pytest --whole-drills` there are 200 stories, half of them
on each database; a few else.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.stages.deliver.message import Channel
from tests.flows.hooks import hooks, posted, running_hooks
from tests.flows.kills import ended, go_on, in_child
from tests.flows.stories import PAST_LEASE, Arrival, Ending, ending

STORIES, SAMPLE = 100, 2  # on each database
KILLS = 2
SEED = 20250610

pytestmark = [pytest.mark.usefixtures("coded_once"), pytest.mark.timeout(5400)]


@pytest.fixture
def tmp_path(in_memory: Path) -> Path:
    """Keep the databases in memory too."""
    return in_memory


def killed_after(pause_s: float, child: int) -> bool:
    """Kill a child after a time; tell whether it was still at work."""
    time.sleep(pause_s)
    os.kill(child, signal.SIGKILL)
    return ended(child) == -signal.SIGKILL


def told_with_kills(
    database: str, channels: dict[str, Channel], folder: Path, *, lasts_s: float, chance: random.Random
) -> bool:
    """Tell a story that is killed twice, then to its end; tell whether both kills met a process at work."""
    met = 0
    for number in range(KILLS + 1):
        work = functools.partial(go_on, database, channels, folder, late=number * PAST_LEASE)
        child = in_child(work, folder / "error")
        if number < KILLS:
            met += killed_after(chance.uniform(0, lasts_s / (number + 1)), child)
        else:
            assert ended(child) == 0, (folder / "error").read_text()
    assert not (folder / "error").exists(), (folder / "error").read_text()
    return met == KILLS


def check(database: str, arrivals: list[Arrival], wanted: Ending) -> int:
    """Compare with the undisturbed story; return how many messages came again, each as it was."""
    assert ending(database, arrivals) == wanted
    contents = {(one.to, one.uid): one.alerts for one in arrivals}
    assert [one for one in arrivals if contents[one.to, one.uid] != one.alerts] == [], "an id stands for two messages"
    told = Counter((to, uid) for (to, _), alerts in contents.items() for uid in alerts)
    assert set(told.values()) == {1}, "an alert is told twice after deduplication by id"
    times = Counter((one.to, one.uid) for one in arrivals)
    assert max(times.values()) <= KILLS + 1
    return sum(count - 1 for count in times.values())


def test_stories_killed_twice_at_random_lose_nothing(
    new_database: Callable[[], str],
    drop_database: Callable[[str], None],
    folders: Callable[[object], Path],
    in_memory: Path,
    whole_drills: bool,
) -> None:
    file, chance = in_memory / "posted", random.Random(SEED)
    with running_hooks(file) as address:
        database, folder = new_database(), folders("warming")
        go_on(database, hooks(address, "warming"), folder)
        database, folder, began = new_database(), folders("undisturbed"), time.monotonic()
        assert ended(in_child(functools.partial(go_on, database, hooks(address, "u"), folder), folder / "error")) == 0
        lasts_s = time.monotonic() - began
        wanted = ending(database, posted(file, "u"))
        assert wanted.unsent == ()
        stories = repeats = 0
        for number in range(10 * STORIES):
            database, folder = new_database(), folders(number)
            both = told_with_kills(database, hooks(address, number), folder, lasts_s=0.8 * lasts_s, chance=chance)
            try:
                again = check(database, posted(file, number), wanted)
            except AssertionError as error:
                raise AssertionError(f"story {number}: {error}") from error
            drop_database(database)
            stories, repeats = stories + both, repeats + again
            print(f"{stories} stories with {KILLS} kills (of {number + 1}), {repeats} repeats, 0 lost", flush=True)
            if stories == (STORIES if whole_drills else SAMPLE):
                break
    assert stories == (STORIES if whole_drills else SAMPLE)
