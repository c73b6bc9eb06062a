"""Gathers what one article says into drafts, one an event.

In: the mentions of one article version, and the article's frame. Out: drafts whose slots are those of their
mentions together, and the mentions that are no event of their own (background, aggregates, tolls alone), each
with the reason. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.stages.compare import Slots, compare, is_near
from flows.stages.drafts import Draft, Frame, town_of
from parsers.coding.events import without_unnamed
from parsers.coding.lexicon import Kind
from parsers.coding.relevance import TOLL_ALONE
from parsers.coding.values import Mention, Participant, PlaceMention, TimePrecision, When
from storage.values import StoredMention

_TOLD_BY_REPORT = {"civilians", "fighting", "abduction", "looting", "air"}  # what an inquiry looks into


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The drafts of an article, and its mentions that make none, each with the reason."""

    drafts: tuple[Draft, ...]
    loose: tuple[tuple[StoredMention, str], ...]


def gather(mentions: Sequence[StoredMention], kinds: Mapping[str, Kind], frame: Frame) -> Gathered:
    """Gather the mentions of one article into drafts; undated events of a dated article count from its day."""
    drafts: list[Draft] = []
    loose: list[tuple[StoredMention, str]] = []
    history = any(_no_event(m) is None and _too_old(m, frame) for m in mentions)
    for stored in mentions:
        if why := _no_event(stored) or _too_old(stored, frame):
            loose.append((stored, why))
            continue
        if history and stored.mention.when.precision != "day":
            loose.append((stored, "undated, in an undated article on what is long past"))
            continue
        draft = _draft(stored, kinds[stored.mention.kind or ""], frame)
        home = _home(drafts, draft)
        if home is None:
            drafts.append(draft)
        else:
            drafts[home] = _joined(drafts[home], draft)
    drafts, denied = _without_denied(_with_victims(drafts, [m for m, _ in loose]))
    drafts = _denials_last(_reports_with_findings(_losses_with_admissions(_fights_with_claims(drafts))))
    drafts = _beside_watched(drafts) if frame.watched_subject else drafts
    return Gathered(drafts=tuple(_dated(d, frame.published_at) for d in drafts), loose=(*loose, *denied))


def _beside_watched(drafts: Sequence[Draft]) -> list[Draft]:
    """Mark what a text on a watched actor tells first, what happened where it acted, and what an inquiry found."""
    scenes = [town for d in drafts if d.takes_part and (town := town_of(d))]
    inquiry = any(d.in_head and d.takes_part and d.kind.family == "report" for d in drafts)
    return [
        replace(d, beside_watched=_is_subject(d) or _is_at(d, scenes) or (inquiry and d.kind.family in _TOLD_BY_REPORT))
        for d in drafts
    ]


def _is_subject(draft: Draft) -> bool:
    """Tell whether an event in the head is what the article tells of its subject; another's exit or plan is not."""
    of_another = draft.kind.family == "exit" or draft.modality == "announced"
    return draft.in_head and (draft.takes_part or not of_another)


def _is_at(draft: Draft, scenes: Sequence[PlaceMention]) -> bool:
    town = town_of(draft)
    return town is not None and any(is_near(town, scene) for scene in scenes)


def _home(drafts: Sequence[Draft], draft: Draft) -> int | None:
    """Return the draft that tells of the same event; of several the one that agrees best."""
    alike = [(n, d) for n, d in enumerate(drafts) if (d.modality == "denied") == (draft.modality == "denied")]
    held = [(compare(known.slots, draft.slots), n) for n, known in alike]
    found = [(c.score, -n) for c, n in held if c.one_event_in_text]
    return -max(found)[1] if found else None


def _no_event(stored: StoredMention) -> str | None:
    mention = stored.mention
    if mention.kind is None:
        return "a toll of no single event"
    if mention.role == "background":
        return "; ".join(mention.reasons) or "background"
    if mention.modality == "hypothetical":
        return "; ".join(mention.reasons) or "hypothetical"
    # a set of bases given up is one development of its own; a set of attacks is none
    if mention.scope != "event" and mention.kind != "base_abandoned":
        return "; ".join(mention.reasons) or "several events told as one"
    return None


def _too_old(stored: StoredMention, frame: Frame) -> str | None:
    """Tell that an event of an undated article was long past when the article was first seen."""
    end = stored.mention.when.end or stored.mention.when.start
    if frame.published_at or frame.seen_on is None or frame.horizon_days is None or end is None:
        return None
    days = (frame.seen_on - end).days
    return f"{days} days old when the undated article was first seen" if days > frame.horizon_days else None


def _draft(stored: StoredMention, kind: Kind, frame: Frame) -> Draft:
    mention = stored.mention
    slots = Slots(
        kind=kind,
        participants=mention.participants,
        place=mention.place,
        when=mention.when,
        quantities=tuple(replace(q, phrase=stored.id) for q in mention.quantities),
        descriptions=mention.descriptions,
        scope=mention.scope,
        ordinals=frozenset({mention.ordinal}),
    )
    return Draft(
        slots=slots,
        modality=mention.modality,
        claimant=mention.claimant,
        mentions=(stored,),
        in_head=_heads(mention, kind, frame),
        dated_article=frame.published_at is not None,
    )


def _heads(mention: Mention, kind: Kind, frame: Frame) -> bool:
    """Tell whether a mention stands in the head; in the lead, a noun ("worked on the deployment") may only refer."""
    if mention.start >= frame.head_end:
        return False
    told = kind.violent or mention.rule.endswith(".verb") or mention.modality == "announced"
    return told or mention.start < frame.title_end


def _joined(known: Draft, more: Draft) -> Draft:
    slots = known.slots.joined(more.slots)
    if known.modality == "announced" and more.modality == "asserted" and more.slots.when.start:
        slots = replace(slots, when=more.slots.when)  # the day of the deed goes before that of its announcement
    return replace(
        known,
        slots=slots,
        modality="asserted" if more.modality == "asserted" else known.modality,  # what is told as done goes before
        claimant=known.claimant or more.claimant,
        mentions=(*known.mentions, *more.mentions),
        in_head=known.in_head or more.in_head,
    )


def _with_victims(drafts: list[Draft], loose: Sequence[StoredMention]) -> list[Draft]:
    """Give the one fight that an article tells first the watched victims that it names with the losses only."""
    fights = [n for n, d in enumerate(drafts) if d.in_head and d.kind.violent]
    victims = {p.id: p for m in loose if m.mention.rule == TOLL_ALONE for p in m.mention.participants}
    if len(fights) != 1 or not victims:
        return drafts
    fight = drafts[fights[0]]
    fresh = [p for p in victims.values() if p.id not in _everyone(fight)]
    slots = replace(fight.slots, participants=without_unnamed((*fight.slots.participants, *fresh)))
    return [*drafts[: fights[0]], replace(fight, slots=slots), *drafts[fights[0] + 1 :]]


def _without_denied(drafts: Sequence[Draft]) -> tuple[list[Draft], list[tuple[StoredMention, str]]]:
    """Drop the rumour that an article tells only to deny it: the same deed, with no day and no town of its own."""
    denied = [d for d in drafts if d.modality == "denied" or d.kind.family == "denial"]
    rumours = [d for d in drafts if any(_is_rumour_of(d, fact) for fact in denied)]
    loose = [(m, "told only to be denied") for d in rumours for m in d.mentions]
    return [d for d in drafts if d not in rumours], loose


def _denials_last(drafts: Sequence[Draft]) -> list[Draft]:
    """Let a denial stand behind the deed that it denies, and know it: where that deed is known, it is its news."""
    denied = [d for d in drafts if d.modality == "denied" and d.kind.local]  # the row about a presence is news itself
    told = []
    for draft in drafts:
        deeds = [d for d in denied if d is not draft and _sentences(d) & _sentences(draft)]
        if draft.kind.family == "denial" and deeds:
            draft = replace(draft, denies=frozenset().union(*(d.slots.ordinals for d in deeds)))
        told.append(draft)
    return sorted(told, key=lambda d: bool(d.denies))


def _sentences(draft: Draft) -> set[int]:
    return {m.mention.start for m in draft.mentions}


def _is_rumour_of(draft: Draft, denied: Draft) -> bool:
    if draft is denied or draft.modality == "denied":
        return False
    if denied.modality == "denied" and denied.in_head and draft.kind.family == denied.kind.family:
        return True
    if not draft.kind.violent:
        return False
    vague = draft.slots.when.start is None and (
        draft.slots.place is None or draft.slots.place.geo_precision in {None, 3}
    )
    return vague and bool(_watched(draft) & _watched(denied))


def _everyone(draft: Draft) -> set[str]:
    return {p.id for p in draft.slots.participants}


def _watched(draft: Draft) -> set[str]:
    return {p.id for p in draft.slots.participants if p.camp == "watched"}


def _fights_with_claims(drafts: Sequence[Draft]) -> list[Draft]:
    """Give a claim of responsibility to the fight that the article tells of; alone it stays what it is."""
    told = list(drafts)
    for claim in [d for d in drafts if d.kind.family == "claim"]:
        fight = next((n for n, d in enumerate(told) if d.kind.violent and not _other_agent(d, claim)), None)
        if fight is None:
            continue
        known = told[fight]
        agents = [p for p in claim.slots.participants if p.role == "agent"] if not known.slots.ids("agent") else []
        told[fight] = _with_mentions(known, claim, agents)
        told.remove(claim)
    return told


def _losses_with_admissions(drafts: Sequence[Draft]) -> list[Draft]:
    """Give what a side admits in passing to the loss that the article tells of; in the head it is news of its own."""
    told = list(drafts)
    for admitted in [d for d in drafts if d.kind.family == "statement" and not d.in_head]:
        own = [n for n, d in enumerate(told) if _is_loss_of(d, admitted.slots.ids("agent"))]
        if own:
            home = min(own, key=lambda n: not _sentences(told[n]) & _sentences(admitted))
            told[home] = _with_mentions(told[home], admitted, ())
            told.remove(admitted)
    return told


def _is_loss_of(draft: Draft, sides: frozenset[str] | set[str]) -> bool:
    return (draft.kind.violent or draft.kind.family == "command") and bool(sides & draft.slots.ids("target"))


def _other_agent(fight: Draft, claim: Draft) -> bool:
    agents = fight.slots.camps("agent")
    return bool(agents) and not agents & claim.slots.camps("agent")


def _with_mentions(draft: Draft, more: Draft, participants: Sequence[Participant]) -> Draft:
    slots = replace(
        draft.slots,
        participants=(*draft.slots.participants, *participants),
        ordinals=draft.slots.ordinals | more.slots.ordinals,
    )
    return replace(draft, slots=slots, mentions=(*draft.mentions, *more.mentions))


def _reports_with_findings(drafts: Sequence[Draft]) -> list[Draft]:
    """Give what an inquiry found, where no day of its own makes it news, to the report that the article is about."""
    report = next((d for d in drafts if d.kind.family == "report" and d.in_head), None)
    if report is None:
        return list(drafts)
    found = [d for d in drafts if d.kind.family in _TOLD_BY_REPORT and d.slots.when.start is None]
    told = [d for d in drafts if d not in found]
    home = told.index(report)
    for finding in found:
        known = _everyone(told[home])
        concerned = [replace(p, role="party") for p in finding.slots.participants if p.id not in known]
        told[home] = _with_mentions(told[home], finding, concerned)
    return told


def _dated(draft: Draft, published_at: datetime | None) -> Draft:
    """Date an undated event of a dated article by the day of publication, and say so in its basis."""
    when = draft.slots.when
    if published_at is None or when.start is not None or when.basis == "anchored":
        return draft
    day = published_at.date()
    precision: TimePrecision = "week" if draft.kind.violent else "day"
    dated = When(start=day, end=day, precision=precision, basis="publication", surface=when.surface)
    return replace(draft, slots=replace(draft.slots, when=dated))
