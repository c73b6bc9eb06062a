"""The language of a text, by its script and its commonest words.

In: any text. Out: an ISO 639-1 code (en, fr, de, es, it, pt, pl, ru, uk, ar), or None.
It must never guess: a short, mixed or foreign text has no language.
"""

from __future__ import annotations

import re
from collections import Counter

from parsers.text import vocabulary

_MIN_WORDS = 8  # fewer words hold too few of the common ones: a headline is often undecided
_MIN_SHARE = 0.15  # of all words; the common words of a language make up 30 to 45 % of its prose
_MIN_COMMON = 3  # common words in all; one or two ("in", "un") turn up in any headline
_MIN_LEAD = 1.4  # times as many common words as the second language; close ones (es, pt, it) differ more
_MIN_SCRIPT = 0.5  # of all letters, to call a text Cyrillic or Arabic
_SAMPLE = 4_000  # characters; more does not change the answer

_COMMON = {
    "en": "the of and to in a is that for on was with as by it has at from are be his an have were which this not "
    "said who their after its had but been they more will or he",
    "fr": "le la les de des du et en un une dans que qui est pour par au aux sur plus pas ce cette avec sont ont été "
    "il elle se ne d l qu selon mais ses leur a",
    "de": "der die das und in den von zu mit im des auf für ist dem nicht ein eine als auch es an aus bei nach wie "
    "sich sind hat werden wurde einer über vor zum zur sie er",
    "es": "el la los las de del y en que un una por con para se su al es lo como más fue ha pero sus han este esta "
    "entre según no",
    "it": "il la lo le gli i di del della dei delle e in che un una per con è sono nel nella da al alla ha si non come "
    "più anche dal secondo ma",
    "pt": "o a os as de do da dos das e em que um uma por com para no na nos nas ao é foi se são mais como não pelo "
    "pela segundo",
    "pl": "i w na z do że się nie jest to od o po za przez dla oraz są był przy tym jak ale co ich jego został według",
}
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _listing in _COMMON.items():
    for _word in vocabulary(_listing):
        _LANGUAGES_OF.setdefault(_word, []).append(_language)

_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[а-яёіїєґ]")
_UKRAINIAN = re.compile(r"[іїєґ]")
_RUSSIAN = re.compile(r"[ыэёъ]")
_OTHER_CYRILLIC = re.compile(r"[\u0452\u0453\u0455\u0458-\u045f\u0461-\u048f\u0492-\u052f]")  # Serbian, Kazakh …
_ARABIC = re.compile(r"[\u0621-\u064a]")
_OTHER_ARABIC = re.compile(r"[پچژگکیٹڈڑےں]")  # Persian, Urdu


def detect_language(text: str) -> str | None:
    """Return the code of the language a text is written in, or None when that is not sure."""
    sample = text[:_SAMPLE].casefold()
    found = _WORD.findall(sample)
    if len(found) < _MIN_WORDS:
        return None
    letters = sum(map(len, found))
    if len(_CYRILLIC.findall(sample)) > _MIN_SCRIPT * letters:
        return _cyrillic(sample)
    if len(_ARABIC.findall(sample)) > _MIN_SCRIPT * letters:
        return None if _OTHER_ARABIC.search(sample) else "ar"
    return _latin(found)


def _cyrillic(sample: str) -> str | None:
    ukrainian, russian = len(_UKRAINIAN.findall(sample)), len(_RUSSIAN.findall(sample))
    if _OTHER_CYRILLIC.search(sample) or ukrainian == russian:
        return None
    return "uk" if ukrainian > russian else "ru"


def _latin(found: list[str]) -> str | None:
    counts = Counter(language for word in found for language in _LANGUAGES_OF.get(word, ()))
    ranked = [*counts.most_common(2), ("", 0), ("", 0)]
    (language, best), (_, second) = ranked[:2]
    sure = best >= max(_MIN_COMMON, _MIN_SHARE * len(found)) and best >= _MIN_LEAD * second
    return language if sure else None
