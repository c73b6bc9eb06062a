"""Tells prose from everything else that people save as text: markup, tables, code, logs, settings.

In: cleaned text. Out: None for prose, else what it is instead, in words for people. It must not refuse a
plain report because of one odd line: a kind is named only when many lines look like it.
"""

from __future__ import annotations

import re

from parsers.text import sentences, words

_SHARE = 0.4  # of the lines; a report with a quoted table or a list of links stays well below
_MIN_WORDS = 4  # words that make a sentence more than a label or a field
_MIN_SENTENCES = 2
_MIN_ROWS = 3

_KINDS = (
    ("HTML or XML", re.compile(r"</?[a-zA-Z!?][^<>]*>?")),
    ("JSON", re.compile(r"[\[{]\s*(?:[\"{\[\d}\]]|$)|[}\]],?$|\"[\w .-]+\"\s*:")),
    (
        "log lines",
        re.compile(
            r"[\[(]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d"
            r"|\[?(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\b[\]:]?"
        ),
    ),
    (
        "program code or settings",
        re.compile(
            r"(?:def|class|import|from \S+ import|function|const|let|var|public|private|static|return|#include|package"
            r"|elif|except|finally|async|await|export)\b.*[\w:;{}()\[\]'\"]$(?<![.!?])"
            r"|(?:if|for|while|switch|else|try|with)\b.*[:{]$|(?=.*[=(){}<>\[\]]).*[;{}]$|[})\]]+[,;]?$|(?:#|//|/\*|\*/|;)\s?\S"
            r"|[\w.-]+\s*(?:=|\+=|:=|:\s)\s*\S+$|@\w+|\[[\w. -]+\]$"
        ),
    ),
)
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|rss|feed|svg)\b", re.IGNORECASE)
_DELIMITERS = ",;:\t|"
_HEADER = re.compile(r'"?\w[\w .-]*"?(?:[,;\t|]"?\w[\w .-]*"?){2,}')  # no space after a comma, unlike prose
_SENTENCE_END = re.compile(r"[.!?…][\"”’»)]*$")


def not_prose(text: str) -> str | None:
    """Return what a text is instead of prose ("JSON", "a table" …), or None."""
    if _MARKUP.match(text):
        return "HTML or XML"
    lines = [line for raw in text.split("\n") if (line := raw.strip(" "))]
    for kind, pattern in _KINDS:
        if sum(bool(pattern.match(line.strip())) for line in lines) > _SHARE * len(lines):
            return kind
    if _is_table(lines):
        return "a table (CSV)"
    return None


def _is_table(lines: list[str]) -> bool:
    if len(lines) > 1 and _HEADER.fullmatch(lines[0]):
        return True
    if len(lines) < _MIN_ROWS or sum(bool(_SENTENCE_END.search(line)) for line in lines) > len(lines) / 4:
        return False
    return any(_is_delimited(lines, delimiter) for delimiter in _DELIMITERS)


def _is_delimited(lines: list[str], delimiter: str) -> bool:
    columns = lines[0].count(delimiter)
    if not columns or (delimiter in ",;:" and f"{delimiter} " in lines[0]):  # punctuation
        return False
    return sum(line.count(delimiter) == columns for line in lines) > 0.8 * len(lines)


def has_prose(text: str) -> bool:
    """Tell whether a text has at least two sentences of a few words each."""
    found = 0
    for start, end in sentences(text):
        found += len(words(text[start:end])) >= _MIN_WORDS
        if found >= _MIN_SENTENCES:
            return True
    return False
