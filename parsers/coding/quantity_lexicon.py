"""The words of counting: seeds/lexicon/quantities.toml in, a frozen `QuantityLexicon` and tagged tokens
out.

Each token of a sentence gets one letter, so that the rules of quantities.py are plain patterns over a short
string of letters. Never decides what a number means. LexiconError names the file and the entry that cannot
be used.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from parsers.coding.beginnings import Beginnings
from parsers.coding.flat import flatten
from parsers.coding.numbers import MASK, Count, CountGrammar, CountWord
from parsers.coding.values import Group, Measure, Scope
from parsers.errors import LexiconError

# The letters of the tag string; every other word is "y".
NOUN_TAGS = {"person": "p", "vehicles": "v", "weapons": "w", "bases": "b"}
FRAME_TAGS = {"verb": "K", "active": "A", "intransitive": "I", "loss": "D", "noun": "N", "toll": "T", "release": "F"}
MEASURING_TAGS = frozenset("KDAINTvwb")  # of what happens to people, and of things
WORD_TAGS = {
    "aux_be": "u", "aux_have": "h", "negation": "n", "filler": "d", "determiner": "t", "of": "o", "preposition": "q",
    "conjunction": "&", "including": "i", "of_them": "j", "relative": "R", "break": "r",
}  # fmt: skip
_COUNT_KINDS = frozenset({"exact", "approximate", "vague", "few", "zero", "unknown", "article"})
_EFFECTS = frozenset({"floor", "strict", "nearly", "about", "upto"})
_PUNCTUATION = dict.fromkeys(",()–—-", ",") | dict.fromkeys(".!?…", ".") | {":": ":", ";": ";"}
_TOKEN = re.compile(rf"{MASK}+|(?:[dlnsjmtc]|qu|jusqu)['’]|['’]s\b|[^\W_]+(?:[-.][^\W_]+)*|[^\w\s]", re.IGNORECASE)

_SCOPE_BREAK = re.compile(r"[;:]|\.\s|,(?=\s*(?:who|which|where|whose|while|but|qui|dont|où|mais|tandis)\b)")
_NOT_SCOPE = re.compile(
    r"\b(?:deadliest|worst|heaviest|first|biggest|largest|greatest|meurtri\w+|active|activ\w+|present|power|wars?|insurgency|"
    r"conflict|crisis|guerre|crise|insurrection|pouvoir|présente?s?)\b[^,;]{0,50}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a word of the lexicon stands for."""

    tag: str
    measures: tuple[Measure, ...] = ()
    group: Group = "unknown"
    needs_noun: bool = False
    of_subject: bool = False  # "the army lost 40 men": the men are the army's


@dataclass(slots=True, kw_only=True)  # not frozen: one is made for each word of a text, and it stays here
class Token:
    """A word, number or mark of a sentence; offsets are those of the sentence."""

    tag: str
    start: int
    end: int
    entry: Entry | None = None
    count: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityLexicon:
    """All that counting knows: word forms, count words and qualifiers, and the marks of scope."""

    entries: dict[str, Entry]
    longest: dict[str, int]  # first word of a form: most words that a form beginning so has
    grammar: CountGrammar
    scopes: tuple[tuple[re.Pattern[str], Scope], ...]
    deeds: Beginnings[str]  # of the words without one of which a number measures nothing

    def tokens(self, text: str, start: int, end: int) -> tuple[Token, ...]:
        """Return the tokens of the sentence `text[start:end]`, numbers and known phrases each as one.

        There are none where nothing is counted, and where no word says what happened to what is counted.
        """
        if not any(self.deeds.matches(flatten(text), start, end)):
            return ()
        masked, counts = self.grammar.find(text, start, end)
        return self._tokens(masked, counts) if counts else ()

    def _tokens(self, masked: str, counts: Sequence[Count]) -> tuple[Token, ...]:
        raw = [match.span() for match in _TOKEN.finditer(masked)]
        keys = [_key(masked[start:end]) for start, end in raw]
        starting = {count.start: count for count in counts}
        found: list[Token] = []
        i = 0
        while i < len(raw):
            start, end = raw[i]
            count = starting.get(start)
            width, entry = self._look_up(keys, i) if keys[i] in self.longest else (1, None)
            if count is not None and not (count.article and width > 1):
                found.append(Token(tag=_count_tag(count), start=start, end=count.end, count=count))
                while i < len(raw) and raw[i][0] < count.end:
                    i += 1
                continue
            tag = entry.tag if entry else _bare_tag(masked[start:end])
            if tag:
                found.append(Token(tag=tag, start=start, end=raw[i + width - 1][1], entry=entry))
            i += width
        for token, following in pairwise(found):
            if token.tag == "1" and following.tag in "KAIDFund" and _key(masked[token.start : token.end]) == "a":
                token.tag, token.count = "h", None  # the French verb "a" of "a tué", not the English article
        return tuple(found)

    def scopes_of(self, sentence: str, positions: Sequence[int]) -> list[Scope]:
        """Tell one event from many, by the marks of scope in the clause that holds each position."""
        if not positions:
            return []
        breaks = [0, *(match.end() for match in _SCOPE_BREAK.finditer(sentence)), len(sentence) + 1]
        marks: dict[int, set[Scope]] = {}
        for pattern, scope in self.scopes:
            for match in pattern.finditer(sentence):
                left = breaks[bisect_right(breaks, match.start()) - 1]
                if not _NOT_SCOPE.search(sentence, max(left, match.start() - 80), match.start()):
                    marks.setdefault(left, set()).add(scope)
        clauses = [marks.get(breaks[bisect_right(breaks, at) - 1], set()) for at in positions]
        return ["cumulative" if "cumulative" in found else "aggregate" if found else "event" for found in clauses]

    def _look_up(self, keys: Sequence[str], i: int) -> tuple[int, Entry | None]:
        """Return how many words the longest form takes that begins at a word, and what it stands for."""
        for width in range(min(self.longest[keys[i]], len(keys) - i), 0, -1):
            entry = self.entries.get(" ".join(keys[i : i + width]))
            if entry is not None:
                return width, entry
        return 1, None


def load_quantity_lexicon(path: Path) -> QuantityLexicon:
    """Read the lexicon of counting; LexiconError names the file and what is wrong in it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LexiconError(str(path), f"cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(str(path), f"is no TOML: {error}") from error
    try:
        return _lexicon(content)
    except (KeyError, ValueError, re.error) as error:
        raise LexiconError(str(path), f"has a wrong entry: {error}") from error


def _lexicon(content: dict[str, Any]) -> QuantityLexicon:
    entries: dict[str, Entry] = {}
    for row in content["noun"]:
        _add(entries, row, Entry(tag=NOUN_TAGS[row["measure"]], measures=_thing(row["measure"]), group=row["group"]))
    for row in content["modifier"]:
        _add(entries, row, Entry(tag="g", group=row["group"]))
    for row in content["event"]:
        flags = {name: row.get(name, False) for name in ("needs_noun", "of_subject")}
        _add(entries, row, Entry(tag=FRAME_TAGS[row["frame"]], measures=tuple(row["measures"]), **flags))
    for row in content["word"]:
        _add(entries, row, Entry(tag=WORD_TAGS[row["tag"]]))
    words = {
        form: CountWord(kind=_known(row["kind"], _COUNT_KINDS), value=row.get("value"))
        for row in content["count"]
        for form in row["forms"]
    }
    qualifiers = {form: _known(row["effect"], _EFFECTS) for row in content["qualifier"] for form in row["forms"]}
    longest: dict[str, int] = {}
    for form in entries:
        parts = form.split()
        longest[parts[0]] = max(longest.get(parts[0], 0), len(parts))
    scopes = tuple((re.compile(rf"(?<!\w)(?:{r['pattern']})", re.IGNORECASE), r["scope"]) for r in content["scope"])
    return QuantityLexicon(
        entries=entries,
        longest=longest,
        grammar=CountGrammar(words, qualifiers),
        scopes=scopes,
        deeds=Beginnings({"deeds": _deeds(entries)}),
    )


def _deeds(entries: Mapping[str, Entry]) -> re.Pattern[str]:
    """Return the pattern, on flattened text, of one word of each form that may make a number a quantity."""
    words = {flatten(max(form.split(), key=len)) for form, entry in entries.items() if entry.tag in MEASURING_TAGS}
    ends = (re.escape(word) + (r"(?![^\W_])" if word[-1].isalnum() else "") for word in sorted(words))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(ends)})")


def _add(entries: dict[str, Entry], row: dict[str, Any], entry: Entry) -> None:
    for form in row["forms"]:
        key = _form(_TOKEN.findall(form))
        if entries.setdefault(key, entry) != entry:
            raise ValueError(f"{form!r} stands twice with different meanings")


def _thing(measure: str) -> tuple[Measure, ...]:
    things: dict[str, tuple[Measure, ...]] = {"vehicles": ("vehicles",), "weapons": ("weapons",), "bases": ("bases",)}
    return things.get(measure, ())


def _known(value: str, values: frozenset[str]) -> str:
    if value not in values:
        raise ValueError(f"{value!r} is none of {', '.join(sorted(values))}")
    return value


def _form(words: list[str]) -> str:
    return " ".join(_key(word) for word in words)


def _key(word: str) -> str:
    return word.casefold().replace("’", "'")


def _count_tag(count: Count) -> str:
    if count.article:
        return "1"
    return "0" if count.is_zero else "#"


def _bare_tag(word: str) -> str:
    """Return the letter of a word without entry; quotation marks get none."""
    if word[0] == MASK:
        return "x"
    if word[0].isalnum():
        return "y"
    return _PUNCTUATION.get(word, "")
