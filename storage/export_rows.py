"""How values look in exports: dictionaries of plain JSON, the same names in every export.

In: values of storage and of coding. Out: parts of rows. No query is made here.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, TypeAlias

from parsers.coding.values import Mention, Participant, PlaceMention, Quantity, When
from storage.encoding import to_json
from storage.values import Change, DevelopmentState, Report

Row: TypeAlias = dict[str, Any]


def iso(moment: date | None) -> str | None:
    """Return a day or an instant in ISO 8601."""
    return None if moment is None else moment.isoformat()


def state_row(state: DevelopmentState) -> Row:
    """Return the slots of a development's version."""
    return {
        "watch": state.watch,
        "watched": state.watched,
        "kind": state.kind,
        "family": state.family,
        "event_type": state.event_type,
        "sub_event_type": state.sub_event_type,
        "modality": state.modality,
        "scope": state.scope,
        "claimant": state.claimant,
        "actors": [_actor(participant) for participant in state.participants],
        "descriptions": [{"actor_id": said.actor_id, "text": said.text} for said in state.descriptions],
        **_place(state.place),
        **_when(state.when),
        "anchor_development_id": None if state.anchor_development is None else f"D{state.anchor_development}",
        "fatalities": to_json(state.fatalities),
        "quantities": [_quantity(quantity) for quantity in state.quantities],
        "rivals": [_quantity(quantity) for quantity in _rivals(state.quantities)],
        "status": state.status,
        "summary": state.summary,
        "independent_sources": state.independent_sources,
    }


def claim_row(mention: Mention) -> Row:
    """Return what one mention says, with the characters of the text that say it."""
    return {
        "ordinal": mention.ordinal,
        "kind": mention.kind,
        "modality": mention.modality,
        "role": mention.role,
        "rule": mention.rule,
        "quote": mention.quote,
        "start": mention.start,
        "end": mention.end,
        "trigger": to_json(mention.trigger),
        "actors": [_actor(participant) for participant in mention.participants],
        "descriptions": to_json(mention.descriptions),
        **_place(mention.place),
        **_when(mention.when),
        "quantities": [
            {**_quantity(quantity), "start": quantity.start, "end": quantity.end} for quantity in mention.quantities
        ],
        "scope": mention.scope,
        "claimant": mention.claimant,
        "attributed_to": list(mention.attributed_to),
        "reasons": list(mention.reasons),
    }


def report_row(report: Report) -> Row:
    """Return one report on a development, with its words."""
    return {
        "article_id": f"A{report.article_id}",
        "external_id": report.external_id,
        "outlet": report.outlet,
        "family": report.family,
        "original": report.original,
        "url": report.url,
        "published_at": iso(report.published_at),
        "role": report.role,
        "modality": report.modality,
        "claimant": report.claimant,
        "attributed_to": list(report.attributed_to),
        "quote": report.quote,
        "start": report.start,
        "end": report.end,
        "rule": report.rule,
        "decision": report.decision,
        "reasons": list(report.reasons),
    }


def change_row(change: Change) -> Row:
    """Return one slot that changed."""
    return {"field": change.field, "old": change.old, "new": change.new, "reason": change.reason}


def _actor(participant: Participant) -> Row:
    return {
        "id": participant.id,
        "name": participant.name,
        "camp": participant.camp,
        "role": participant.role,
    }


def _place(place: PlaceMention | None) -> Row:
    return {
        "place": place.name if place else None,
        "place_id": place.id if place else None,
        "region": place.region if place else None,
        "country": place.country if place else None,
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "geo_precision": place.geo_precision if place else None,
    }


def _when(when: When) -> Row:
    return {
        "date": iso(when.start),
        "date_end": iso(when.end or when.start),
        "time_precision": when.precision if when.start else "unknown",
        "time_basis": when.basis,
        "offset_days": when.offset_days,  # from the day of the anchor
    }


def _quantity(quantity: Quantity) -> Row:
    return {
        "measure": quantity.measure,
        "group": quantity.group,
        "low": quantity.low,
        "best": quantity.best,
        "high": quantity.high,
        "acled_coded": quantity.acled_coded,
        "noun": quantity.noun,
        "strict": quantity.strict,
        "approximate": quantity.approximate,
        "vague": quantity.vague,
        "scope": quantity.scope,
        "claimant": quantity.claimant,
        "surface": quantity.surface,
    }


def _rivals(quantities: tuple[Quantity, ...]) -> list[Quantity]:
    """Return the figures that count the same thing and differ: who says what is told by their claimants."""
    same: defaultdict[tuple[str, str, str], list[Quantity]] = defaultdict(list)
    for quantity in quantities:
        same[quantity.measure, quantity.group, quantity.scope].append(quantity)
    return [
        quantity
        for group in same.values()
        if len({(one.low, one.best, one.high) for one in group}) > 1
        for quantity in group
    ]
