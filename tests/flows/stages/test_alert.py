"""Whether somebody is told: the rules of a watch, the age of the article, severity, and what stays quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from flows.stages.alert import AlertVerdict, judge_alert, severity_of
from parsers.coding.values import Participant, PlaceMention, Quantity
from parsers.coding.watch import DEFAULT_RULE, AlertRule, SeverityTable, Watch, load_watch
from storage.values import Change, DevelopmentState, Fatalities

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
WAGNER = Participant(id="wagner_group", name="Wagner Group", camp="watched", role="target")
JNIM = Participant(id="jnim", name="JNIM", camp="jihadist", role="agent")
GAO = PlaceMention(
    id="gao", name="Gao", kind="town", country="Mali", region="Gao", latitude=16.27, longitude=-0.04,
    geo_precision=1, surface="Gao", start=0, end=3,
)  # fmt: skip
ALL = AlertRule(id="all", title="All of the watched")
TABLE = SeverityTable(
    killed={"critical": 50, "high": 10},
    watched_killed={"critical": 10, "high": 1},
    kinds={"critical": ("base_lost",), "high": ("sanction",), "low": ("denial",)},
)


def watch(*rules: AlertRule) -> Watch:
    return Watch(
        id="test", title="Test", theatre=("Mali",), watched=("wagner_group",), severity=TABLE, rule=rules or (ALL,)
    )


def state(kind: str = "attack_on_forces", **fields: Any) -> DevelopmentState:
    given: dict[str, Any] = {
        "watch": "test", "kind": kind, "event_type": "Battles", "sub_event_type": "Armed clash", "family": "fighting",
        "modality": "asserted", "status": "reported", "watched": True, "summary": "JNIM attacks Wagner Group",
        "participants": (JNIM, WAGNER),
    }  # fmt: skip
    return DevelopmentState(**given | fields)


def killed(best: int, group: Any = "army", **fields: Any) -> Quantity:
    return Quantity(
        measure="killed", group=group, low=best, best=best, high=best, surface=str(best), start=0, end=2, **fields
    )


def judged(
    of: DevelopmentState,
    decision: Any = "new",
    *rules: AlertRule,
    changes: tuple[Change, ...] = (),
    age: timedelta | None = timedelta(hours=1),
) -> AlertVerdict:
    article_at = None if age is None else NOW - age
    return judge_alert(
        of, decision, changes, watch(*rules), article_at=article_at, now=NOW, max_age_days=14, language="en"
    )


@pytest.mark.parametrize("decision", ["new", "update", "contradiction"])
def test_a_watched_development_alerts_with_its_reasons(decision: str) -> None:
    found = judged(state(), decision)
    assert found.rules == (ALL,)
    assert found.reasons == ("rule all: All of the watched", "watched actor: Wagner Group (target)")


@pytest.mark.parametrize(
    ("rule", "of", "decision", "why"),
    [
        (ALL, state(watched=False, participants=(JNIM,)), "new", "all: no watched actor takes part"),
        (AlertRule(id="r", title="R", changes=("update",)), state(), "new", "r: not for new"),
        (AlertRule(id="r", title="R", kinds=("sanction",)), state(), "new", "r: not for attack_on_forces"),
        (AlertRule(id="r", title="R", min_severity="high"), state(), "new", "r: severity normal is below high"),
        (AlertRule(id="r", title="R", actors=("fama",)), state(), "new", "r: none of its actors takes part"),
        (AlertRule(id="r", title="R", places=("Kidal",)), state(place=GAO), "new", "r: at none of its places"),
        (AlertRule(id="r", title="R", places=("Gao",)), state(), "new", "r: at none of its places"),
        (AlertRule(id="r", title="R", languages=("fr",)), state(), "new", "r: the article is in en"),
        (
            AlertRule(id="r", title="R", min_sources=2),
            state(),
            "new",
            "r: told by 1 independent of the 2 sources asked for",
        ),
    ],
)
def test_what_a_rule_leaves_out_is_quiet_with_the_reason(
    rule: AlertRule, of: DevelopmentState, decision: Any, why: str
) -> None:
    found = judged(of, decision, rule)
    assert (found.rules, found.reasons) == ((), (why,))


@pytest.mark.parametrize(
    "fields",
    [
        {"actors": ("jnim", "fama")}, {"places": ("gao",)}, {"places": ("GAO",)}, {"places": ("Mali",)},
        {"languages": ("fr", "en")}, {"min_severity": "normal"},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_fires_on_what_it_names(fields: dict[str, Any]) -> None:
    rule = AlertRule(id="r", title="R", **fields)
    assert judged(state(place=GAO), "new", rule).rules == (rule,)


def test_all_rules_that_fit_fire_each_with_its_own_reasons() -> None:
    first, second = AlertRule(id="a", title="A"), AlertRule(id="b", title="B")
    found = judged(state(), "new", first, second)
    assert found.rules == (first, second)
    assert found.reasons_of(second) == ("rule b: B", "watched actor: Wagner Group (target)")


@pytest.mark.parametrize(("sources", "fires"), [(1, False), (2, True), (3, False)])
def test_a_rule_that_asks_for_sources_fires_when_they_are_reached(sources: int, fires: bool) -> None:
    rule = AlertRule(id="r", title="R", changes=("new",), min_sources=2)
    counted = Change(field="independent_sources", old=sources - 1, new=sources, reason="told by a report")
    found = judged(state(independent_sources=sources), "corroboration", rule, changes=(counted,))
    assert bool(found.rules) is fires


def test_a_watch_without_a_word_on_rules_tells_of_the_watched() -> None:
    bare = Watch(id="test", title="Test", theatre=("Mali",), watched=("wagner_group",))
    of = state(watched=True), state(watched=False)
    found = [judge_alert(s, "new", (), bare, article_at=NOW, now=NOW, max_age_days=14).rules for s in of]
    assert found == [(DEFAULT_RULE,), ()]


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": (ALL, ALL)},
        {"rule": ({"id": "correction", "title": "T"},)},
        {"quiet": ({"start": "22:00", "end": "06:00", "zone": "Africa/Nowhere"},)},
        {"digest": {"zone": ""}},
    ],
    ids=str,
)
def test_a_watch_that_cannot_be_kept_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Watch(id="test", title="Test", theatre=("Mali",), watched=("wagner_group",), **fields)


def test_the_first_rule_that_fits_fires_and_misses_are_told_where_none_does() -> None:
    first, second = AlertRule(id="a", title="A", kinds=("sanction",)), AlertRule(id="b", title="B", watched=False)
    assert judged(state(), "new", first, second).rules == (second,)
    assert judged(state("denial"), "new", first, replace_rule(second, min_severity="high")).reasons == (
        "a: not for denial",
        "b: severity low is below high",
    )


def replace_rule(rule: AlertRule, **fields: Any) -> AlertRule:
    return rule.model_copy(update=fields)


def test_a_rule_may_ask_for_what_is_not_watched() -> None:
    everything = AlertRule(id="context", title="Context", watched=False)
    assert judged(state(watched=False, participants=(JNIM,)), "new", everything).rules == (everything,)


def test_a_watch_without_rules_says_so() -> None:
    bare = Watch(id="test", title="Test", theatre=("Mali",), watched=("wagner_group",), rule=())
    found = judge_alert(state(), "new", (), bare, article_at=NOW, now=NOW, max_age_days=14)
    assert (found.rules, found.reasons) == ((), ("the watch has no alert rule",))


@pytest.mark.parametrize(("age", "alerts"), [(13, True), (14, True), (15, False), (400, False), (-1, True)])
def test_an_old_article_is_quiet(age: int, alerts: bool) -> None:
    found = judged(state(), age=timedelta(days=age))
    assert (bool(found.rules)) is alerts
    assert alerts or found.reasons == (f"the article is {age} days old, more than 14",)


def test_an_undated_article_counts_from_now_and_says_so() -> None:
    found = judged(state(), age=None)
    assert found.rules == (ALL,)
    assert found.reasons[-1] == "the article is undated: counted from when it was first seen"


CONFIRMED = Change(field="status", old="reported", new="confirmed", reason="told by a report")
COUNTED = Change(field="independent_sources", old=2, new=3, reason="told by a report")


@pytest.mark.parametrize(
    ("of", "changes", "alerts"),
    [
        (state(claimant="JNIM"), (CONFIRMED,), True),
        (state(modality="claimed", claimant="JNIM"), (CONFIRMED,), True),
        (state(claimant="JNIM"), (COUNTED,), False),
        (state(claimant="residents"), (CONFIRMED,), False),
        (state(), (CONFIRMED,), False),
        (state(), (), False),
    ],
    ids=["own claim", "claimed", "second source", "no party", "nobody's claim", "nothing changed"],
)
def test_corroboration_alerts_only_where_a_partys_claim_gains_its_first_independent_source(
    of: DevelopmentState, changes: tuple[Change, ...], alerts: bool
) -> None:
    found = judged(of, "corroboration", changes=changes)
    assert (bool(found.rules)) is alerts
    assert alerts or found.reasons == ("corroboration of what was told before",)


@pytest.mark.parametrize(
    ("kind", "deaths", "group", "severity"),
    [
        ("attack_on_forces", None, "army", "normal"),
        ("attack_on_forces", 9, "army", "normal"),
        ("attack_on_forces", 10, "army", "high"),
        ("attack_on_forces", 50, "army", "critical"),
        ("attack_on_forces", 1, "watched", "high"),
        ("attack_on_forces", 10, "watched", "critical"),
        ("base_lost", None, "army", "critical"),
        ("sanction", None, "army", "high"),
        ("sanction", 50, "civilians", "critical"),
        ("denial", None, "army", "low"),
        ("denial", 10, "army", "high"),
    ],
)
def test_severity(kind: str, deaths: int | None, group: str, severity: str) -> None:
    tolls = () if deaths is None else (killed(deaths, group),)
    of = state(kind, quantities=tolls, fatalities=Fatalities(low=deaths, best=deaths, high=deaths))
    assert severity_of(of, watch()) == severity
    assert judged(of).severity == severity


def test_a_floor_alone_counts_for_severity() -> None:
    assert severity_of(state(fatalities=Fatalities(low=12)), watch()) == "high"


def test_only_the_dead_of_the_watched_count_as_theirs() -> None:
    tolls = (killed(9, "army"), killed(1, "watched", claimant="JNIM"))
    of = state(quantities=tolls, fatalities=Fatalities(low=10, best=10, high=10))
    bare = watch().model_copy(update={"severity": TABLE.model_copy(update={"killed": {}})})
    assert severity_of(of, bare) == "high"


def test_an_aggregate_of_the_watched_dead_raises_no_severity() -> None:
    tolls = (killed(84, "watched", scope="aggregate"), killed(2, "army"))
    of = state(quantities=tolls, fatalities=Fatalities(low=2, best=2, high=2))
    assert severity_of(of, watch()) == "normal"


def test_the_watch_that_comes_along_alerts_of_an_exit_and_not_of_context() -> None:
    mali = load_watch(Path(__file__).resolve().parents[3] / "seeds" / "watch.toml")
    left = state("withdrawal_announced", modality="announced", participants=(replace(WAGNER, role="agent"),))
    for of, fires in ((left, True), (replace(left, watched=False), False)):
        found = judge_alert(of, "new", (), mali, article_at=NOW, now=NOW, max_age_days=14)
        assert (bool(found.rules)) is fires
        assert found.severity == "high"
