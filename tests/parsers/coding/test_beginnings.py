"""Where patterns can begin: no match is missed, and most of the work is spared."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from parsers.coding.beginnings import Beginnings, first_words, matches
from parsers.coding.flat import flatten
from parsers.coding.lexicon import load_lexicon

LEXICON = load_lexicon(Path(__file__).resolve().parents[3] / "seeds" / "lexicon")
TEXT = flatten(
    "\n".join([text for t in LEXICON.triggers for text, _ in t.examples] + [a.example for a in LEXICON.actors])
)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("attacked", {"attacked"}),
        ("withdr[ae]w(?:s|n|ing)?", {"withdraw", "withdrew"}),
        ("(?:ambush|raid)ed", {"ambushed", "raided"}),
        ("(?:a|the) convoy", {"a convoy", "the convoy"}),
        ("(?:the )?army", {"the army", "army"}),
        ("left(?! behind)", {"left"}),
        ("(?<!have )(?P<verb>left|quit)\\b", {"left", "quit"}),
        ("(?i:Left)+ them", {"left"}),
        ("(?:private |armed )*men", {"private ", "armed ", "men"}),
        ("(?:ab){0,2}+c", {"ab", "c"}),
        ("(?:ab){2}c", {"ab"}),
        ("raid|raiders", {"raid"}),
        ("l.armee", {"l"}),
        (r"mr\. x", {"mr. x"}),
        ("[0-2]x", {"0x", "1x", "2x"}),
        (r"[12]\w", {"1", "2"}),
        (r"\d+", set("0123456789")),
        ("ÉTÉ", {"ete"}),
        ("[^a]b", set()),
        (r"\w+ accused", set()),
        ("(?:left)?", set()),
        ("left|.", set()),
        ("(?i)left", set()),
        (r"(?P<a>x)(?P=a)", set()),
    ],
)
def test_first_words(pattern: str, words: set[str]) -> None:
    re.compile(pattern)
    assert first_words(pattern)[0] == words


@pytest.mark.parametrize(
    ("pattern", "bounded"),
    [(r"(?<!\w)(?:a|b)", True), (r"(?<![\w-])a|(?<!\w)b", True), (r"(?<!\w)a|b", False), (r"(?:(?<!\w)a)", False)],
)
def test_what_cannot_begin_inside_a_word(pattern: str, bounded: bool) -> None:
    assert first_words(pattern)[1] is bounded


def test_too_many_words_are_cut_short() -> None:
    words, _ = first_words("(?:a|b|c|d|e|f|g|h)" * 9)
    assert {len(word) for word in words} == {3}


def test_no_match_is_missed() -> None:
    tried = 0
    triggers = [p for t in LEXICON.triggers for p in (t.verb, t.noun) if p]
    actors = [p for a in LEXICON.actors for p in (a.names, a.cautious, a.generic, a.company) if p]
    patterns = dict(enumerate(chain(triggers, actors, LEXICON.cues.values())))
    found = Beginnings(patterns).among(TEXT, 0, len(TEXT))
    for name, pattern in patterns.items():
        starts = found.get(name, [])
        tried += len(starts or ())
        expected = [match.span() for match in pattern.finditer(TEXT)]
        assert [match.span() for match in matches(pattern, TEXT, starts, end=len(TEXT))] == expected, pattern
    assert 0 < tried < len(TEXT) * len(patterns) / 100  # else it spares nothing


def test_a_part_of_a_text_is_read_as_finditer_reads_it() -> None:
    patterns = {"b": re.compile("(?:bread|bre)"), "any": re.compile(r"\w+"), "a": re.compile("(?<!an )apple")}
    begun = Beginnings(patterns)
    text = "an apple and bread"
    for start, end in ((0, 18), (3, 18), (0, 16), (4, 17)):
        expected = [(name, m.span()) for name, pattern in patterns.items() for m in pattern.finditer(text, start, end)]
        assert [(name, match.span()) for name, match in begun.matches(text, start, end)] == expected
    assert list(begun.among("nothing", 0, 7)) == ["any"]
