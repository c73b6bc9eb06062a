"""The history of a development in words: what changed, who says so, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from flows.stages.history import history_words, version_words
from parsers.coding.values import PlaceMention, Quantity
from storage.values import Change, Development, DevelopmentState, DevelopmentVersion, Fatalities, Report

JUNE = datetime(2025, 6, 3, 9, tzinfo=UTC)
BEFORE = DevelopmentState(
    watch="one", kind="attack_on_forces", event_type="Battles", sub_event_type="Armed clash", family="fighting",
    modality="asserted", status="reported", watched=True, summary="JNIM attacks Malian army",
)  # fmt: skip


def place(name: str, precision: int | None) -> PlaceMention:
    return PlaceMention(
        id=name, name=name, kind="town", country="Mali", region=None, latitude=None, longitude=None,
        geo_precision=precision, surface=name, start=0, end=1,
    )  # fmt: skip


def killed(low: int, *, strict: bool) -> Quantity:
    return Quantity(
        measure="killed", group="army", low=low, best=low, high=None, strict=strict, surface="", start=0, end=1
    )


def report(**fields: Any) -> Report:
    given: dict[str, Any] = {
        "mention_id": 1, "version_id": 1, "article_id": 1, "external_id": "a.txt", "outlet": "RFI", "family": "rfi",
        "url": None, "role": "news", "claimant": None, "attributed_to": (), "quote": "", "start": 0, "end": 0,
        "rule": "r", "decision": "update", "reasons": (), "modality": "asserted", "published_at": JUNE,
        "decided_at": JUNE, "development_version_id": 2,
    }  # fmt: skip
    return Report(**given | fields)


def version(number: int, state: DevelopmentState, *changes: Change) -> DevelopmentVersion:
    return DevelopmentVersion(
        id=number, development_id=1, number=number, decision="new" if number == 1 else "update", state=state,
        changes=changes, alert_reasons=(), recorded_at=JUNE, sequence=number,
    )  # fmt: skip


def development(after: DevelopmentState, *changes: Change, before: DevelopmentState = BEFORE, by: Any = None) -> Any:
    history = (version(1, before), version(2, after, *changes))
    reports = (report(development_version_id=1, outlet="AFP"), *([report()] if by is None else by))
    return Development(id=1, first_seen_at=JUNE, version=history[-1], history=history, reports=reports)


def told(known: Development) -> list[str]:
    return list(version_words(known, known.version))


def toll(old: dict[str, int], new: dict[str, int]) -> Change:
    none = {"low": None, "best": None, "high": None}
    return Change(field="fatalities", old=none | old, new=none | new, reason="told by a report")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"low": 30, "best": 30}, {"low": 60, "best": 60}, "toll raised from at least 30 to at least 60"),
        ({}, {"low": 6, "best": 6, "high": 6}, "toll told: 6"),
        ({"low": 6, "best": 6, "high": 6}, {}, "toll of 6 withdrawn"),
        ({"low": 9, "best": 9, "high": 9}, {"low": 4, "best": 4, "high": 4}, "toll lowered from 9 to 4"),
        ({"low": 9, "best": 9, "high": 9}, {"low": 4, "best": 4, "high": 9}, "toll now told as 4 to 9, before 9"),
        ({"low": 7, "best": 7}, {"low": 6, "best": 6}, "toll now told as at least 6, before at least 7"),
        ({"high": 40}, {"low": 60, "best": 60}, "toll raised from up to 40 to at least 60"),
    ],
)
def test_tolls(old: dict[str, int], new: dict[str, int], said: str) -> None:
    assert told(development(replace(BEFORE, fatalities=Fatalities(**new)), toll(old, new))) == [f"{said}: RFI, 3 June"]


def test_a_bound_that_was_passed_is_told_as_over() -> None:
    before = replace(BEFORE, quantities=(killed(30, strict=True),))
    after = replace(BEFORE, quantities=(killed(60, strict=True),))
    change = toll({"low": 30, "best": 30}, {"low": 60, "best": 60})
    assert told(development(after, change, before=before)) == ["toll raised from over 30 to over 60: RFI, 3 June"]


def test_rival_tolls_are_in_dispute() -> None:
    change = toll({"low": 9, "best": 9, "high": 9}, {"low": 4, "best": 4, "high": 9})
    after = replace(BEFORE, status="disputed")
    assert told(development(after, change)) == ["toll in dispute: 4 to 9, before 9: RFI, 3 June"]


@pytest.mark.parametrize(
    ("field", "old", "new", "said"),
    [
        ("place", None, "Gao", "place told: Gao"),
        ("date", None, "2025-06-01", "date told: 1 June 2025"),
        ("date", "2025-06-01", "2025-06-02", "date changed from 1 June 2025 to 2 June 2025"),
        ("date", "2025-06-01", None, "date of 1 June 2025 withdrawn"),
        ("status", "reported", "confirmed", "confirmed by an independent source"),
        ("modality", "announced", "asserted", "announced before, now told as done"),
        ("kind", "attack_on_forces", "base_lost", "now told as base lost, before as attack on forces"),
        ("actors", ["JNIM"], ["JNIM", "Wagner Group"], "also named: Wagner Group"),
        ("actors", ["gunmen"], ["JNIM"], "also named: JNIM; no longer named: gunmen"),
        ("descriptions", [], ["the Russian group"], "described as “the Russian group”"),
        ("independent_sources", 1, 2, "2 independent sources, before 1"),
        ("independent_sources", 2, 1, "1 independent source, before 2"),
        ("something_else", 1, 2, "something else: 1 to 2"),
    ],
)  # fmt: skip
def test_fields(field: str, old: Any, new: Any, said: str) -> None:
    change = Change(field=field, old=old, new=new, reason="told by a report")
    assert told(development(BEFORE, change)) == [f"{said}: RFI, 3 June"]


@pytest.mark.parametrize(("precisions", "said"), [((3, 1), "made finer"), ((1, 1), "changed"), ((1, None), "changed")])
def test_a_finer_place_is_said_to_be_finer(precisions: tuple[int, int | None], said: str) -> None:
    before, after = (replace(BEFORE, place=place(n, p)) for n, p in zip(("Gao region", "Gao"), precisions, strict=True))
    change = Change(field="place", old="Gao region", new="Gao", reason="told by a report")
    assert told(development(after, change, before=before)) == [f"place {said}: from Gao region to Gao: RFI, 3 June"]


def test_who_denies_it_is_named() -> None:
    change = Change(field="status", old="reported", new="disputed", reason="denied by Malian army")
    assert told(development(BEFORE, change)) == ["denied by Malian army: RFI, 3 June"]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ([report(outlet=None, attributed_to=("AFP",))], "AFP, 3 June"),
        ([report(outlet=None)], "a.txt, 3 June"),
        ([report(published_at=None)], "RFI, undated"),
        ([report(published_at=datetime(2024, 12, 31, tzinfo=UTC))], "RFI, 31 December 2024"),
        ([], "told by a report"),
    ],
)
def test_who_says_so_and_when(by: list[Report], said: str) -> None:
    change = Change(field="date", old=None, new=date(2025, 6, 1).isoformat(), reason="told by a report")
    assert told(development(BEFORE, change, by=by)) == [f"date told: 1 June 2025: {said}"]


def test_a_correction_says_so() -> None:
    change = Change(field="place", old=None, new="Gao", reason="corrected by the same source")
    assert told(development(BEFORE, change)) == ["place told: Gao: corrected by the same source; RFI, 3 June"]


def test_the_whole_history_begins_with_how_it_was_first_told() -> None:
    known = development(BEFORE, Change(field="place", old=None, new="Gao", reason=""))
    assert list(history_words(known)) == [
        "first told: JNIM attacks Malian army: AFP, 3 June",
        "place told: Gao: RFI, 3 June",
    ]
