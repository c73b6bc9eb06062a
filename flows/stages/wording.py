"""What is known of a development in the words of a message: where, when, how sure, who counts what, who says so.

In: a state, its changes, its reports. Out: words, and the reports gathered by the article that printed them. Pure; it
says no more than the record holds, and what is not told is said to be untold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flows.stages.toll import toll_words
from parsers.coding.values import Modality, Quantity, When
from storage.values import Change, DevelopmentState, Fatalities, Report

_FIELDS = {"fatalities": "killed", "modality": "told as"}  # others are named as they are
_MODALITIES: dict[Modality, str] = {
    "asserted": "a fact", "claimed": "a claim", "denied": "denied", "announced": "announced",
    "hypothetical": "a possibility", "historical": "history",
}  # fmt: skip
_NO_REASON = "told by a report"  # says nothing: the reports stand below
_LAST = ("independent_sources", "status")  # of the changes: what follows from the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one version of an article says of a development, sentence by sentence."""

    name: str
    url: str | None  # of the web, or None: nothing else is ever a link
    published_at: datetime | None
    citing: tuple[str, ...]
    said_by: tuple[str, ...]
    quotes: tuple[str, ...]

    @property
    def credit(self) -> str:
        """Return when it was printed and whose words it gives."""
        parts = [day_words(self.published_at.date()) if self.published_at else "undated"]
        parts += [f"citing {', '.join(self.citing)}"] if self.citing else []
        parts += [f"said by {' and '.join(self.said_by)}"] if self.said_by else []
        return ", ".join(parts)


def news_quotes(reports: tuple[Report, ...]) -> list[Report]:
    """Return one report a sentence, those that tell news only, in the order in which they came."""
    seen: dict[tuple[int, int], Report] = {}
    for report in reports:
        if report.role == "news":
            seen.setdefault((report.version_id, report.start), report)
    return list(seen.values())


def sources_of(quotes: Sequence[Report]) -> list[Source]:
    """Return the quotes gathered by the version of the article that printed them."""
    by_version: dict[int, list[Report]] = {}
    for quote in quotes:
        by_version.setdefault(quote.version_id, []).append(quote)
    return [_source(group) for group in by_version.values()]


def _source(group: Sequence[Report]) -> Source:
    first = group[0]
    name = first.outlet or first.external_id
    return Source(
        name=_printed_by(first),
        url=web_address(first.url),
        published_at=first.published_at,
        citing=tuple(dict.fromkeys(who for r in group for who in r.attributed_to if who != name)),
        said_by=tuple(dict.fromkeys(r.claimant for r in group if r.claimant)),
        quotes=tuple(r.quote for r in sorted(group, key=lambda r: r.start)),
    )


def source_of(report: Report) -> str:
    """Return who printed a report, whose article it copies where that is known, and whom it names as its source."""
    named = ", ".join(report.attributed_to)
    printed = _printed_by(report)
    return f"{printed}, citing {named}" if named and named != (report.outlet or report.external_id) else printed


def _printed_by(report: Report) -> str:
    name = report.outlet or report.external_id
    return f"{name}, after {report.original}" if report.original and report.original != name else name


def changes_in_order(changes: Sequence[Change]) -> list[Change]:
    """Return the changes with what happened first, and what follows from it last."""
    return sorted(changes, key=lambda change: change.field in _LAST)


def change_words(change: Change) -> str:
    """Return a change as a person would say it: "killed: over 30 → over 60 (told by RFI)"."""
    name = _FIELDS.get(change.field, change.field.replace("_", " "))
    why = "" if change.reason == _NO_REASON else f" ({change.reason})"
    return f"{name}: {_value(change.field, change.old)} → {_value(change.field, change.new)}{why}"


def _value(field: str, value: Any) -> str:
    if isinstance(value, dict):
        return toll_words(Fatalities(**value)) or "none told"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field == "date":
        return day_words(date.fromisoformat(str(value)))
    words = str(_MODALITIES.get(value, value)) if field == "modality" else str(value)
    return words.replace("_", " ") if field == "kind" else words


def figures(state: DevelopmentState) -> list[str]:
    """Return each figure once with all who say it; a headline's adds nothing to the same figure in a text."""
    told: dict[tuple[object, ...], list[Quantity]] = {}
    for q in state.quantities:
        numbers = (q.low, q.best, q.high)
        key = numbers if any(n is not None for n in numbers) else (q.surface.casefold(),)
        told.setdefault((q.measure, q.group, q.scope, *key), []).append(q)
    return [_figure(group) for group in told.values()]


def _figure(group: Sequence[Quantity]) -> str:
    said_by = dict.fromkeys(q.claimant for q in group if q.claimant)
    first = next((q for q in group if q.claimant), group[0])
    who = f" ({' and '.join(said_by)})" if said_by else ""
    scope = f", {first.scope}" if first.scope != "event" else ""
    return f"{first.measure.replace('_', ' ')}: {first.surface}{who}{scope}"


def where_words(state: DevelopmentState) -> str:
    """Return the place in words, with its region and country."""
    place = state.place
    if place is None:
        return "not told"
    parts = [place.name, place.region if place.region and place.region not in place.name else None, place.country]
    return ", ".join(dict.fromkeys(p for p in parts if p))


def when_words(state: DevelopmentState) -> str:
    """Return the time as tables show it, in ISO days; what the text does not tell is said to be untold."""
    when = state.when
    if when.start and when.basis == "publication":
        return f"not told; reported on {when.start}"
    if when.start:
        until = f" to {when.end}" if when.end and when.end != when.start else ""
        return f"{when.start}{until} ({when.precision})"
    return _counted_from(state) or "not told"


def date_words(state: DevelopmentState) -> str:
    """Return the time as people say it: "Sunday 8 June 2025", "June 2025"."""
    when = state.when
    if when.start is None:
        return _counted_from(state) or "not told"
    if when.basis == "publication":
        return f"not told; reported on {day_words(when.start)}"
    return _span(when, when.start)


def _span(when: When, start: date) -> str:
    if when.precision == "year":
        return f"{start:%Y}"
    if when.precision == "month":
        return f"{start:%B %Y}"
    if when.end and when.end != start:
        return f"{day_words(start)} to {day_words(when.end)}"
    return day_words(start) if when.precision == "week" else f"{start:%A} {day_words(start)}"


def day_words(day: date) -> str:
    """Return a day in words: "8 June 2025"."""
    return f"{day.day} {day:%B %Y}"


def _counted_from(state: DevelopmentState) -> str | None:
    """Return a time that is told by another development alone."""
    days, anchor = state.when.offset_days, state.anchor_development
    if days is None or anchor is None:
        return None
    count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
    relation = "the same day as" if not days else f"{count} {'after' if days > 0 else 'before'}"
    return f"{relation} D{anchor}; no date told"


def standing_words(state: DevelopmentState) -> str:
    """Return how sure it is: "confirmed", "reported; a claim of JNIM"."""
    if state.modality == "asserted":
        return state.status
    of = f" of {state.claimant}" if state.modality == "claimed" and state.claimant else ""
    words = _MODALITIES[state.modality] + of
    return words if words == state.status else f"{state.status}; {words}"


def independent_words(count: int, sources: Sequence[Source]) -> str:
    """Return how many sources are independent, and who printed it: "2 independent: Sahel Wire, River Daily"."""
    names = list(dict.fromkeys(source.name for source in sources))
    how = ":" if count >= len(names) else ", printed by"
    return f"{count} independent{how} {', '.join(names)}" if names else f"{count} independent"


def web_address(url: str | None) -> str | None:
    """Return an address that may be a link; None for what is not of the web."""
    return url if (url or "").lower().startswith(("https://", "http://")) else None
