"""Backups taken while a monitor records and sends: each is sound, and a run on it sends nothing a second time.

The monitor is a process of its own. `pytest --whole-drills` takes 50 backups of each database; a few else.
"""

from __future__ import annotations

import functools
import json
import random
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from flows.stages.deliver.dispatch import LEASE_S
from flows.stages.deliver.message import Message, Receipt
from flows.stages.upkeep import drill
from storage import upkeep
from storage.engine import open_store
from storage.integrity import verify
from storage.tables import AlertRow, DeliveryRow, DocumentRow
from tests.flows.kills import ended, in_child
from tests.flows.runs import NOON, Recorder, run_with

BACKUPS, SAMPLE = 50, 4
SEED = 20250614
PAUSE_S = 0.5  # at most, between two backups
SENDING_S = 0.05  # what a message takes: so that some backups fall between its lease and its receipt
LATER = NOON + timedelta(seconds=LEASE_S + 1)  # a dead sender has lost its lease by then
TOWNS = (
    "Gao",
    "Kidal",
    "Ménaka",
    "Tessalit",
    "Timbuktu",
    "Ségou",
    "Mopti",
    "Nara",
    "Kayes",
    "Sikasso",
    "Ber",
    "Douentza",
)
TOLD = (
    "{n} Africa Corps fighters were killed near {town} on {day} June 2025 when their convoy was attacked, two "
    "officials said. Herders counted {more} burnt lorries beside the road and led their animals back to the river."
)

pytestmark = pytest.mark.timeout(3600)


class SlowRecorder(Recorder):
    """A recorder that takes its time, as servers do."""

    def send(self, message: Message, recipient: str) -> Receipt:
        time.sleep(SENDING_S)
        return super().send(message, recipient)


def article(number: int, folder: Path) -> Path:
    """Write the file of an article that is alerted: an event of its own, or the next count of one."""
    text = TOLD.format(n=number + 3, town=TOWNS[number % len(TOWNS)], day=1 + number % 9, more=number + 70)
    item = {"id": f"{number}", "title": f"Convoy attacked ({number})", "content_text": text}
    item["date_published"] = (NOON - timedelta(hours=2)).isoformat()
    file = folder / f"{number:05}.json"
    file.write_text(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Le Fleuve", "items": [item]}))
    return file


def monitor(database: str, inbox: Path, sent: Path, stop: Path) -> None:
    """Run the monitor on one new file after the other, until the file `stop` is there."""
    number = 0
    while not stop.exists():
        run_with(database, SlowRecorder(sent), article(number, inbox))
        number += 1


def held(copy: Path) -> int:
    """Return how many deliveries are held in a copy, for the original may have sent them."""
    with closing(open_store(f"sqlite:///{copy}")) as store, store.read() as tx:
        return len(tx.exec(select(DeliveryRow.id).where(col(DeliveryRow.state) == "unknown")).all())


def check(copy: Path, inbox: Path) -> int:
    """Run the monitor on a copy: nothing goes out but what is new; return how many alerts are in it."""
    drill(copy)
    database, sent = f"sqlite:///{copy}", copy.with_suffix(".sent")
    with closing(open_store(database)) as store:
        assert verify(store) == ()
        with store.read() as tx:
            known, alerts = tx.exec(select(DocumentRow.name)).all(), len(tx.exec(select(AlertRow.id)).all())
    files = [inbox / name for name in known]
    assert files
    for clock in (NOON, LATER):
        assert run_with(database, Recorder(sent), *files, clock=clock).sent == 0
    assert not sent.exists()
    fresh = run_with(database, Recorder(sent), article(90_000, copy.parent), clock=LATER)
    assert fresh.sent == len(sent.read_text().splitlines()) == 2  # to both receivers: the copy is at work
    return alerts


def test_backups_during_writes_are_sound_and_send_no_repeat(
    new_database: Callable[[], str], tmp_path: Path, whole_drills: bool
) -> None:
    database, inbox, sent, stop = new_database(), tmp_path / "inbox", tmp_path / "sent", tmp_path / "stop"
    inbox.mkdir()
    run_with(database, Recorder(sent), article(99_999, inbox))  # loads the tools of coding before the fork
    chance, found, waiting = random.Random(SEED), list[int](), 0
    errors = tmp_path / "error"
    child = in_child(functools.partial(monitor, database, inbox, sent, stop), errors)
    try:
        for number in range(BACKUPS if whole_drills else SAMPLE):
            time.sleep(chance.uniform(0, PAUSE_S))
            copy = tmp_path / f"{number}" / "copy.db"
            with closing(open_store(database)) as store:
                upkeep.back_up(store, copy, now=NOON)
            waiting += held(copy)
            found.append(check(copy, inbox))
    finally:
        stop.touch()
        code = ended(child)
    assert code == 0, errors.read_text()
    assert found == sorted(found)
    assert found[-1] > found[0]  # it did write meanwhile
    print(
        f"{len(found)} backups, of {found[0]} to {found[-1]} alerts; {waiting} deliveries were held in them", flush=True
    )
