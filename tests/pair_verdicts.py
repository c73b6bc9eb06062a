"""What the product says of the pairs of tests/cases/dedup, and how good that is.

In: an open store, which is left as it was. Out: an `Outcome` a pair, rates, and tables of them. Each pair comes
alone into a store that knows one article of every other story, so that frequencies come from the past only
and no pair helps another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby

from rich.table import Table

from flows.stages.deduplicate import Prints, find_original, prints_of, remember
from storage.engine import Store, Transaction
from tests.pair_cases import APART, VERDICTS, Pair, pairs, stories, text_of

ELSEWHERE = "elsewhere"  # told to repeat an article of another story
TOLD = (*VERDICTS, ELSEWHERE)
SAME_EVENT = ("same event, other newsroom", "long shared quotation")
FIRST_SEEN = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = timedelta(hours=3)  # between two articles of the background


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A pair and what was told of it."""

    pair: Pair
    told: str  # one of TOLD
    score: float
    reasons: tuple[str, ...]

    @property
    def joined(self) -> bool:
        """Whether the left text was called a duplicate of anything."""
        return self.told != APART

    @property
    def right(self) -> bool:
        """Whether duplicates were joined with each other, and others left alone; the kind may differ."""
        return self.told != ELSEWHERE and self.joined == self.pair.duplicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share, of what, and what it has to be."""

    name: str
    hits: int
    of: int
    goal: float

    @property
    def value(self) -> float:
        """The share, 0 to 1; of nothing it is 0, for a rate that nothing was counted in shows nothing."""
        return self.hits / self.of if self.of else 0.0


def judge_all(store: Store) -> tuple[Outcome, ...]:
    """Return what the product says of every pair, in the order of the file."""
    ordered = sorted(enumerate(pairs()), key=lambda numbered: sorted(numbered[1].stories))
    found: dict[int, Outcome] = {}
    for own, group in groupby(ordered, key=lambda numbered: numbered[1].stories):
        with store.write() as tx:
            background = tx.begin_nested()
            known = _know_others(tx, own)
            for number, pair in group:
                alone = tx.begin_nested()
                found[number] = _judge(tx, pair, known)
                alone.rollback()
            background.rollback()
    return tuple(found[number] for number in range(len(found)))


def _know_others(tx: Transaction, own: frozenset[str]) -> int:
    """Remember the first text of each other story; return how many."""
    others = [story for story in stories() if story not in own]
    for number, story in enumerate(others, start=1):
        _know(tx, _prints(f"{story}/base"), number, FIRST_SEEN - BEFORE * (len(others) - number))
    return len(others)


def _judge(tx: Transaction, pair: Pair, known: int) -> Outcome:
    right = known + 1
    _know(tx, _prints(pair.right_name), right, FIRST_SEEN)
    verdict = find_original(tx, _prints(pair.left_name), at=FIRST_SEEN + pair.apart)
    if verdict is None:
        return Outcome(pair=pair, told=APART, score=0.0, reasons=())
    told = verdict.kind if verdict.original == right else ELSEWHERE
    return Outcome(pair=pair, told=told, score=verdict.score, reasons=verdict.reasons)


def _know(tx: Transaction, told: Prints, number: int, at: datetime) -> None:
    remember(tx, told, article_id=number, version_id=number, at=at, copy=None)


@cache
def _prints(name: str) -> Prints:
    text = text_of(name)
    return prints_of(text.headline, text.body)


def rates(outcomes: Sequence[Outcome]) -> Iterator[Rate]:
    """Yield the figures that deduplication has to reach, and what keeps them honest."""
    long = [o for o in outcomes if not o.pair.short]
    yield _precision("copies, 60 words and more: precision", [o for o in long if o.told in {"exact", "near"}], 0.98)
    yield _found("copies, 60 words and more: recall", [o for o in long if o.pair.copy], 0.95)
    short = [o for o in outcomes if o.pair.short]
    yield _precision("shorter than 60 words: precision", [o for o in short if o.joined], 0.95)
    yield _found("shorter than 60 words: recall", [o for o in short if o.pair.copy], 0.8)
    yield _found("same event, other newsroom: kept apart", [o for o in outcomes if o.pair.category in SAME_EVENT], 0.97)
    yield _precision("paraphrases: precision", [o for o in outcomes if o.told == "paraphrase"], 0.97)
    yield _found("paraphrases: recall", [o for o in outcomes if o.pair.category == "paraphrase"], 0.9)


def _precision(name: str, joined: Sequence[Outcome], goal: float) -> Rate:
    return Rate(name=name, hits=sum(o.right for o in joined), of=len(joined), goal=goal)


def _found(name: str, asked: Sequence[Outcome], goal: float) -> Rate:
    return Rate(name=name, hits=sum(o.right for o in asked), of=len(asked), goal=goal)


def confusion(outcomes: Iterable[Outcome]) -> Table:
    """Return the table of what was told, by category and by what should have been; French once more below."""
    table = Table("category", "expected", *(f"told {told}" for told in TOLD), "right", "of", box=None)
    rows = [(o.pair.category, o) for o in outcomes]
    rows += [("(of these, French)", o) for _, o in rows if o.pair.language == "fr"]
    by_row: dict[tuple[str, str], list[Outcome]] = {}
    for category, outcome in rows:
        by_row.setdefault((category, outcome.pair.expected), []).append(outcome)
    order = list(dict.fromkeys(category for category, _ in by_row))
    for category, expected in sorted(by_row, key=lambda row: (order.index(row[0]), VERDICTS.index(row[1]))):
        told = by_row[category, expected]
        counts = Counter(o.told for o in told)
        cells = (str(counts[name] or "·") for name in TOLD)
        table.add_row(category, expected, *cells, str(sum(o.right for o in told)), str(len(told)))
    return table


def figures(outcomes: Sequence[Outcome]) -> Table:
    """Return the table of rates beside their goals."""
    table = Table("figure", "is", "goal", "", box=None)
    for rate in rates(outcomes):
        table.add_row(rate.name, f"{rate.value:.3f}", f"{rate.goal:.2f}", f"{rate.hits} of {rate.of}")
    return table


def faults(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield one line for each pair that was judged wrongly."""
    for o in outcomes:
        if not o.right:
            names = f"{o.pair.left_name} | {o.pair.right_name}"
            yield f"{o.pair.category}: {names}: {o.pair.expected}, told {o.told} {o.score:.2f} {'; '.join(o.reasons)}"
