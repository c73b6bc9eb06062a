"""What one article says of one event: its mentions gathered into drafts.

In: the mentions of one article version. Out: drafts, one an event, whose slots are those of its mentions
together; and the mentions that are no event of their own (background, aggregates, tolls alone). Pure: no
clock, no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.stages.compare import Slots, compare
from parsers.coding.lexicon import Kind
from parsers.coding.values import Modality, TimePrecision, When
from storage.values import StoredMention


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event as one article tells it. `mentions` are in text order; the first one leads."""

    slots: Slots
    modality: Modality
    claimant: str | None
    mentions: tuple[StoredMention, ...]

    @property
    def kind(self) -> Kind:
        """Return the kind that names the event: the highest in rank among its mentions."""
        return self.slots.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The drafts of an article, and its mentions that make none, each with the reason."""

    drafts: tuple[Draft, ...]
    loose: tuple[tuple[StoredMention, str], ...]


def gather(mentions: Sequence[StoredMention], kinds: Mapping[str, Kind], *, published_at: datetime | None) -> Gathered:
    """Gather the mentions of one article into drafts; undated events of a dated article count from its day."""
    drafts: list[Draft] = []
    loose: list[tuple[StoredMention, str]] = []
    for stored in mentions:
        if why := _no_event(stored):
            loose.append((stored, why))
            continue
        draft = _draft(stored, kinds[stored.mention.kind or ""])
        home = next((n for n, known in enumerate(drafts) if compare(known.slots, draft.slots).one_event_in_text), None)
        if home is None:
            drafts.append(draft)
        else:
            drafts[home] = _joined(drafts[home], draft)
    return Gathered(drafts=tuple(_dated(d, published_at) for d in drafts), loose=tuple(loose))


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


def _draft(stored: StoredMention, kind: Kind) -> Draft:
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
    return Draft(slots=slots, modality=mention.modality, claimant=mention.claimant, mentions=(stored,))


def _joined(known: Draft, more: Draft) -> Draft:
    return Draft(
        slots=known.slots.joined(more.slots),
        modality="asserted" if more.modality == "asserted" else known.modality,  # what is told as done goes before
        claimant=known.claimant or more.claimant,
        mentions=(*known.mentions, *more.mentions),
    )


def _dated(draft: Draft, published_at: datetime | None) -> Draft:
    """Date an undated event of a dated article by the day of publication, and say so in its basis."""
    when = draft.slots.when
    if published_at is None or when.start is not None or when.basis == "anchored":
        return draft
    day = published_at.date()
    precision: TimePrecision = "week" if draft.kind.violent else "day"
    dated = When(start=day, end=day, precision=precision, basis="publication", surface=when.surface)
    return replace(draft, slots=replace(draft.slots, when=dated))
