"""Tolls as intervals: what two claims share, what they dispute, and what a record says of them.

In: quantities of mentions. Out: joined claims and the fatalities of an event as low / best / high (UCDP).
Pure. Figures are never added up across sentences, and an aggregate never counts for one event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parsers.coding.values import Quantity
from storage.values import Fatalities

_UNBOUNDED = 10**9
_PHRASE = 40  # characters between figures that are told together: "six soldiers and 24 fighters"


def bounds(quantity: Quantity) -> tuple[int, int] | None:
    """Return the interval of a quantity, or None where it holds no number."""
    numbers = [n for n in (quantity.low, quantity.best, quantity.high) if n is not None]
    if not numbers:
        return None
    if quantity.low is None and quantity.high is None:
        return numbers[0], numbers[0]
    return quantity.low or 0, _UNBOUNDED if quantity.high is None else quantity.high


def of_event(quantities: Sequence[Quantity], measure: str = "killed") -> tuple[Quantity, ...]:
    """Return the counted quantities of one measure that belong to the event itself."""
    return tuple(q for q in quantities if q.measure == measure and q.scope == "event" and bounds(q))


def tolls_disjoint(known: Sequence[Quantity], more: Sequence[Quantity]) -> bool:
    """Tell whether the deaths of two accounts cannot be one figure; "12" and "at least 10" can."""
    return _any_rival(known, more, lambda a, b: a[0] > b[1] or b[0] > a[1])


def raised(known: Sequence[Quantity], more: Sequence[Quantity]) -> bool:
    """Tell whether `more` counts more deaths: above the known ceiling, or a higher floor where there is none."""
    return _any_rival(known, more, lambda old, new: new[0] > (old[0] if old[1] == _UNBOUNDED else old[1]))


def _any_rival(
    known: Sequence[Quantity], more: Sequence[Quantity], test: Callable[[tuple[int, int], tuple[int, int]], bool]
) -> bool:
    """Tell whether some new figure passes the test against all known figures of its group."""
    for new in of_event(more):
        rivals = [q for q in of_event(known) if q.group == new.group or "unknown" in {q.group, new.group}]
        pairs = [(a, b) for q in rivals if (a := bounds(q)) and (b := bounds(new))]
        if pairs and all(test(a, b) for a, b in pairs):
            return True
    return False


def join_quantities(known: Sequence[Quantity], more: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Return both lists without figures told twice: same measure, group, numbers and claimant."""
    joined = list(known)
    seen = {claim_of(q) for q in known}
    for quantity in more:
        if claim_of(quantity) not in seen:
            seen.add(claim_of(quantity))
            joined.append(quantity)
    return tuple(joined)


def without_implied(known: Sequence[Quantity], more: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Return the figures without floors that the known ones imply: "over 30" after "at least 60" is an older toll."""
    return tuple(new for new in more if not any(_implies(old, new) for old in known))


def _implies(known: Quantity, more: Quantity) -> bool:
    counted = (known.measure, known.group, known.scope) == (more.measure, more.group, more.scope)
    if not counted or known.by_party or more.high is not None or more.low is None:
        return False
    return (known.low or 0) > more.low


def claim_of(q: Quantity) -> tuple[object, ...]:
    """Return what makes two figures one claim: what is counted, of whom, how many, according to whom."""
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
    last = claim[-1]
    near = max(quantity.start - last.end, last.start - quantity.end) < _PHRASE
    together = quantity.phrase == last.phrase and quantity.claimant == last.claimant
    return near and together and quantity.group not in {q.group for q in claim}


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if len(known) == len(numbers) else None
