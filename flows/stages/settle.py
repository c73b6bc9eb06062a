"""Settles the account of each source once its documents are recorded: state, attempt, and what the operator
is told.

In: what was collected, read and recorded. Out: the notices of this run. Validators are stored here, after
everything that the answer caused was committed: a crash before costs one fetch more, and loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from flows.stages.collect import Collected
from flows.stages.health import assess
from flows.stages.moves import move_notice, stayed
from flows.stages.read import Read
from flows.stages.record import Recorded
from storage import sources
from storage.engine import Store
from storage.source_values import SourceAttempt, SourceNotice, SourceState


def settle(
    store: Store, collected: Sequence[Collected], read: Sequence[Read], recorded: Sequence[Recorded], *, now: datetime
) -> tuple[SourceNotice, ...]:
    """Keep the attempt and the state of each source; return what is to be told."""
    notices: list[SourceNotice] = []
    new: Counter[tuple[str, str]] = Counter()
    for document, done in zip([r for r in read if not r.known], recorded, strict=True):
        new[_key(document)] += done.articles
    attempts: list[SourceAttempt] = []
    with store.write() as tx:
        states = sources.states(tx)
        for part in collected:
            before = states[part.source.key]
            attempt = attempt_of(part, read, new, now)
            health = assess(
                part.source,
                _remembered(before, part, attempt),
                attempt,
                now=now,
                permanent=part.permanent,
                retry_after_s=part.retry_after_s,
            )
            attempts.append(attempt)
            states[part.source.key] = health.state
            for notice in (health.notice, move_notice(part.source, before, health.state, now=now)):
                if notice:
                    sources.add_notice(tx, notice)
                    notices.append(notice)
        sources.add_attempt(tx, *attempts)
        sources.save_states(tx, {part.source.key: states[part.source.key] for part in collected})
    return tuple(notices)


def _remembered(before: SourceState, part: Collected, attempt: SourceAttempt) -> SourceState:
    """Take over the validators of an answer that was read; those of one that was not are never kept.

    Nor is the address to which such a one was redirected.
    """
    if part.state is None:
        return before
    if attempt.outcome not in {"ok", "not_modified"}:
        return replace(stayed(before), asked=part.state.asked)  # the unreadable must not come first for ever
    before = replace(before, moved_to=part.state.moved_to, moved_times=part.state.moved_times)
    if attempt.outcome != "ok":
        return before
    body = part.documents[0].sha256 if len(part.documents) == 1 else None
    return replace(
        before,
        etag=part.state.etag,
        last_modified=part.state.last_modified,
        unconditional_at=part.state.unconditional_at,
        asked=part.state.asked,
        body_sha256=body,
    )


def attempt_of(
    part: Collected, read: Sequence[Read], new: Mapping[tuple[str, str], int], now: datetime
) -> SourceAttempt:
    """Return the attempt as it ended: what was in the answer, how much of it was new, and why it failed.

    `new` counts the new articles and versions by source and hash of the document.
    """
    attempt = part.attempt or SourceAttempt(
        source=part.source.key, started_at=now, outcome="failed" if part.failed else "ok", reason=part.failed
    )
    own = {(part.source.key, d.sha256) for d in part.documents}
    mine = [r for r in read if _key(r) in own]  # others were read again, or belong to entries of earlier answers
    if attempt.outcome != "ok":
        return attempt
    if part.attempt and mine and all(r.outcome != "parsed" for r in mine):
        reason = "; ".join(dict.fromkeys(r.reason or r.outcome for r in mine))
        return replace(attempt, outcome="failed", reason=f"{part.source.address}: {reason}")
    if mine and all(r.known for r in mine):
        return replace(attempt, fresh=0)  # the same bytes as before: what is in them was counted then
    return replace(attempt, items=_items(part, mine), fresh=sum(new.get(key, 0) for key in own))


def _items(part: Collected, mine: Sequence[Read]) -> int | None:
    """Return how many entries were in an answer; None where a part of it is known, and was not read again."""
    if part.source.kind == "listing":
        return len(mine)
    if any(r.known for r in mine):
        return None
    return sum(len(r.reading.articles) if r.entries is None else r.entries for r in mine)


def _key(read: Read) -> tuple[str, str]:
    return read.document.source, read.document.sha256
