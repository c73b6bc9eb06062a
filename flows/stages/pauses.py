"""Until when hosts asked to be left alone (Retry-After), whichever source they were asked for.

In: hosts and instants, those of earlier runs among them. Out: the seconds that are left. It must never believe a
pause that no server can have asked for: such a one comes from a clock that was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

LONGEST_PAUSE = timedelta(hours=24)  # whatever a server asks for


class Pauses:
    """The pauses by host. `fresh()` are those that were asked for since it was made."""

    def __init__(self, known: Mapping[str, datetime] | None = None) -> None:
        self._known = dict(known or {})
        self._fresh: dict[str, datetime] = {}

    def ask(self, host: str, now: datetime, *, seconds: float) -> None:
        """Leave a host alone for so many seconds."""
        if seconds > 0:
            self._fresh[host] = self._known[host] = now + min(timedelta(seconds=seconds), LONGEST_PAUSE)

    def left_s(self, host: str, now: datetime) -> float:
        """Return for how many seconds the host is still to be left alone."""
        left = self._known.get(host, now) - now
        return max(0.0, left.total_seconds()) if left <= LONGEST_PAUSE else 0.0

    def fresh(self) -> dict[str, datetime]:
        """Return the ends of the new pauses by host."""
        return dict(self._fresh)
