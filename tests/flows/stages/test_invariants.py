"""What holds of any news, as properties over the stream of tests/cases/stream: what is recorded does not depend on
the order inside a batch, on runs before, or on what is of no concern to the watch.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import articles, exports, mentions
from tests.flows.stages.test_stream import ROWS, Stream, run

FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
IRRELEVANT = {
    "outlet": "The Harbour Post",
    "language": "en",
    "headline": "Ferry service resumes after the storm",
    "paragraphs": [
        "The ferry between the two islands sailed again on Sunday, the port authority said.",
        "Twelve passengers had waited for three days in the harbour hotel.",
    ],
    "told": {},
    "alerts": [],
}
spans = st.integers(0, len(ROWS) - 12).map(lambda start: ROWS[start : start + 12])


def state(stream: Stream) -> list[dict[str, Any]]:
    """Return what an export tells of the developments, without the instants and numbers of recording."""
    with stream.store.read() as tx:
        return list(exports.developments(tx))


def recorded(batches: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        return state(run(Path(folder), batches)[1])


def without_numbers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the public ids of articles, which count whatever comes."""
    return [
        {**row, "reports": [{k: v for k, v in report.items() if k != "article_id"} for report in row["reports"]]}
        for row in rows
    ]


@FEW
@given(spans)
def test_two_runs_are_the_same_to_the_byte(rows: list[dict[str, Any]]) -> None:
    first, second = (json.dumps(recorded([rows]), ensure_ascii=False) for _ in range(2))
    assert first == second


@FEW
@given(spans, st.randoms(use_true_random=False))
def test_the_order_inside_a_batch_changes_nothing(rows: list[dict[str, Any]], random: Random) -> None:
    shuffled = random.sample(rows, len(rows))
    assert without_numbers(recorded([shuffled])) == without_numbers(recorded([rows]))


@FEW
@given(spans, st.data())
def test_what_was_recorded_is_not_recorded_again(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(rows), min_size=1, unique_by=lambda row: row["id"]))
    with tempfile.TemporaryDirectory() as folder:
        _, stream = run(Path(folder), [[row] for row in rows])
        before = state(stream)
        assert stream.record(again) == {}
        assert state(stream) == before


@FEW
@given(spans, st.integers(0, 12))
def test_an_irrelevant_article_changes_nothing(rows: list[dict[str, Any]], at: int) -> None:
    day = rows[min(at, len(rows) - 1)]["published"]
    ferry = {**IRRELEVANT, "id": "ferry", "guid": "ferry", "published": day}
    among = recorded([[row] for row in (*rows[:at], ferry, *rows[at:])])
    assert without_numbers(among) == without_numbers(recorded([[row] for row in rows]))


@FEW
@given(spans)
def test_every_span_holds_the_words_it_claims(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, stream = run(Path(folder), [rows])
        with stream.store.read() as tx:
            for stored in articles.every(tx):
                text = stored.version.article.text
                for mention in (m.mention for m in mentions.of_version(tx, stored.version.id)):
                    assert mention.quote == text[mention.start : mention.end]
                    named = [*mention.descriptions, *mention.quantities, *([mention.place] if mention.place else [])]
                    assert all(text[n.start : n.end] == n.surface for n in named if hasattr(n, "surface"))
