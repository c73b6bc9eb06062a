"""Articles saved as text files, in the two layouts in which they are passed on.

In: a document of one article. (a) Lines "Credited from: OUTLET" among paragraphs that close with
attributions, no headline. (b) A standfirst, the headline in stars or standing twice, a sub-headline, then
paragraphs. Out: the article. Parts may be missing; a text that is no article is refused with a reason,
never guessed into one. A date is never made up: these files have none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from parsers.article import Article, Document
from parsers.encodings import charset_of
from parsers.errors import ParseError
from parsers.formats.attribution import attributed_outlets
from parsers.formats.prose import has_prose, not_prose
from parsers.formats.reading import Reading
from parsers.language import detect_language
from parsers.text import clean, decode, fold, sentences, shortened, words

NAME = "article_file"
VERSION = "2"
DERIVED_MAX = 120  # characters of a headline made from the first sentence
HEADLINE_MAX = 250  # characters; a longer line in stars is an emphasised paragraph
SUBHEADLINE_MAX = 300
_SENTENCE_MIN = 5  # words of a sentence that can serve as a headline
_HEAD_LINES = 5  # within these first lines a headline begins; later stars mark a section

_SUFFIXES = frozenset({"", ".txt", ".text", ".md"})
_CREDIT = re.compile(r"(?:^|(?<=[.!?\"”]))[ \t]*\**credited from[ \t]*:[ \t]*([^\n]*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The lines of a file, each in its part."""

    paragraphs: tuple[str, ...]
    headline: str | None = None
    standfirst: str | None = None
    subheadline: str | None = None
    repeats: int = 0  # lines left out because they stood before, the headline apart

    def all(self) -> tuple[str, ...]:
        """Return every part in reading order."""
        head = (self.headline, self.standfirst, self.subheadline)
        return (*(part for part in head if part), *self.paragraphs)


def recognises(document: Document) -> bool:
    """Tell whether a document is a plain text file, by its media type or its name."""
    if document.media_type:
        return document.media_type.partition(";")[0].strip().casefold() == "text/plain"
    return "://" not in document.name and PurePosixPath(document.name).suffix.casefold() in _SUFFIXES


def read(document: Document) -> Reading:
    """Read the one article of a text file. Raises ParseError with the reason when there is none."""
    try:
        decoded, remarks = decode(document.body, named=charset_of(document.media_type))
    except ValueError as error:
        raise ParseError(document.name, str(error)) from error
    text = clean(decoded)
    if not fold(text):
        raise ParseError(document.name, "empty")
    if kind := not_prose(text):
        raise ParseError(document.name, f"looks like {kind}, not like an article")
    credited = _credited(text)
    lines, doubled = _lines(_CREDIT.sub("", text))
    parts = _parts(lines)
    if reason := _refusal(parts, credited):
        raise ParseError(document.name, reason)
    notes = ["the whole text stood twice"] if doubled else []
    notes += ["lines that repeat an earlier one were left out"] if parts.repeats else []
    return Reading(articles=(_article(document, parts, credited, (*remarks, *notes)),))


def _refusal(parts: _Parts, credited: Sequence[str]) -> str | None:
    if len(parts.all()) == (parts.headline is not None):
        return "credit lines or a headline, but no article"
    if not credited and not parts.headline and not has_prose("\n".join(parts.paragraphs)):
        return "no article: neither a credit line, nor a headline, nor two sentences of prose"
    return None


def _article(document: Document, parts: _Parts, credited: tuple[str, ...], remarks: tuple[str, ...]) -> Article:
    return Article(
        external_id=_external_id(document.name),
        namespace="file",
        format=NAME,
        headline=parts.headline or _derived_headline(parts.paragraphs),
        headline_derived=parts.headline is None,
        standfirst=parts.standfirst,
        subheadline=parts.subheadline,
        paragraphs=parts.paragraphs,
        credited_to=credited,
        attributed_to=attributed_outlets(parts.all(), credited),
        language=detect_language("\n".join(parts.all())),
        remarks=remarks,
    )


def _external_id(name: str) -> str:
    """Return the file name without its folders; one that cannot be shown is replaced by its hash."""
    final = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if final.isprintable() and final:
        return final
    return f"sha256:{hashlib.sha256(final.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _derived_headline(paragraphs: Sequence[str]) -> str:
    """Return the first sentence of some length, cut: a dateline or a caption is no headline."""
    spoken = [text[start:end] for text in paragraphs for start, end in sentences(text)]
    telling = (sentence for sentence in spoken if sum(map(str.isalpha, words(sentence))) >= _SENTENCE_MIN)
    return shortened(next(telling, spoken[0]), DERIVED_MAX)


def _credited(text: str) -> tuple[str, ...]:
    names = (name.strip(" *\t.") for line in _CREDIT.findall(text) for name in re.split(r"[,;]", line))
    return tuple(dict.fromkeys(name for name in names if name))


def _lines(text: str) -> tuple[list[str], bool]:
    """Return the lines that say something, and whether the whole of them stood twice."""
    lines = [line for raw in text.split("\n") if fold(line := " ".join(raw.split()))]
    joined = "\n".join(lines)
    half = len(joined) // 2
    twice = joined[:half] == joined[-half:] and (len(joined) % 2 == 0 or joined[half] == "\n")
    if twice and (len(sentences(joined[:half])) > 1):
        return joined[:half].split("\n"), True
    return lines, False


def _parts(lines: Sequence[str]) -> _Parts:
    """Give each line its part; a line that stood before is left out."""
    plain = {fold(line): _unstarred(line) for line in reversed(lines)}  # reversed: the first one stays
    keys = list(dict.fromkeys(fold(line) for line in lines))
    at = _headline_at(lines)
    if at is None:
        return _Parts(paragraphs=tuple(plain[key] for key in keys), repeats=len(lines) - len(keys))
    key = fold(lines[at])
    times = sum(fold(line) == key for line in lines)
    above = [plain[k] for k in keys[: keys.index(key)]]
    below = [plain[k] for k in keys[keys.index(key) + 1 :]]
    subheadline = below.pop(0) if (above or times > 1) and _has_subheadline(below) else None
    return _Parts(
        headline=plain[key],
        standfirst=above[0] if above else None,
        subheadline=subheadline,
        paragraphs=(*above[1:], *below),
        repeats=len(lines) - len(keys) - (times - 1),
    )


def _headline_at(lines: Sequence[str]) -> int | None:
    """Return which line is the headline: the first in stars, else the first that stands twice."""
    top = lines[:_HEAD_LINES]
    for at, line in enumerate(top):
        if _is_starred(line):
            return at
    for at, line in enumerate(top):
        again = (fold(other) == fold(line) for other in top[at + 1 : at + 3])
        if any(again) and len(line) <= HEADLINE_MAX and not line.endswith((".", ":", ";", ",")):
            return at
    return None


def _is_starred(line: str) -> bool:
    """Tell whether a line as a whole stands in stars, one pair of which may have been lost."""
    marked = line.startswith("**") or line.endswith("**")
    return marked and "**" not in line.removeprefix("**").removesuffix("**") and len(line) <= HEADLINE_MAX


def _unstarred(line: str) -> str:
    return line.replace("**", "").strip()


def _has_subheadline(below: Sequence[str]) -> bool:
    return len(below) > 1 and len(below[0]) <= SUBHEADLINE_MAX and len(sentences(below[0])) == 1
