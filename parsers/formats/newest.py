"""How many entries of one document are read, and which.

In: the entries in their order, and how each is dated. Out: the newest of them, in the same order. An entry
without a date counts as new: it must not be lost for what it does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

MAX_ENTRIES = 1_000  # a feed holds 10 to 100; a longer one is an archive and belongs to a backfill

Entry = TypeVar("Entry")


def newest(entries: Sequence[Entry], dated: Callable[[Entry], datetime | None]) -> list[Entry]:
    """Return the newest entries in their order; those without a date count as new."""
    if len(entries) <= MAX_ENTRIES:
        return list(entries)

    def age(at: int) -> tuple[bool, float]:
        when = dated(entries[at])
        return when is None, when.timestamp() if when else 0.0

    ranked = sorted(range(len(entries)), key=age, reverse=True)[:MAX_ENTRIES]
    return [entries[at] for at in sorted(ranked)]


def left_out(count: int) -> tuple[str, ...]:
    """Return what to tell of the entries that were not read; nothing where all were."""
    return (f"{count} older entries were left out",) if count else ()
