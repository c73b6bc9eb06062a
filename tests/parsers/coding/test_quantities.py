"""Quantities: every case of tests/cases/quantities, every example of the lexicon, and what must hold for any text."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.coding.quantities import QuantityLexicon, find_quantities, load_quantity_lexicon
from parsers.coding.values import Quantity
from parsers.errors import LexiconError

ROOT = Path(__file__).parents[3]
LEXICON_FILE = ROOT / "seeds" / "lexicon" / "quantities.toml"
LEXICON = load_quantity_lexicon(LEXICON_FILE)
CASES = [json.loads(line) for line in (ROOT / "tests/cases/quantities/cases.jsonl").read_text("utf-8").splitlines()]
ROWS = tomllib.loads(LEXICON_FILE.read_text("utf-8"))
DEFAULTS = {"strict": False, "approximate": False, "vague": False, "scope": "event"}


def read(text: str, lexicon: QuantityLexicon = LEXICON) -> tuple[Quantity, ...]:
    return find_quantities(text, lexicon, start=0, end=len(text))


def examples(table: str) -> list[Any]:
    return [pytest.param(row, id=row["example"]) for row in ROWS[table]]


@pytest.mark.parametrize("case", CASES, ids=[case["text"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    expected = [DEFAULTS | row for row in case["expected"]]
    found = [{key: getattr(q, key) for key in row} for q, row in zip(read(case["text"]), expected, strict=True)]
    assert found == expected


def test_there_are_cases_of_both_languages_and_of_silence() -> None:
    assert len(CASES) >= 120
    assert sum(case["language"] == "fr" for case in CASES) >= 60
    assert sum(not case["expected"] for case in CASES) >= 40


@pytest.mark.parametrize("row", examples("noun"))
def test_noun_example(row: dict[str, Any]) -> None:
    things = {q.measure for q in read(row["example"])}
    people = {q.group for q in read(row["example"]) if q.noun.casefold() in row["forms"]}
    assert row["group"] in people if row["measure"] == "person" else row["measure"] in things


@pytest.mark.parametrize("row", examples("modifier"))
def test_modifier_example(row: dict[str, Any]) -> None:
    assert {q.group for q in read(row["example"])} == {row["group"]}


@pytest.mark.parametrize("row", examples("event"))
def test_event_example(row: dict[str, Any]) -> None:
    assert {q.measure for q in read(row["example"])} == set(row["measures"])


@pytest.mark.parametrize("row", examples("count"))
def test_count_example(row: dict[str, Any]) -> None:
    (found,) = read(row["example"])
    value = found.low if row["kind"] in {"vague", "zero"} else found.best
    assert (value, found.vague) == (row.get("value"), row["kind"] in {"vague", "few"})


@pytest.mark.parametrize("row", examples("qualifier"))
def test_qualifier_example(row: dict[str, Any]) -> None:
    (found,) = read(row["example"])
    bounds = tuple(value is not None for value in (found.low, found.best, found.high))
    expected = {
        "floor": (True, True, False), "strict": (True, True, False), "nearly": (False, True, True),
        "about": (False, True, False), "upto": (False, False, True),
    }  # fmt: skip
    assert bounds == expected[row["effect"]]
    assert (found.strict, found.approximate) == (row["effect"] == "strict", row["effect"] == "about")


@pytest.mark.parametrize("row", examples("scope"))
def test_scope_example(row: dict[str, Any]) -> None:
    assert {q.scope for q in read(row["example"])} == {row["scope"]}


@pytest.mark.parametrize("count", [row for row in ROWS["count"] if row["kind"] not in {"article", "zero"}], ids=str)
def test_every_count_word_counts(count: dict[str, Any]) -> None:
    for form in count["forms"]:
        found = read(f"{form} soldiers were killed.")
        assert [q.measure for q in found] == ["killed"], form
        assert count.get("value") in (found[0].low, found[0].best), form


def test_offsets_are_those_of_the_whole_text() -> None:
    before, sentence = "Three people died elsewhere. ", "An ambush killed 50 mercenaries and 10 soldiers."
    text = f"{before}{sentence} Nine died later."
    found = find_quantities(text, LEXICON, start=len(before), end=len(before) + len(sentence))
    assert [text[q.start : q.end] for q in found] == ["50 mercenaries", "10 soldiers"]
    assert [q.surface for q in found] == ["50 mercenaries", "10 soldiers"]


def test_a_claimant_is_not_decided_here() -> None:
    assert [q.claimant for q in read("The rebels say they killed 84 mercenaries.")] == [None]


@given(st.text(max_size=300) | st.lists(st.sampled_from([c["text"] for c in CASES]), max_size=4).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_true_spans_and_ordered_bounds(text: str) -> None:
    for q in read(text):
        assert text[q.start : q.end] == q.surface
        bounds = [value for value in (q.low, q.best, q.high) if value is not None]
        assert bounds == sorted(bounds)


@pytest.mark.parametrize(
    "piece", ["20, ", "killed 20 soldiers and ", "one hundred and ", "1.", "1", "  ", "a ", "une "]
)
def test_long_runs_are_read_in_linear_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    began = time.perf_counter()
    read(text)
    assert time.perf_counter() - began < 5  # s; about 0.2 on two slow cores


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('effect = "strict"', 'effect = "stern"', "'stern' is none of"),
        ('kind = "vague"', 'kind = "hazy"', "'hazy' is none of"),
        ('"mercenaries", ', '"mercenaries", "soldiers", ', "'soldiers' stands twice"),
        ('frame = "active"', 'frame = "lively"', "lively"),
        ('measures = ["killed"]', "measures = [", "is no TOML"),
    ],
)
def test_a_wrong_lexicon_is_refused_by_name(tmp_path: Path, old: str, new: str, reason: str) -> None:
    content = LEXICON_FILE.read_text("utf-8")
    assert old in content
    broken = tmp_path / "quantities.toml"
    broken.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(LexiconError, match=reason) as raised:
        load_quantity_lexicon(broken)
    assert raised.value.file == str(broken)


def test_a_missing_lexicon_is_told(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="cannot be read"):
        load_quantity_lexicon(tmp_path / "none.toml")
