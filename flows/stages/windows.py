"""The windows of a backfill: which run of the past would have taken a document, and in which order.

In: dates of documents and a span of time. Out: the documents in order of time, each with the logical date of its run.
Pure. Windows are parts of days, so that none crosses a month, which is what is recorded under one lease.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from flows.settings import SettingsError
from storage.backfills import Item

Window = Literal[1, 2, 3, 4, 6, 8, 12, 24]  # hours; they end with the day, so that none crosses a month
WINDOWS_H: tuple[int, ...] = get_args(Window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is wanted of the past: documents published from `since` (None: whenever) until `until` (None: now)."""

    since: datetime | None = None
    until: datetime | None = None
    window_h: int = 24

    def __post_init__(self) -> None:
        """Refuse windows that would cross the end of a day, and a span that ends before it begins."""
        if self.window_h not in WINDOWS_H:
            raise SettingsError(f"a window of {self.window_h} hours: choose one of {', '.join(map(str, WINDOWS_H))}")
        if self.since and self.until and self.since >= self.until:
            raise SettingsError(f"since {self.since.isoformat()} is not before until {self.until.isoformat()}")


def in_order_of_time(
    items: Sequence[tuple[Item, int]], done: Mapping[int, int], until: datetime, window_h: int
) -> Iterator[tuple[Item, datetime]]:
    """Yield the items that are left, with the end of their window: by window, then as the monitor sorts a batch.

    `items` go with the number of their shard, `done` tells how many of each shard were recorded.
    """
    placed = [(window_end(item.at, until, window_h), item, shard) for item, shard in items]
    skipped: Counter[int] = Counter()
    for end, item, shard in sorted(placed, key=lambda p: (p[0], p[1].first_at or p[0], p[1].name)):
        if skipped[shard] < done[shard]:
            skipped[shard] += 1
        else:
            yield item, end


def window_end(at: datetime | None, until: datetime, window_h: int) -> datetime:
    """Return the end of the window in which a document was published: the logical date of its run."""
    if at is None:
        return until
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return min(midnight + timedelta(hours=(at.hour // window_h + 1) * window_h), until)
