"""Measures coding beside a spaCy rule pipeline with the same words, on the same articles, on one core.

    python -m tests.benchmarks.coding [ARTICLES]

In: how many articles of about 4,000 characters. Out: a table of articles a second; ratios are to spaCy in the same
process. The peer is a blank model with a sentencizer and an EntityRuler that holds our places, actors and event words:
it only finds them, and decides nothing. Without spaCy (extra `benchmarks`) our own rate is printed alone.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.settings import Settings
from parsers.article import Article
from parsers.coding.coder import code
from parsers.coding.tools import Coder, load_coder
from parsers.coding.watch import load_watch
from parsers.data_file import read_toml
from tests.benchmarks.articles import make_up

ARTICLES = 60
ROUNDS = 3
LENGTH = 4_000  # characters: the median article
PUBLISHED = datetime(2025, 6, 10, tzinfo=UTC)


def articles(count: int) -> list[Article]:
    """Return made-up articles of about LENGTH characters."""
    stories = make_up(count * 12)
    return [
        Article(
            external_id=str(number),
            namespace="benchmark",
            format="made_up",
            headline=told[0],
            paragraphs=tuple(told[1:]),
            published_at=PUBLISHED,
        )
        for number, told in enumerate(_long(stories) for _ in range(count))
    ]


def _long(stories: Iterator[Any]) -> list[str]:
    told: list[str] = []
    while sum(map(len, told)) < LENGTH:
        told += next(stories).paragraphs
    return told


def patterns(coder: Coder, seeds: Path) -> list[dict[str, Any]]:
    """Return our words as patterns of an EntityRuler: phrases for places, tokens for actors and event words."""
    found: list[dict[str, Any]] = [
        {"label": "PLACE", "pattern": spelling} for place in coder.gazetteer.places for spelling in place.spellings
    ]
    for row in read_toml(seeds / "lexicon" / "actors.toml")["actor"]:
        found += _token_patterns(row["id"], row["patterns"])
    for row in read_toml(seeds / "lexicon" / "events.toml")["trigger"]:
        found += _token_patterns(row["id"], [*row.get("verb", ()), *row.get("noun", ())])
    return found


def _token_patterns(label: str, alternatives: list[str]) -> Iterator[dict[str, Any]]:
    """Yield those alternatives that are words in a row; a blank between groups of words has no counterpart."""
    for alternative in alternatives:
        words = re.split(r" (?![^(\[]*[)\]])", alternative)
        if "(?<" in alternative or "(?!" in alternative or "(?=" in alternative or not all(map(_compiles, words)):
            continue
        yield {"label": label, "pattern": [{"LOWER": {"REGEX": f"^(?:{word})$"}} for word in words]}


def _compiles(word: str) -> bool:
    try:
        return bool(re.compile(word))
    except re.error:
        return False


def spacy_pipeline(coder: Coder, seeds: Path) -> Callable[[str], object]:
    """Return the peer."""
    nlp = import_module("spacy").blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler").add_patterns(patterns(coder, seeds))
    return lambda text: [(e.text, e.label_) for e in nlp(text).ents]


def rate(work: Callable[[Article], object], told: list[Article]) -> float:
    """Return how many articles are done a second of this process, the median of some rounds."""
    rates = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for article in told:
            work(article)
        rates.append(len(told) / (time.process_time() - start))
    return median(rates)


def main(count: int) -> None:
    """Measure, and print the table."""
    settings = Settings()
    coder = load_coder(settings.seeds, load_watch(settings.watch))
    told = articles(count)
    rates = {"our coder": rate(lambda article: code(article, coder), told)}
    if find_spec("spacy"):
        peer = spacy_pipeline(coder, settings.seeds)
        rates["spaCy, finding the words"] = rate(lambda article: peer(article.text), told)
    base = rates.get("spaCy, finding the words")
    size = f"{median(len(a.text) for a in told):,.0f} characters"
    table = Table("", "articles/s", "x spaCy", title=f"{count} articles, median {size}, {ROUNDS} rounds", box=None)
    for name, found in rates.items():
        table.add_row(name, f"{found:,.1f}", f"{found / base:.2f}" if base else "spaCy is not installed")
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
