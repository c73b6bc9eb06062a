"""What storage promises of exports, on SQLite and on Postgres."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from storage import developments, duplicates, exports, outbox
from storage.values import Fatalities, Judgement

EXPECTED = Path(__file__).parent / "exports"
NAMES = {
    "articles": "id external_id url outlet credited_to headline language published_at first_seen_at version relevance"
    " relevance_reasons duplicate_of duplicate_kind duplicate_score",
    "developments": "id version watched kind event_type sub_event_type modality actors place region country latitude"
    " longitude geo_precision date date_end time_precision fatalities quantities status summary independent_sources"
    " first_seen_at changed_at reports changes",
    "alerts": "id development_id development_version change rule severity created_at reasons deliveries",
}


@pytest.fixture
def filled(store, given):
    """Return a store in which two articles tell of one attack, and a third repeats the first."""
    with store.write() as tx:
        one = given.add_mention(tx, now=given.at(0))
        first = given.add_development(tx, now=given.at(1))
        given.decide(tx, one, first)
        outbox.add_alert(
            tx,
            uid="msg_1",
            version=first,
            change="new",
            rule="watched",
            severity="high",
            reasons=("rule watched",),
            recipients=[("console", ""), ("webhook", "https://example.org/secret")],
            now=given.at(1),
        )
        outbox.lease(tx, 1, by="me", now=given.at(2), for_s=60)
        outbox.finish(tx, 1, outcome="sent", now=given.at(2))
        two = given.add_mention(
            tx, given.article("two", outlet="Radio Gao", published_at=None, url=None), language=None, now=given.at(30)
        )
        second = given.add_version(tx, first, 14, given.at(31))
        given.decide(tx, two, second, decision="update", role="background")
        given.add_article(tx, given.article("three"), now=given.at(32))
        for left, right in [(3, 2), (2, 1)]:
            judgement = Judgement(
                left=left, right=right, kind="near", score=0.75, reasons=("r",), algorithm="1", judged_at=given.at(32)
            )
            duplicates.add(tx, judgement)
    return store


def rows(store, name: str, **arguments) -> list[dict]:
    with store.read() as tx:
        return list(getattr(exports, name)(tx, **arguments))


@pytest.mark.parametrize("name", ["articles", "developments", "alerts", "changes", "mentions"])
def test_rows_are_as_expected(filled, name):
    expected = [json.loads(line) for line in (EXPECTED / f"{name}.jsonl").read_text().splitlines()]
    found = rows(filled, name)
    assert json.loads(json.dumps(found)) == expected
    assert [list(row) for row in found] == [list(row) for row in expected]


@pytest.mark.parametrize("name", NAMES)
def test_the_names_that_others_rely_on_are_there(filled, name):
    for row in rows(filled, name):
        assert set(NAMES[name].split()) <= row.keys()


def test_rows_can_be_had_as_they_stood(filled, given):
    assert [row["id"] for row in rows(filled, "articles", as_of=given.at(31))] == ["A1", "A2"]
    assert [row["duplicate_of"] for row in rows(filled, "articles", as_of=given.at(31))] == [None, None]
    (development,) = rows(filled, "developments", as_of=given.at(30))
    assert (development["version"], len(development["reports"]), development["changes"]) == (1, 1, [])
    assert len(rows(filled, "mentions", as_of=given.at(0))) == 1
    assert rows(filled, "mentions", as_of=given.at(0))[0]["decisions"] == []


def test_changes_go_on_after_a_cursor(filled, given):
    first, second = rows(filled, "changes")
    assert rows(filled, "changes", after=first["cursor"]) == [second]
    assert rows(filled, "changes", after=second["cursor"]) == []
    with filled.write() as tx:
        known = developments.get(tx, 1)
        state = replace(known.state, status="retracted")
        developments.add_version(tx, 1, state=state, decision="update", changes=(), alert_reasons=(), now=given.at(60))
    assert [row["change"] for row in rows(filled, "changes", after=second["cursor"])] == ["deleted"]


def test_rival_figures_are_told(store, given):
    figures = (
        given.killed(12, claimant="army"),
        given.killed(40, claimant="JNIM"),
        given.killed(3, group="civilians"),
        given.killed(40, scope="aggregate"),
    )
    with store.write() as tx:
        given.add_development(tx, quantities=figures, fatalities=Fatalities(low=12, best=12, high=40))
    (row,) = rows(store, "developments")
    assert [(figure["best"], figure["claimant"]) for figure in row["rivals"]] == [(12, "army"), (40, "JNIM")]


def test_many_developments_come_in_order(store, given, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    with store.write() as tx:
        for number in range(5):
            given.add_development(tx, now=given.at(number))
    assert [row["id"] for row in rows(store, "developments")] == ["D1", "D2", "D3", "D4", "D5"]
