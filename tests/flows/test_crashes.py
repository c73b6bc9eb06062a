"""A run that is killed at any step, and run again, leaves the records of an undisturbed one and loses no alert.

The child kills itself with SIGKILL at the n-th checkpoint: before each SQL statement but plain reads, before and
after each commit, before and after each message. Nothing in the house knows of it. All checkpoints of the story are
taken with `pytest --whole-drills`; a sample of each kind of them else.
"""

from __future__ import annotations

import functools
import json
import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, inspect, select

from storage.tables import Table
from tests.flows.kills import arrived, chapters_told, ended, go_on, in_child, recorders, tell_until
from tests.flows.stories import CHAPTERS, PAST_LEASE, Arrival, Ending, ending, tell

AT_ONCE = 2  # children side by side
SAMPLE = 12  # of about 800 checkpoints
SOON = timedelta(seconds=1)
NOT_STABLE = {"leased_by", "duration_s"}  # the process that died, and how long it took

pytestmark = [pytest.mark.usefixtures("coded_once"), pytest.mark.timeout(3600)]


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


class Step(NamedTuple):
    """A checkpoint of the story: the number of its chapter, its own number there, and its name."""

    chapter: int
    number: int
    name: str


class Place(NamedTuple):
    """Where a story stands: its database, and the folder of what arrived."""

    database: str
    folder: Path


def undisturbed(place: Place, copied: Callable[[Place, object], Place]) -> tuple[list[Place], list[list[str]], Ending]:
    """Tell a story that nothing disturbs; return where each chapter begins, the names of its steps, and the ending."""
    warming = copied(place, "warming")
    go_on(warming.database, recorders(warming.folder), warming.folder)
    begun, names = [], []
    for chapter in range(len(CHAPTERS)):
        begun.append(copied(place, f"chapter {chapter}"))
        child = in_child(functools.partial(tell_until, *place, None), place.folder / "error")
        assert ended(child) == 0, (place.folder / "error").read_text()
        names.append(json.loads((place.folder / "checkpoints").read_text()))
    return begun, names, ending(place.database, arrived(place.folder))


def kills(
    steps: Sequence[Step],
    begun: Sequence[Place],
    copied: Callable[[Place, object], Place],
    drop_database: Callable[[str], None],
) -> Iterator[tuple[Step, Place]]:
    """Yield each checkpoint with the place of the story that was killed there."""
    for batch in (steps[i : i + AT_ONCE] for i in range(0, len(steps), AT_ONCE)):
        places = [copied(begun[step.chapter], f"{step}") for step in batch]
        children = [
            in_child(functools.partial(tell_until, *place, step.number), place.folder / "error")
            for step, place in zip(batch, places, strict=True)
        ]
        for child, step, place in zip(children, batch, places, strict=True):
            code = ended(child)
            assert code == -signal.SIGKILL, f"{step}: {code}: {(place.folder / 'error').read_text()}"
        yield from zip(batch, places, strict=True)
        for place in places:
            shutil.rmtree(place.folder)
            drop_database(place.database)


@pytest.fixture
def tmp_path(in_memory: Path) -> Path:
    """Keep the databases in memory too."""
    return in_memory


@pytest.fixture
def copied(
    copied_database: Callable[[str], str], folders: Callable[[object], Path]
) -> Callable[[Place, object], Place]:
    """Return a function that copies the place of a story under a new name."""

    def copy(place: Place, name: object) -> Place:
        folder = folders(name)
        shutil.copytree(place.folder, folder, dirs_exist_ok=True)
        return Place(copied_database(place.database), folder)

    return copy


def under_way(passed: Sequence[str], before: Sequence[Arrival]) -> set[tuple[str, str]]:
    """Return the message that was sent and not marked by a process that passed these checkpoints."""
    last = max((n for n, name in enumerate(passed) if name == "after send"), default=None)
    if last is None or "after commit" in passed[last:]:
        return set()
    return {(before[-1].to, before[-1].uid)}


def check_recovery(place: Place, wanted: Ending, passed: Sequence[str]) -> int:
    """Go on, at once and after the lease of the dead sender; compare with the undisturbed story; count repeats."""
    before, channels = arrived(place.folder), recorders(place.folder)
    tell(place.database, channels, chapters_told(place.folder), late=SOON)
    go_on(place.database, channels, place.folder, late=PAST_LEASE)
    after = arrived(place.folder)
    assert ending(place.database, after) == wanted
    assert after[: len(before)] == before
    times = Counter((one.to, one.uid) for one in after)
    repeated = {message for message, count in times.items() if count > 1}
    assert repeated == under_way(passed, before), "only what was sent and not marked may be sent again"
    assert set(times.values()) <= {1, 2}
    marked = {(one.to, one.uid) for one in after if one.may_repeat}
    assert repeated <= marked, "a repeat does not say so"
    assert len(marked) <= 1, "more is marked as a possible repeat than was under way"
    assert tell(place.database, channels, len(CHAPTERS) - 1, late=PAST_LEASE) == 0
    return len(repeated)


def chosen(names: Sequence[Sequence[str]], *, whole: bool) -> list[Step]:
    """Return the checkpoints to kill at: all, or a sample that is spread over their kinds and over the story."""
    steps = [Step(chapter, n, name) for chapter, found in enumerate(names) for n, name in enumerate(found, start=1)]
    if not whole:
        return sorted(steps, key=lambda step: step.name)[:: len(steps) // SAMPLE]
    return random.Random(len(steps)).sample(steps, len(steps))  # in an order that is all over the story from the start


def test_a_run_killed_anywhere_is_made_good_by_the_next(
    new_database: Callable[[], str],
    folders: Callable[[object], Path],
    copied: Callable[[Place, object], Place],
    drop_database: Callable[[str], None],
    whole_drills: bool,
) -> None:
    first = Place(new_database(), folders("undisturbed"))
    begun, names, wanted = undisturbed(first, copied)
    assert sum(map(len, names)) >= 200
    assert wanted.unsent == ()
    assert sum(found.count("before send") for found in names) == len(wanted.messages)
    seen: set[str] = set()  # what was left: from there all goes the same way
    repeats, steps = 0, chosen(names, whole=whole_drills)
    for number, (step, killed) in enumerate(kills(steps, begun, copied, drop_database), start=1):
        print(f"{number} of {len(steps)} checkpoints, {len(seen)} states, {repeats} repeats", flush=True)
        left = kept(killed.database) + repr(arrived(killed.folder))
        if left in seen:
            continue
        seen.add(left)
        try:
            repeats += check_recovery(killed, wanted, names[step.chapter][: step.number])
        except AssertionError as error:
            raise AssertionError(f"killed at {step}: {error}") from error
    print(f"{len(steps)} of {sum(map(len, names))} checkpoints, {len(seen)} states, {repeats} repeats of the same id")
    if whole_drills:  # each document, each lease, each message and each receipt leaves a state of its own
        assert len(seen) >= 3 * len(wanted.messages) + sum(len(chapter.files) for chapter in CHAPTERS)
        assert repeats >= len(wanted.messages)  # killed at any statement between send and mark
