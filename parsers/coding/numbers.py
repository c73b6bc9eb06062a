"""Number expressions of a sentence: text in, counts with their low / best / high out.

Reads digits, English and French number words (text2num), conventional words ("dozens", "une trentaine") and
what qualifies them ("at least", "près de"). Dates, clock times, ages, distances, money, percentages,
ordinals and the numbers inside names are recognised first and set aside: they are never counts. Never
decides what is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from text_to_num import text2num

from parsers.coding.beginnings import Beginnings, matches
from parsers.coding.flat import flatten

_LONGEST = 9  # digits: what is longer counts nobody
MASK = "\x00"  # stands in for every character of a number that counts nothing

_EN_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_EN = f"{_EN_UNITS} eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand".split()
_FR_UNITS = "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_FR = f"{_FR_UNITS} vingt vingts trente quarante cinquante soixante septante huitante nonante cent cents mille".split()


def _any(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# Possessive and bounded: a long run of number words must not be tried in every length.
_EN_WORDS = (
    rf"(?:a (?=hundred|thousand))?(?:{_any(_EN)})\b(?<!six(?= cent| mille))"
    rf"(?:(?:[- ]|(?<=hundred) and |(?<=thousand) and )(?:{_any(_EN)})\b){{0,9}}+"
)
_FR_WORDS = (
    rf"(?:{_any(_FR)})\b"
    rf"(?:(?:[- ]| et (?=une?\b|onze\b)|-et-(?=une?\b|onze\b))(?:{_any([*_FR, 'un', 'une'])})\b){{0,9}}+"
)
_WORDS = re.compile(rf"{_EN_WORDS}|{_FR_WORDS}", re.IGNORECASE)
_DIGITS = r"\d{1,3}(?:[,.\u00a0\u202f ]\d{3})+(?!\d)|\d+"
_BEFORE = r"(?<![\w$€£])(?<!\w[-./:,])"
_AFTER = r"(?![\w%])(?!-[^\W\d])(?![.,]\d)"
_PLAIN = rf"(?:(?:{_DIGITS})|{_EN_WORDS}|{_FR_WORDS}){_AFTER}"
_NUMBER = rf"{_BEFORE}{_PLAIN}"

_MONTH = (
    r"(?:Jan(?:uary|vier)?|[Jj]anv(?:ier)?|Feb(?:ruary)?|[Ff][ée]vr?(?:ier)?|Mar(?:ch|s)?|mars|Apr(?:il)?|[Aa]vr(?:il)?"
    r"|May|[Mm]ai|June?|[Jj]uin|July?|[Jj]uil(?:let)?|Aug(?:ust)?|[Aa]o[ûu]t|Sept?(?:ember|embre)?|septembre"
    r"|Oct(?:ober|obre)?|octobre|Nov(?:ember|embre)?|novembre|Dec(?:ember)?|[Dd][ée]c(?:embre)?)\b\.?"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th|er)?\b"
_TO = r"\s*(?:-|–|—|to|and|au|et(?: le)?)\s*"
_DATE = (
    rf"{_DAY}(?:{_TO}{_DAY})?(?: of)? {_MONTH}(?:,? (?:19|20)\d\d\b)?"
    rf"|{_MONTH} {_DAY}(?![,.]\d)(?:{_TO}{_DAY})?(?:,? (?:19|20)\d\d\b)?"
    rf"|{_MONTH},? (?:19|20)\d\d\b|\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}"
)
_UNIT = (
    r"(?:%|per ?cent|pour ?cent|seconds?|minutes?|hours?|days?|nights?|weeks?|weekends?|months?|years?|decades?"
    r"|secondes?|heures?|jours?|journées?|nuits?|semaines?|mois|ans?|années?|décennies?|siècles?|km²?|kms|kilomet(?:re|er)s?"
    r"|kilomètres?|miles?|met(?:re|er)s?|mètres?|m|feet|hectares?|kg|kilos?|tonnes?|tons?|lit(?:re|er)s?|degrees|degrés"
    r"|millions?|billions?|milliards?|bn|dollars?|euros?|francs?|roubles?|rubles?|F?CFA|times|fois|a\.?m\b|p\.?m\b|GMT|UTC"
    r"|o'clock|mm|calibre)(?!\w)"
)
_YEAR = (
    r"(?:\b(?:in|since|until|before|after|during|by|from|the|year|early|late|mid|en|depuis|fin|début|dès|avant|après"
    r"|année|le|du)[ -]|\(|'s |’s )(?:19|20)\d\d\b(?![,.\u00a0\u202f ]\d{3})"
    r"|(?<![\w.,])(?:19|20)\d\d\b(?!\+)(?! [^\W\d])"
)
_LABEL = (
    r"\b(?:resolution|résolution|article|chapter|chapitre|route|page|battalion|bataillon|no\.|n°|phase|sector|secteur)"
)
_NAMED = r"\b[^\W\d_]+-?\d+\w*"  # Mi-24, RN15, TB2, G5
_OPAQUE_PARTS = (
    r"\[\d+\]",
    r"\b\d{1,2}[:hH]\d{2}\b",
    r"\b\d{1,2} ?h\b",
    r"(?:US)?[$€£] ?\d[\d.,]*(?: ?(?:million|billion|bn|m)\b)?",
    r"\b(?:aged?|âgée?s? d[e'’]) ?\d{1,2}\b(?: ans)?",
    rf"{_LABEL} ?\d+\b",
    r"\b\d+(?:st|nd|rd|th|er|ère|e|è|es|ème|èmes)\b",
    _NAMED,
    r"\b\d+[^\W\d]\w*",
)
_RISE = re.compile(  # "rose from 12 to 15" is 15, no range
    r"\b(?:rose|rises?|risen|climb\w*|jump\w*|increas\w*|revised|pass\w+|grimp\w+|mont\w+)\W+(?:from|d[e'’])\s*$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_NAME = re.compile(r"\b[^\W\d_]++-?\d")  # the beginning of _NAMED, of which no word is known beforehand
_MASKED = re.compile(rf"{MASK}+")
_CASED_DATE = re.compile(rf"(?<![\w/]){_DATE}|{_YEAR}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountWord:
    """A conventional count word: `kind` exact, approximate, vague, few, zero, unknown or article."""

    kind: str
    value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number expression as low / best / high, with the characters it spans, qualifier included."""

    low: int | None
    best: int | None
    high: int | None
    start: int
    end: int
    strict: bool = False
    approximate: bool = False
    vague: bool = False
    article: bool = False  # "a", "une": one only where a noun and a verb say so

    @property
    def is_zero(self) -> bool:
        """Tell whether the expression denies ("no", "aucun")."""
        return self.high == 0


class CountGrammar:
    """Finds counts: compiled once from the count words and qualifiers of a lexicon."""

    def __init__(self, words: Mapping[str, CountWord], qualifiers: Mapping[str, str]) -> None:
        self._words = dict(words)
        self._qualifiers = dict(qualifiers)
        word = rf"(?<![\w-])(?:{_any([w for w, c in words.items() if c.kind != 'article'])})(?![\w-])"
        number = rf"(?:{word}|{_NUMBER})"
        second = rf"(?:{word}|{_PLAIN})"  # of "20-50": a dash may stand before it
        qualifier = rf"(?:(?<!\w)(?:{_any(list(qualifiers))})(?:\s+|(?<=['’])))"
        pair = rf"(?:(?:between|entre)\s+)?{number}(?:(?:\s*[-–]\s*|\s+(?:to|and|or|à|et|ou)\s+){second})?"
        unit = rf"{pair}(?:\s+(?:of|de|more|other|autres))?\s*(?:d['’])?{_UNIT}"
        hyphened = rf"{_BEFORE}(?:{_DIGITS}|{_any([*_EN, *_FR])})-(?:[^\W\d_]|odd)+(?:-\w+)*"
        simple = rf"{_BEFORE}(?:\d+[.,]\d{{1,2}}(?!\d))(?:\s*{_UNIT})?"
        parts = (unit, *_OPAQUE_PARTS, simple, hyphened)
        self._opaque = re.compile("|".join(parts), re.IGNORECASE)
        worded = re.compile("|".join(part for part in parts if part != _NAMED), re.IGNORECASE)
        self._count = re.compile(
            rf"(?P<q>{qualifier}{{0,2}})(?:"
            rf"(?:between|entre)\s+(?P<a1>{number})\s+(?:and|et)\s+(?P<b1>{number})"
            rf"|(?P<a2>{number})(?:\s*[-–]\s*|\s+(?:to|or|à|ou)\s+)(?P<b2>{second})"
            rf"|(?P<n>{number})(?P<more>\+|\s+or more|\s+ou plus)?)",
            re.IGNORECASE,
        )
        self._article = re.compile(  # "UN" is no French article
            rf"(?<![\w-])(?!(?-i:UN))(?:{_any([w for w, c in words.items() if c.kind == 'article'])})(?![\w-])",
            re.IGNORECASE,
        )
        self._beginnings = Beginnings(
            {"date": _CASED_DATE, "opaque": worded, "count": self._count, "article": self._article}
        )
        if self._beginnings.anywhere:
            raise ValueError("a count word or a qualifier is empty")

    def find(self, text: str, start: int, end: int) -> tuple[str, tuple[Count, ...]]:
        """Return the sentence `text[start:end]` with what counts nothing masked, and its counts in text order."""
        found = self._beginnings.among(flatten(text), start, end)
        starts = {name: [at - start for at in positions or ()] for name, positions in found.items()}
        masked = sentence = text[start:end]
        if _DIGIT.search(sentence):
            masked = _masked(sentence, _CASED_DATE, starts.get("date", ()))
            names = [match.start() for match in _NAME.finditer(masked)]
            starts["opaque"] = sorted({*starts.get("opaque", ()), *names, *_mask_ends(masked)})
        masked = _masked(masked, self._opaque, starts.get("opaque", ()))
        counting, articles = (sorted({*starts.get(name, ()), *_mask_ends(masked)}) for name in ("count", "article"))
        read = (self._read(match) for match in matches(self._count, masked, counting, end=len(masked)))
        counts = [count for count in read if count is not None]
        taken = [(count.start, count.end) for count in counts]
        for match in matches(self._article, masked, articles, end=len(masked)):
            if not any(first < match.end() and match.start() < last for first, last in taken):
                counts.append(Count(low=1, best=1, high=1, start=match.start(), end=match.end(), article=True))
        return masked, tuple(sorted(counts, key=lambda count: count.start))

    def _read(self, match: re.Match[str]) -> Count | None:
        start, end = match.span()
        if match["n"] is not None:
            count = self._single(match["n"], start, end)
        else:
            low = self._single(match["a1"] or match["a2"], start, end)
            high = self._single(match["b1"] or match["b2"], start, end)
            count = self._range(low, high, match)
        if count is None:
            return None
        effect = self._effect(match["q"]) or ("floor" if match["more"] else None)
        return _qualify(count, effect) if effect else count

    def _effect(self, qualifier: str) -> str | None:
        words = re.sub(r"\s+", " ", qualifier.casefold().replace("’", "'")).strip()
        known = [effect for form, effect in self._qualifiers.items() if words.startswith(form)]
        return known[-1] if known else None

    def _range(self, low: Count | None, high: Count | None, match: re.Match[str]) -> Count | None:
        if low is None or high is None or low.best is None or high.best is None:
            return low
        rises = _RISE.search(match.string[max(0, match.start() - 40) : match.start()])
        if rises or low.best >= high.best:
            return high
        return replace(low, low=low.best, best=low.best, high=high.best, approximate=False)

    def _single(self, surface: str, start: int, end: int) -> Count | None:
        key = re.sub(r"\s+", " ", surface.casefold().replace("’", "'"))
        word = self._words.get(key)
        if word is not None:
            return _conventional(word, start, end)
        value = number_value(key)
        if value is None:
            return None
        if key in {"a hundred", "a thousand"}:
            return Count(low=None, best=value, high=None, start=start, end=end, approximate=True)
        return Count(low=value, best=value, high=value, start=start, end=end)


def _masked(sentence: str, pattern: re.Pattern[str], starts: Sequence[int]) -> str:
    """Mask what a pattern matches, unless it is a counting hyphen word ("twenty-one")."""
    masked = sentence
    for match in matches(pattern, sentence, starts, end=len(sentence)):
        if not _WORDS.fullmatch(match[0]):
            masked = masked[: match.start()] + MASK * len(match[0]) + masked[match.end() :]
    return masked


def _mask_ends(masked: str) -> list[int]:
    """Return where a mask ends: there a number may begin that stood inside a word before."""
    return [match.end() for match in _MASKED.finditer(masked)] if MASK in masked else []


def number_value(surface: str) -> int | None:
    """Return the value of digits or number words in English or French, None where they are no number."""
    key = surface.casefold().strip()
    digits = re.sub(r"[,.\u00a0\u202f ]", "", key)
    if digits.isdecimal():
        return int(digits) if len(digits) <= _LONGEST else None
    key = re.sub(r"^an? ", "one ", key)
    for language in ("en", "fr"):
        try:
            return int(text2num(key, language))
        except ValueError:
            continue
    return None


def _conventional(word: CountWord, start: int, end: int) -> Count:
    value = word.value
    if word.kind == "vague":
        return Count(low=value, best=None, high=None, start=start, end=end, vague=True)
    if word.kind == "approximate":
        return Count(low=None, best=value, high=None, start=start, end=end, approximate=True)
    if word.kind in {"few", "unknown"}:
        return Count(low=None, best=None, high=None, start=start, end=end, vague=word.kind == "few")
    return Count(low=value, best=value, high=value, start=start, end=end)


def _qualify(count: Count, effect: str) -> Count:
    """Apply "at least", "more than", "nearly", "about", "up to" to a count, by the table of the coding rules."""
    if count.vague:
        return replace(count, low=None, high=None) if effect == "upto" else count
    value = count.high if count.best is None else count.best
    if count.low is not None and count.high is not None and count.low < count.high:
        return replace(count, approximate=effect == "about")  # a range keeps its bounds
    if effect in {"floor", "strict"}:
        return replace(count, low=value, best=value, high=None, strict=effect == "strict", approximate=False)
    if effect == "nearly":
        return replace(count, low=None, best=value, high=value, approximate=False)
    if effect == "upto":
        return replace(count, low=None, best=None, high=value, approximate=False)
    return replace(count, low=None, best=value, high=None, approximate=True)
