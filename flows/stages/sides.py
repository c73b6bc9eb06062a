"""Who is named in the line that tells an event, and in which part: what sources give is not always what one can say.

In: the slots of an event and who claims it. Out: `Sides`. Pure. Nobody is put on a side that the slots leave open:
where one side holds enemies, sources do not agree who attacked whom, and the line must not decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flows.stages.compare import Slots
from parsers.coding.values import Participant

_GOVERNMENT, _ARMED_GROUPS = {"state", "watched", "russia"}, {"rebel", "jihadist"}
_NO_FIGHTERS = {"un", "ngo", "civilians", "person"}  # they attack nobody
_NO_TARGETS = {"ngo"}  # a body that reports on a fight; aid workers are civilians


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Agents and targets as they are told. `contested`: they are the two sides of a fight, and nobody knows who began.

    `over` are watched actors about whom others quarrel.
    """

    agents: tuple[Participant, ...] = ()
    targets: tuple[Participant, ...] = ()
    over: tuple[Participant, ...] = ()
    contested: bool = False


def sides_of(slots: Slots, *, claimant: str | None) -> Sides:
    """Return whom the line names, and in which part."""
    agents, targets = _in_role(slots, "agent"), _in_role(slots, "target")
    kind = slots.kind
    if kind.violent:
        return _of_fight(kind.family, agents, targets, may_contest=bool(kind.contested))
    if kind.family == "mass_grave":
        accused = [p for p in agents if p.camp not in _NO_FIGHTERS and p.name != claimant]
        return Sides(agents=tuple(accused))
    if kind.family == "diplomacy":
        over = tuple(p for p in targets if p.camp == "watched")
        quarrel = tuple(p for p in targets if p.camp != "watched" and not p.unnamed)
        return Sides(agents=agents, targets=quarrel, over=over)
    if kind.concerns:
        parties = _in_role(slots, "party")
        concerned = (*targets, *(p for p in parties if p.camp == "watched" or not targets))
        named = _without(_best_named(concerned), agents)
        return Sides(agents=agents, targets=tuple(sorted(named, key=lambda p: p.camp == "civilians")))
    return Sides(agents=agents, targets=_without(targets, agents))


def _in_role(slots: Slots, role: str) -> tuple[Participant, ...]:
    return tuple(p for p in slots.participants if p.role == role)


def _of_fight(
    family: str, agents: Sequence[Participant], targets: Sequence[Participant], *, may_contest: bool
) -> Sides:
    fighters = [p for p in agents if p.camp not in _NO_FIGHTERS]
    hit = [p for p in _without(targets, fighters) if p.camp not in _NO_TARGETS]
    if family == "civilians":
        hit = [p for p in hit if p.camp == "civilians"] or hit
    if may_contest and (_are_enemies(fighters) or _are_enemies(hit)):
        everyone = _best_named([*fighters, *hit])
        return Sides(
            agents=tuple(p for p in everyone if p.camp in _GOVERNMENT),
            targets=tuple(p for p in everyone if p.camp in _ARMED_GROUPS),
            contested=True,
        )
    known = [() if _are_enemies(side) else tuple(side) for side in (fighters, hit)]
    return Sides(agents=known[0], targets=known[1])


def _best_named(participants: Iterable[Participant]) -> list[Participant]:
    """Return the participants without words for a camp ("gunmen") beside a name of that camp."""
    told = list(participants)
    named = {p.camp for p in told if not p.unnamed}
    return [p for p in told if not (p.unnamed and p.camp in named)]


def _without(participants: Iterable[Participant], others: Iterable[Participant]) -> tuple[Participant, ...]:
    ids = {p.id for p in others}
    return tuple(p for p in participants if p.id not in ids)


def _are_enemies(participants: Iterable[Participant]) -> bool:
    camps = {p.camp for p in participants}
    return bool(camps & _GOVERNMENT and camps & _ARMED_GROUPS)
