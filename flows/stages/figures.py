"""Tolls as intervals: what two claims share, what they dispute, and what a record says of them.

In: quantities of mentions. Out: joined claims and the fatalities of an event as low / best / high (UCDP).
Pure. Figures are never added up across sentences, and an aggregate never counts for one event.
"""

from __future__ import annotations

from collections.abc import Sequence

from parsers.coding.values import Quantity
from storage.values import Fatalities

_UNBOUNDED = 10**9


def bounds(quantity: Quantity) -> tuple[int, int] | None:
    """Return the interval of a quantity, or None where it holds no number."""
    numbers = [n for n in (quantity.low, quantity.best, quantity.high) if n is not None]
    if not numbers:
        return None
    low = quantity.low if quantity.low is not None else 0 if quantity.high is not None else min(numbers)
    return low, quantity.high if quantity.high is not None else max(
        numbers
    ) if quantity.best is not None else _UNBOUNDED


def of_event(quantities: Sequence[Quantity], measure: str = "killed") -> tuple[Quantity, ...]:
    """Return the counted quantities of one measure that belong to the event itself."""
    return tuple(q for q in quantities if q.measure == measure and q.scope == "event" and bounds(q))


def tolls_disjoint(known: Sequence[Quantity], more: Sequence[Quantity]) -> bool:
    """Tell whether the deaths of two accounts cannot be one figure; unknown where one side counts none."""
    return raised(known, more) or raised(more, known)


def raised(known: Sequence[Quantity], more: Sequence[Quantity]) -> bool:
    """Tell whether the deaths of `more` lie wholly above those of `known`, group by group."""
    for new in of_event(more):
        rivals = [q for q in of_event(known) if q.group == new.group or "unknown" in {q.group, new.group}]
        above = [_above(new, old) for old in rivals]
        if above and all(above):
            return True
    return False


def _above(new: Quantity, old: Quantity) -> bool:
    a, b = bounds(new), bounds(old)
    if a is None or b is None:
        return False
    # "over 60" is above "over 30": a higher floor, though the first has no ceiling
    return a[0] > (b[1] if b[1] != _UNBOUNDED else b[0])


def join_quantities(known: Sequence[Quantity], more: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Return both lists without figures told twice: same measure, group, numbers and claimant."""
    joined = list(known)
    seen = {_claim(q) for q in known}
    for quantity in more:
        if _claim(quantity) not in seen:
            seen.add(_claim(quantity))
            joined.append(quantity)
    return tuple(joined)


def _claim(q: Quantity) -> tuple[object, ...]:
    return q.measure, q.group, q.low, q.best, q.high, q.scope, q.claimant


def fatalities(quantities: Sequence[Quantity]) -> Fatalities:
    """Return the deaths of an event over all claims.

    Claims of one sentence on several groups add up ("six soldiers and 24 fighters"); rival claims widen the interval,
    and `best` is the lowest figure that does not come from a party to the fight (UCDP).
    """
    claims = list(_claims(quantities))
    if not claims:
        return Fatalities()
    lows = [low for low, _, _, _ in claims if low is not None]
    highs = [high for _, _, high, _ in claims if high is not None]
    bests = [best for _, best, _, party in claims if best is not None and not party]
    bests = bests or [best for _, best, _, _ in claims if best is not None]
    return Fatalities(
        low=min(lows) if lows else None,
        best=min(bests) if bests else None,
        high=max([*highs, *lows]) if highs else None,
    )


def _claims(quantities: Sequence[Quantity]) -> list[tuple[int | None, int | None, int | None, bool]]:
    """Return (low, best, high, told by a party) of each claim: the groups of one claimant and sentence together."""
    claims: list[list[Quantity]] = []
    for quantity in of_event(quantities):
        home = next((c for c in claims if _one_phrase(c, quantity)), None)
        if home is None:
            claims.append([quantity])
        else:
            home.append(quantity)
    return [
        (
            _total([q.low for q in claim]),
            _total([q.best for q in claim]),
            _total([q.high for q in claim]),
            claim[0].by_party,
        )
        for claim in claims
    ]


def _one_phrase(claim: list[Quantity], quantity: Quantity) -> bool:
    near = abs(quantity.start - claim[-1].end) < 40 or abs(claim[-1].start - quantity.end) < 40
    return near and quantity.claimant == claim[-1].claimant and quantity.group not in {q.group for q in claim}


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if len(known) == len(numbers) else None
