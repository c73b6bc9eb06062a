"""The report of a run: its counters, its one line, and Markdown that foreign words cannot steer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from flows.stages.collect import Collected, Problem
from flows.stages.deliver.dispatch import Dispatched
from flows.stages.read import Read
from flows.stages.record import Dropped, Recorded
from flows.stages.report import RunReport, as_json, as_markdown, development_rows, source_rows
from parsers.article import Document
from storage.source_values import Source
from tests.flows.runs import NOON, SEEDS, run

NOTHING_SENT = Dispatched()
SOURCE = Source(key="files:inbox", kind="files", address="/inbox")
HOSTILE = {
    "link": "[read this](javascript:alert(1))",
    "reference": "[read this]: javascript:alert(1)",
    "image": "![pixel](https://evil.example/pixel.png)",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "address in angles": "<https://evil.example>",
    "cells": "one | two | three",
    "lines": "one\n\n# Another heading\n\n| a | b |\n|---|---|\n| c | d |",
    "carriage return": "one\r# heading",
    "line separator": "one\u2028# heading\u2029# another",
    "code": "`code` and ``` more",
    "emphasis": "*all* __of__ it",
    "backslash": "\\[read\\](https://evil.example) \\",
    "entity": "&lt;script&gt; &#60;b&#62;",
    "list": "- one",
    "number": "1. one",
    "quote": "> one",
    "rule": "---",
}


def read(name: str, outcome: str = "parsed", *, known: bool = False) -> Read:
    document = Document(source=SOURCE.key, name=name, body=b"x", retrieved_at=NOON)
    reason = None if outcome == "parsed" else f"why {outcome}"
    return Read(document=document, outcome=outcome, reason=reason, known=known)  # type: ignore[arg-type]


def report(
    collected: Sequence[Collected] = (Collected(source=SOURCE),),
    *,
    documents: Sequence[Read] = (),
    recorded: Sequence[Recorded] = (),
    dispatched: Dispatched = NOTHING_SENT,
) -> RunReport:
    return RunReport(
        now=NOON,
        collected=tuple(collected),
        read=tuple(documents),
        recorded=tuple(recorded),
        notices=(),
        dispatched=dispatched,
        developments={},
    )


def rendered(made: RunReport) -> str:
    """Return the HTML that a common Markdown reader makes of the report."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(as_markdown(made)))


def hostile(words: str) -> RunReport:
    """Return a report in which these words stand wherever foreign words can stand."""
    failed = Collected(source=replace(SOURCE, key=f"files:{words}"), failed=words, problems=())
    taken = Collected(source=SOURCE, problems=(Problem(name=words, reason=words),))
    dropped = Dropped(name=words, reason=words)
    return report(
        [failed, taken],
        documents=[replace(read("odd"), outcome="quarantined", reason=words)],
        recorded=[Recorded(name=words, dropped=(dropped,))],
        dispatched=Dispatched(errors=(words,)),
    )


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_foreign_words_stay_words(words: str) -> None:
    plain, steered = rendered(hostile("words")), rendered(hostile(words))

    def elements(html: str) -> list[str]:
        return [part.split(">")[0].split()[0] for part in html.split("<")[1:]]

    assert elements(steered) == elements(plain)


def test_foreign_words_of_a_development_stay_words(database: str) -> None:
    made = run(database, SEEDS)
    plain = rendered(made)
    number, development = next(iter(made.developments.items()))
    words = HOSTILE["lines"] + HOSTILE["html"] + HOSTILE["link"]
    quoted = replace(development, reports=tuple(replace(r, quote=words, outlet=words) for r in development.reports))
    steered = rendered(replace(made, developments={**made.developments, number: quoted}))
    assert "<script" not in steered
    assert "javascript:" not in steered.replace("(javascript:alert(1))", "")
    assert steered.count("<h") == plain.count("<h")


def test_an_empty_run_says_so() -> None:
    assert report().message == "nothing new"
    assert set(report().counts().values()) == {0, 1}
    assert as_markdown(report()) == "# 2025-06-10 12:00 UTC: nothing new\n\n"


def test_the_message_tells_failures_and_quarantine() -> None:
    made = report(
        [Collected(source=SOURCE, failed="gone"), Collected(source=SOURCE)],
        documents=[read("a", "quarantined"), read("b", "quarantined", known=True), read("c", "empty"), read("d")],
    )
    assert made.message == "nothing new, 1 of 2 sources failed, 2 in quarantine"
    assert (made.counts()["sources_failed"], made.counts()["documents_quarantined"], made.known) == (1, 2, 1)


def test_a_channel_that_fails_is_told_in_the_message_and_the_report() -> None:
    made = replace(report(), dispatched=Dispatched(waiting=1, errors=("L1 to desk: HTTP 503",)))
    assert made.message == "nothing new, 1 delivery failed"
    assert "- L1 to desk: HTTP 503" in as_markdown(made)


def test_sources_that_failed_stand_first_in_the_table() -> None:
    parts = [
        Collected(source=SOURCE),
        Collected(source=SOURCE, problems=(Problem(name="link", reason="not followed"),)),
        Collected(source=SOURCE, failed="gone"),
    ]
    assert [row["reason"] for row in source_rows(parts)] == ["gone", "link: not followed", ""]


def test_whatever_was_dropped_is_told_with_its_reason() -> None:
    made = report(
        [Collected(source=SOURCE, problems=(Problem(name="link", reason="not followed"),))],
        documents=[read("odd", "quarantined"), read("nothing", "empty"), read("good")],
        recorded=[Recorded(name="good", dropped=(Dropped(name="good", reason="unchanged"),))],
    )
    told = [(drop.name, drop.reason) for drop in made.dropped]
    assert told == [
        ("link", "not followed"), ("odd", "quarantined: why quarantined"), ("nothing", "empty: why empty"),
        ("good", "unchanged"),
    ]  # fmt: skip
    assert [(row["name"], row["reason"]) for row in as_json(made)["dropped"]] == told
    markdown = as_markdown(made)
    assert all(name in markdown and reason in markdown for name, reason in told)


def test_the_report_of_a_run_counts_what_is_recorded(database: str) -> None:
    made = run(database, SEEDS)
    counts = made.counts()
    assert counts | {"dropped": 0} == {
        "sources": 1, "sources_failed": 0, "documents": 2, "documents_known": 0, "documents_quarantined": 0,
        "articles": 2, "versions": 9, "alerts": 2, "sent": 2, "waiting": 0, "dead": 0, "dropped": 0,
    }  # fmt: skip
    assert counts["dropped"] == len(made.dropped) > 0
    assert made.message == "7 new, 2 corroborated"
    machine = json.loads(json.dumps(as_json(made)))
    assert (machine["counts"], machine["message"]) == (counts, made.message)
    assert len(machine["developments"]) == len(development_rows(made)) == counts["versions"]
    assert source_rows(made.collected)[0]["documents"] == 2
    for development in made.developments.values():
        assert f"### {development.public_id} (" in as_markdown(made)
