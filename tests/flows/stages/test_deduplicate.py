"""Copies: containment of word triples, windows of time, short texts with like headlines, and the sampled keys."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from flows.stages.deduplicate import (
    FEWEST_KEYS,
    MOST_KEYS,
    SHARED,
    SHORT_WORDS,
    Candidate,
    Verdict,
    judge_copy,
    sampled_keys,
)
from tests.flows.runs import NOON, SEED_0, SEED_1

VOCABULARY = [f"{a}{b}{c}" for a in "bdfglmnprst" for b in "aeiou" for c in ("ko", "li", "ma", "ndé", "ra", "sse")]


def prose(count: int, seed: int = 0) -> str:
    """Return so many words, always the same ones for a seed."""
    chance = random.Random(seed)
    return " ".join(chance.choice(VOCABULARY) for _ in range(count))


def known(text: str, *, article_id: int = 1, headline: str = "Soldiers leave a base", days: float = 0) -> Candidate:
    return Candidate(article_id=article_id, text=text, headline=headline, at=NOON - timedelta(days=days))


def judged(text: str, *candidates: Candidate, headline: str = "Soldiers leave a base") -> Verdict | None:
    return judge_copy(text, headline, NOON, candidates)


WHOLE = prose(400)


def mixed(share: float) -> str:
    """Return a text of which this share stands in WHOLE."""
    cut = round(400 * share)
    return f"{' '.join(WHOLE.split()[:cut])} {prose(400 - cut, seed=1)}"


@pytest.mark.parametrize(
    ("text", "score"),
    [
        (WHOLE, 1.0),
        (WHOLE.upper().replace(" ", ",  "), 1.0),  # case and punctuation are nothing
        (" ".join(WHOLE.split()[100:300]), 1.0),  # cut
        (f"{prose(300, seed=2)} {WHOLE} {prose(300, seed=3)}", 1.0),  # framed
    ],
    ids=["same", "other marks", "cut", "framed"],
)
def test_a_copy_is_told_by_how_much_of_the_shorter_text_it_holds(text: str, score: float) -> None:
    verdict = judged(text, known(WHOLE))
    assert verdict is not None
    assert (verdict.original, verdict.kind) == (1, "near")
    assert verdict.score == pytest.approx(score, abs=0.01)
    assert verdict.reasons


@pytest.mark.parametrize(
    "text", [prose(400, seed=9), "", "…", mixed(0.4)], ids=["other", "empty", "marks", "too little"]
)
def test_what_shares_too_little_is_a_text_of_its_own(text: str) -> None:
    assert judged(text, known(WHOLE)) is None


@pytest.mark.parametrize(
    ("share", "days", "copy"),
    [
        (0.7, 0, True), (0.7, 4, True), (0.7, -4, True), (0.7, 4.01, False), (0.7, -4.01, False),
        (1.0, 4.01, True), (1.0, 30, True), (1.0, -30, True), (1.0, 30.01, False), (0.85, 10, False),
    ],
)  # fmt: skip
def test_the_more_is_shared_the_farther_apart_copies_may_be(share: float, days: float, copy: bool) -> None:
    assert (judged(mixed(share), known(WHOLE, days=days)) is not None) is copy


@pytest.mark.parametrize(
    ("headline", "copy"),
    [
        ("Soldiers leave a base", True),
        ("SOLDIERS LEAVE A BASE!", True),
        ("Soldiers leave a base in Mali, residents say", True),
        ("Price of rice rises in Bamako", False),
        ("", False),
    ],
)
def test_short_texts_are_copies_only_under_like_headlines(headline: str, copy: bool) -> None:
    short = prose(SHORT_WORDS - 1)
    assert (judged(short, known(short), headline=headline) is not None) is copy
    long = prose(SHORT_WORDS)
    assert judged(long, known(long), headline=headline) is not None


def test_the_best_original_is_taken_and_of_equals_the_oldest() -> None:
    half = known(mixed(0.6), article_id=1)
    first, second = known(WHOLE, article_id=7), known(WHOLE, article_id=8)
    for candidates in ([half, first, second], [second, first, half]):
        verdict = judged(WHOLE, *candidates)
        assert verdict is not None
        assert verdict.original == 7


def test_without_candidates_nothing_is_a_copy() -> None:
    assert judged(WHOLE) is None


def test_the_seeds_are_no_copies_of_each_other() -> None:
    one, other = (seed.read_text(encoding="utf-8") for seed in (SEED_0, SEED_1))
    assert judged(one, known(other)) is None
    assert not sampled_keys(one) & sampled_keys(other)


@pytest.mark.parametrize("count", [1, 4, 5, 20, 60, 400, 3000])
def test_a_text_has_few_keys_that_only_its_words_decide(count: int) -> None:
    text = prose(count)
    keys = sampled_keys(text)
    assert keys == sampled_keys(text.upper().replace(" ", " — "))
    assert min(FEWEST_KEYS, max(1, count - 4)) <= len(keys) <= MOST_KEYS
    assert all(0 <= key < 2**63 for key in keys)
    assert sampled_keys("") == frozenset()


@pytest.mark.parametrize("count", [60, 150, 400, 1500])
@pytest.mark.parametrize("seed", range(5))
def test_a_framed_copy_shares_enough_keys_to_be_found(count: int, seed: int) -> None:
    text = prose(count, seed)
    framed = f"{prose(40, seed + 100)} {text} {prose(40, seed + 200)}"
    one, other = sampled_keys(text), sampled_keys(framed)
    assert len(one & other) >= SHARED * min(len(one), len(other))
