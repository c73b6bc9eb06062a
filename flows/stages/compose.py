"""From an alert to the message that a person reads.

In: an alert, its development as it stood at that version, and the reports. Out: a `Message` with subject,
plain text, HTML and the JSON of the webhook. Pure. Foreign words are data: escaped in HTML, never a
template, never a header.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from flows.stages.deliver.message import Message, MessageType
from flows.stages.summary import toll_words
from storage.values import (
    Alert,
    Change,
    Development,
    DevelopmentState,
    DevelopmentVersion,
    Fatalities,
    Report,
)

_TYPES: dict[str, MessageType] = {
    "new": "development.new",
    "update": "development.updated",
    "corroboration": "development.updated",
    "contradiction": "development.contradicted",
    "correction": "development.corrected",
}
_HEADS = {
    "new": "New",
    "update": "Update",
    "corroboration": "Confirmed",
    "contradiction": "Disputed",
    "correction": "Correction",
}
_MOST_QUOTES = 6  # in one message; the rest is counted


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compose(alert: Alert, development: Development, *, thread: str | None, possible_repeat: bool = False) -> Message:
    """Return the message of one alert; `thread` is the id of the development's first alert for a follow-up."""
    version = next(v for v in development.history if v.number == alert.development_number)
    known = tuple(r for r in development.reports if (r.development_version_id or version.id) <= version.id)
    quotes = news_quotes(known)
    facts = {
        "head": _HEADS[alert.change],
        "alert": alert,
        "development": development,
        "state": version.state,
        "changes": [change_words(c) for c in version.changes],
        "where": where_words(version.state),
        "when": when_words(version.state),
        "figures": figures(version.state),
        "descriptions": version.state.descriptions,
        "quotes": quotes[:_MOST_QUOTES],
        "more": max(0, len(quotes) - _MOST_QUOTES),
        "possible_repeat": possible_repeat,
    }
    return Message(
        uid=alert.uid,
        type=_TYPES[alert.change],
        created_at=alert.created_at,
        subject=" ".join(f"{_HEADS[alert.change]}: {version.state.summary}".split()),
        text=_templates().get_template("alert.txt.j2").render(facts),
        html=_templates().get_template("alert.html.j2").render(facts),
        data=_data(alert, development, version, quotes),
        thread=thread,
        possible_repeat=possible_repeat,
    )


def news_quotes(reports: tuple[Report, ...]) -> list[Report]:
    """Return one report a sentence, those that tell news only, in the order in which they came."""
    seen: dict[tuple[int, int], Report] = {}
    for report in reports:
        if report.role == "news":
            seen.setdefault((report.version_id, report.start), report)
    return list(seen.values())


def change_words(change: Change) -> str:
    """Return a change as a person would say it: "fatalities: over 30 -> over 60 (told by RFI)"."""
    return f"{change.field.replace('_', ' ')}: {_value(change.old)} → {_value(change.new)} ({change.reason})"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return toll_words(Fatalities(**value)) or "none told"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "unknown" if value is None else str(value)


def source_of(report: Report) -> str:
    """Return who printed a report, whose article it copies where that is known, and whom it names as its source."""
    printed = report.outlet or report.external_id
    after = f", after {report.original}" if report.original and report.original != printed else ""
    named = ", ".join(report.attributed_to)
    return f"{printed}{after}, citing {named}" if named and named != printed else f"{printed}{after}"


def figures(state: DevelopmentState) -> list[str]:
    """Return each figure with who says it."""
    return [
        f"{q.measure}: {q.surface}"
        + (f" ({q.claimant})" if q.claimant else "")
        + (f", {q.scope}" if q.scope != "event" else "")
        for q in state.quantities
    ]


def where_words(state: DevelopmentState) -> str:
    """Return the place in words, with its region and country."""
    place = state.place
    if place is None:
        return "not told"
    parts = [place.name, place.region if place.region and place.region not in place.name else None, place.country]
    return ", ".join(dict.fromkeys(p for p in parts if p))


def when_words(state: DevelopmentState) -> str:
    """Return the time in words; what the text does not tell is said to be untold."""
    when, anchor = state.when, state.anchor_development
    if when.start and when.basis == "publication":
        return f"not told; reported on {when.start}"
    if when.start:
        return (
            f"{when.start}"
            + (f" to {when.end}" if when.end and when.end != when.start else "")
            + f" ({when.precision})"
        )
    if when.offset_days is not None and anchor:
        return f"{when.offset_days:+d} day(s) from D{anchor}; no date told"
    return "not told"


def _data(
    alert: Alert, development: Development, version: DevelopmentVersion, quotes: Sequence[Report]
) -> dict[str, Any]:
    state = version.state
    return {
        "alert": {
            "id": alert.public_id,
            "uid": alert.uid,
            "change": alert.change,
            "rule": alert.rule,
            "severity": alert.severity,
            "reasons": list(alert.reasons),
            "created_at": alert.created_at.isoformat(),
        },
        "development": {
            "id": development.public_id,
            "version": alert.development_number,
            "summary": state.summary,
            "kind": state.kind,
            "event_type": state.event_type,
            "sub_event_type": state.sub_event_type,
            "modality": state.modality,
            "status": state.status,
            "watched": state.watched,
            "actors": [{"name": p.name, "role": p.role} for p in state.participants],
            "place": state.place.name if state.place else None,
            "date": state.when.start.isoformat() if state.when.start else None,
            "time_precision": state.when.precision,
            "fatalities": asdict(state.fatalities),
        },
        "changes": [asdict(change) for change in version.changes],
        "evidence": [
            {"external_id": r.external_id, "outlet": r.outlet, "claimant": r.claimant, "quote": r.quote, "url": r.url}
            for r in quotes
        ],
        "url": next((r.url for r in quotes if r.url), None),
    }
