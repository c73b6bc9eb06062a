"""One line of plain English made from the slots: who did what to whom, where, when, with what toll,
according to whom.

In: slots, modality, claimant. Out: a sentence. Pure; it must never say more than the slots hold: an announced deed
is to come, a claimed one claimed; what is unknown is left out, or the phrase of the kind is one that does without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.stages.compare import Slots
from flows.stages.sides import Sides, sides_of
from flows.stages.toll import toll_told, toll_words
from parsers.coding.lexicon import Kind
from parsers.coding.values import Modality, Participant, PlaceMention, When

__all__ = ["summarise", "toll_words"]

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_VERB = re.compile(r"(\w+)(?:\((e?s)\)|/(\w+))")  # leave(s), reach(es), deny/denies
_PLURAL = {"paramilitaries", "militants", "rebels", "hunters", "states", "forces", "Civilians", "civilians"}
_COMMON = {
    "Analysts", "Civilians", "Local", "Military", "Observers", "Officials", "Residents", "Security", "Several",
    "Sources", "The", "Unidentified", "Witnesses",
}  # fmt: skip
_SAYS_SO = re.compile(r"^(?:according to|as per)\s+", re.IGNORECASE)


def summarise(slots: Slots, *, modality: Modality, claimant: str | None, theatre: str) -> str:
    """Return the summary of an event; `theatre` is the country in which its own forces need not be placed."""
    sides = sides_of(slots, claimant=claimant)
    values = {
        "agent": _names(sides.agents),
        "target": _names(sides.targets),
        "over": _names(sides.over),
        "where": _where(slots.place, sides, theatre),
        "base": _base(slots),
    }
    phrase = _phrase(slots, sides, values)
    plural = len(sides.agents) > 1 or _is_plural(values["agent"])
    line = _OPTIONAL.sub(lambda m: m.group(1) if _has_all(m.group(1), values) else "", phrase)
    if slots.place and slots.place.kind == "site":
        line = line.replace("in {where}", "at {where}")
    said = _SLOT.sub(lambda m: values[m.group(1)], _conjugated(line, plural=plural, modality=modality))
    if modality == "announced" and "announce" not in said and not _is_planned(said):
        said += " (announced)"
    said += toll_told(slots) + _days(slots.when) + _voice(slots.kind, sides, modality, claimant)
    return said[:1].upper() + said[1:]


def _phrase(slots: Slots, sides: Sides, values: dict[str, str]) -> str:
    """Return the first phrase of the kind whose slots are known; a whole country is no object of a deed."""
    kind = slots.kind
    if sides.contested and values["agent"] and values["target"]:
        return kind.contested
    country = slots.place is not None and slots.place.kind == "country"
    for phrase in (kind.phrase, *kind.otherwise):
        needed = _SLOT.findall(_OPTIONAL.sub("", phrase))
        if all(values[name] and not (name == "where" and country) for name in needed):
            return phrase
    return kind.otherwise[-1]


def _has_all(part: str, values: dict[str, str]) -> bool:
    return all(values[name] for name in _SLOT.findall(part))


def _conjugated(line: str, *, plural: bool, modality: Modality) -> str:
    """Give verbs the number of the agent; what is announced is still to come."""
    line = line.replace("its/their", "their" if plural else "its")
    if modality == "announced" and "announce" not in line and line.startswith("{agent}"):
        return _VERB.sub(lambda m: f"{'are' if plural else 'is'} to {m[1]}", line, count=1)
    return _VERB.sub(lambda m: m[1] if plural else m[3] or m[1] + m[2], line)


def _is_planned(line: str) -> bool:
    return " is to " in line or " are to " in line


def _is_plural(name: str) -> bool:
    """Tell whether a verb behind this name is in the plural: by its head noun."""
    head = name.partition(" of ")[0].split()
    return bool(head) and head[-1] in _PLURAL


def _names(participants: Sequence[Participant]) -> str:
    names = [_lower(p.name) for p in participants]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _lower(name: str) -> str:
    """Return a name inside a sentence: "Local accounts" loses its capital, "JNIM" and "Malian army" keep theirs."""
    first, _, rest = name.partition(" ")
    plain = first in _COMMON and (not rest or rest.islower())
    return f"{first.lower()} {rest}".rstrip() if plain else name


def _where(place: PlaceMention | None, sides: Sides, theatre: str) -> str:
    if place is None:
        return ""
    if place.kind == "country":
        at_home = bool(sides.agents) and all(p.camp == "state" for p in sides.agents)
        return "" if place.name == theatre and at_home else place.name
    if place.geo_precision == 2 and place.kind in {"town", "village"}:
        return f"the {place.name} area"
    return f"{place.name} region" if place.kind == "region" and "egion" not in place.name else place.name


def _base(slots: Slots) -> str:
    count = next((q for q in slots.quantities if q.measure == "bases"), None)
    return count.surface if count and slots.scope != "event" else "a base"


def _days(when: When) -> str:
    start, end = when.start, when.end
    if start is None or when.basis == "publication":
        return ""
    if when.precision == "month":
        return f", {start:%B %Y}"
    if when.precision == "year":
        return f", {start:%Y}"
    if end is None or end == start:
        return f", {start.day} {start:%B %Y}"
    first = f"{start.day}" + (f" {start:%B}" if start.month != end.month or start.year != end.year else "")
    first += f" {start:%Y}" if start.year != end.year else ""
    return f", {first} to {end.day} {end:%B %Y}"


def _voice(kind: Kind, sides: Sides, modality: Modality, claimant: str | None) -> str:
    """Return whose words they are; a statement or a report is its agent's own by its nature."""
    own = sides.agents or (() if len(sides.targets) > 1 else sides.targets)
    if claimant and claimant not in {p.name for p in own}:
        return f", according to {_lower(_SAYS_SO.sub('', claimant))}"
    if kind.concerns or not (modality == "claimed" or (claimant and not sides.agents)):
        return ""
    if not claimant:
        return " (claimed)"
    return ", by their own account" if _is_plural(claimant) else ", by its own account"
