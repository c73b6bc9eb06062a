"""Times: every case of tests/cases/times, and what must hold for any text and date."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.coding.times import find_times
from parsers.coding.values import When

ROOT = Path(__file__).parents[3]
CASES = [json.loads(line) for line in (ROOT / "tests/cases/times/cases.jsonl").read_text("utf-8").splitlines()]


def day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


@pytest.mark.parametrize("case", CASES, ids=[f"{case['text']} {case['published_on']}" for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    text = case["text"]
    found = find_times(text, start=0, end=len(text), published_on=day(case["published_on"]), language=case["language"])
    expected = [When(**(row | {"start": day(row["start"]), "end": day(row["end"])})) for row in case["expected"]]
    assert [when for when, _, _ in found] == expected
    assert [text[start:end] for _, start, end in found] == [row["surface"] for row in case["expected"]]


def test_there_are_cases_of_both_languages_and_of_silence() -> None:
    assert len(CASES) >= 90
    assert sum(case["language"] == "fr" for case in CASES) >= 40
    assert sum(not case["expected"] for case in CASES) >= 10


def test_without_a_publication_date_nothing_relative_is_dated() -> None:
    for case in CASES:
        found = find_times(case["text"], start=0, end=len(case["text"]), published_on=None, language=case["language"])
        assert all(when.start is None for when, _, _ in found if when.basis in {"weekday", "relative", "anchored"})


def test_offsets_are_those_of_the_whole_text() -> None:
    before, sentence = "It began on Monday. ", "It ended on 27 July 2024."
    text = f"{before}{sentence} It is over since Friday."
    found = find_times(text, start=len(before), end=len(before) + len(sentence), published_on=None, language="en")
    assert [text[start:end] for _, start, end in found] == ["27 July 2024"]


@given(
    st.text(max_size=300) | st.lists(st.sampled_from([c["text"] for c in CASES]), max_size=4).map(" ".join),
    st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31)),
)
@settings(max_examples=150, deadline=None)
def test_any_text_gives_true_spans_and_ordered_days(text: str, published_on: date) -> None:
    last = 0
    for when, start, end in find_times(text, start=0, end=len(text), published_on=published_on, language=None):
        assert text[start:end] == when.surface
        assert start >= last
        assert when.start is None or when.end is None or when.start <= when.end
        last = end


@pytest.mark.parametrize("piece", ["27 July to ", "since 2021 ", "20", "  ", "Monday ", "in the ", "two days ", "1/"])
def test_long_runs_are_read_in_linear_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    began = time.perf_counter()
    find_times(text, start=0, end=len(text), published_on=date(2024, 8, 1), language="en")
    assert time.perf_counter() - began < 5  # s; about 0.2 on two slow cores
