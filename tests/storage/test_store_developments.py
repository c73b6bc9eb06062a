"""What storage promises of developments, on SQLite and on Postgres."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from parsers.coding.values import UNKNOWN_TIME, When
from storage import developments, standing
from storage.errors import NotFoundError, StorageError
from storage.values import Decision


def test_a_development_comes_back_whole(store, given):
    with store.write() as tx:
        version = given.add_development(tx)
    with store.read() as tx:
        found = developments.get(tx, version.development_id)
    assert (found.public_id, found.version, found.history, found.reports) == ("D1", version, (version,), ())
    assert (found.state, version.sequence, version.number) == (given.state(), 1, 1)


def test_reports_are_read_from_their_articles(store, given):
    article = given.article()
    with store.write() as tx:
        mention = given.add_mention(tx, article, family="courrier", now=given.at(1))
        version = given.add_development(tx)
        given.decide(tx, mention, version, reasons=("no link",))
        given.decide(tx, mention, version, watch="niger", development_id=None, development_version_id=None)
        (report,) = developments.get(tx, 1).reports
    assert report.quote == given.sentence == article.text[report.start : report.end]
    assert (report.external_id, report.outlet, report.family, report.url) == (
        "one",
        "Le Courrier du Fleuve",
        "courrier",
        "https://example.org/one",
    )
    assert (report.claimant, report.attributed_to, report.rule) == ("residents", ("AFP",), "attack.killed")
    assert (report.role, report.decision, report.reasons) == ("news", "new", ("no link",))
    assert (report.mention_id, report.version_id, report.article_id) == (mention.id, mention.version_id, 1)
    assert (report.published_at, report.decided_at) == (given.noon, version.recorded_at)


def test_a_development_is_seen_as_it_stood(store, given):
    with store.write() as tx:
        first = given.add_development(tx, now=given.at(0))
        given.decide(tx, given.add_mention(tx), first)
        second = given.add_version(tx, first, 14, given.at(60))
        another = given.add_mention(tx, given.article("two"))
        given.decide(tx, another, second, decision="update", decided_at=given.at(60))
    with store.read() as tx:
        now, then = developments.get(tx, 1), developments.get(tx, 1, as_of=given.at(59))
        assert (now.version, now.history, len(now.reports)) == (second, (first, second), 2)
        assert (then.version, then.history, len(then.reports)) == (first, (first,), 1)
        assert developments.get(tx, 1, as_of=given.at(60)) == now
        assert developments.every(tx, as_of=given.at(59)) == (then,)
        assert developments.every(tx, as_of=given.at(-1)) == ()
        with pytest.raises(NotFoundError, match="no development D1 at 2025-06-07T11:59"):
            developments.get(tx, 1, as_of=given.at(-1))
        with pytest.raises(NotFoundError, match="no development D9"):
            developments.get(tx, 9)


def test_order_is_that_of_the_rows_when_a_clock_jumps_back(store, given):
    with store.write() as tx:
        first = given.add_development(tx, now=given.at(60))
        second = given.add_version(tx, first, 14, given.at(0))
        assert developments.get(tx, 1).version == second
        assert second.sequence > first.sequence


@pytest.fixture
def several(store, given):
    """Return a store with developments of several families, days and kinds."""
    days = [When(start=date(2025, 6, day), precision="day", basis="explicit") for day in (1, 2, 3)]
    month = When(start=date(2025, 5, 1), end=date(2025, 5, 31), precision="month", basis="explicit")
    with store.write() as tx:
        given.add_development(tx, when=days[0], now=given.at(1))
        given.add_development(tx, when=days[2], now=given.at(2), kind="base_lost", watched=False)
        given.add_development(tx, when=UNKNOWN_TIME, now=given.at(3))
        given.add_development(tx, when=days[2], now=given.at(4), family="politics")
        given.add_development(tx, when=month, now=given.at(5))
        moved = given.add_development(tx, when=days[0], now=given.at(6))
        state = replace(moved.state, when=days[1])
        developments.add_version(tx, 6, state=state, decision="update", changes=(), alert_reasons=(), now=given.at(7))
    return store


CANDIDATES = [
    (["armed"], None, [1, 2, 3, 5, 6]),
    (["armed", "politics"], None, [1, 2, 3, 4, 5, 6]),
    (["armed"], date(2025, 6, 2), [2, 3, 6]),
    (["armed"], date(2025, 5, 31), [1, 2, 3, 5, 6]),
    (["politics"], date(2025, 6, 4), []),
    ([], None, []),
]


@pytest.mark.parametrize(("families", "since", "expected"), CANDIDATES)
def test_candidates_may_touch_in_family_and_time(several, families, since, expected):
    with several.read() as tx:
        found = standing.candidates(tx, watch="mali", families=families, since=since)
        assert [one.id for one in found] == expected
        assert standing.candidates(tx, watch="niger", families=families, since=since) == ()


def test_candidates_are_their_slots_and_are_read_whole_by_their_ids(several, given):
    with several.write() as tx:
        given.decide(tx, given.add_mention(tx), developments.get(tx, 6).version)
    with several.read() as tx:
        found = standing.candidates(tx, watch="mali", families=["armed"], since=None)
        whole = developments.several(tx, [one.id for one in found] + [99])
    assert [one.state for one in found] == [one.state for one in whole]
    assert [one.version.id for one in found] == [one.version.id for one in whole]
    assert (found[-1].version.number, found[-1].history, found[-1].reports) == (2, (), ())
    assert (len(whole[-1].history), len(whole[-1].reports)) == (2, 1)


def test_a_version_that_was_undone_is_not_remembered(store, given):
    found = []
    for summary, undone in (("told once", True), ("told anew", False)):
        with suppress(ZeroDivisionError), store.write() as tx:
            given.add_development(tx, summary=summary)
            found += [d.state.summary for d in standing.candidates(tx, watch="mali", families=["armed"], since=None)]
            if undone:
                raise ZeroDivisionError
    assert found == ["told once", "told anew"]


LISTS = [
    ({}, [6, 5, 4, 3, 2, 1]),
    ({"limit": 2}, [6, 5]),
    ({"watched": False}, [2]),
    ({"watched": True, "limit": 1}, [6]),
    ({"kind": "base_lost"}, [2]),
    ({"since": 5}, [6, 5]),
    ({"since": 7}, [6]),
    ({"as_of": 6, "since": 6}, [6]),
    ({"as_of": 2}, [2, 1]),
]


@pytest.mark.parametrize(("filters", "expected"), LISTS)
def test_lists_show_first_what_changed_last(several, given, filters, expected):
    instants = {name: given.at(filters[name]) for name in ("since", "as_of") if name in filters}
    with several.read() as tx:
        assert [one.id for one in developments.every(tx, **filters | instants)] == expected


def test_pages_run_through_all(several, given):
    with several.read() as tx:
        assert [one.id for one in developments.after(tx, 0, limit=4)] == [1, 2, 3, 4]
        assert [one.id for one in developments.after(tx, 4, limit=4)] == [5, 6]
        assert [one.id for one in developments.after(tx, 4, limit=4, as_of=given.at(5))] == [5]
        assert developments.after(tx, 6, limit=4) == ()


def test_many_developments_are_read_in_pages(store, given, monkeypatch):
    monkeypatch.setattr(developments, "PAGE", 2)
    with store.write() as tx:
        for number in range(5):
            given.add_development(tx, now=given.at(number))
        found = standing.candidates(tx, watch="mali", families=["armed"], since=None)
    assert [one.id for one in found] == [1, 2, 3, 4, 5]


def test_each_mention_is_decided_once_a_watch(store, given):
    with store.write() as tx:
        mention, version = given.add_mention(tx), given.add_development(tx)
        made = given.decide(tx, mention, version)
        repeat = Decision(
            mention_id=mention.id,
            watch="niger",
            decision="background",
            role="background",
            development_id=None,
            development_version_id=None,
            reasons=("elsewhere",),
            decided_at=given.at(1),
        )
        developments.decide(tx, repeat)
        assert developments.decisions_of_article(tx, 1) == ((mention, made), (mention, repeat))
        assert developments.decisions_of_article(tx, 2) == ()
    with pytest.raises(StorageError, match=r"(?i)unique"), store.write() as tx:
        given.decide(tx, mention, version)


def test_a_version_of_an_unknown_development_is_refused(store, given):
    with pytest.raises(NotFoundError, match="no development D5"), store.write() as tx:
        developments.add_version(
            tx, 5, state=given.state(), decision="update", changes=(), alert_reasons=(), now=given.noon
        )
