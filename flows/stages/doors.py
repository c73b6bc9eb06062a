"""The HTTP door with the memory of earlier runs: what hosts asked of one source holds for all, also tomorrow.

In: a store and the settings of the door. Out: an open door; when it is closed, the pauses and the robots.txt it met
are stored. What is older than a day is never used, and a large robots.txt is asked for anew in each run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx2

from flows.stages.http import HttpDoor
from flows.stages.http_values import HttpSettings
from flows.stages.pauses import Pauses
from flows.stages.robots import RobotsCache, RobotsCopy
from storage import hosts
from storage.engine import Store
from storage.source_values import HostState, RobotsText

STORED_CHARACTERS = 64 * 1024  # of a robots.txt; those of large sites have a tenth of it


@contextmanager
def opened_door(store: Store, settings: HttpSettings, *, remembering: bool = True) -> Iterator[HttpDoor]:
    """Open a door that knows what hosts asked for before; what it learns is stored at the end, if at all."""
    with store.read() as tx:
        known = hosts.states(tx)
    pauses = Pauses({name: state.paused_until for name, state in known.items() if state.paused_until})
    robots = RobotsCache(
        RobotsCopy(origin=kept.origin, fetched_at=kept.fetched_at, text=kept.text)
        for state in known.values()
        for kept in state.robots
    )
    before = set(robots.copies())
    try:
        with closing(HttpDoor(settings, pauses=pauses, robots=robots)) as door:
            yield door
    finally:
        if remembering:
            _remember(store, pauses, [copy for copy in robots.copies() if copy not in before])


def _remember(store: Store, pauses: Pauses, copies: list[RobotsCopy]) -> None:
    until = pauses.fresh()
    texts: dict[str, list[RobotsText]] = {}
    for copy in copies:
        if copy.failure is None and len(copy.text) <= STORED_CHARACTERS:
            host = httpx2.URL(copy.origin).raw_host.decode("ascii")
            kept = RobotsText(origin=copy.origin, fetched_at=copy.fetched_at, text=copy.text)
            texts.setdefault(host, []).append(kept)
    if not until and not texts:
        return
    with store.write() as tx:
        for name in sorted(until.keys() | texts.keys()):
            hosts.save(tx, name, HostState(paused_until=until.get(name), robots=tuple(texts.get(name, ()))))
