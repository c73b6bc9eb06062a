"""Comparing two descriptions: what counts for one event, and what forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.stages.compare import Slots, compare, finer_place, finer_time, window
from parsers.coding.lexicon import load_lexicon
from parsers.coding.values import Description, Participant, PlaceMention, Quantity, When

KINDS = load_lexicon(Path(__file__).resolve().parents[3] / "seeds" / "lexicon").kinds


def place(name: str, latitude: float | None, longitude: float | None, **fields: Any) -> PlaceMention:
    given: dict[str, Any] = {
        "id": name.lower(),
        "name": name,
        "kind": "town",
        "country": "Mali",
        "region": "Gao",
        "geo_precision": 1,
        "surface": name,
        "start": 0,
        "end": len(name),
    }
    return PlaceMention(latitude=latitude, longitude=longitude, **given | fields)


GAO = place("Gao", 16.27, -0.04)
NEAR = place("Berrah", 16.40, -0.10)  # 16 km from Gao
FAR = place("Bourem", 16.95, -0.35)  # 83 km from Gao
MALI = place("Mali", None, None, kind="country", region=None, geo_precision=None)
NIGER = place("Niger", None, None, country="Niger", kind="country", region=None, geo_precision=None)
GAO_REGION = place("Gao region", 16.8, 1.3, id="gao-region", kind="region", geo_precision=3)
KIDAL_REGION = place("Kidal region", 19.4, 1.1, region="Kidal", kind="region", geo_precision=3)

JNIM = Participant(id="jnim", name="JNIM", camp="jihadist", role="agent")
FLA = Participant(id="fla", name="FLA", camp="rebel", role="agent")
ARMY = Participant(id="malian_army", name="Malian army", camp="state", role="target")
WAGNER = Participant(id="wagner_group", name="Wagner Group", camp="watched", role="agent")
AFRICA_CORPS = Participant(id="africa_corps", name="Africa Corps", camp="watched", role="agent")


def on(day: int, *, until: int | None = None, **fields: Any) -> When:
    given: dict[str, Any] = {"precision": "day", "basis": "explicit"}
    return When(start=date(2025, 6, day), end=date(2025, 6, until or day), **given | fields)


# Open: the tolerance of a day is given to both sides, so that two days apart are the same time.
TWO_DAYS = pytest.mark.xfail(strict=True, reason="days two apart are the same time")
NEXT_DAY = When(basis="anchored", anchor=0, offset_days=1, surface="the next day")


def slots(kind: str = "attack_on_forces", **fields: Any) -> Slots:
    given: dict[str, Any] = {"participants": (JNIM, ARMY), "place": GAO, "when": on(8)}
    return Slots(kind=KINDS[kind], **given | fields)


def killed(low: int, **fields: Any) -> Quantity:
    given: dict[str, Any] = {"group": "army", "low": low, "best": low, "high": low, "surface": str(low)}
    return Quantity(measure="killed", start=0, end=2, **given | fields)


def test_the_same_slots_are_one_event() -> None:
    found = compare(slots(), slots())
    assert found.one_event
    assert found.score == 9.0  # kind 2, place 3, time 2, agent and target 2
    assert found.reasons == ("same kind (+2)", "same place: Gao (+3)", "same time (+2)", "same agent and target (+2)")


@pytest.mark.parametrize(
    ("known", "more", "veto"),
    [
        ({}, {"place": FAR}, "km apart: Gao, Bourem"),
        ({"place": MALI}, {"place": NIGER}, "other country: Mali, Niger"),
        ({}, {"place": KIDAL_REGION}, "other region: Gao, Kidal"),
        ({}, {"when": on(11)}, "other time: 2025-06-08, 2025-06-11"),
        ({}, {"when": on(26, precision="week")}, "other time"),
        pytest.param({}, {"when": on(10)}, "other time", marks=TWO_DAYS),
        ({}, {"kind": "abduction"}, "other family of kinds: fighting, abduction"),
        ({}, {"kind": "base_retaken"}, "other family of kinds: fighting, regained"),
        ({}, {"scope": "aggregate"}, "other scope: event, aggregate"),
        (
            {"place": None},
            {"participants": (replace(ARMY, role="agent"), replace(JNIM, role="target"))},
            "sides swapped",
        ),
        ({}, {"participants": (replace(FLA, role="agent"), replace(WAGNER, role="target"))}, "another side is hit"),
        (
            {"ordinals": frozenset({0})},
            {"when": NEXT_DAY, "ordinals": frozenset({1})},
            "told as another day: the next day",
        ),
        (
            {"kind": "withdrawal_announced", "participants": (WAGNER,)},
            {"kind": "withdrawal_announced", "participants": (AFRICA_CORPS,)},
            "other agent: wagner_group; africa_corps",
        ),
        (
            {"kind": "base_abandoned", "participants": (WAGNER,)},
            {"kind": "base_abandoned", "participants": (FLA,)},
            "other agent: wagner_group; fla",
        ),
    ],
)  # fmt: skip
def test_veto_both_ways(known: dict[str, Any], more: dict[str, Any], veto: str) -> None:
    there = compare(slots(**known), slots(**more))
    back = compare(slots(**more), slots(**known))
    assert [v for v in there.vetoes if veto in v], there.vetoes
    assert not there.one_event
    assert not there.one_event_in_text
    assert back.vetoes
    assert not back.one_event


@pytest.mark.parametrize(
    ("known", "more", "reason"),
    [
        ({}, {"place": NEAR}, "near: Gao, Berrah (+2)"),
        ({}, {"place": GAO_REGION}, "same region: Gao (+1.5)"),
        ({}, {"place": MALI}, "place open (+0.5)"),
        ({}, {"place": None}, "place open (+0.5)"),
        ({}, {"when": on(9)}, "same time (+2)"),
        ({}, {"when": on(1, until=30, precision="month")}, "same time (+2)"),
        ({}, {"when": on(8, basis="publication")}, "time agrees with publication (+1)"),
        ({}, {"kind": "base_lost"}, "kind of one family (+1)"),
        ({"quantities": (killed(10),)}, {"quantities": (killed(10),)}, "figures agree (+1)"),
        ({}, {"participants": (JNIM,)}, "same agent (+1)"),
        ({}, {"participants": (replace(JNIM, id="militants"), ARMY)}, "same target (+1.5)"),
        (
            {"kind": "withdrawal_announced", "participants": (WAGNER,)},
            {"kind": "withdrawal_completed", "participants": (WAGNER,)},
            "same agent (+1.5)",
        ),
    ],
)
def test_points_both_ways(known: dict[str, Any], more: dict[str, Any], reason: str) -> None:
    for one, other in ((known, more), (more, known)):
        found = compare(slots(**one), slots(**other))
        names = [r.replace("Berrah, Gao", "Gao, Berrah") for r in found.reasons]
        assert found.vetoes == ()
        assert reason in names


def test_figures_that_cannot_be_one_give_no_point_and_no_veto() -> None:
    found = compare(slots(quantities=(killed(10),)), slots(quantities=(killed(23),)))
    assert found.one_event
    assert not [r for r in found.reasons if "figures" in r]


def test_what_only_fails_to_differ_is_not_one_event() -> None:
    bare = slots(participants=(), place=None, when=When())
    found = compare(bare, bare)
    assert found.vetoes == ()
    assert not found.one_event


@pytest.mark.parametrize(
    ("when", "days"),
    [
        (on(8), (7, 9)),
        (on(10, precision="week"), (3, 17)),
        (on(8, basis="publication"), (1, 15)),
        (When(), None),
        (on(8, precision="unknown"), None),
    ],
)
def test_window_is_the_time_with_its_tolerance(when: When, days: tuple[int, int] | None) -> None:
    assert window(when) == (days and (date(2025, 6, days[0]), date(2025, 6, days[1])))


def test_window_of_a_month_is_wider_by_31_days() -> None:
    assert window(on(1, until=30, precision="month")) == (date(2025, 5, 1), date(2025, 7, 31))


def test_joined_takes_what_is_finer_and_keeps_what_is_known() -> None:
    vague = Participant(id="militants", name="Unidentified militants", camp="jihadist", role="agent", unnamed=True)
    words = Description(actor_id="jnim", text="an al-Qaeda affiliate", start=0, end=21)
    known = slots(participants=(vague, ARMY), place=GAO_REGION, when=on(8, basis="publication"), descriptions=(words,))
    more = slots("base_lost", quantities=(killed(5),), descriptions=(replace(words, start=50, end=71),))
    joined = known.joined(more)
    assert joined.kind.id == "base_lost"
    assert [p.id for p in joined.participants] == ["malian_army", "jnim"]
    assert (joined.place, joined.when) == (GAO, on(8))
    assert joined.quantities == (killed(5),)
    assert joined.descriptions == (words,)
    assert more.joined(known).kind.id == "base_lost"


def test_finer_place() -> None:
    assert finer_place(None, GAO) == finer_place(GAO, None) == finer_place(MALI, GAO) == finer_place(GAO, MALI) == GAO
    assert finer_place(GAO, NEAR) == GAO
    assert finer_place(None, None) is None


def test_finer_time() -> None:
    guess, month = on(8, basis="publication"), on(1, until=30, precision="month")
    anchored = When(basis="anchored", offset_days=1, anchor=0)
    assert finer_time(guess, on(7)) == finer_time(on(7), guess) == on(7)
    assert finer_time(month, on(7)) == on(7)
    assert finer_time(guess, month) == month
    assert finer_time(guess, anchored) == anchored
    assert finer_time(When(), guess) == guess
    assert finer_time(on(7), on(8)) == on(7)


def test_in_one_town_on_one_day_each_side_may_be_said_to_have_attacked() -> None:
    other = slots(participants=(replace(ARMY, role="agent"), replace(JNIM, role="target")))
    assert compare(slots(), other).one_event


def test_a_bomb_and_an_attack_that_hit_the_same_side_in_one_town_are_one_event() -> None:
    assert compare(slots(), slots("ied")).one_event
    assert compare(slots(), slots("ied", participants=(FLA,))).vetoes


def test_leaders_of_one_side_are_one_and_of_two_sides_are_not() -> None:
    def killed_leader(loser: Participant) -> Slots:
        return slots("leader_killed_or_removed", participants=(replace(loser, role="target"),), place=KIDAL_REGION)

    assert compare(killed_leader(WAGNER), killed_leader(WAGNER)).one_event
    assert "targets of one camp (+1)" in compare(killed_leader(WAGNER), killed_leader(AFRICA_CORPS)).reasons
    assert compare(killed_leader(WAGNER), killed_leader(JNIM)).vetoes == ("the leader of another side",)
