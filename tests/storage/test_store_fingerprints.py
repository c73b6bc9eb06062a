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
