"""What storage promises of duplicates, on SQLite and on Postgres."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from storage import duplicates, leads
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


def test_what_was_undone_comes_back_only_by_redoing_it(tx, given):
    first = repeats(given, 2, 1)
    duplicates.add(tx, first)
    with pytest.raises(NotFoundError, match="A2 repeats A1"):
        duplicates.redo(tx, 2, 1, now=given.at(1))
    duplicates.undo(tx, 2, 1, reason="two attacks", now=given.at(5))
    for again in (first, replace(first, kind="paraphrase", score=0.9, algorithm="2")):
        duplicates.add(tx, again)
        assert duplicates.standing(tx) == {}
    duplicates.redo(tx, 2, 1, now=given.at(9))
    assert duplicates.standing(tx) == {2: replace(first, judged_at=given.at(9))}
    assert len(duplicates.judgements(tx)) == 2
    duplicates.undo(tx, 2, 1, reason="still two", now=given.at(11))
    assert duplicates.leader(tx, 2) == 2


@pytest.mark.parametrize("seed", range(5))
def test_any_undoing_and_redoing_leaves_what_was_last_said(tx, given, seed):
    chance = random.Random(seed)
    chain = [(2, 1), (3, 2), (4, 3), (5, 4)]
    stands = dict.fromkeys(chain, True)
    for pair in chain:
        duplicates.add(tx, repeats(given, *pair))
    for hour in range(30):
        pair = chance.choice(chain)
        if stands[pair]:
            duplicates.undo(tx, *pair, reason="two attacks", now=given.at(hour))
        else:
            duplicates.add(tx, repeats(given, *pair, algorithm="2"))  # judging again brings nothing back
            duplicates.redo(tx, *pair, now=given.at(hour))
        stands[pair] = not stands[pair]
        assert set(duplicates.standing(tx)) == {left for (left, _), stood in stands.items() if stood}
        leaders = {1: 1}
        for left, right in chain:
            leaders[left] = leaders[right] if stands[left, right] else left
        assert {number: duplicates.leader(tx, number) for number in leaders} == leaders


def test_the_article_that_was_named_last_leads_its_group(tx, given):
    for left, right in [(2, 1), (4, 2), (5, 3)]:
        duplicates.add(tx, repeats(given, left, right))
    for hour, article in enumerate([4, 5, 2], start=1):
        leads.name(tx, article, reason="it came first", now=given.at(hour))
    everyone = range(1, 6)
    assert duplicates.leaders(tx, everyone) == {1: 2, 2: 2, 3: 5, 4: 2, 5: 5}
    assert duplicates.leaders(tx, everyone, as_of=given.at(1)) == {1: 4, 2: 4, 3: 3, 4: 4, 5: 3}
    assert duplicates.named_leaders(tx, everyone) == {1: 2, 3: 5, 4: 2}
    assert duplicates.named_leaders(tx, everyone, as_of=given.noon) == {}
    assert [(one.article, one.reason) for one in leads.named(tx, as_of=given.at(2))] == [
        (4, "it came first"),
        (5, "it came first"),
    ]
    leads.name(tx, 1, reason="after all", now=given.at(9))
    assert [duplicates.leader(tx, article) for article in everyone] == [1, 1, 5, 1, 5]


def test_a_leader_that_left_its_group_leads_it_no_more(tx, given):
    for left, right in [(2, 1), (3, 1), (4, 2)]:
        duplicates.add(tx, repeats(given, left, right))
    leads.name(tx, 2, reason="the first publisher", now=given.at(1))
    duplicates.undo(tx, 2, 1, reason="two attacks", now=given.at(2))
    assert duplicates.leaders(tx, range(1, 5)) == {1: 1, 2: 2, 3: 1, 4: 2}
    duplicates.redo(tx, 2, 1, now=given.at(3))
    assert duplicates.leaders(tx, range(1, 5)) == {1: 2, 2: 2, 3: 2, 4: 2}
