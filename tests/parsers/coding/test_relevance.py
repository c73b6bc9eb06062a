"""Relevance: of whole articles (tests/cases/coding/articles), of short ones, and the rule it rests on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parsers.article import Article, Document
from parsers.coding.coder import code, read_sentences
from parsers.coding.relevance import is_about, judge_relevance
from parsers.coding.tools import load_coder
from parsers.coding.watch import load_watch
from parsers.formats.registry import read

ROOT = Path(__file__).resolve().parents[3]
SEEDS = ROOT / "seeds"
CODER = load_coder(SEEDS, load_watch(SEEDS / "watch.toml"))
FOLDERS = sorted((ROOT / "tests/cases/coding/articles").iterdir())


def expected(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "expected.json").read_text("utf-8"))
    return loaded


def file_article(folder: Path) -> Article:
    path = next(folder.glob("input.*"))
    document = Document(
        source="test", name=path.name, body=path.read_bytes(), retrieved_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    (article,) = read(document).articles
    return article


def article(*paragraphs: str, headline: str | None = None) -> Article:
    return Article(
        external_id="case",
        namespace="test",
        format="test",
        headline=headline or "Case",
        headline_derived=headline is None,
        paragraphs=paragraphs,
        published_at=datetime(2025, 6, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_relevance_of_an_article(folder: Path) -> None:
    case = expected(folder)
    found = code(file_article(folder), CODER)
    if case.get("open_relevance"):
        assert found.relevance != case["relevance"], "it holds now: take open_relevance out"
    else:
        assert (found.relevance, bool(found.relevance_reasons)) == (case["relevance"], True), found.relevance_reasons


@pytest.mark.parametrize(
    ("verdict", "paragraphs"),
    [
        ("relevant", ["Wagner mercenaries left their base in Ber, in northern Mali, on Sunday."]),
        ("relevant", ["Africa Corps wants the gold of Mali.", "Nobody in Bamako asks Africa Corps for its papers."]),
        ("context", ["JNIM attacked the army camp of Boulikessi in Mali on Sunday, killing 30 soldiers."]),
        ("context", ["Mali's army fights JNIM.", "The government of Mali wants drones."]),
        ("irrelevant", ["Rice is dear in Bamako this year.", "Traders in Mali blame the rain."]),
        ("irrelevant", ["Wagner fighters left Bangui in the Central African Republic on Monday."]),
        ("irrelevant", ["The match ended in a draw.", "The coach praised the attack."]),
        ("relevant", ["Le groupe Wagner annonce son retrait du Mali."]),
        ("context", ["Le JNIM a attaqué le camp de Nampala, au Mali, dimanche, tuant cinq soldats."]),
        ("irrelevant", ["La saison de Wagner à Bayreuth commence vendredi."]),
    ],
)
def test_relevance_of_a_short_article(verdict: str, paragraphs: list[str]) -> None:
    found = code(article(*paragraphs), CODER)
    assert found.relevance == verdict, found.relevance_reasons


def test_a_watched_actor_in_the_headline_makes_it_relevant_with_its_name_as_reason() -> None:
    found = code(article("The war in Mali goes on.", headline="What Wagner leaves to Mali's army"), CODER)
    assert found.relevance == "relevant"
    assert found.relevance_reasons[0] == "watched actor in the head: Wagner"


def test_a_watched_actor_named_once_in_passing_is_no_subject() -> None:
    paragraphs = [f"JNIM attacked the camp of {place} on Sunday, killing five soldiers." for place in ("Gao", "Kati")]
    rest = ["The government of Mali has said nothing."] * 6
    found = code(article(*paragraphs, *rest, "Wagner was not asked."), CODER)
    assert found.relevance == "context"


def test_the_theatre_is_where_most_places_lie_and_the_headline_counts_thrice() -> None:
    many = read_sentences(article("From Bangui to Bakhmut.", "Bangui waits.", headline="Calm in Gao"), CODER)
    assert is_about(many, {"Mali"})
    assert not is_about(read_sentences(article("Bangui and Bangui, not Gao."), CODER), {"Mali"})
    assert not is_about(read_sentences(article("No place at all."), CODER), {"Mali"})


def test_a_country_that_acts_is_not_the_theatre_of_a_text() -> None:
    text = "The United States put the chief of Wagner in Mali on its list. The United States said he bought weapons."
    assert is_about(read_sentences(article(text, headline="The United States acts"), CODER), {"Mali"})


def test_without_the_theatre_nothing_is_relevant() -> None:
    sentences = read_sentences(article("Wagner fighters attacked the town."), CODER)
    verdict, reasons = judge_relevance(sentences, (), CODER.lexicon, CODER.watch, head_end=0)
    assert (verdict, reasons) == ("irrelevant", ("the theatre is not named",))


def test_coding_twice_gives_the_same() -> None:
    for folder in FOLDERS:
        assert code(file_article(folder), CODER) == code(file_article(folder), CODER)
