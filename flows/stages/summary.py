"""One line of plain English made from the slots: who did what to whom, where, when, with what toll,
according to whom.

In: slots, modality, claimant. Out: a sentence. Pure; it must never say more than the slots hold: an
announced deed is announced, a claimed one claimed, an unknown side is "unidentified".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.stages.compare import Slots
from flows.stages.figures import fatalities
from parsers.coding.values import Modality, Participant, PlaceMention, Quantity, When
from storage.values import Fatalities

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_NUMBER = {"(s)": ("s", ""), "(es)": ("es", ""), "its/their": ("its", "their"), "deny/denies": ("denies", "deny")}
_PLURAL = {"paramilitaries", "militants", "rebels", "hunters", "states", "forces", "Civilians", "Movements"}
_COMMON = {
    "Local",
    "Several",
    "Security",
    "Military",
    "Residents",
    "Witnesses",
    "Sources",
    "Analysts",
    "Observers",
    "The",
}
_GROUPS = {
    "army": "soldiers", "watched": "Russian fighters", "militants": "militants", "civilians": "civilians",
    "peacekeepers": "peacekeepers", "unknown": "people",
}  # fmt: skip


def summarise(slots: Slots, *, modality: Modality, claimant: str | None, theatre: str) -> str:
    """Return the summary of an event; `theatre` is the country that need not be named beside a town."""
    values = {
        "agent": _names(slots.participants, "agent"),
        "target": _names(slots.participants, "target"),
        "where": _where(slots.place, theatre),
        "base": _base(slots),
    }
    line = _OPTIONAL.sub(
        lambda m: _filled(m.group(1), values) if _has_all(m.group(1), values) else "", slots.kind.phrase
    )
    line = _numbered(_filled(line, values), plural=_is_plural(values["agent"]))
    line += _toll(slots.quantities) + _day(slots.when)
    if modality == "announced" and "announce" not in line:
        line += " (announced)"
    if claimant and claimant not in values["agent"].split(" and "):
        line += f", according to {_lower(claimant)}"
    elif modality == "claimed":
        line += ", by its own account" if claimant else " (claimed)"
    return line[:1].upper() + line[1:]


def _has_all(part: str, values: dict[str, str]) -> bool:
    return all(values[name] for name in _SLOT.findall(part))


def _filled(part: str, values: dict[str, str]) -> str:
    return _SLOT.sub(lambda m: values[m.group(1)] or "unidentified actors", part)


def _lower(voice: str) -> str:
    """Return a voice inside a sentence: "Local accounts" loses its capital, "JNIM" and "Malian army" keep theirs."""
    first, _, rest = voice.partition(" ")
    return f"{first.lower()} {rest}" if rest.islower() and first.istitle() and first in _COMMON else voice


def _is_plural(names: str) -> bool:
    """Tell whether a verb behind these names is in the plural."""
    return not names or " and " in names or (names[:1].isupper() and names.split()[-1] in _PLURAL)


def _numbered(line: str, *, plural: bool) -> str:
    for singular, many in _NUMBER.items():
        line = line.replace(singular, many[plural])
    return line


def _names(participants: Sequence[Participant], role: str) -> str:
    return " and ".join(p.name for p in participants if p.role == role)


def _where(place: PlaceMention | None, theatre: str) -> str:
    if place is None:
        return theatre
    if place.geo_precision == 2:
        return f"the area of {place.name}"
    return f"{place.name} region" if place.kind == "region" and "egion" not in place.name else place.name


def _base(slots: Slots) -> str:
    count = next((q for q in slots.quantities if q.measure == "bases"), None)
    return count.surface if count and slots.scope != "event" else "a base"


def _toll(quantities: Sequence[Quantity]) -> str:
    toll = fatalities(quantities)
    said = toll_words(toll, strict=any(q.strict for q in quantities if q.measure == "killed"))
    groups = {q.group for q in quantities if q.measure == "killed" and q.scope == "event"}
    noun = _GROUPS[next(iter(groups))] if len(groups) == 1 else "people"
    return f", {said} {noun} killed" if said else ""


def toll_words(toll: Fatalities, *, strict: bool = False) -> str:
    """Return a toll in words: "five", "over 30", "20 to 50"; empty where there is none."""
    if toll.low is None and toll.best is None and toll.high is None:
        return ""
    if toll.low == toll.high == 0:
        return "no"
    if toll.low is not None and toll.high is not None:
        return str(toll.low) if toll.low == toll.high else f"{toll.low} to {toll.high}"
    if toll.low is not None:
        return f"{'over' if strict else 'at least'} {toll.low}"
    if toll.high is not None:
        return f"up to {toll.high}"
    return f"about {toll.best}"


def _day(when: When) -> str:
    if when.start is None or when.basis == "publication":
        return ""
    if when.precision == "month":
        return f", {when.start:%B %Y}"
    if when.precision == "year":
        return f", {when.start:%Y}"
    return f", {when.start.day} {when.start:%B %Y}"
