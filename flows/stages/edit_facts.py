"""The facts of an article that an edit can change: numbers, dates, places, names; each with its part of the text.

In: an article and the coder's tools. Out: `Fact` values, one a part and wording. Pure. A key tells whether two
wordings are one fact: "thirty" and "30", "Groupe Wagner" and "Wagner Group", "Monday" and its date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from parsers.article import Article
from parsers.coding.coder import read_sentences
from parsers.coding.numbers import number_value
from parsers.coding.sentence import Sentence
from parsers.coding.tools import Coder
from parsers.coding.values import ActorMention, Span
from parsers.formats.furniture import is_byline, is_credit, is_furniture
from parsers.text import fold, words
from storage.edit_values import FactKind

TITLE_CASE = 0.6  # of a line's longer words that are capitalised: there a capital tells nothing
_LONGER = 4  # letters; shorter words stay small in titles too

_SYMBOL = r"[$€£%]"
_DIGITS = re.compile(rf"{_SYMBOL}?\b\d+(?:[.,:\u00a0\u202f ]\d{{3}}(?!\d)|[.,:/-]\d+)*(?:\s?{_SYMBOL})?")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_CAPITALISED = re.compile(r"[^\W\d_a-zß-öø-ÿ][^\W\d_]+(?:[-'’][^\W\d_]+)*")
_ELIDED = re.compile(r"^[dlnsjmtcDLNSJMTC]['’]|['’]s?$|qu['’]")
_ARTICLE = re.compile(r"^(?:(?:the|an?|les?|la|une?|des)\s+|l['’])", re.IGNORECASE)
_PERSON = re.compile(r"(?:[A-ZÀ-Þ][a-zß-öø-ÿ'’-]+\s?)+")
_COUNTER = re.compile(  # a line that is another one at each fetch
    r"(?:(?:published|updated|posted|modified|publiée?|modifiée?|mise? à jour|postée?)\W+)?"
    r"(?:(?:an?|\d{1,3})\s?(?:h|mins?|[a-z]{3,7}) ago"
    r"|il y a (?:une?|\d{1,3})\s?(?:h|mn|min|minutes?|heures?|jours?|semaines?|mois))\W*"
    r"|(?:lue?|vue?|read|viewed) \d[\d\s.,]* (?:fois|times)\W*",
    re.IGNORECASE,
)
_NO_NUMBERS = frozenset({"one", "a", "second", "point"})  # words that more often count nothing


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in the words of the text; `counted` is the word after a number, by which two figures are told apart."""

    what: FactKind
    key: str
    surface: str
    counted: str = ""


def facts_by_part(article: Article, coder: Coder) -> tuple[tuple[Fact, ...], ...]:
    """Return the facts of each part of an article, in the order of `Article.parts()`; furniture has none."""
    segments = article.segments()
    found: list[list[Fact]] = [[] for _ in segments]
    known = _names_in_prose(article)
    part = 0
    for sentence in read_sentences(article, coder):
        while sentence.start >= segments[part].end:
            part += 1
        segment = segments[part]
        if not is_frame(article.text[segment.start : segment.end]):
            found[part] += _of_sentence(sentence, known)
    return tuple(tuple(facts) for facts in found)


def is_frame(line: str) -> bool:
    """Tell whether a line is no part of what is reported: furniture, a byline, a time stamp, a counter, a credit."""
    return is_furniture(line) or is_byline(line) or is_credit(line) or bool(_COUNTER.fullmatch(line))


def _of_sentence(sentence: Sentence, known: frozenset[str]) -> list[Fact]:
    text = sentence.text
    facts = [
        (t.start, Fact("date", _day(t.when.start, text[t.start : t.end]), text[t.start : t.end]))
        for t in sentence.times
    ]
    facts += [(p.start, Fact("place", p.id, p.surface)) for p in sentence.places]
    facts += [
        (a.start, Fact("name", _actor_key(a), a.surface)) for a in sentence.actors if _is_named(a, sentence, known)
    ]
    taken = [Span(s, s + len(f.surface)) for s, f in facts]
    facts += _numbers(sentence, taken)
    facts += _names(sentence, taken, known)
    return [fact for _, fact in sorted(facts, key=lambda row: row[0])]


def _day(start: object, surface: str) -> str:
    return str(start) if start else fold(surface)


def _is_named(actor: ActorMention, sentence: Sentence, known: frozenset[str]) -> bool:
    """Tell whether an actor is named, not only meant: "Soldiers", "The army" in a title or as first words is none."""
    surface = _ARTICLE.sub("", actor.surface)
    if actor.unnamed or not any(c.isupper() for c in surface):
        return False
    unsure = actor.start == sentence.start + _first(sentence.quote) or _is_title(sentence.quote)
    if not unsure or not _CAPITALISED.fullmatch(surface) or surface.isupper() or fold(surface) in known:
        return True
    return fold(surface) in words(actor.name) and not re.search(rf"\b{re.escape(surface.lower())}\b", sentence.text)


def _actor_key(actor: ActorMention) -> str:
    """Return the actor's id, but for people who stand for it ("Assimi Goita" is not any of the government)."""
    person = _PERSON.fullmatch(actor.surface) and not set(words(actor.surface)) & set(words(actor.name))
    return fold(actor.surface) if person else actor.id


def _numbers(sentence: Sentence, taken: Iterable[Span]) -> Iterator[tuple[int, Fact]]:
    quote, spans = sentence.quote, list(taken)
    found = [(m.start(), m.end(), _figure(m[0])) for m in _DIGITS.finditer(quote)]
    found += [
        (m.start(), m.end(), str(value)) for m in _WORD.finditer(quote) if (value := _word_value(m[0])) is not None
    ]
    for start, end, key in sorted(found):
        if not _overlaps(sentence.start + start, sentence.start + end, spans):
            after = _WORD.search(quote, end)
            counted = fold(after[0]) if after else ""
            yield sentence.start + start, Fact("number", key, quote[start:end], counted)


def _figure(surface: str) -> str:
    value = number_value(surface)
    return str(value) if value is not None and ":" not in surface else re.sub(r"[\s\u00a0\u202f]", "", surface)


def _word_value(word: str) -> int | None:
    return None if word.casefold() in _NO_NUMBERS else number_value(word)


def _names(sentence: Sentence, taken: Iterable[Span], known: frozenset[str]) -> Iterator[tuple[int, Fact]]:
    """Yield the runs of capitalised words; of the first word and of a title only those that prose has as names."""
    quote, spans = sentence.quote, list(taken)
    unsure_all = _is_title(quote)
    run: list[re.Match[str]] = []
    for match in [*_CAPITALISED.finditer(quote), None]:
        free = match and not _overlaps(sentence.start + match.start(), sentence.start + match.end(), spans)
        if match and free and run and quote[run[-1].end() : match.start()] in {" ", "-"}:
            run.append(match)
            continue
        if run and (fact := _named(quote, run)):
            yield sentence.start + run[0].start(), fact
        run = []
        if match and free:
            unsure = unsure_all or match.start() <= _first(quote)
            run = [match] if not unsure or fold(_bare(match[0])) in known else []


def _named(quote: str, run: list[re.Match[str]]) -> Fact | None:
    surface = _bare(quote[run[0].start() : run[-1].end()])
    return Fact("name", fold(surface), surface) if len(surface) > 1 else None


def _bare(word: str) -> str:
    return _ELIDED.sub("", word)


def _first(quote: str) -> int:
    found = _WORD.search(quote)
    return found.start() if found else 0


def _is_title(line: str) -> bool:
    longer = [m[0] for m in _WORD.finditer(line) if len(m[0]) >= _LONGER]
    return bool(longer) and sum(w[0].isupper() for w in longer) >= TITLE_CASE * len(longer)


def _names_in_prose(article: Article) -> frozenset[str]:
    """Return the folded words that are capitalised inside a sentence of prose: names, wherever they stand."""
    names: set[str] = set()
    for _, text in article.parts():
        for line in re.split(r"[.!?:“”«»\"]+\s*", text):
            if not _is_title(line):
                first = _first(line)
                names |= {fold(_bare(m[0])) for m in _CAPITALISED.finditer(line) if m.start() > first}
    return frozenset(names)


def _overlaps(start: int, end: int, spans: Iterable[Span]) -> bool:
    return any(start < span.end and span.start < end for span in spans)
