"""The history of a development in words: "toll raised from over 30 to over 60: RFI, 3 June".

In: a development with its versions and reports. Out: lines, version by version, each with who says so and when. Pure;
every change of a version makes a line, and a line says nothing that the change does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from flows.stages.toll import toll_words
from storage.values import Change, Development, DevelopmentState, DevelopmentVersion, Fatalities, Report

_STATUS = {
    "reported": "no longer confirmed",
    "confirmed": "confirmed by an independent source",
    "disputed": "disputed",
    "denied": "denied",
    "retracted": "retracted",
    "merged": "merged by hand",
}
_NO_END = float("inf")
_DENIED = "denied by "  # of the reason of a change


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One change, between the states before and after it."""

    change: Change
    before: DevelopmentState
    after: DevelopmentState


def history_words(development: Development) -> tuple[str, ...]:
    """Return the whole history, oldest first; it begins with how the event was first told."""
    first = development.history[0]
    lines = [f"first told: {first.state.summary}{_source(development, first, ())}"]
    return (*lines, *(line for v in development.history[1:] for line in version_words(development, v)))


def version_words(development: Development, version: DevelopmentVersion) -> tuple[str, ...]:
    """Return what one version changed, a line a change; nothing for the first version."""
    before = next((v for v in development.history if v.number == version.number - 1), None)
    if before is None:
        return ()
    steps = [_Step(change=c, before=before.state, after=version.state) for c in version.changes]
    return tuple(f"{_told(step)}{_source(development, version, (step.change,))}" for step in steps)


def _told(step: _Step) -> str:
    told = _FIELDS.get(step.change.field)
    if told is None:
        return f"{step.change.field.replace('_', ' ')}: {step.change.old} to {step.change.new}"
    return told(step)


def _source(development: Development, version: DevelopmentVersion, changes: Sequence[Change]) -> str:
    """Return who made a version, and on which day; a change that no report made gives its own reason."""
    made = [r for r in development.reports if r.development_version_id == version.id]
    if not made:
        return f": {changes[0].reason}" if changes else ""
    said = [c.reason for c in changes if c.reason.startswith("corrected")]
    names = dict.fromkeys(_teller(r) for r in made)
    told_at = max((r.published_at for r in made if r.published_at), default=None)
    seen = f", {_day(told_at, version.recorded_at)}" if told_at else ", undated"
    return f": {'; '.join([*said, ' and '.join(names)])}{seen}"


def _teller(report: Report) -> str:
    return report.original or report.outlet or next(iter(report.attributed_to), None) or report.external_id


def _day(at: date, now: date) -> str:
    return f"{at.day} {at:%B}" if at.year == now.year else f"{at.day} {at:%B %Y}"


def _toll(step: _Step) -> str:
    old, new = (Fatalities(**value) for value in (step.change.old, step.change.new))
    words = [_with_bound(t, s) for t, s in ((old, step.before), (new, step.after))]
    if not words[0]:
        return f"toll told: {words[1]}"
    if not words[1]:
        return f"toll of {words[0]} withdrawn"
    if step.after.status == "disputed":
        return f"toll in dispute: {words[1]}, before {words[0]}"
    (low, high), (new_low, new_high) = _ends(old), _ends(new)
    if new_low <= low and high <= new_high:
        return f"toll now told as {words[1]}, before {words[0]}"
    moved = "raised" if (new_low, new_high) > (low, high) else "lowered"
    return f"toll {moved} from {words[0]} to {words[1]}"


def _ends(toll: Fatalities) -> tuple[float, float]:
    """Return the bounds of a toll; what nothing bounds has no end."""
    if toll.low is None and toll.high is None:
        return toll.best or 0, toll.best or 0
    return toll.low or 0, _NO_END if toll.high is None else toll.high


def _with_bound(toll: Fatalities, state: DevelopmentState) -> str:
    lows = [q for q in state.quantities if q.measure == "killed" and q.low == toll.low]
    return toll_words(toll, strict=bool(lows) and all(q.strict for q in lows))


def _place(step: _Step) -> str:
    old, new = step.before.place, step.after.place
    if old is None or step.change.old is None:
        return f"place told: {step.change.new}"
    finer = new is not None and (new.geo_precision or 9) < (old.geo_precision or 9)
    return f"place {'made finer' if finer else 'changed'}: from {step.change.old} to {step.change.new}"


def _date(step: _Step) -> str:
    old, new = (v and _written(v) for v in (step.change.old, step.change.new))
    if old is None:
        return f"date told: {new}"
    return f"date changed from {old} to {new}" if new else f"date of {old} withdrawn"


def _written(day: str) -> str:
    at = date.fromisoformat(day)
    return f"{at.day} {at:%B %Y}"


def _status(step: _Step) -> str:
    reason = step.change.reason
    if reason.startswith(_DENIED):
        return reason
    return _STATUS.get(str(step.change.new), str(step.change.new))


def _parts(step: _Step) -> str:
    change = step.change
    return f"{change.new} merged into it" if change.new else f"{change.old} taken out of it"


def _merged_into(step: _Step) -> str:
    change = step.change
    return f"part of {change.new} from now on" if change.new else f"no part of {change.old} any more"


def _modality(step: _Step) -> str:
    told = "told as done" if step.change.new == "asserted" else str(step.change.new)
    return f"{step.change.old} before, now {told}"


def _kind(step: _Step) -> str:
    old, new = (str(v).replace("_", " ") for v in (step.change.old, step.change.new))
    return f"now told as {new}, before as {old}"


def _actors(step: _Step) -> str:
    added, gone = _differences(step.change)
    parts = [f"also named: {', '.join(added)}"] if added else []
    parts += [f"no longer named: {', '.join(gone)}"] if gone else []
    return "; ".join(parts) or "actors in another order"


def _descriptions(step: _Step) -> str:
    added, gone = _differences(step.change)
    parts = [f"described as {', '.join(f'“{d}”' for d in added)}"] if added else []
    parts += [f"no longer described as {', '.join(f'“{d}”' for d in gone)}"] if gone else []
    return "; ".join(parts) or "descriptions in another order"


def _differences(change: Change) -> tuple[list[Any], list[Any]]:
    return [v for v in change.new if v not in change.old], [v for v in change.old if v not in change.new]


def _sources(step: _Step) -> str:
    count = step.change.new
    return f"{count} independent source{'' if count == 1 else 's'}, before {step.change.old}"


_FIELDS: dict[str, Callable[[_Step], str]] = {
    "fatalities": _toll,
    "place": _place,
    "date": _date,
    "status": _status,
    "modality": _modality,
    "kind": _kind,
    "actors": _actors,
    "descriptions": _descriptions,
    "independent_sources": _sources,
    "parts": _parts,
    "merged_into": _merged_into,
}


def fields_changed(old: DevelopmentState, new: DevelopmentState, reason: str) -> tuple[Change, ...]:
    """Return the slots that differ between two states, as JSON values, with the reason for all of them."""
    rows = zip(_plain(old).items(), _plain(new).values(), strict=True)
    return tuple(Change(field=field, old=a, new=b, reason=reason) for (field, a), b in rows if a != b)


def _plain(state: DevelopmentState) -> dict[str, Any]:
    day = state.when.start.isoformat() if state.when.start and state.when.basis != "publication" else None
    return {
        "kind": state.kind,
        "modality": state.modality,
        "place": state.place and state.place.name,
        "date": day,
        "fatalities": asdict(state.fatalities),
        "status": state.status,
        "actors": [p.name for p in state.participants],
        "descriptions": [d.text for d in state.descriptions],
        "independent_sources": state.independent_sources,
    }
