"""The pairs of tests/cases/dedup through the product: tables with `pytest -s`, and the figures to be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from rich.console import Console

from storage.engine import open_store
from tests.pair_cases import CASES, CHANGES, VERDICTS, Pair, pairs, stories, text_of
from tests.pair_verdicts import Outcome, Rate, confusion, faults, figures, judge_all, rates

RATES = tuple(rate.name for rate in rates(()))
CATEGORIES = {
    "exact": 10, "boilerplate added": 10, "cut": 10, "headline changed": 10, "reordered": 10, "figures changed": 10,
    "paraphrase": 40, "same event, other newsroom": 40, "long shared quotation": 10, "same place, other year": 10,
    "translation": 10, "briefs and notices": 20, "all capitals": 10, "other story": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outcome, ...]]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('pairs')}/pairs.db")
    try:
        found = judge_all(store)
        console = Console(width=150)
        console.print(confusion(found), figures(found))
        for line in faults(found):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
        yield found
    finally:
        store.close()


@pytest.mark.parametrize("name", RATES)
def test_the_figures_are_reached(outcomes: tuple[Outcome, ...], name: str) -> None:
    rate: Rate = next(rate for rate in rates(outcomes) if rate.name == name)
    assert rate.of > 0
    assert rate.value >= rate.goal


def test_there_are_pairs_of_every_category_and_both_lengths() -> None:
    counts = Counter(pair.category for pair in pairs())
    assert set(counts) == set(CATEGORIES)
    assert not {name: counts[name] for name, fewest in CATEGORIES.items() if counts[name] < fewest}
    assert sum(pair.language == "fr" for pair in pairs()) >= 30
    assert {(pair.expected, pair.short) for pair in pairs()} >= {
        (v, s) for v in ("exact", "near", "apart") for s in (False, True)
    }


def test_no_pair_stands_twice_and_none_is_a_text_beside_itself_worded_anew() -> None:
    names = [(pair.left_name, pair.right_name) for pair in pairs()]
    assert len(set(names)) == len(names)
    assert not [pair.left_name for pair in pairs() if not pair.copy and _shared(pair) > 0.9]


def _shared(pair: Pair) -> float:
    """Return how much of the shorter text's words, in runs of five, the longer one holds."""
    left, right = (
        {tuple(w[i : i + 5]) for i in range(len(w))} for w in (pair.left.body.split(), pair.right.body.split())
    )
    return len(left & right) / min(len(left), len(right))


def test_all_sections_and_changes_are_in_use() -> None:
    names = {name for pair in pairs() for name in (pair.left_name, pair.right_name)}
    used = {name.partition("+")[0] for name in names}
    texts = {
        f"{story}/{part}" for story, parts in stories().items() for part in parts if part not in {"retitled", "figures"}
    }
    assert texts == used
    assert {change.partition(":")[0] for name in names for change in name.split("+")[1:]} == set(CHANGES)
    assert {pair.expected for pair in pairs()} == set(VERDICTS)
    assert {path.stem for path in (CASES / "stories").iterdir()} == set(stories())


@pytest.mark.parametrize("name", ["none/base", "ber_convoy/none", "ber_convoy/base+none", "heat_sahel/base+figures"])
def test_a_name_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.partition("/")[0]):
        text_of(name)
