"""Deaths in words: "over 30 soldiers killed", "6 soldiers and 24 militants killed".

In: the slots of an event, or a toll. Out: words. Pure; groups are told apart only where their figures are those of
the record, and a bound is told as a bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows.stages.compare import Slots
from flows.stages.figures import fatalities, of_event
from parsers.coding.values import Group, Quantity
from storage.values import Fatalities

_NOUNS: dict[Group, tuple[str, str]] = {
    "army": ("soldier", "soldiers"), "watched": ("fighter", "fighters"), "militants": ("militant", "militants"),
    "civilians": ("civilian", "civilians"), "peacekeepers": ("peacekeeper", "peacekeepers"),
    "unknown": ("person", "people"),
}  # fmt: skip


def toll_told(slots: Slots) -> str:
    """Return the deaths of an event as the end of a sentence: ", 30 soldiers killed"; empty where none are told."""
    killed = of_event(slots.quantities)
    if not killed:
        return ""
    by_group: dict[Group, list[Quantity]] = {}
    for quantity in killed:
        by_group.setdefault(quantity.group, []).append(quantity)
    total = fatalities(slots.quantities)
    parts = {group: fatalities(figures) for group, figures in by_group.items()}
    if len(parts) > 1 and not ("unknown" not in parts and _adds_up(total, list(parts.values()))):
        parts, by_group = {"unknown": total}, {"unknown": list(killed)}
    told = [_counted(toll, group, by_group[group], slots) for group, toll in parts.items()]
    return f", {' and '.join(told)} killed"


def _adds_up(total: Fatalities, parts: Sequence[Fatalities]) -> bool:
    """Tell whether the groups' figures together are the toll of the record, to the last man."""
    exact = [p.best for p in parts if p.low == p.best == p.high and p.best is not None]
    return len(exact) == len(parts) and total == Fatalities(low=sum(exact), best=sum(exact), high=sum(exact))


def _counted(toll: Fatalities, group: Group, figures: Sequence[Quantity], slots: Slots) -> str:
    one, many = _NOUNS[group]
    noun = one if toll.low == toll.high == 1 else many
    if group == "watched":
        named = {p.name for p in slots.participants if p.camp == "watched" and not p.unnamed}
        noun = f"{named.pop()} {noun}" if len(named) == 1 else noun
    return f"{toll_words(toll, strict=any(q.strict for q in figures))} {noun}"


def toll_words(toll: Fatalities, *, strict: bool = False) -> str:
    """Return a toll in words: "5", "over 30", "nearly 50", "20 to 50"; empty where there is none."""
    if toll.low is None and toll.best is None and toll.high is None:
        return ""
    if toll.low == toll.high == 0:
        return "no"
    if toll.low is not None and toll.high is not None:
        return str(toll.low) if toll.low == toll.high else f"{toll.low} to {toll.high}"
    if toll.low is not None:
        return f"{'over' if strict else 'at least'} {toll.low}"
    if toll.high is not None:
        return f"{'nearly' if toll.best == toll.high else 'up to'} {toll.high}"
    return f"about {toll.best}"
