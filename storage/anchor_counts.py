"""In how many articles anchors stood: read once and written once in a transaction, however many texts it takes in.

In: a transaction and anchors. Out: their frequencies, those included that the transaction itself has counted: so a
verdict does not depend on how texts are dealt into transactions. A savepoint that is undone takes its counts with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Connection

from parsers.prints import VERSION
from storage import driver
from storage.driver import listing, run, shares
from storage.engine import Transaction
from storage.memories import Memory, memory_of

ALL = ""  # the anchor under which all articles are counted
_READ = "SELECT anchor, articles FROM anchor_frequency WHERE algorithm = ? AND anchor IN ({})"
_ROW = {"algorithm": "text", "anchor": "text", "articles": "bigint"}
_COUNT = "ON CONFLICT (algorithm, anchor) DO UPDATE SET articles = anchor_frequency.articles + excluded.articles"


class _Memory(Memory):
    """What a transaction has read and counted."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.known = dict[str, int]()  # as the database has it, and counted here; 0 for what it does not have
        self.unwritten = Counter[str]()

    def write(self) -> None:
        """Write what was counted."""
        if self.unwritten:
            rows = [(VERSION, anchor, n) for anchor, n in sorted(self.unwritten.items())]
            driver.add(self.connection, "anchor_frequency", _ROW, rows, then=_COUNT)
            self.unwritten.clear()


def frequencies(tx: Transaction, anchors: Collection[str]) -> dict[str, int]:
    """Return in how many articles each anchor stood, those left out that never did; ALL counts all articles."""
    memory = memory_of(tx, _Memory)
    known, asked = memory.known, {ALL, *anchors}
    missing = sorted(asked.difference(known))
    if not memory.unwritten.keys().isdisjoint(missing):
        memory.write()
    known.update(dict.fromkeys(missing, 0))
    for some in shares(missing):
        known.update(map(tuple, run(memory.connection, listing(_READ, some), (VERSION, *some))))
    return {anchor: seen for anchor in asked if (seen := known[anchor])}


def count(tx: Transaction, anchors: Collection[str]) -> None:
    """Count one more article that has these anchors."""
    memory = memory_of(tx, _Memory)
    counted = {ALL, *anchors}
    memory.unwritten.update(counted)
    for anchor in counted:
        if anchor in memory.known:
            memory.known[anchor] += 1
