"""Tolls as intervals: bounds, what raises what, and the deaths of an event over all claims."""

from __future__ import annotations

from typing import Any

import pytest

from flows.stages.figures import bounds, fatalities, join_quantities, of_event, raised, tolls_disjoint, without_implied
from parsers.coding.values import Quantity
from storage.values import Fatalities

Row = tuple[int | None, int | None, int | None]
UNBOUNDED = 10**9


def q(row: Row, **fields: Any) -> Quantity:
    given: dict[str, Any] = {"measure": "killed", "group": "army", "surface": str(row), "start": 0, "end": 5}
    return Quantity(low=row[0], best=row[1], high=row[2], **given | fields)


EXACTLY_5: Row = (5, 5, 5)
AT_LEAST_30: Row = (30, 30, None)
AT_LEAST_60: Row = (60, 60, None)
NEARLY_50: Row = (None, 50, 50)
ABOUT_30: Row = (None, 30, None)
UP_TO_40: Row = (None, None, 40)
FROM_20_TO_50: Row = (20, 20, 50)
DOZENS: Row = (12, None, None)
SEVERAL: Row = (None, None, None)


@pytest.mark.parametrize(
    ("row", "interval"),
    [
        (EXACTLY_5, (5, 5)),
        (NEARLY_50, (0, 50)),
        (ABOUT_30, (30, 30)),
        (UP_TO_40, (0, 40)),
        (FROM_20_TO_50, (20, 50)),
        (DOZENS, (12, UNBOUNDED)),
        (SEVERAL, None),
    ],
)
def test_bounds(row: Row, interval: tuple[int, int] | None) -> None:
    assert bounds(q(row)) == interval


@pytest.mark.parametrize(
    ("old", "new", "is_raised", "is_disjoint"),
    [
        ((10, 10, 10), (23, 23, 23), True, True),
        ((23, 23, 23), (10, 10, 10), False, True),
        ((10, 10, 10), (10, 10, 10), False, False),
        # a floor has no ceiling: a higher floor or figure is a later count, and yet both can be one figure
        (AT_LEAST_30, AT_LEAST_60, True, False),
        (AT_LEAST_60, AT_LEAST_30, False, False),
        (AT_LEAST_30, (20, 20, 20), False, True),
        (AT_LEAST_30, AT_LEAST_30, False, False),
        (FROM_20_TO_50, (45, 45, 45), False, False),
        (FROM_20_TO_50, (60, 60, 60), True, True),
        (UP_TO_40, (12, 12, 12), False, False),
        (SEVERAL, (12, 12, 12), False, False),
        (DOZENS, (30, 30, 30), True, False),
        ((15, 15, 15), DOZENS, False, False),
        ((12, 12, 12), (10, 10, None), False, False),
        ((40, 40, 40), AT_LEAST_30, False, False),
        ((10, 10, 10), AT_LEAST_30, True, True),
    ],
)
def test_raised_and_disjoint(old: Row, new: Row, is_raised: bool, is_disjoint: bool) -> None:
    assert raised([q(old)], [q(new)]) is is_raised
    assert tolls_disjoint([q(old)], [q(new)]) is is_disjoint
    assert tolls_disjoint([q(new)], [q(old)]) is is_disjoint


def test_groups_are_compared_with_their_own_and_with_unknown_ones() -> None:
    assert not raised([q((10, 10, 10))], [q((23, 23, 23), group="civilians")])
    assert raised([q((10, 10, 10), group="unknown")], [q((23, 23, 23), group="civilians")])
    assert not tolls_disjoint([], [q((23, 23, 23))])


@pytest.mark.parametrize("scope", ["aggregate", "cumulative"])
def test_an_aggregate_never_counts(scope: str) -> None:
    toll = q((100, 100, None), scope=scope)
    assert of_event([toll]) == ()
    assert not raised([q(AT_LEAST_30)], [toll])
    assert fatalities([toll]) == Fatalities()
    assert fatalities([q(AT_LEAST_30), toll]) == Fatalities(low=30, best=30, high=None)


def test_the_wounded_are_no_deaths() -> None:
    assert fatalities([q((9, 9, 9), measure="wounded")]) == Fatalities()
    assert not raised([q(EXACTLY_5)], [q((9, 9, 9), measure="wounded")])


@pytest.mark.parametrize(
    ("rows", "deaths"),
    [
        ([EXACTLY_5], Fatalities(low=5, best=5, high=5)),
        ([AT_LEAST_30], Fatalities(low=30, best=30, high=None)),
        ([NEARLY_50], Fatalities(low=None, best=50, high=50)),
        ([ABOUT_30], Fatalities(low=None, best=30, high=None)),
        ([UP_TO_40], Fatalities(low=None, best=None, high=40)),
        ([FROM_20_TO_50], Fatalities(low=20, best=20, high=50)),
        ([DOZENS], Fatalities(low=12, best=None, high=None)),
        ([SEVERAL], Fatalities()),
        ([], Fatalities()),
        ([(10, 10, 10), (23, 23, 23)], Fatalities(low=10, best=10, high=23)),
    ],
)
def test_fatalities(rows: list[Row], deaths: Fatalities) -> None:
    assert fatalities([q(row, start=100 * n, end=100 * n + 5) for n, row in enumerate(rows)]) == deaths


def test_groups_of_one_phrase_add_up() -> None:
    six = q((6, 6, 6), phrase=1, start=0, end=20)
    more = q((24, 24, 24), phrase=1, group="watched", start=25, end=43)
    assert fatalities([six, more]) == fatalities([more, six]) == Fatalities(low=30, best=30, high=30)


@pytest.mark.parametrize(
    "fields",
    [{"start": 200, "end": 218}, {"group": "army"}, {"claimant": "JNIM"}, {"phrase": 2}],
    ids=["far apart", "the same group", "another claimant", "another mention"],
)
def test_nothing_else_adds_up(fields: dict[str, Any]) -> None:
    six = q((6, 6, 6), phrase=1, start=0, end=20)
    more = q((24, 24, 24), **{"group": "watched", "phrase": 1, "start": 25, "end": 43} | fields)
    assert fatalities([six, more]) == Fatalities(low=6, best=6, high=24)


def test_a_sum_with_an_open_side_is_open_there() -> None:
    six = q((6, 6, None), start=0, end=20)
    more = q((24, 24, 24), group="watched", start=25, end=43)
    assert fatalities([six, more]) == Fatalities(low=30, best=30, high=None)


def test_rival_claims_widen_and_the_lowest_of_a_non_party_is_best() -> None:
    rebels = q((84, 84, 84), claimant="CSP", by_party=True, start=0, end=5)
    army = q((3, 3, 3), claimant="Malian army", by_party=True, start=100, end=105)
    witnesses = q((20, 20, 20), claimant="witnesses", start=200, end=205)
    hospital = q((25, 25, 25), claimant="hospital sources", start=300, end=305)
    assert fatalities([rebels, army, witnesses, hospital]) == Fatalities(low=3, best=20, high=84)
    assert fatalities([rebels, army]) == Fatalities(low=3, best=3, high=84)


def test_a_floor_beside_a_figure_never_turns_the_interval_over() -> None:
    deaths = fatalities([q((10, 10, 10), start=0, end=5), q((30, 30, None), start=200, end=205)])
    assert deaths.low == 10
    assert deaths.high is None or deaths.high >= 30


def test_joining_drops_what_was_told_before_and_keeps_rival_claims() -> None:
    first, again = q(EXACTLY_5), q(EXACTLY_5, start=90, end=95)
    rival = q(EXACTLY_5, claimant="JNIM")
    assert join_quantities([first], [again, rival]) == (first, rival)
    assert join_quantities([], [first]) == (first,)


def test_a_floor_of_before_tells_nothing_beside_a_higher_one_that_no_party_gave() -> None:
    higher, before = q(AT_LEAST_60), q(AT_LEAST_30)
    assert without_implied([higher], [before]) == ()
    by_party = q(AT_LEAST_60, by_party=True, claimant="JNIM")
    assert without_implied([by_party], [before]) == (before,)
    assert without_implied([higher], [q(EXACTLY_5)]) == (q(EXACTLY_5),)
