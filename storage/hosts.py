"""The hosts of the web, and what is remembered of each between two runs.

In: a transaction, and HostState values by the names of the hosts. Out: the same. A host belongs to no source:
what it asked of one holds for all.
"""

from __future__ import annotations

from sqlmodel import select

from storage.engine import Transaction
from storage.source_values import HostState
from storage.tables import HostRow


def states(tx: Transaction) -> dict[str, HostState]:
    """Return what is remembered of each host, by its name."""
    return {row.name: row.state for row in tx.exec(select(HostRow))}


def save(tx: Transaction, name: str, state: HostState) -> None:
    """Remember this of a host; what the state leaves out stays, and of two copies of a robots.txt the newer one."""
    row = tx.get(HostRow, name)
    before = HostState() if row is None else row.state
    copies = sorted((*before.robots, *state.robots), key=lambda copy: copy.fetched_at)
    after = HostState(
        paused_until=state.paused_until or before.paused_until,
        robots=tuple({copy.origin: copy for copy in copies}.values()),
    )
    tx.merge(HostRow(name=name, state=after))
    tx.flush()
