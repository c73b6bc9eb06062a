"""Where a source has moved to: permanent redirects are remembered, and followed by themselves once they repeat.

In: a source, what is remembered of it, and answers. Out: the address to ask, the next state, the notice of a move.
Pure. The configured address is kept: it is asked again as soon as the new one fails.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from storage.source_values import Source, SourceNotice, SourceState

MOVED_TIMES = 2  # that a permanent redirect is met before its target is asked itself: servers err for an hour


def address_of(source: Source, state: SourceState) -> str:
    """Return the address at which a source is to be asked."""
    return state.moved_to if state.moved_to and state.moved_times >= MOVED_TIMES else source.address


def led(source: Source, state: SourceState, moved_to: str | None) -> SourceState:
    """Return the state after an answer whose permanent redirects led to `moved_to`, None without any."""
    if moved_to is None:
        return state if address_of(source, state) != source.address else stayed(state)
    times = state.moved_times + 1 if moved_to == state.moved_to else 1
    return replace(state, moved_to=moved_to, moved_times=times)


def stayed(state: SourceState) -> SourceState:
    """Return the state of a source that is to be asked at its configured address."""
    return replace(state, moved_to=None, moved_times=0)


def move_notice(source: Source, before: SourceState, after: SourceState, *, now: datetime) -> SourceNotice | None:
    """Return the notice that a source moved, in the run in which that became certain."""
    if address_of(source, after) in {source.address, address_of(source, before)}:
        return None
    reason = f"it is asked at {after.moved_to} from now on; {source.address} leads there for good"
    return SourceNotice(source=source.key, kind="moved", reason=reason, noticed_at=now)
