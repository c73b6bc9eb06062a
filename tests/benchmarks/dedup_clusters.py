"""Groups of texts: those that are labelled, those that finders make, and how well the two agree.

In: a folder with docs.jsonl and pairs.jsonl, likenesses, a store. Out: for each text the number of its group, and
adjusted Rand and B-cubed F of two groupings, 0 to 1. Pure but for the reading and the store.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import comb
from pathlib import Path

from flows.stages.deduplicate import find_original, prints_of, remember
from storage.engine import Store

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
BETWEEN = timedelta(minutes=20)
Texts = Sequence[tuple[str, str]]


def labelled(folder: Path) -> tuple[list[tuple[str, str]], list[int]]:
    """Return (headline, text) of all texts, and the group of each: what is labelled a paraphrase is one group."""
    docs = [json.loads(line) for line in (folder / "docs.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [json.loads(line) for line in (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    place = {doc["id"]: at for at, doc in enumerate(docs)}
    edges = [(1.0, place[p["a"]], place[p["b"]]) for p in told if p["label"] == "paraphrase"]
    return [(doc["title"], doc["text"]) for doc in docs], united(edges, 1.0, len(docs))


def united(edges: Iterable[tuple[float, int, int]], threshold: float, count: int) -> list[int]:
    """Join all that are at least so alike, over any number of steps."""
    parent = list(range(count))

    def top(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for likeness, a, b in edges:
        if likeness >= threshold:
            parent[top(a)] = top(b)
    return [top(at) for at in range(count)]


def streamed(store: Store, texts: Texts) -> list[int]:
    """Give the texts to the product one by one; a text joins the group of its original."""
    groups: list[int] = []
    with store.write() as tx:
        for number, (headline, text) in enumerate(texts, start=1):
            told, at = prints_of(headline, text), FIRST + number * BETWEEN
            verdict = find_original(tx, told, at=at)
            remember(tx, told, article_id=number, version_id=number, at=at, copy=verdict)
            groups.append(groups[verdict.original - 1] if verdict else number)
    return groups


def adjusted_rand(one: Sequence[int], other: Sequence[int]) -> float:
    """Return how far two groupings agree on pairs beyond chance."""
    both = sum(comb(n, 2) for n in Counter(zip(one, other, strict=True)).values())
    a, b = (sum(comb(n, 2) for n in Counter(groups).values()) for groups in (one, other))
    expected = a * b / comb(len(one), 2)
    return (both - expected) / ((a + b) / 2 - expected) if (a + b) / 2 != expected else 1.0


def b_cubed(one: Sequence[int], truth: Sequence[int]) -> float:
    """Return the harmonic mean of B-cubed precision and recall."""
    both, mine, theirs = Counter(zip(one, truth, strict=True)), Counter(one), Counter(truth)
    precision = sum(n * n / mine[group] for (group, _), n in both.items()) / len(one)
    recall = sum(n * n / theirs[group] for (_, group), n in both.items()) / len(one)
    return 2 * precision * recall / (precision + recall)
