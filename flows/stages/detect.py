"""What is new: holds each draft of an article against the developments that are known.

In: a draft, the candidates with their reports, and what is known of the article. Out: a `Verdict`: new, update,
contradiction, corroboration or repeat, with the state that follows, the slots that changed and the reasons.
Pure; it must never look at a clock or a database. A draft must agree with the stored slots of a development,
not only with its newest article.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from flows.stages.compare import Comparison, Slots, compare
from flows.stages.corrections import CORRECTED, rests_on, withdrawn_figures
from flows.stages.drafts import Draft
from flows.stages.figures import fatalities, join_quantities, of_event, raised, tolls_disjoint, without_implied
from flows.stages.summary import summarise
from parsers.coding.lexicon import Kind
from parsers.coding.values import Modality, Quantity
from parsers.coding.watch import Watch
from storage.values import Change, DecisionKind, Development, DevelopmentState, Status

RECALL_DAYS = 4  # after so many days an event that is not the article's subject is recalled, not reported
FOUNDING = 2  # slots, or a place in the head, that an event must have to found a development
_ADVANCE: dict[Modality, int] = {
    "denied": 0, "hypothetical": 0, "historical": 0, "announced": 1, "claimed": 1, "asserted": 2,
}  # fmt: skip

Held = tuple[Comparison, Development]  # a draft against a development


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a draft comes from: what decides whether it is another voice."""

    article_id: int
    family: str  # publisher family, or the article itself where nobody is named
    attributed_to: tuple[str, ...]
    duplicate_of: frozenset[int] = frozenset()  # articles of which this one is a copy
    reworded: bool = False  # the copy is a paraphrase: in other words the same may be read better
    partisan: bool = False  # relays a party's own network: never an independent voice
    edited: bool = False  # a later version of an article that was decided before
    told: tuple[Quantity, ...] = ()  # all figures of this version
    published_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision on one draft. `state` is None where no new version follows."""

    decision: DecisionKind
    development_id: int | None
    state: DevelopmentState | None
    changes: tuple[Change, ...]
    reasons: tuple[str, ...]
    recalled: bool = False  # known, days old and not what the article is about: its words are background
    corrects: bool = False  # what this very source told before: those who were told must hear it


def hold(draft: Draft, candidates: Sequence[Development], kinds: Mapping[str, Kind]) -> list[Held]:
    """Hold a draft against developments: only their slots are looked at."""
    return [(compare(slots_of(c.state, kinds), draft.slots, first_veto=True), c) for c in candidates]


def decide(draft: Draft, held: Sequence[Held], *, origin: Origin, watch: Watch, kinds: Mapping[str, Kind]) -> Verdict:
    """Decide on one draft; developments are ordered by id, and of equal matches the oldest is taken.

    Of those that it may speak of the reports are looked at, too.
    """
    linked = max((h for h in held if _linked(*h, origin)), key=lambda h: (h[0].score, -h[1].id), default=None)
    if linked:
        return _of_known(draft, linked[1], linked[0], origin=origin, watch=watch, kinds=kinds)
    if origin.duplicate_of and not origin.reworded:
        return _verdict("background", None, None, reasons=("a copy tells nothing that its original did not",))
    if draft.modality == "denied" and draft.kind.id != "denial":
        return _verdict("background", None, None, reasons=("denied, and linked to nothing that is known",))
    if draft.weight < FOUNDING:
        vague = f"told in passing, too vague to be an event of its own: weighs {draft.weight}, {FOUNDING} are needed"
        return _verdict("background", None, None, reasons=(vague,))
    vetoed = [f"not D{c.id}: {comparison.vetoes[0]}" for comparison, c in held if comparison.vetoes][:3]
    weighed = f"weighs {draft.weight}, and {FOUNDING} found a development"
    state = first_state(draft, watch)
    return _verdict("new", None, state, reasons=(f"linked to nothing that is known; {weighed}", *vetoed))


def _linked(comparison: Comparison, known: Development, origin: Origin) -> bool:
    """Tell whether a draft speaks of a known event; the article that told of it before does so sooner."""
    again = origin.edited and comparison.one_event_in_text and rests_on(known, origin.article_id)
    return comparison.one_event or again


def slots_of(state: DevelopmentState, kinds: Mapping[str, Kind]) -> Slots:
    """Return the stored slots of a development in the form that is compared."""
    return Slots(
        kind=kinds[state.kind],
        participants=state.participants,
        place=state.place,
        when=state.when,
        quantities=state.quantities,
        descriptions=state.descriptions,
        scope=state.scope,
    )


def first_state(draft: Draft, watch: Watch) -> DevelopmentState:
    """Return the state of a development that one draft founds."""
    return _state(draft, draft.slots, draft.modality, draft.claimant, watch, status="reported", sources=1)


def _state(
    draft: Draft, slots: Slots, modality: Modality, claimant: str | None, watch: Watch, *, status: Status, sources: int
) -> DevelopmentState:
    kind = slots.kind
    return DevelopmentState(
        watch=watch.id,
        kind=kind.id,
        event_type=kind.event_type,
        sub_event_type=kind.sub_event_type,
        family=kind.family,
        modality=modality,
        status=status,
        watched=draft.beside_watched or any(p.id in watch.watched for p in slots.participants),
        summary=summarise(slots, modality=modality, claimant=claimant, theatre=watch.theatre[0]),
        participants=slots.participants,
        descriptions=slots.descriptions,
        place=slots.place,
        when=slots.when,
        quantities=slots.quantities,
        fatalities=fatalities(slots.quantities),
        scope=slots.scope,
        claimant=claimant,
        independent_sources=sources,
    )


def _of_known(
    draft: Draft,
    known: Development,
    comparison: Comparison,
    *,
    origin: Origin,
    watch: Watch,
    kinds: Mapping[str, Kind],
) -> Verdict:
    old = known.state
    linked = (f"linked to D{known.id}: {', '.join(comparison.reasons)}",)
    if draft.modality == "denied" and draft.kind.id != "denial":
        return _denied(draft, known, reasons=linked)
    fresh = _is_independent(known, origin)
    contradicted = _contradicts(draft, known, origin)
    news = draft.slots
    if not origin.edited:  # an edit may take a figure back to a lower one
        news = replace(news, quantities=without_implied(old.quantities, news.quantities))
    slots = slots_of(old, kinds).joined(news)
    later_count = not contradicted and not _rivals(draft, known) and raised(old.quantities, draft.slots.quantities)
    gone = withdrawn_figures(known, draft, origin.article_id, origin.told) if origin.edited else frozenset()
    if later_count:
        slots = replace(slots, quantities=_superseded(old.quantities, draft.slots.quantities))
    elif gone:
        left = [q for q in old.quantities if q not in gone]
        slots = replace(slots, quantities=join_quantities(left, draft.slots.quantities))
    done = old.modality == "announced" and draft.modality != "announced"  # the deed is told by others than its plan
    if done and draft.slots.when.start:
        slots = replace(slots, when=draft.slots.when)  # the day of the deed goes before that of its announcement
    state = _state(
        draft,
        slots,
        max(old.modality, draft.modality, key=_ADVANCE.__getitem__),
        draft.claimant if done else old.claimant or draft.claimant,
        watch,
        status="disputed" if contradicted else _status(old, draft, fresh=fresh),
        sources=old.independent_sources + (1 if fresh else 0),
    )
    state = replace(state, anchor_development=old.anchor_development, watched=old.watched or state.watched)
    changes = _changes(old, state, CORRECTED if gone else _teller(draft))
    decision, reason = _decision(changes, fresh=fresh, contradicted=contradicted)
    recalled = _is_recalled(draft, old, origin)
    if recalled and decision == "corroboration":
        decision, reason = "repeat", "recalled, and nothing new is told of it"
    if decision == "repeat":
        return replace(_verdict("repeat", known.id, None, reasons=(*linked, reason)), recalled=recalled)
    verdict = _verdict(decision, known.id, state, changes=changes, reasons=(*linked, reason))
    corrects = bool(gone) and not later_count and any(c.field == "fatalities" for c in changes)
    return replace(verdict, corrects=corrects, recalled=recalled)


def _is_recalled(draft: Draft, old: DevelopmentState, origin: Origin) -> bool:
    """Tell whether an article that is about something else names an event of some days before."""
    end = old.when.end or old.when.start
    if draft.in_head or end is None or origin.published_on is None:
        return False
    return (origin.published_on - end).days > RECALL_DAYS


def _denied(draft: Draft, known: Development, *, reasons: tuple[str, ...]) -> Verdict:
    old = known.state
    if old.status in {"disputed", "denied"}:
        return _verdict("repeat", known.id, None, reasons=(*reasons, "denied again"))
    why = f"denied by {draft.claimant or 'a report'}"
    change = Change(field="status", old=old.status, new="disputed", reason=why)
    return _verdict(
        "contradiction", known.id, replace(old, status="disputed"), changes=(change,), reasons=(*reasons, why)
    )


def _is_independent(known: Development, origin: Origin) -> bool:
    """Another publisher family, another original source, and no copy: six reprints are one source."""
    if origin.duplicate_of or origin.edited or origin.partisan:
        return False
    families = {r.family for r in known.reports}
    sources = {s.casefold() for r in known.reports for s in r.attributed_to}
    own = {s.casefold() for s in origin.attributed_to}
    return origin.family not in families and not (own and own <= sources)


def _contradicts(draft: Draft, known: Development, origin: Origin) -> bool:
    """Tell whether the deaths told here cannot be squared with the record's and are no later count.

    A higher figure is a later count, unless a party to the fight sets it against another's; what the same
    article says later corrects it.
    """
    old, new = of_event(known.state.quantities), of_event(draft.slots.quantities)
    if not tolls_disjoint(old, new) or any(r.article_id == origin.article_id for r in known.reports):
        return False
    return bool(_rivals(draft, known)) or not raised(old, new)


def _rivals(draft: Draft, known: Development) -> set[str | None]:
    """Return the parties to the fight whose figures stand against those of others: they replace none."""
    old, new = of_event(known.state.quantities), of_event(draft.slots.quantities)
    return {q.claimant for q in new if q.by_party} - {q.claimant for q in old} if old else set()


def _superseded(old: Sequence[Quantity], new: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Return the figures after a later count: it takes the place of earlier ones of its groups."""
    groups = {q.group for q in of_event(new)}
    counted = {q for q in of_event(old) if q.group in groups or "unknown" in {q.group, *groups}}
    return join_quantities([q for q in old if q not in counted], new)


def _status(old: DevelopmentState, draft: Draft, *, fresh: bool) -> Status:
    if old.status == "reported" and fresh and draft.modality == "asserted" and old.modality in {"asserted", "claimed"}:
        return "confirmed"
    return old.status


_MATERIAL = {"kind", "modality", "place", "date", "fatalities", "status", "watched"}


def _teller(draft: Draft) -> str:
    return f"told by {draft.claimant}" if draft.claimant else "told by a report"


def _changes(old: DevelopmentState, new: DevelopmentState, source: str) -> tuple[Change, ...]:
    """Return the slots that differ, as JSON values, each with who says so."""
    rows: list[tuple[str, object, object]] = [
        ("kind", old.kind, new.kind),
        ("modality", old.modality, new.modality if old.modality == "announced" else old.modality),
        ("place", old.place and old.place.name, new.place and new.place.name),
        ("date", _date(old), _date(new)),
        ("fatalities", asdict(old.fatalities), asdict(new.fatalities)),
        ("status", old.status, new.status),
        ("watched", old.watched, new.watched),
        ("actors", [p.name for p in old.participants], [p.name for p in new.participants]),
        ("descriptions", [d.text for d in old.descriptions], [d.text for d in new.descriptions]),
        ("independent_sources", old.independent_sources, new.independent_sources),
    ]
    reasons = {"independent_sources": "another, independent source"}
    return tuple(Change(field=f, old=a, new=b, reason=reasons.get(f, source)) for f, a, b in rows if a != b)


def _date(state: DevelopmentState) -> str | None:
    return state.when.start.isoformat() if state.when.start and state.when.basis != "publication" else None


def _decision(changes: Sequence[Change], *, fresh: bool, contradicted: bool) -> tuple[DecisionKind, str]:
    fields = [c.field for c in changes if c.field in _MATERIAL]
    if contradicted:
        return "contradiction", "figures that cannot be squared, from another side"
    if news := [f for f in fields if f != "status"]:
        return "update", f"changed: {', '.join(news)}"
    if fresh:
        return "corroboration", "told by another, independent source"
    return "repeat", "nothing that the record does not hold"


def _verdict(
    decision: DecisionKind,
    development_id: int | None,
    state: DevelopmentState | None,
    *,
    changes: tuple[Change, ...] = (),
    reasons: tuple[str, ...] = (),
) -> Verdict:
    return Verdict(decision=decision, development_id=development_id, state=state, changes=changes, reasons=reasons)
