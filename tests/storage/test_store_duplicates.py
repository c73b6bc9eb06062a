"""What storage promises of duplicates, on SQLite and on Postgres."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import duplicates, fingerprints
from storage.errors import NotFoundError
from storage.values import Judgement


@pytest.fixture
def tx(store, given):
    """A transaction that knows five articles."""
    with store.write() as tx:
        for number in range(1, 6):
            given.add_article(tx, given.article(str(number)))
        yield tx


def repeats(given, left: int, right: int, **fields) -> Judgement:
    known = {"kind": "near", "score": 0.8, "reasons": ("containment .80",), "algorithm": "1", "judged_at": given.noon}
    return Judgement(**{"left": left, "right": right} | known | fields)


def test_a_group_is_led_by_the_end_of_the_chain(tx, given):
    for left, right in [(2, 1), (4, 2), (5, 4)]:
        duplicates.add(tx, repeats(given, left, right))
    assert [duplicates.leader(tx, number) for number in range(1, 6)] == [1, 1, 3, 1, 1]
    assert [(one.left, one.right) for one in duplicates.judgements(tx, 2)] == [(2, 1), (4, 2)]
    assert len(duplicates.judgements(tx)) == 3
    assert duplicates.judgements(tx, 3) == ()


def test_a_judgement_is_undone_not_removed(tx, given):
    duplicates.add(tx, repeats(given, 2, 1))
    duplicates.undo(tx, 2, 1, reason="two attacks", now=given.at(5))
    assert duplicates.leader(tx, 2) == 2
    assert duplicates.judgements(tx) == (repeats(given, 2, 1, undone_at=given.at(5), undone_reason="two attacks"),)
    with pytest.raises(NotFoundError, match="A2 repeats A1"):
        duplicates.undo(tx, 2, 1, reason="again", now=given.at(6))
    assert duplicates.standing(tx) == {}
    assert set(duplicates.standing(tx, as_of=given.at(4))) == {2}
    assert duplicates.standing(tx, as_of=given.at(-1)) == {}


def test_the_same_judgement_is_kept_once_and_a_later_one_counts(tx, given):
    first = repeats(given, 3, 1)
    duplicates.add(tx, first)
    duplicates.add(tx, replace(first, judged_at=given.at(1)))
    duplicates.add(tx, replace(first, right=2, score=0.9))
    assert duplicates.judgements(tx) == (first, replace(first, right=2, score=0.9))
    assert duplicates.leader(tx, 3) == 2
    duplicates.undo(tx, 3, 2, reason="no", now=given.noon)
    assert duplicates.leader(tx, 3) == 1


def test_a_ring_has_an_end(tx, given):
    for left, right in [(5, 4), (4, 3), (3, 2), (2, 4)]:
        duplicates.add(tx, repeats(given, left, right))
    assert [duplicates.leader(tx, number) for number in range(1, 6)] == [1, 2, 2, 2, 2]


def test_candidates_come_best_first(tx, given):
    keys = {1: range(10), 2: range(5), 3: [0, 1, 2, 90, 91], 4: [0, 1, 2], 5: [70]}
    for version_id, of_version in keys.items():
        fingerprints.add(tx, version_id, kind="gram", keys=of_version)
    fingerprints.add(tx, 5, kind="name", keys=range(10))
    found = fingerprints.candidates(tx, kind="gram", keys=[0, 1, 2, 3, 3], since=None, limit=9)
    assert found == ((2, 2, 4, 5), (1, 1, 4, 10), (4, 4, 3, 3), (3, 3, 3, 5))
    assert fingerprints.candidates(tx, kind="gram", keys=[0, 1, 2, 3], since=None, limit=2) == found[:2]
    assert fingerprints.candidates(tx, kind="gram", keys=[71], since=None, limit=9) == ()
    assert fingerprints.candidates(tx, kind="gram", keys=[], since=None, limit=9) == ()


def test_candidates_are_of_the_time_since(store, given):
    with store.write() as tx:
        old = given.add_article(tx, given.article("old", published_at=given.at(-60)), now=given.at(60))
        undated = given.add_article(tx, given.article("undated", published_at=None), now=given.at(60))
        for article in (old, undated):
            fingerprints.add(tx, article.version.id, kind="gram", keys=[1])

        def since(minutes: float) -> list[int]:
            found = fingerprints.candidates(tx, kind="gram", keys=[1], since=given.at(minutes), limit=9)
            return [article_id for article_id, *_ in found]

        assert since(-60) == [old.id, undated.id]
        assert since(-59) == since(60) == [undated.id]
        assert since(61) == []


def test_keys_are_signed_and_of_64_bits(tx):
    extremes = [-(2**63), 2**63 - 1]
    fingerprints.add(tx, 1, kind="gram", keys=[*extremes, *extremes])
    fingerprints.add(tx, 1, kind="name", keys=[])
    assert fingerprints.candidates(tx, kind="gram", keys=extremes, since=None, limit=1) == ((1, 1, 2, 2),)
    with pytest.raises(ValueError, match="9223372036854775808"):
        fingerprints.add(tx, 1, kind="gram", keys=[2**63])
