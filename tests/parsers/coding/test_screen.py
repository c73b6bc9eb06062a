"""The screen before the patterns: it drops none that would match, and spares most of the work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parsers.coding.lexicon import flatten, load_lexicon
from parsers.coding.screen import Screen, needed_words

LEXICON = load_lexicon(Path(__file__).resolve().parents[3] / "seeds" / "lexicon")
SENTENCES = [text for t in LEXICON.triggers for text, _ in t.examples] + [a.example for a in LEXICON.actors]


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("attacked", {"attacked"}),
        ("withdr[ae]w(?:s|n|ing)?", {"withdr"}),
        ("(?:ambush|raid)ed", {"ambush", "raid"}),
        ("(?:a|the) convoy", {" convoy"}),
        ("(?<!\\w)(?:left|quit)(?!\\w)", {"left", "quit"}),
        ("(?:left)?", None),
        ("(?:left)+", {"left"}),
        (r"\d+", None),
        ("un", None),
        ("left|\\d", None),
        ("ÉTÉ", {"été"}),
    ],
)
def test_needed_words(pattern: str, needed: set[str] | None) -> None:
    assert needed_words(re.compile(pattern)) == (None if needed is None else frozenset(needed))


def test_no_pattern_that_matches_is_dropped() -> None:
    triggers = {t.id: [p for p in (t.verb, t.noun) if p] for t in LEXICON.triggers}
    tried = 0
    for sentence in map(flatten, SENTENCES):
        worth = {t.id for t in LEXICON.trigger_screen.worth_trying(sentence)}
        tried += len(worth)
        assert {i for i, patterns in triggers.items() if any(p.search(sentence) for p in patterns)} <= worth
    assert tried < len(SENTENCES) * len(triggers) / 3  # else it spares nothing


def test_the_order_is_kept_and_what_needs_nothing_is_always_tried() -> None:
    patterns = [("b", "bread"), ("any", r"\w+"), ("a", "apple")]
    screen = Screen([(name, [re.compile(pattern, re.IGNORECASE)]) for name, pattern in patterns])
    assert list(screen.worth_trying("an APPLE and Bread")) == ["b", "any", "a"]
    assert list(screen.worth_trying("nothing")) == ["any"]
