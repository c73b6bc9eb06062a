"""Is an article a copy of one we know? Sampled shingle keys find candidates, exact containment decides.

In: the words of an article, and the candidates that share keys with it. Out: a `Verdict`, or None for a
text of its own. Pure; the index is rows in storage. Rules and figures: copies arrive close together, so a
time window matters more than the similarity; a cut or framed copy is found by containment, not by Jaccard.
Paraphrases are a later stage of the cascade.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parsers.text import fold, shingles, words

ALGORITHM = "copies/1"
KEY_KIND = "5g1"  # word 5-grams, version 1; keys of another version never mix
KEY_WORDS = 5
KEY_LIMIT = 2**63 // 16  # one key in sixteen is kept …
FEWEST_KEYS, MOST_KEYS = 12, 96  # … but so many at least and at most
SHARED = 0.15  # of the smaller key set: a candidate worth verifying
VERIFY_WORDS = 3
NEAR = 0.5  # containment of word 3-grams within NEAR_WINDOW
SAME = 0.9  # containment that makes a copy within SAME_WINDOW
NEAR_WINDOW = timedelta(days=4)
SAME_WINDOW = timedelta(days=30)
SHORT_WORDS = 60  # below, templates look alike: the headlines must agree too
LIKE_TITLES = 0.6  # share of the shorter headline's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A known article that may be the original."""

    article_id: int
    text: str
    headline: str
    at: datetime  # published, else first seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """That an article copies another: how much of the smaller text stands in the larger one."""

    original: int
    kind: str
    score: float
    reasons: tuple[str, ...]


def sampled_keys(text: str) -> frozenset[int]:
    """Return the sampled keys of a text: the same text always gives the same keys."""
    hashes = sorted(shingles(words(text), KEY_WORDS))
    kept = [h for h in hashes if h < KEY_LIMIT]
    return frozenset(kept[:MOST_KEYS] if len(kept) >= FEWEST_KEYS else hashes[:FEWEST_KEYS])


def judge_copy(text: str, headline: str, at: datetime, candidates: Iterable[Candidate]) -> Verdict | None:
    """Return the single best original of a text, or None; of equals the oldest article."""
    own = words(text)
    verdicts = [v for c in candidates if (v := _against(own, headline, at, c))]
    return max(verdicts, key=lambda v: (v.score, -v.original), default=None)


def _against(own: Sequence[str], headline: str, at: datetime, candidate: Candidate) -> Verdict | None:
    theirs = words(candidate.text)
    mine, other = shingles(own, VERIFY_WORDS), shingles(theirs, VERIFY_WORDS)
    smaller = min(len(mine), len(other))
    if smaller == 0:
        return None
    containment = len(mine & other) / smaller
    apart = abs(at - candidate.at)
    if not ((containment >= NEAR and apart <= NEAR_WINDOW) or (containment >= SAME and apart <= SAME_WINDOW)):
        return None
    if min(len(own), len(theirs)) < SHORT_WORDS and not _like_titles(headline, candidate.headline):
        return None
    direction = "is contained in" if len(mine) <= len(other) else "contains"
    return Verdict(
        original=candidate.article_id,
        kind="near",
        score=round(containment, 4),
        reasons=(
            f"{containment:.0%} of the shorter text's word triples shared; it {direction} A{candidate.article_id}",
            f"{apart.total_seconds() / 3600:.0f} hours apart",
        ),
    )


def _like_titles(one: str, other: str) -> bool:
    a, b = set(fold(one).split()), set(fold(other).split())
    return bool(a and b) and len(a & b) >= LIKE_TITLES * min(len(a), len(b))
