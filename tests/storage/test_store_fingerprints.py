"""What storage promises of the memory of deduplication, on SQLite and on Postgres."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from parsers.prints import prints_of
from storage import anchor_counts, fingerprints
from storage.anchor_counts import ALL
from storage.fingerprints import Kept, Wanted

PRINTS = prints_of(
    "Army leaves Ber", "On 13 August 2023 the Army left Ber, where 30 Soldiers of Gao had stood, AFP said."
)


@pytest.fixture
def tx(store):
    with store.write() as tx:
        yield tx


def keep(tx, given, version_id: int, keys, *, days: int = 0) -> Kept:
    kept = Kept(version_id=version_id, article_id=version_id + 100, at=given.noon + timedelta(days=days), prints=PRINTS)
    fingerprints.add(tx, kept, keys)
    return kept


def test_prints_come_back_as_they_were_kept_but_for_their_keys(tx, given):
    kept = keep(tx, given, 3, {})
    first = keep(tx, given, 1, {})
    without_keys = replace(PRINTS, keys=frozenset())
    assert fingerprints.load(tx, [3, 1, 2]) == (replace(first, prints=without_keys), replace(kept, prints=without_keys))
    assert fingerprints.load(tx, []) == ()
    empty = prints_of("", "")
    fingerprints.add(tx, replace(kept, version_id=9, prints=empty), {})
    assert fingerprints.load(tx, [9])[0].prints == empty


def test_candidates_come_best_first_in_their_window(tx, given):
    for version_id, keys, days in ((1, range(10), 0), (2, range(5), 3), (3, [0, 1, 90], -40), (4, [70], 0)):
        keep(tx, given, version_id, {"gram": keys, "name": [5]}, days=days)
    day = given.noon.toordinal()
    near = Wanted("gram", [0, 1, 2, 3, 3], day - 30, day + 30, 2)
    assert fingerprints.candidates(tx, [near]) == [("gram", 1, 4), ("gram", 2, 4)]
    assert fingerprints.candidates(tx, [replace(near, last=day + 2)]) == [("gram", 1, 4)]
    assert fingerprints.candidates(tx, [replace(near, first=day - 40)])[-1] == ("gram", 3, 2)
    assert fingerprints.candidates(tx, [replace(near, keys=[71])]) == []
    assert fingerprints.candidates(tx, [replace(near, keys=[])]) == []
    both = fingerprints.candidates(tx, [near, Wanted("name", [5], day, day)])
    assert both == [("gram", 1, 4), ("gram", 2, 4), ("name", 1, 1), ("name", 4, 1)]


@pytest.mark.parametrize("written", [False, True], ids=["in memory", "in rows"])
def test_what_is_read_ahead_changes_no_answer(store, given, written):
    day = given.noon.toordinal()
    asked = [
        Wanted("gram", [0, 1, 2, 90], day - 30, day + 30, 2),
        Wanted("gram", range(1, 8), day - 1, day + 1),
        Wanted("name", [5], day - 50, day),
    ]
    answers = []
    for ahead in ((), asked[:1], asked):
        with store.write() as tx:
            for version_id, keys, days in ((1, range(10), 0), (2, range(5), 3), (3, [0, 1, 90], -40), (4, [90], 0)):
                if not answers or not written:
                    keep(tx, given, version_id, {"gram": keys, "name": [5]}, days=days)
            fingerprints.read_ahead(tx, ahead)
            if not answers or not written:
                keep(tx, given, 5, {"gram": [1, 2], "name": [6]})
            answers.append([fingerprints.candidates(tx, [one]) for one in asked])
            if not written:
                tx.rollback()
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == [("gram", 1, 3), ("gram", 2, 3), ("gram", 5, 2)]
    assert answers[0][2] == [("name", 1, 1), ("name", 3, 1), ("name", 4, 1)]


def test_what_is_kept_is_found_at_once_and_goes_with_its_savepoint(store, given):
    day = given.noon.toordinal()
    wanted = [Wanted("gram", [1, 2], day, day, 2)]
    with store.write() as tx:
        fingerprints.read_ahead(tx, wanted)
        first = keep(tx, given, 1, {"gram": [1, 2]})
        savepoint = tx.begin_nested()
        keep(tx, given, 2, {"gram": [1, 2]})
        assert [version for _, version, _ in fingerprints.candidates(tx, wanted)] == [1, 2]
        assert len(fingerprints.load(tx, [1, 2])) == 2
        savepoint.rollback()
        assert fingerprints.candidates(tx, wanted) == [("gram", 1, 2)]
        assert [kept.at for kept in fingerprints.load(tx, [1, 2])] == [first.at]
    with store.read() as tx:
        assert fingerprints.candidates(tx, wanted) == [("gram", 1, 2)]


def test_keys_may_have_63_bits(tx, given):
    keep(tx, given, 1, {"text": [0, 2**63 - 1]})
    day = given.noon.toordinal()
    assert fingerprints.candidates(tx, [Wanted("text", [2**63 - 1], day, day)]) == [("text", 1, 1)]


def test_an_anchor_is_counted_once_an_article(tx):
    assert anchor_counts.frequencies(tx, ["ber"]) == {}
    anchor_counts.count(tx, {"ber", "gao"})
    anchor_counts.count(tx, {"ber"})
    assert anchor_counts.frequencies(tx, ["ber", "gao", "never"]) == {ALL: 2, "ber": 2, "gao": 1}
    many = {f"word{n}" for n in range(1500)}
    anchor_counts.count(tx, many)
    assert len(anchor_counts.frequencies(tx, many)) == 1501


def test_counts_are_seen_by_their_transaction_at_once_and_kept_at_its_end(store):
    with store.write() as tx:
        anchor_counts.count(tx, {"ber"})
        assert anchor_counts.frequencies(tx, ["ber"]) == {ALL: 1, "ber": 1}
        anchor_counts.count(tx, {"ber", "gao"})
        assert anchor_counts.frequencies(tx, ["ber", "gao"]) == {ALL: 2, "ber": 2, "gao": 1}
    with store.read() as tx:
        assert anchor_counts.frequencies(tx, ["ber", "gao"]) == {ALL: 2, "ber": 2, "gao": 1}


def test_counts_go_with_the_transaction_or_the_savepoint_that_is_undone(store):
    with store.write() as tx:
        anchor_counts.count(tx, {"ber"})
        savepoint = tx.begin_nested()
        anchor_counts.count(tx, {"ber", "gao"})
        savepoint.rollback()
        assert anchor_counts.frequencies(tx, ["ber", "gao"]) == {ALL: 1, "ber": 1}
        savepoint = tx.begin_nested()
        anchor_counts.count(tx, {"san"})
        savepoint.commit()
    with store.write() as tx:
        anchor_counts.count(tx, {"ber"})
        tx.rollback()
    with store.read() as tx:
        assert anchor_counts.frequencies(tx, ["ber", "gao", "san"]) == {ALL: 2, "ber": 1, "san": 1}
