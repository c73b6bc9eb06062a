"""Merging and splitting developments by hand: the states that follow.

In: developments with their reports, drafts of the mentions that are theirs, the reason. Out: states with their
changes. Pure. What a person joins stands against every veto; nothing is lost: a merge can be undone, a part that was
split off can be merged back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from flows.stages.compare import Slots, compare
from flows.stages.detect import first_state, slots_of
from flows.stages.drafts import Draft
from flows.stages.history import fields_changed
from parsers.coding.lexicon import Kind
from parsers.coding.values import Modality
from parsers.coding.watch import Watch
from storage.values import GONE, Change, Development, DevelopmentState, Report, Status

_DONE: tuple[Modality, ...] = ("asserted", "claimed", "announced")  # what is told as done goes before


class JoinError(Exception):
    """Developments that cannot be merged or split; the message names them and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next state of one development, and what changed."""

    state: DevelopmentState
    changes: tuple[Change, ...]


def merged(
    survivor: Development, part: Development, *, watch: Watch, kinds: Mapping[str, Kind], reason: str
) -> tuple[Step, Step, tuple[str, ...]]:
    """Return the next states of both, and the vetoes that the merge overrules; JoinError where it cannot be.

    `part` is merged into `survivor`; its own slots stay as they were told.
    """
    for known in (survivor, part):
        if known.state.status in GONE:
            raise JoinError(f"{known.public_id} is {known.state.status}")
        if known.state.watch != watch.id:
            raise JoinError(f"{known.public_id} belongs to the watch {known.state.watch}, not to {watch.id}")
    if survivor.id == part.id:
        raise JoinError(f"{part.public_id} cannot be merged into itself")
    one, other = slots_of(survivor.state, kinds), slots_of(part.state, kinds)
    new = {f for r in _voices(part.reports) if (f := r.family)} - {r.family for r in _voices(survivor.reports)}
    sources = survivor.state.independent_sources + min(len(new), part.state.independent_sources)
    overruled = compare(one, other).vetoes
    slots = one.joined(other)
    if overruled:  # a finer place or day of what contradicts it is no better place or day
        slots = replace(slots, place=one.place or other.place, when=one.when if one.when.start else other.when)
    draft = _draft(slots, [survivor.state, part.state])
    state = _kept(first_state(draft, watch), survivor.state, sources)
    joined = Change(field="parts", old=None, new=part.public_id, reason=reason)
    return (
        Step(state=state, changes=(joined, *fields_changed(survivor.state, state, reason))),
        _gone_into(part.state, survivor, reason),
        overruled,
    )


def _gone_into(part: DevelopmentState, survivor: Development, reason: str) -> Step:
    state = replace(part, status="merged", summary=f"Merged into {survivor.public_id}: {part.summary}")
    return Step(
        state=state,
        changes=(
            Change(field="status", old=part.status, new="merged", reason=reason),
            Change(field="merged_into", old=None, new=survivor.public_id, reason=reason),
        ),
    )


def own_again(part: Development, survivor: Development, *, reason: str) -> Step:
    """Return the state of a development before it was merged: it is its own again."""
    then = next(v.state for v in reversed(part.history) if v.state.status not in GONE)
    return Step(
        state=then,
        changes=(
            Change(field="status", old=part.state.status, new=then.status, reason=reason),
            Change(field="merged_into", old=survivor.public_id, new=None, reason=reason),
        ),
    )


def before_merge(survivor: Development, part: Development) -> DevelopmentState | None:
    """Return the state of the survivor before the merge, where nothing came since; else None."""
    if any(c.field == "parts" and c.new == part.public_id for c in survivor.version.changes):
        return survivor.history[-2].state
    return None


def retold(
    known: DevelopmentState, drafts: Sequence[Draft], reports: Sequence[Report], *, watch: Watch
) -> DevelopmentState:
    """Return the state that these drafts tell together; JoinError where they tell of no event.

    `reports` are those of the drafts' mentions; whether it is watched stays as it is known, unless a watched actor
    takes part.
    """
    if not drafts:
        raise JoinError("what is left tells of no event of its own")
    slots = reduce(Slots.joined, (d.slots for d in drafts))
    modality = next((m for m in _DONE if any(d.modality == m for d in drafts)), drafts[0].modality)
    claimant = next((d.claimant for d in drafts if d.claimant), None)
    draft = replace(drafts[0], slots=slots, modality=modality, claimant=claimant, beside_watched=known.watched)
    families = {r.family for r in _voices(reports)} or {r.family for r in reports}
    state = first_state(draft, watch)
    status: Status = "confirmed" if len(families) > 1 and modality == "asserted" else "reported"
    return replace(state, independent_sources=max(1, len(families)), status=status)


def _draft(slots: Slots, states: Sequence[DevelopmentState]) -> Draft:
    modality = next((m for m in _DONE if any(s.modality == m for s in states)), states[0].modality)
    claimant = next((s.claimant for s in states if s.claimant), None)
    watched = any(s.watched for s in states)
    return Draft(slots=slots, modality=modality, claimant=claimant, mentions=(), beside_watched=watched)


def _kept(state: DevelopmentState, known: DevelopmentState, sources: int) -> DevelopmentState:
    confirmed = known.status == "reported" and sources > known.independent_sources and state.modality == "asserted"
    status = "confirmed" if confirmed else known.status
    return replace(state, status=status, independent_sources=sources, anchor_development=known.anchor_development)


def _voices(reports: Sequence[Report]) -> list[Report]:
    """Return the reports that told news and were no repeats: those that count as sources."""
    return [r for r in reports if r.role == "news" and r.decision not in {"repeat", "background"}]
