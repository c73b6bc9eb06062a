"""What falls when a source takes something back: only what rested on it alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flows.stages.alert import judge_correction
from flows.stages.corrections import CORRECTED, without_article
from flows.stages.detect import Origin, Verdict, decide, hold
from flows.stages.figures import fatalities
from parsers.coding.values import Quantity
from storage.values import Alert, Development, Report, StoredMention
from tests.flows.stages.test_detect import NOON, OTHER, WATCH, coder, draft, killed, known

SAME = Origin(article_id=1, family="riverdaily", attributed_to=(), edited=True)


def counted(best: int, mention: int = 1, **fields: Any) -> Quantity:
    return killed(best, phrase=mention, **fields)


def held(*quantities: Quantity, more: tuple[Report, ...] = ()) -> Development:
    """Return a development of the River Daily (article 1, mention 1) with these figures."""
    base = known(draft(quantities=quantities))
    own = replace(base.reports[0], quantities=tuple(q for q in quantities if q.phrase == 1))
    return replace(base, reports=(own, *more))


def told_by(article: int, *quantities: Quantity, decision: Any = "corroboration") -> Report:
    base = known().reports[0]
    return replace(
        base, mention_id=article, version_id=article, article_id=article, family=f"paper {article}",
        decision=decision, quantities=quantities,
    )  # fmt: skip


def later(*quantities: Quantity, to: Development, told: tuple[Quantity, ...] | None = None) -> Verdict:
    origin = replace(SAME, told=quantities if told is None else told)
    mention = StoredMention(id=9, version_id=9, mention=None)  # type: ignore[arg-type]  # only its version is read
    of = replace(draft(quantities=tuple(replace(q, phrase=9) for q in quantities)), mentions=(mention,))
    kinds = coder().lexicon.kinds
    return decide(of, hold(of, [to], kinds), origin=origin, watch=WATCH, kinds=kinds)


def tolls(verdict: Verdict) -> list[int | None]:
    assert verdict.state is not None
    return sorted(q.best or 0 for q in verdict.state.quantities)


def test_a_lower_figure_of_the_same_article_takes_the_place_of_the_first() -> None:
    found = later(killed(13), to=held(counted(30)))
    assert (found.decision, found.corrects, tolls(found)) == ("update", True, [13])
    (change,) = [c for c in found.changes if c.field == "fatalities"]
    assert (change.old["best"], change.new["best"], change.reason) == (30, 13, CORRECTED)


def test_a_higher_figure_of_the_same_article_is_a_later_count() -> None:
    found = later(killed(40), to=held(counted(30)))
    assert (found.decision, found.corrects, tolls(found)) == ("update", False, [40])


def test_what_another_independent_article_told_stands() -> None:
    found = later(killed(13), to=held(counted(30), more=(told_by(2, killed(30)),)))
    assert tolls(found) == [13, 30]
    repeated = later(killed(13), to=held(counted(30), more=(told_by(2, killed(30), decision="repeat"),)))
    assert tolls(repeated) == [13]


def test_what_another_article_corrected_itself_does_not_hold_the_figure() -> None:
    corrected = replace(told_by(2, killed(13), decision="update"), version_id=7, mention_id=7)
    found = later(killed(13), to=held(counted(30), more=(told_by(2, killed(30)), corrected)))
    assert tolls(found) == [13]


def test_a_figure_that_the_new_version_still_tells_elsewhere_stands() -> None:
    army = counted(30, claimant="the army")
    found = later(killed(13), to=held(army, counted(12)), told=(killed(13), replace(army, phrase=None)))
    assert tolls(found) == [13, 30]


def test_another_measure_is_not_touched() -> None:
    wounded = replace(counted(50), measure="wounded")
    assert tolls(later(killed(13), to=held(counted(30), wounded))) == [13, 50]


def test_a_text_that_no_longer_tells_a_figure_takes_nothing_back() -> None:
    assert later(to=held(counted(30))).decision == "repeat"


def test_another_article_corrects_nothing() -> None:
    mention = StoredMention(id=9, version_id=9, mention=None)  # type: ignore[arg-type]
    of = replace(draft(quantities=(killed(13),)), mentions=(mention,))
    kinds = coder().lexicon.kinds
    found = decide(of, hold(of, [held(counted(30))], kinds), origin=OTHER, watch=WATCH, kinds=kinds)
    assert (found.decision, found.corrects, tolls(found)) == ("contradiction", False, [13, 30])


def test_what_rested_on_a_withdrawn_article_alone_is_retracted() -> None:
    found = without_article(held(counted(30)), {1}, "A1 was withdrawn")
    assert found is not None
    state, changes = found
    assert (state.status, state.summary.startswith("Retracted: "), state.quantities) == (
        "retracted",
        True,
        (counted(30),),
    )
    assert [(c.field, c.old, c.new, c.reason) for c in changes] == [
        ("status", "reported", "retracted", "A1 was withdrawn")
    ]


def test_what_others_told_too_stays_with_their_figures() -> None:
    both = held(counted(30), counted(12, mention=2), more=(told_by(2, killed(12)),))
    both = replace(
        both, version=replace(both.version, state=replace(both.state, independent_sources=2, status="confirmed"))
    )
    found = without_article(both, {1}, "withdrawn")
    assert found is not None
    state, changes = found
    assert (state.status, state.independent_sources) == ("reported", 1)
    assert state.fatalities == fatalities(state.quantities) == fatalities([counted(12)])
    assert [c.field for c in changes] == ["fatalities", "status", "independent_sources"]


def test_a_copy_of_the_withdrawn_article_is_no_other_voice() -> None:
    copied = held(counted(30), more=(told_by(2, killed(30)),))
    assert without_article(copied, {1, 2}, "withdrawn")[0].status == "retracted"  # type: ignore[index]


def test_an_article_that_only_repeated_takes_nothing_with_it() -> None:
    assert without_article(held(counted(30), more=(told_by(2, decision="repeat"),)), {2}, "withdrawn") is None


def alert(**fields: Any) -> Alert:
    given: dict[str, Any] = {
        "id": 3, "uid": "a", "development_id": 1, "development_number": 1, "development_version_id": 1, "change": "new",
        "rule": WATCH.rules[0].id, "severity": "critical", "reasons": (), "created_at": NOON,
    }  # fmt: skip
    return Alert(**given | fields)


def test_a_correction_is_as_grave_as_what_was_told_and_names_it() -> None:
    small = held(counted(1)).state
    found = judge_correction(small, [alert(severity="normal"), alert(id=4)], WATCH)
    assert found is not None
    assert (found.rules, found.severity, found.corrects) == (WATCH.rules[:1], "critical", True)
    assert "corrects what you were told by L4" in found.reasons


def test_a_correction_goes_by_every_rule_that_told() -> None:
    rules = tuple(WATCH.rules[0].model_copy(update={"id": name}) for name in ("first", "idle", "last"))
    watch = WATCH.model_copy(update={"rules": rules})
    found = judge_correction(held(counted(1)).state, [alert(rule="last"), alert(rule="first")], watch)
    assert found is not None
    assert [rule.id for rule in found.rules] == ["first", "last"]


@pytest.mark.parametrize("rule", ["gone", "quiet", "correction"])
def test_a_rule_that_takes_no_corrections_sends_none(rule: str) -> None:
    quiet = WATCH.rules[0].model_copy(update={"id": "quiet", "changes": ("new",)})
    watch = WATCH.model_copy(update={"rules": (quiet,)})
    assert judge_correction(held(counted(1)).state, [alert(rule=rule)], watch) is None
