"""The line that tells an event: number, modality, voice, toll and day."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.stages.compare import Slots
from flows.stages.summary import summarise, toll_words
from parsers.coding.lexicon import load_lexicon
from parsers.coding.values import Modality, Participant, PlaceMention, Quantity, When
from storage.values import Fatalities

ROOT = Path(__file__).resolve().parents[3]
LEXICON = load_lexicon(ROOT / "seeds" / "lexicon")
KINDS = LEXICON.kinds
ACTORS = {actor.name: actor for actor in LEXICON.actors}
LINES = tomllib.loads((ROOT / "tests/cases/summary/lines.toml").read_text(encoding="utf-8"))["line"]


def actor(name: str, role: Any = "agent", camp: str = "watched") -> Participant:
    return Participant(id=name.lower(), name=name, camp=camp, role=role)


def place(name: str, **fields: Any) -> PlaceMention:
    given: dict[str, Any] = {"kind": "town", "country": "Mali", "region": "Gao", "geo_precision": 1}
    return PlaceMention(
        id=name.lower(), name=name, latitude=16.0, longitude=0.0, surface=name, start=0, end=4, **given | fields
    )


def killed(low: int | None, best: int | None, high: int | None, **fields: Any) -> Quantity:
    given: dict[str, Any] = {"group": "army", "surface": "dead", "start": 0, "end": 4}
    return Quantity(measure="killed", low=low, best=best, high=high, **given | fields)


WAGNER, AFRICA_CORPS = actor("Wagner Group"), actor("Africa Corps")
JNIM, ARMY = actor("JNIM", camp="jihadist"), actor("Malian army", "target", "state")
REBELS, HUNTERS = actor("Tuareg rebels", camp="rebel"), actor("Dozo hunters", camp="militia")
GAO = place("Gao")
SUNDAY = When(start=date(2025, 6, 8), end=date(2025, 6, 8), precision="day", basis="weekday")


def line(
    kind: str, *who: Participant, modality: Modality = "asserted", claimant: str | None = None, **fields: Any
) -> str:
    slots = Slots(kind=KINDS[kind], participants=who, **fields)
    return summarise(slots, modality=modality, claimant=claimant, theatre="Mali")


def participants(case: dict[str, Any]) -> tuple[Participant, ...]:
    named = [(ACTORS[n], r) for r in ("agent", "target", "party") for n in case.get(f"{r}s".replace("ys", "ies"), [])]
    return tuple(Participant(id=a.id, name=a.name, camp=a.camp, role=r, unnamed=a.unnamed) for a, r in named)


def place_of(case: dict[str, Any]) -> PlaceMention | None:
    if name := case.get("country"):
        return place(name, kind="country", geo_precision=None, region=None)
    name = case.get("place")
    return place(name, kind=case.get("place_kind", "town"), geo_precision=case.get("precision", 1)) if name else None


def when_of(case: dict[str, Any]) -> When:
    if "on" not in case:
        return When()
    until = case.get("until", case["on"])
    return When(start=case["on"], end=until, precision=case.get("time_precision", "day"), basis="explicit")


@pytest.mark.parametrize("case", LINES, ids=lambda case: case["said"])
def test_lines(case: dict[str, Any]) -> None:
    figures = [[None if n != n else n for n in row[:3]] for row in case.get("killed", [])]
    groups = [row[3] for row in case.get("killed", [])]
    step = 100 if case.get("apart") else 30  # characters: figures of one phrase add up
    said = line(
        case["kind"],
        *participants(case),
        modality=case.get("modality", "asserted"),
        claimant=case.get("claimant"),
        place=place_of(case),
        when=when_of(case),
        quantities=tuple(
            killed(*figure, group=group, start=step * n, end=step * n + 4)
            for n, (figure, group) in enumerate(zip(figures, groups, strict=True))
        ),
    )
    assert said == case["said"]


@pytest.mark.parametrize(
    ("kind", "who", "said"),
    [
        ("withdrawal_announced", (WAGNER,), "Wagner Group announces its withdrawal"),
        ("withdrawal_announced", (WAGNER, JNIM), "Wagner Group and JNIM announce their withdrawal"),
        ("deployment", (WAGNER,), "Wagner Group deploys"),
        ("deployment", (REBELS,), "Tuareg rebels deploy"),
        ("denial", (actor("Government of Mali"),), "Government of Mali denies reports"),
        ("denial", (actor("Western states"),), "Western states deny reports"),
        ("ambush", (JNIM, ARMY), "JNIM ambushes Malian army"),
        ("ambush", (HUNTERS, ARMY), "Dozo hunters ambush Malian army"),
        ("attack_on_forces", (ARMY,), "Malian army attacked"),
        ("handover_to_successor", (AFRICA_CORPS,), "Africa Corps takes over"),
    ],
)  # fmt: skip
def test_the_verb_follows_the_number_of_the_agent(kind: str, who: tuple[Participant, ...], said: str) -> None:
    assert line(kind, *who) == said


def test_all_slots_in_one_line() -> None:
    said = line("ambush", JNIM, ARMY, place=GAO, when=SUNDAY, quantities=(killed(5, 5, 5),), claimant="residents")
    assert said == "JNIM ambushes Malian army in Gao, 5 soldiers killed, 8 June 2025, according to residents"


def test_what_is_announced_is_said_to_be() -> None:
    said = line("handover_to_successor", AFRICA_CORPS, modality="announced", place=GAO)
    assert said == "Africa Corps is to take over in Gao"
    assert line("withdrawal_announced", WAGNER, modality="announced").count("announce") == 1


def test_whose_words_they_are() -> None:
    assert line("ambush", JNIM, ARMY, modality="claimed", claimant="JNIM").endswith("army, by its own account")
    assert line("ambush", JNIM, ARMY, modality="claimed", claimant="AFP's man").endswith(", according to AFP's man")
    assert line("ambush", JNIM, ARMY, modality="claimed").endswith("army (claimed)")
    assert line("ambush", JNIM, ARMY).endswith("army")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (None, ""),
        (GAO, " in Gao"),
        (place("Gao", geo_precision=2), " in the Gao area"),
        (place("Mali", kind="country", geo_precision=None), " in Mali"),
        (place("Kidal", kind="region", geo_precision=3), " in Kidal region"),
        (place("Kidal region", kind="region", geo_precision=3), " in Kidal region"),
    ],
)
def test_where(where: PlaceMention | None, said: str) -> None:
    assert line("ambush", JNIM, ARMY, place=where) == f"JNIM ambushes Malian army{said}"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (SUNDAY, ", 8 June 2025"),
        (When(start=date(2025, 6, 1), end=date(2025, 6, 30), precision="month", basis="explicit"), ", June 2025"),
        (When(start=date(2025, 1, 1), end=date(2025, 12, 31), precision="year", basis="explicit"), ", 2025"),
        (When(start=date(2025, 6, 8), end=date(2025, 6, 8), precision="day", basis="publication"), ""),
        (When(), ""),
    ],
)
def test_a_day_that_no_text_gives_is_not_told(when: When, said: str) -> None:
    assert line("ambush", JNIM, ARMY, when=when) == f"JNIM ambushes Malian army{said}"


@pytest.mark.parametrize(
    ("tolls", "said"),
    [
        ((killed(30, 30, None),), ", at least 30 soldiers killed"),
        ((killed(30, 30, None, strict=True),), ", over 30 soldiers killed"),
        ((killed(20, 20, 50, group="civilians"),), ", 20 to 50 civilians killed"),
        (
            (killed(6, 6, 6, end=10), killed(24, 24, 24, group="watched", start=14, end=20)),
            ", 6 soldiers and 24 fighters killed",
        ),
        ((killed(0, 0, 0, group="watched"),), ", no fighters killed"),
        ((killed(100, 100, None, scope="aggregate"),), ""),
        ((killed(None, None, None, vague=True),), ""),
    ],
)
def test_toll(tolls: tuple[Quantity, ...], said: str) -> None:
    assert line("ambush", JNIM, ARMY, quantities=tolls) == f"JNIM ambushes Malian army{said}"


@pytest.mark.parametrize(
    ("deaths", "said"),
    [
        (Fatalities(), ""),
        (Fatalities(low=5, best=5, high=5), "5"),
        (Fatalities(low=30, best=30), "at least 30"),
        (Fatalities(best=30), "about 30"),
        (Fatalities(high=40), "up to 40"),
        (Fatalities(best=40, high=40), "nearly 40"),
        (Fatalities(low=0, best=0, high=0), "no"),
    ],
)
def test_toll_words(deaths: Fatalities, said: str) -> None:
    assert toll_words(deaths) == said


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.id)
def test_every_kind_makes_a_line_without_marks_left_over(kind: Any) -> None:
    for who in ((), (JNIM,), (JNIM, ARMY), (WAGNER, AFRICA_CORPS, ARMY)):
        said = line(kind.id, *who, place=GAO, when=SUNDAY)
        assert not set(said) & set("{}[]")
        assert "(s)" not in said
        assert "(es)" not in said
        assert "/" not in said
        assert "unidentified actors" not in said.casefold()
        assert said[0].isupper()
        assert "\n" not in said


def test_bases_given_up_together_are_told_in_the_words_of_the_text() -> None:
    several = Quantity(measure="bases", group="unknown", low=None, best=None, high=None, surface="several bases",
                       start=0, end=13, vague=True)  # fmt: skip
    left = actor("Malian army", camp="state")
    assert line("base_abandoned", left, quantities=(several,), scope="aggregate") == "Malian army leaves several bases"
    assert line("base_abandoned", left) == "Malian army leaves a base"
