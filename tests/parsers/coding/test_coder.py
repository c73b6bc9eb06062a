"""Coding, sentence by sentence: the cases that hold (sentences.jsonl), and those that do not yet (open.jsonl).

A case names what its sentence says by the rules of coding, and only the fields that it is about. Its mentions are all
that there are, unless one says `others`. A case that begins to hold moves from the one file to the other.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from parsers.article import Article
from parsers.coding.coder import code
from parsers.coding.tools import load_coder
from parsers.coding.values import Coding, Mention
from parsers.coding.watch import load_watch

ROOT = Path(__file__).resolve().parents[3]
SEEDS = ROOT / "seeds"
CODER = load_coder(SEEDS, load_watch(SEEDS / "watch.toml"))
BEFORE = {"en": "News from Mali.", "fr": "Des nouvelles du Mali."}  # the paragraph that sets the theatre
PUBLISHED = "2025-06-10"  # a Tuesday

Case = dict[str, Any]


def cases(name: str) -> list[Any]:
    lines = (ROOT / "tests/cases/coding" / name).read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [pytest.param(row, id=f"{row['language']}: {row['name']}") for row in rows]


HOLDING, OPEN = cases("sentences.jsonl"), cases("open.jsonl")


def coded(case: Case) -> tuple[Coding, tuple[Mention, ...]]:
    """Return the coding of the case's article, and the mentions of the sentence itself."""
    before = case.get("before", BEFORE[case["language"]])
    article = Article(
        external_id="case",
        namespace="test",
        format="test",
        headline="Case",
        headline_derived=True,
        paragraphs=tuple(p for p in (before, case["text"]) if p),
        language=case["language"],
        published_at=datetime.fromisoformat(f"{case.get('published', PUBLISHED)}T12:00+00:00"),
    )
    coding = code(article, CODER)
    start = article.segments()[-1].start
    return coding, tuple(m for m in coding.mentions if m.start >= start)


def told(mention: Mention, field: str) -> Any:
    """Return what a mention says in one field of a case."""
    by_role = {"agents": {"agent"}, "targets": {"target"}, "participants": {"agent", "target"}}
    if field in by_role:
        return sorted(p.id for p in mention.participants if p.role in by_role[field])
    if field in {"killed", "wounded"}:
        return [[q.low, q.best, q.high] for q in mention.quantities if q.measure == field]
    place, when = mention.place, mention.when
    values = {
        "place": place and place.id,
        "place_precision": place and place.geo_precision,
        "date": when.start and when.start.isoformat(),
        "toll": [[q.measure, q.low, q.best, q.high] for q in mention.quantities],
        "sources": list(mention.attributed_to),
    }
    return values[field] if field in values else getattr(mention, field)


def expected(row: Case) -> Case:
    """Return the fields of an expected mention in the form in which they are compared."""
    fields = {k: sorted(v) if k in {"agents", "targets", "participants"} else v for k, v in row.items()}
    fields.pop("others", None)
    for measure in {"killed", "wounded"} & fields.keys():
        flat = bool(fields[measure]) and not isinstance(fields[measure][0], list)
        fields[measure] = [fields[measure]] if flat else fields[measure]
    return fields


def faults(case: Case) -> list[str]:
    """Return in words all that is not as the case says."""
    coding, mentions = coded(case)
    found: list[str] = []
    if case.get("relevance", coding.relevance) != coding.relevance:
        found.append(f"relevance {coding.relevance}: {coding.relevance_reasons}")
    named = {p.id for m in mentions for p in m.participants} & set(case.get("never", ()))
    found += [f"{actor} takes part" for actor in sorted(named)]
    free = list(mentions)
    for row in map(expected, case.get("mentions", ())):
        hit = next((m for m in free if all(told(m, field) == value for field, value in row.items())), None)
        if hit:
            free.remove(hit)
        else:
            found.append(f"no mention is {row}")
    closed = "mentions" in case and not any(row.get("others") for row in case["mentions"])
    if closed or found:
        found += [f"told: {m.kind}, {m.modality}, {m.role}, {_slots(m)}" for m in free]
    return found


def _slots(mention: Mention) -> Case:
    return {f: told(mention, f) for f in ("agents", "targets", "place", "date", "toll", "scope", "claimant", "sources")}


@pytest.mark.parametrize("case", HOLDING)
def test_sentence_is_coded_by_the_rules(case: Case) -> None:
    assert faults(case) == []


@pytest.mark.parametrize("case", OPEN)
def test_open_case_is_still_open(case: Case) -> None:
    assert faults(case), "it holds now: move it to sentences.jsonl"


def test_there_are_cases_enough_of_both_languages_and_none_twice() -> None:
    rows = [param.values[0] for param in (*HOLDING, *OPEN)]
    assert len(HOLDING) >= 100
    assert sum(row["language"] == "fr" for row in rows) >= len(rows) // 3
    assert len({(row["language"], row["name"]) for row in rows}) == len({row["text"] for row in rows}) == len(rows)
    assert all(param.values[0]["reason"] for param in OPEN)


@pytest.mark.parametrize("case", HOLDING)
def test_every_span_is_of_the_article(case: Case) -> None:
    _, mentions = coded(case)
    text = "\n".join(p for p in (case.get("before", BEFORE[case["language"]]), case["text"]) if p)
    for mention in mentions:
        assert mention.quote == text[mention.start : mention.end]
        assert mention.start <= mention.trigger.start < mention.trigger.end <= mention.end
        for quantity in mention.quantities:
            assert text[quantity.start : quantity.end] == quantity.surface
        for description in mention.descriptions:
            assert text[description.start : description.end] == description.text
        if mention.place:
            assert text[mention.place.start : mention.place.end] == mention.place.surface
