"""Do two descriptions speak of one event? Slot by slot, with a score, vetoes and reasons.

In: the slots of two events. Out: a `Comparison`. Pure. Rules: coding by the same family of kinds; explicit
places more than 30 km apart, disjoint days, other scopes or swapped sides are vetoes; agreement of place,
time, agent, target and toll is counted. Nothing links that only fails to differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from flows.stages.figures import join_quantities, of_event, tolls_disjoint
from parsers.coding.events import without_unnamed
from parsers.coding.lexicon import Kind
from parsers.coding.places import distance_km
from parsers.coding.values import UNKNOWN_TIME, Description, Participant, PlaceMention, Quantity, When

FAR_KM = 30.0  # two explicit places farther apart are two events
REGION_KM = 350.0  # from the middle of "northern Mali" to its edges
LINK = 4.0  # points that make two descriptions one event across articles; tests/cases/stream
LINK_IN_TEXT = 1.0  # inside one article anything compatible is one event: writers do not repeat themselves
_FIGHT = {"fighting", "blast", "air", "shelling", "civilians"}  # families that can be words for one deed
_TELLING = 3  # deaths: "one killed" is said of many events
_ONCE = {"exit", "succession"}  # what happens once, and is announced, begun and ended on different days
TOLERANCE = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "year": timedelta(days=0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What is compared: the slots of a draft or of a stored development."""

    kind: Kind
    participants: tuple[Participant, ...] = ()
    place: PlaceMention | None = None
    when: When = UNKNOWN_TIME
    quantities: tuple[Quantity, ...] = ()
    descriptions: tuple[Description, ...] = ()
    scope: str = "event"
    ordinals: frozenset[int] = frozenset()  # of the mentions, in their article; none for a stored development

    def ids(self, role: str) -> set[str]:
        """Return the actors in a role."""
        return {p.id for p in self.participants if p.role == role}

    def camps(self, role: str) -> set[str]:
        """Return the camps in a role."""
        return {p.camp for p in self.participants if p.role == role}

    def joined(self, more: Slots) -> Slots:
        """Return the slots with all that `more` adds; finer places and times replace coarser ones."""
        known = {p.id for p in self.participants}
        everyone = (*self.participants, *(p for p in more.participants if p.id not in known))
        words = {d.text for d in self.descriptions}
        return replace(
            self,
            kind=max(self.kind, more.kind, key=lambda k: k.rank),
            participants=without_unnamed(everyone),
            place=finer_place(self.place, more.place),
            when=finer_time(self.when, more.when),
            quantities=join_quantities(self.quantities, more.quantities),
            descriptions=(*self.descriptions, *(d for d in more.descriptions if d.text not in words)),
            ordinals=self.ordinals | more.ordinals,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two descriptions agree: points with their reasons, and what forbids that they are one."""

    score: float
    reasons: tuple[str, ...]
    vetoes: tuple[str, ...]

    @property
    def one_event(self) -> bool:
        """Tell whether two articles speak of one event."""
        return not self.vetoes and self.score >= LINK

    @property
    def one_event_in_text(self) -> bool:
        """Tell whether two mentions of one article speak of one event."""
        return not self.vetoes and self.score >= LINK_IN_TEXT


def compare(known: Slots, more: Slots, *, first_veto: bool = False) -> Comparison:
    """Compare two descriptions slot by slot; no further than to the `first_veto` where others are of no interest."""
    vetoes: list[str] = []
    points: list[tuple[float, str]] = []
    for part in (_kinds, _scope, _place, _time, _sides, _figures):
        score, reason, veto = part(known, more)
        if veto:
            vetoes.append(veto)
            if first_veto:
                break
        elif reason:
            points.append((score, reason))
    return Comparison(
        score=sum(p for p, _ in points), reasons=tuple(f"{r} (+{p:g})" for p, r in points), vetoes=tuple(vetoes)
    )


_Part = tuple[float, str | None, str | None]


def _kinds(known: Slots, more: Slots) -> _Part:
    """Compare kinds: of one family, or words for one fight (a bomb, a strike, an attack) that hurt the same side."""
    if known.kind.id == more.kind.id:
        return 2.0, "same kind", None
    if known.kind.family == more.kind.family:
        return 1.0, "kind of one family", None
    families = {known.kind.family, more.kind.family}
    bare = not known.participants or not more.participants  # "attack on X" in a headline names no side
    if families <= _FIGHT and (bare or known.camps("target") & more.camps("target") or same_toll(known, more)):
        return 0.5, "two words for one fight", None
    return 0.0, None, f"other family of kinds: {known.kind.family}, {more.kind.family}"


def _scope(known: Slots, more: Slots) -> _Part:
    return 0.0, None, f"other scope: {known.scope}, {more.scope}" if known.scope != more.scope else None


def kin(family: str) -> set[str]:
    """Return the families of kinds that can name the same event as a kind of this one."""
    return _FIGHT if family in _FIGHT else {family}


def same_toll(known: Slots, more: Slots) -> bool:
    """Tell whether both tell of the same number of deaths, and of enough to be no chance."""
    tolls = [{q.best or q.low for q in of_event(s.quantities)} for s in (known, more)]
    return any(n is not None and n >= _TELLING for n in tolls[0] & tolls[1])


def _place(known: Slots, more: Slots) -> _Part:
    a, b = known.place, more.place
    if (
        a is None
        or b is None
        or (a.kind == "country" and a.country == b.country)
        or (b.kind == "country" and a.country == b.country)
    ):
        return 0.5, "place open", None
    if a.id == b.id:
        return 3.0, f"same place: {a.name}", None
    if a.country != b.country:
        return 0.0, None, f"other country: {a.country}, {b.country}"
    exact = [p for p in (a, b) if p.geo_precision is not None and p.geo_precision <= 2 and p.latitude is not None]
    if len(exact) == 2:
        apart = distance_km(_point(a), _point(b))
        if apart > FAR_KM:
            return 0.0, None, f"{apart:.0f} km apart: {a.name}, {b.name}"
        return 2.0, f"near: {a.name}, {b.name}", None
    if a.region and b.region and a.region != b.region:
        return 0.0, None, f"other region: {a.region}, {b.region}"
    if a.region and a.region == b.region:
        return 1.5, f"same region: {a.region}", None
    if may_lie_in(a, b):
        return 1.0, f"near or inside: {a.name}, {b.name}", None
    return 0.5, "place open", None


def may_lie_in(one: PlaceMention, other: PlaceMention) -> bool:
    """Tell whether one of two places may lie in the other, a part of a country such as "central Mali"."""
    return None not in {one.latitude, other.latitude} and distance_km(_point(one), _point(other)) <= REGION_KM


def is_near(one: PlaceMention, other: PlaceMention) -> bool:
    """Tell whether two places with coordinates are one, or no farther apart than two reports of one event may be."""
    if one.id == other.id:
        return True
    return None not in {one.latitude, other.latitude} and distance_km(_point(one), _point(other)) <= FAR_KM


def _point(place: PlaceMention) -> tuple[float, float]:
    return place.latitude or 0.0, place.longitude or 0.0


def _time(known: Slots, more: Slots) -> _Part:
    for one, other in ((known, more), (more, known)):
        if one.when.basis == "anchored" and one.when.anchor in other.ordinals:
            return 0.0, None, f"told as another day: {one.when.surface}"
    a, b = window(known.when), window(more.when)
    if a is None or b is None:
        return 0.0, None, None
    if a[0] > b[1] or b[0] > a[1]:
        # the day of an announcement is not the day of the deed; from another place it is another departure
        if known.kind.family in _ONCE and _same_named(known.place, more.place):
            return 1.0, "what happens once, on the days of its word and of its deed", None
        return 0.0, None, f"other time: {known.when.start}, {more.when.start}"
    guessed = "publication" in {known.when.basis, more.when.basis}
    return (1.0, "time agrees with publication", None) if guessed else (2.0, "same time", None)


def _same_named(a: PlaceMention | None, b: PlaceMention | None) -> bool:
    return (a and a.id) == (b and b.id)


def window(when: When) -> tuple[date, date] | None:
    """Return the days that a time may stand for, with the tolerance of its precision."""
    if when.start is None or when.precision == "unknown":
        return None
    slack = TOLERANCE[when.precision]
    if when.basis == "publication" and when.precision == "day":
        slack = TOLERANCE["week"]
    return when.start - slack, (when.end or when.start) + slack


def _sides(known: Slots, more: Slots) -> _Part:
    agents, others = known.ids("agent"), more.ids("agent")
    if known.kind.family == "mass_grave":
        shared = {p.id for p in known.participants} & {p.id for p in more.participants}
        return (1.0, "same actors", None) if shared else (0.0, None, None)  # who dug it is what is in dispute
    if known.kind.violent:
        if _swapped(known, more):
            return (0.0, None, None) if _one_scene(known, more) else (0.0, None, "sides swapped")
        if _other_target(known, more):
            return 0.0, None, "another side is hit"
        sides = [r for r in ("agent", "target") if known.ids(r) & more.ids(r)]
        camps = [r for r in ("agent", "target") if known.camps(r) & more.camps(r)]
        score = len(sides) + 0.5 * (len(camps) - len(sides))
        return (score, f"same {' and '.join(sides or camps)}", None) if score else (0.0, None, None)
    if known.kind.family == "command":  # whose leader it is
        return _same_loser(known, more)
    if known.kind.family == "prisoners":
        return (1.5, "same agent", None) if agents & others else (0.0, None, None)  # each side frees the other's
    if agents and others and not agents & others:
        same_camp = known.camps("agent") & more.camps("agent")
        if known.kind.family in {"exit", "succession", "denial", "diplomacy", "sanction", "report"} or not same_camp:
            return 0.0, None, f"other agent: {', '.join(sorted(agents))}; {', '.join(sorted(others))}"
        return 0.5, "agents of one camp", None
    return (1.5, "same agent", None) if agents & others else (0.0, None, None)


def _figures(known: Slots, more: Slots) -> _Part:
    if known.quantities and more.quantities and not tolls_disjoint(known.quantities, more.quantities):
        return 1.0, "figures agree", None
    return 0.0, None, None


def _same_loser(known: Slots, more: Slots) -> _Part:
    if known.ids("target") & more.ids("target"):
        return 1.5, "same target", None
    camps = known.camps("target"), more.camps("target")
    if camps[0] and camps[1] and not camps[0] & camps[1]:
        return 0.0, None, "the leader of another side"
    return (1.0, "targets of one camp", None) if camps[0] & camps[1] else (0.0, None, None)


def _one_scene(known: Slots, more: Slots) -> bool:
    """Tell whether town and day are the same, both told: there each side says that the other attacked."""
    told = {"explicit", "weekday", "relative"}
    same_day = known.when.start == more.when.start and {known.when.basis, more.when.basis} <= told
    town = known.place and known.place.geo_precision in {1, 2} and _same_named(known.place, more.place)
    return bool(town and same_day and known.when.precision == more.when.precision == "day")


def _other_target(known: Slots, more: Slots) -> bool:
    """Tell whether both name who was hit, of different sides, and no attacker in common."""
    targets = known.camps("target"), more.camps("target")
    agents = known.camps("agent") & more.camps("agent")
    return bool(targets[0] and targets[1]) and not targets[0] & targets[1] and not agents


def _swapped(known: Slots, more: Slots) -> bool:
    a, b = known.camps("agent"), more.camps("agent")
    return bool(a and b) and not a & b and bool(a & more.camps("target")) and bool(b & known.camps("target"))


def finer_place(known: PlaceMention | None, more: PlaceMention | None) -> PlaceMention | None:
    """Return the more precise of two places; of equals the known one."""
    if known is None or more is None:
        return known or more

    def rank(place: PlaceMention) -> tuple[int, bool]:
        return place.geo_precision or 9, place.region is None  # "Mopti region" goes before "central Mali"

    return more if rank(more) < rank(known) else known


_PRECISION = {"day": 0, "week": 1, "month": 2, "year": 3, "unknown": 4}


def finer_time(known: When, more: When) -> When:
    """Return the more precise of two times; a time that the text gives goes before one that publication gives."""

    def rank(when: When) -> tuple[int, int]:
        guessed = when.basis in {"publication", "unknown"}
        anchored = when.basis == "anchored" and when.start is None
        return (2 if guessed else 1 if anchored else 0, _PRECISION[when.precision])

    return more if rank(more) < rank(known) else known
