"""What sort of edit leads from one version to the next: the cases of tests/cases/edits, and what holds of all."""

from __future__ import annotations

import string
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.stages.edits import fact_words, is_withdrawal, judge_edit
from parsers.article import Article
from parsers.coding.tools import Coder, load_coder
from parsers.coding.watch import load_watch

ROOT = Path(__file__).resolve().parents[3]
SEEDS = ROOT / "seeds"
CASES = tomllib.loads((ROOT / "tests/cases/edits/cases.toml").read_text(encoding="utf-8"))["case"]
FIELDS = {"name", "old", "new", "kind", "facts", "reasons", "published", "standfirst"}


@cache
def coder() -> Coder:
    return load_coder(SEEDS, load_watch(SEEDS / "watch.toml"))


def article(headline: str, *paragraphs: str, **fields: Any) -> Article:
    return Article(
        external_id="one", namespace="inbox", format="test", headline=headline, paragraphs=paragraphs, **fields
    )


def versions(case: dict[str, Any]) -> tuple[Article, Article]:
    lines = [case["old"][n] if line == "=" else line for n, line in enumerate(case["new"])]
    old, new = (article(*told, published_at=case.get("published")) for told in (case["old"], lines))
    before, after = case.get("standfirst", (None, None))
    return replace(old, standfirst=before), replace(new, standfirst=after)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_edit_is_of_its_sort(case: dict[str, Any]) -> None:
    assert case.keys() <= FIELDS
    old, new = versions(case)
    edit = judge_edit(old, new, coder())
    assert (edit.kind, edit.reasons) == (case["kind"], tuple(case.get("reasons", case.get("facts", edit.reasons))))
    assert edit.reasons
    if edit.kind != "retraction":
        assert [fact_words(fact) for fact in edit.facts] == case.get("facts", [])


@pytest.mark.parametrize("case", [c for c in CASES if c["kind"] != "retraction"], ids=lambda case: case["name"])
def test_the_way_back_is_of_the_same_sort(case: dict[str, Any]) -> None:
    old, new = versions(case)
    there, back = judge_edit(old, new, coder()), judge_edit(new, old, coder())
    assert back.kind == there.kind
    assert {(f.what, f.new, f.old) for f in back.facts} == {(f.what, f.old, f.new) for f in there.facts}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_no_retraction_does_not_say_so(case: dict[str, Any]) -> None:
    old, new = versions(case)
    assert (is_withdrawal(old), is_withdrawal(new)) == (False, case["kind"] == "retraction")


def test_a_text_that_is_gone_is_withdrawn() -> None:
    gone = article("Attack", headline_derived=True)
    edit = judge_edit(article("Attack", "Gunmen attacked a convoy."), gone, coder())
    assert (edit.kind, edit.reasons) == ("retraction", ("the text is gone",))


WORDS = st.text(string.ascii_lowercase, min_size=6, max_size=12)  # no "afp": a line of agencies is a credit
SENTENCES = st.lists(WORDS, min_size=3, max_size=12).map(lambda ws: f"{' '.join(ws).capitalize()}.")
PROSE = st.lists(SENTENCES, min_size=1, max_size=5)


@given(PROSE, st.data())
def test_white_space_and_punctuation_are_trivial(paragraphs: list[str], data: st.DataObject) -> None:
    def sprinkled(text: str) -> str:
        return "".join(f"{c}{data.draw(st.sampled_from(['', ' ', ',']))}" if c == " " else c for c in text)

    new = article("A headline of words", *map(sprinkled, paragraphs))
    edit = judge_edit(article("A headline of words", *paragraphs), new, coder())
    assert edit.kind == "trivial"


@given(PROSE, st.integers(2, 10**6), st.integers(2, 10**6), st.data())
def test_another_number_is_a_changed_fact_wherever_it_stands(
    paragraphs: list[str], one: int, other: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(paragraphs) - 1))

    def told(number: int) -> Article:
        lines = [f"{text[:-1]} with {number} soldiers." if n == at else text for n, text in enumerate(paragraphs)]
        return article("A headline of words", *lines)

    edit = judge_edit(told(one), told(other), coder())
    if one == other:
        assert (edit.kind, edit.facts) == ("trivial", ())
    else:
        assert edit.kind == "fact"
        assert [(f.what, f.old, f.new) for f in edit.facts if f.what == "number"] == [("number", str(one), str(other))]


@given(st.lists(SENTENCES, min_size=2, max_size=6, unique=True), st.data())
def test_an_order_is_no_fact(paragraphs: list[str], data: st.DataObject) -> None:
    new = data.draw(st.permutations(paragraphs))
    edit = judge_edit(article("A headline", *paragraphs), article("A headline", *new), coder())
    assert edit.kind == ("trivial" if new == paragraphs else "wording")


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_can_be_told_apart(old: str, new: str) -> None:
    edit = judge_edit(article(old or "x", *old.split("\n")), article(new or "x", *new.split("\n")), coder())
    assert edit.reasons
    assert (edit.kind == "fact") <= bool(edit.facts)
