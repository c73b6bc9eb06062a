"""Deciding: what one draft is to the developments that are known. A whole stream: test_stream.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flows.stages.compare import Slots
from flows.stages.detect import Origin, decide, first_state, hold
from flows.stages.drafts import Draft
from parsers.coding.tools import Coder, load_coder
from parsers.coding.values import Participant, PlaceMention, Quantity, When
from parsers.coding.watch import load_watch
from storage.values import Development, DevelopmentState, DevelopmentVersion, Report

ROOT = Path(__file__).resolve().parents[3]
SEEDS = ROOT / "seeds"
WATCH = load_watch(SEEDS / "watch.toml")
NOON = datetime(2025, 6, 9, 12, tzinfo=UTC)


@cache
def coder() -> Coder:
    return load_coder(SEEDS, WATCH)


GAO = PlaceMention(
    id="gao", name="Gao", kind="town", country="Mali", region="Gao", latitude=16.27, longitude=-0.04,
    geo_precision=1, surface="Gao", start=0, end=3,
)  # fmt: skip
JNIM = Participant(id="jnim", name="JNIM", camp="jihadist", role="agent")
WAGNER = Participant(id="wagner_group", name="Wagner Group", camp="watched", role="target")
SUNDAY = When(start=date(2025, 6, 8), end=date(2025, 6, 8), precision="day", basis="weekday")
OTHER = Origin(article_id=2, family="sahelwire", attributed_to=())


def killed(best: int, **fields: Any) -> Quantity:
    given: dict[str, Any] = {"low": best, "best": best, "high": best, "group": "watched", "surface": str(best)}
    return Quantity(measure="killed", start=0, end=2, **given | fields)


def draft(
    kind: str = "attack_on_forces", *, modality: Any = "asserted", claimant: str | None = None, **fields: Any
) -> Draft:
    given: dict[str, Any] = {"participants": (JNIM, WAGNER), "place": GAO, "when": SUNDAY, "quantities": (killed(10),)}
    slots = Slots(kind=coder().lexicon.kinds[kind], **given | fields)
    return Draft(slots=slots, modality=modality, claimant=claimant, mentions=())


def known(of: Draft | None = None, *, number: int = 1, **fields: Any) -> Development:
    """Return a development that `of` founded in an article of the River Daily."""
    state = replace(first_state(of or draft(), WATCH), **fields)
    version = DevelopmentVersion(
        id=number, development_id=number, number=1, decision="new", state=state, changes=(), alert_reasons=(),
        recorded_at=NOON, sequence=number,
    )  # fmt: skip
    report = Report(
        mention_id=1, version_id=1, article_id=1, external_id="first", outlet="River Daily", family="riverdaily",
        url=None, role="news", claimant=None, attributed_to=("AFP",), quote="Ten died.", start=0, end=9,
        rule="attack.verb", decision="new", reasons=(), modality=state.modality, published_at=NOON, decided_at=NOON,
    )  # fmt: skip
    return Development(id=number, first_seen_at=NOON, version=version, history=(version,), reports=(report,))


def verdict(
    of: Draft, *held: Development, origin: Origin = OTHER
) -> tuple[str, int | None, DevelopmentState | None, list[str]]:
    kinds = coder().lexicon.kinds
    found = decide(of, hold(of, held, kinds), origin=origin, watch=WATCH, kinds=kinds)
    assert found.reasons
    assert (found.state is None) == (found.decision in {"repeat", "background"})
    return found.decision, found.development_id, found.state, [c.field for c in found.changes]


def test_new_where_nothing_is_known() -> None:
    decision, home, state, changes = verdict(draft())
    assert (decision, home, changes) == ("new", None, [])
    assert state is not None
    assert (state.kind, state.event_type, state.sub_event_type) == ("attack_on_forces", "Battles", "Armed clash")
    assert (state.status, state.watched, state.independent_sources) == ("reported", True, 1)


def test_new_names_what_it_was_held_against() -> None:
    of, kinds = draft(when=replace(SUNDAY, start=date(2025, 5, 1), end=date(2025, 5, 1))), coder().lexicon.kinds
    found = decide(of, hold(of, [known()], kinds), origin=OTHER, watch=WATCH, kinds=kinds)
    assert found.decision == "new"
    assert found.reasons[1].startswith("not D1: other time")


def test_of_equal_matches_the_oldest_is_taken() -> None:
    assert verdict(draft(), known(number=1), known(number=2))[1] == 1


def test_repeat_by_the_same_publisher() -> None:
    same = replace(OTHER, family="riverdaily")
    assert verdict(draft(), known(), origin=same) == ("repeat", 1, None, [])


@pytest.mark.parametrize(
    "origin",
    [
        replace(OTHER, attributed_to=("AFP",)),
        replace(OTHER, duplicate_of=frozenset({1})),
        replace(OTHER, edited=True, article_id=1, family="riverdaily"),
    ],
    ids=["the same agency", "a copy", "a later version"],
)
def test_what_is_no_other_voice_corroborates_nothing(origin: Origin) -> None:
    assert verdict(draft(), known(), origin=origin)[0] == "repeat"


def test_corroboration_by_an_independent_source() -> None:
    decision, home, state, changes = verdict(draft(), known())
    assert (decision, home, changes) == ("corroboration", 1, ["status", "independent_sources"])
    assert state is not None
    assert (state.status, state.independent_sources) == ("confirmed", 2)


def test_an_agency_of_its_own_beside_the_known_one_is_another_source() -> None:
    assert verdict(draft(), known(), origin=replace(OTHER, attributed_to=("AFP", "Reuters")))[0] == "corroboration"


def test_update_by_a_higher_toll() -> None:
    decision, _, state, changes = verdict(draft(quantities=(killed(23),)), known())
    assert (decision, "fatalities" in changes) == ("update", True)
    assert state is not None
    assert (state.fatalities.low, state.fatalities.best, state.fatalities.high) == (23, 23, 23)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "base_lost"}, "kind"),
        ({"known": {"place": None}}, "place"),
        ({"known": {"when": replace(SUNDAY, basis="publication")}}, "date"),
        ({"known": {"quantities": ()}}, "fatalities"),
    ],
)
def test_update_by_an_empty_or_coarser_slot_filled(more: dict[str, Any], field: str) -> None:
    decision, _, _, changes = verdict(
        draft(more.get("kind", "attack_on_forces")), known(draft(**more.get("known", {})))
    )
    assert (decision, field in changes) == ("update", True)


def test_update_by_what_was_announced_and_is_done() -> None:
    wagner = (replace(WAGNER, role="agent"),)
    plan = draft("withdrawal_announced", modality="announced", participants=wagner, place=None, quantities=())
    done = draft("withdrawal_completed", participants=wagner, place=None, quantities=())
    decision, _, state, changes = verdict(done, known(plan))
    assert (decision, {"kind", "modality"} <= set(changes)) == ("update", True)
    assert state is not None
    assert (state.kind, state.modality) == ("withdrawal_completed", "asserted")
    assert verdict(plan, known(done))[0] == "corroboration"


def test_what_was_announced_weeks_ago_and_is_done_is_an_update() -> None:
    wagner = (replace(WAGNER, role="agent"),)
    before = replace(SUNDAY, start=date(2025, 5, 10), end=date(2025, 5, 10), basis="publication")
    plan = draft("withdrawal_announced", modality="announced", participants=wagner, quantities=(), when=before)
    done = draft("withdrawal_completed", participants=wagner, quantities=())
    assert verdict(done, known(plan))[0] == "update"


def test_a_lower_toll_of_the_same_article_corrects_it() -> None:
    same = Origin(article_id=1, family="riverdaily", attributed_to=(), edited=True)
    decision, _, _, changes = verdict(draft(quantities=(killed(4),)), known(), origin=same)
    assert (decision, "fatalities" in changes) == ("update", True)


def test_contradiction_by_a_lower_toll_of_another_side() -> None:
    decision, _, state, changes = verdict(draft(quantities=(killed(3),)), known())
    assert (decision, {"fatalities", "status"} <= set(changes)) == ("contradiction", True)
    assert state is not None
    assert (state.status, state.fatalities.low, state.fatalities.high) == ("disputed", 3, 10)


def test_contradiction_by_a_party_that_claims_more_and_best_stays_that_of_a_non_party() -> None:
    claim = killed(84, claimant="JNIM", by_party=True)
    decision, _, state, _ = verdict(draft(quantities=(claim,), modality="claimed", claimant="JNIM"), known())
    assert decision == "contradiction"
    assert state is not None
    assert (state.fatalities.low, state.fatalities.best, state.fatalities.high) == (10, 10, 84)


def test_contradiction_by_a_denial_and_only_once() -> None:
    denial = draft(modality="denied", claimant="Wagner Group", quantities=())
    decision, _, state, changes = verdict(denial, known())
    assert (decision, changes) == ("contradiction", ["status"])
    assert state is not None
    assert (state.status, state.modality) == ("disputed", "asserted")
    assert verdict(denial, known(status="disputed"))[0] == "repeat"


def test_a_denial_of_what_nobody_told_is_background() -> None:
    assert verdict(draft(modality="denied"))[:2] == ("background", None)


def test_a_copy_that_is_linked_to_nothing_is_background() -> None:
    assert verdict(draft(), origin=replace(OTHER, duplicate_of=frozenset({1})))[0] == "background"


def test_deciding_changes_nothing_that_it_was_given() -> None:
    held = known()
    before = repr(held)
    verdict(draft(quantities=(killed(23),)), held)
    assert repr(held) == before
