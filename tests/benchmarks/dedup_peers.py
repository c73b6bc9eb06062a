"""Peers of deduplication, each as its manual uses it: how alike two texts are, 0 to 1.

In: texts. Out: for each peer that is installed (extra `benchmarks`) a likeness of numbered texts, and the threshold
its users take. Near-duplicate finders see word 5-grams of folded text, as the product does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parsers.text import fold

PASSAGE = 5
PERMUTATIONS = 128
Likeness = Callable[[int, int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How to make a likeness of texts, and from where on they count as the same."""

    name: str
    likeness: Callable[[Sequence[str]], Likeness]
    threshold: float


def passages(text: str) -> set[str]:
    """Return the runs of five folded words of a text."""
    words = fold(text).split()
    return {" ".join(words[at : at + PASSAGE]) for at in range(max(1, len(words) - PASSAGE + 1))}


def _datasketch(texts: Sequence[str]) -> Likeness:
    from datasketch import MinHash

    made = []
    for text in texts:
        made.append(MinHash(num_perm=PERMUTATIONS))
        made[-1].update_batch([p.encode() for p in passages(text)])
    return lambda a, b: float(made[a].jaccard(made[b]))


def _rensa(texts: Sequence[str]) -> Likeness:
    from rensa import RMinHash

    made = []
    for text in texts:
        made.append(RMinHash(num_perm=PERMUTATIONS, seed=42))
        made[-1].update(sorted(passages(text)))
    return lambda a, b: float(made[a].jaccard(made[b]))


def _simhash(texts: Sequence[str]) -> Likeness:
    from simhash import Simhash

    made = [Simhash(fold(text).split()) for text in texts]
    return lambda a, b: 1 - made[a].distance(made[b]) / 64


def _rapidfuzz(texts: Sequence[str]) -> Likeness:
    from rapidfuzz import fuzz

    made = [fold(text) for text in texts]
    return lambda a, b: float(fuzz.token_set_ratio(made[a], made[b])) / 100


def _tfidf(texts: Sequence[str]) -> Likeness:
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer(sublinear_tf=True).fit_transform(texts)
    alike = (made @ made.T).toarray()
    return lambda a, b: float(alike[a, b])


# Thresholds: MinHash as text-dedup has it, Simhash 3 of 64 bits as its paper, the others as their examples.
PEERS = (
    Peer(name="datasketch MinHash", likeness=_datasketch, threshold=0.5),
    Peer(name="rensa", likeness=_rensa, threshold=0.5),
    Peer(name="simhash", likeness=_simhash, threshold=1 - 3 / 64),
    Peer(name="rapidfuzz token_set", likeness=_rapidfuzz, threshold=0.8),
    Peer(name="TF-IDF cosine", likeness=_tfidf, threshold=0.5),
)


def installed(texts: Sequence[str]) -> Iterator[tuple[Peer, Likeness]]:
    """Yield the peers that are installed with their likeness of these texts; say of each other that it is left out."""
    for peer in PEERS:
        try:
            likeness = peer.likeness(texts)
        except ImportError as error:
            print(f"{peer.name}: left out, {error.name} is not installed (extra `benchmarks`)")
            continue
        yield peer, likeness
