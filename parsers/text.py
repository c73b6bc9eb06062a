"""Plain text: decoding bytes, cleaning, folding, words, shingles and sentences.

In: bytes or strings as they came. Out: strings, hashes, and spans into the very string that was given.
Pure and the same on every machine: no locale, no random hash, no model. It must never raise on any
string; only `decode` refuses, and only what is no text.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from parsers.encodings import codec_of

HASH_VERSION = "t1"  # goes up whenever `fold` changes, so that hashes of two versions never mix
QUOTE_MAX = 600  # characters; a longer "quotation" is more likely a quote mark that was never closed
_BINARY_SHARE = 0.03  # control characters in the text; compressed or executable files have thrice that and more
_DAMAGED_SHARE = 0.2  # of the characters beyond ASCII; in another encoding nearly all of them are broken

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MOJIBAKE = re.compile(r"Ã[\x80-\xbf©¨ªª§]|Â[\xa0«»°]|â€[™œ“”˜¦\x9d]")

# What no reader sees: controls, zero-width spaces, soft hyphens. They would hide a name from the lexicon.
_INVISIBLE = dict.fromkeys([*range(0x09), *range(0x0E, 0x20), 0x7F, 0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF])
_AS_NEWLINE = dict.fromkeys([0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")
_AS_SPACE = dict.fromkeys([0xA0, 0x2007, 0x202F], " ")
_CLEANING = {**_INVISIBLE, **_AS_NEWLINE, **_AS_SPACE}

_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\ufe20-\ufe2f]+"
)
_NO_WORD = re.compile(r"[\W_]+")
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "œ": "oe", "æ": "ae", "ı": "i", "ð": "d", "þ": "th"})


def decode(body: bytes, *, named: str = "") -> tuple[str, tuple[str, ...]]:
    """Decode bytes as text: by its byte order mark, as UTF-8 where it is that, else by the encoding that is named.

    What names none that is known is taken for damaged UTF-8 or for Windows-1252, whichever loses less. Returns
    the text and remarks on what was odd. Raises ValueError, with a reason for people, on content that is no text.
    """
    text, remarks = _decoded(body, codec_of(named))
    if len(_CONTROLS.findall(text)) > _BINARY_SHARE * len(text):
        raise ValueError("binary content, not text (many control characters)")
    if looks_garbled(text):
        remarks.append("looks garbled: UTF-8 that was once read as Windows-1252")
    return text, tuple(remarks)


def _decoded(body: bytes, named: str | None) -> tuple[str, list[str]]:
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _marked(body, codec)
    if forgotten := _unmarked_utf16(body):
        return body.decode(forgotten, errors="replace"), ["UTF-16 without a byte order mark"]
    return _unmarked(body, named)


def _marked(body: bytes, codec: str) -> tuple[str, list[str]]:
    """Decode what begins with a byte order mark; where much is broken, it is no text."""
    remark = f"{_NAMES[codec]} with a byte order mark"
    try:
        return body.decode(codec), [remark]
    except UnicodeDecodeError as error:
        if codec == "utf-8-sig":
            text, noted = _unmarked(body.removeprefix(codecs.BOM_UTF8), None)
            return text, [remark, *noted]
        lenient = body.decode(codec, errors="replace")
        if lenient.count("\ufffd") >= _DAMAGED_SHARE * len(lenient):
            raise ValueError(f"broken {_NAMES[codec]}: {error.reason} at byte {error.start}") from error
        return lenient, [remark, f"damaged {_NAMES[codec]}: some characters were lost"]


def _unmarked(body: bytes, named: str | None) -> tuple[str, list[str]]:
    try:
        return body.decode("utf-8"), []
    except UnicodeDecodeError:
        if (halves := _with_surrogates(body)) is not None:
            return halves, ["damaged UTF-8: halves of surrogate pairs"]
        if named:
            return body.decode(named, errors="replace"), []
        lenient = body.decode("utf-8", errors="replace")
        beyond_ascii = sum(not character.isascii() for character in lenient)
        if lenient.count("\ufffd") < _DAMAGED_SHARE * beyond_ascii:
            return lenient, ["damaged UTF-8: some characters were lost"]
        # Five byte values mean nothing in Windows-1252; they become U+FFFD rather than refuse the text.
        return body.decode("cp1252", errors="replace"), ["not UTF-8: read as Windows-1252"]


def _with_surrogates(body: bytes) -> str | None:
    """Return UTF-8 in which halves of surrogate pairs were encoded: pairs joined, others replaced. Else None."""
    try:
        return body.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    except UnicodeDecodeError:
        return None


def _unmarked_utf16(body: bytes) -> str | None:
    """Return the codec of markup in UTF-16 that forgot its mark: a bracket and a letter, each beside a zero."""
    first, second = body[:4:2], body[1:4:2]
    if second == b"\0\0" and first.startswith(b"<") and first[1:] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if first == b"\0\0" and second.startswith(b"<") and second[1:] != b"\0" else None


def looks_garbled(text: str) -> bool:
    """Tell whether letters such as "é" were encoded twice; such text is kept as it is, and marked."""
    return len(_MOJIBAKE.findall(text)) >= 2


def clean(text: str) -> str:
    """Return text that every store takes: no controls, no lone surrogates, line feeds only, NFC.

    Characters that no one sees go, no-break spaces become spaces; halves of a surrogate pair are joined.
    """
    paired = text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return unicodedata.normalize("NFC", paired.replace("\r\n", "\n").translate(_CLEANING))


def fold(text: str) -> str:
    """Return the text for comparison: case and accents gone, only letters and digits between single spaces."""
    if text.isascii():
        return " ".join(text.casefold().translate(_ASCII_GAPS).split())
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold()).translate(_UNDECOMPOSED)
    return _NO_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))).strip()


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return fold(text).split()


def normalised_hash(text: str) -> str:
    """Return the hash of what a text says, white space, case, accents and punctuation apart: "t1:…"."""
    return f"{HASH_VERSION}:{hashlib.sha256(fold(text).encode()).hexdigest()}"


def vocabulary(listing: str) -> frozenset[str]:
    """Return the words of a table that is written as one string."""
    return frozenset(listing.split())


def shingles(words: Sequence[str], n: int) -> set[int]:
    """Return a stable hash of each run of n words, 0 <= hash < 2**63 (a signed column holds it).

    A text of fewer than n words has one shingle, itself; an empty one has none.
    """
    if not words:
        return set()
    runs = (" ".join(words[at : at + n]) for at in range(max(1, len(words) - n + 1)))
    return {int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), "big") >> 1 for run in runs}


def shortened(text: str, limit: int) -> str:
    """Return the text within `limit` characters, cut at a word and marked by an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in kept:
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip(" ,;:–—-") + "…"


# Sentences. A period after these is no end: a name follows …
_TITLES = vocabulary(
    "m mm mme mmes mlle dr drs mr mrs ms prof pr gén gen col lt cdt cpt capt cap cne adj sgt sgte maj brig adm amb "
    "gov rep sen sr sra gral hon rev st ste ft vs cf e.g i.e al dott sig płk mjr kpt ppłk św m.in ген ул"
)
# … or, after these, a number. Else they are words ("he said no.", "ils étaient sept.").
_BEFORE_NUMBER = vocabulary(
    "no nos nr art env approx ca fig vol pp p jan feb mar apr jun jul aug sep sept oct nov dec janv févr avr juil déc"
)
# After these, and after dotted letters ("U.N.", "p.m."), only an opening word tells that a sentence ended.
_UNSURE = vocabulary("inc corp ltd co etc")
_OPENERS = vocabulary(
    "the a an in on at he she it they we i but and or so this that these those his her its their our there here after "
    "before when while since as for from by with if according meanwhile however also both some many most no "
    "le la les un une des il elle ils elles ce cette ces dans en au aux pour mais et selon depuis après avant leur "
    "son sa ses der die das er sie es und aber el los las una y pero según lo gli il o os"
)
_GERMAN_MONTHS = vocabulary("januar februar märz april mai juni juli august september oktober november dezember")
_QUOTED = re.compile(
    rf"“[^“”]{{0,{QUOTE_MAX}}}”|«[^«»]{{0,{QUOTE_MAX}}}»|„[^„“”]{{0,{QUOTE_MAX}}}[“”]"
    rf'|(?<!\w)"(?=\S)[^"]{{0,{QUOTE_MAX}}}"|\([^()]{{0,{QUOTE_MAX}}}\)|\[[^\[\]]{{0,{QUOTE_MAX}}}\]'
)
_STOP = re.compile(r"[.!?…؟。]+(?:\s?»|[\"”’'\)\]])*")
_NEXT = re.compile(r"(\s*)[\"“«„‘'(\[¿¡–—-]*\s*(\w*)(\s?)")
SENTENCES_KEPT = 64  # paragraphs: of one article they are asked for several times
_LOOKBACK = 30  # characters in which the word before a period is looked for


@lru_cache(maxsize=SENTENCES_KEPT)
def sentences(text: str, start: int = 0, end: int | None = None) -> tuple[tuple[int, int], ...]:
    """Return the spans of the sentences of `text[start:end]`, as offsets into `text`.

    A newline ends a sentence, a quotation or bracket is kept whole; spans are trimmed, and every
    character but white space stands in exactly one.
    """
    found: list[tuple[int, int]] = []
    position = start
    for line in text[start:end].split("\n"):
        for first, last in _line_sentences(line):
            found.append((position + first, position + last))
        position += len(line) + 1
    return tuple(found)


def _line_sentences(line: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for stop in [*_stops(line), len(line)]:
        piece = line[begin:stop]
        if stripped := piece.strip():
            first = begin + piece.index(stripped[0])
            yield first, first + len(stripped)
        begin = stop


def _stops(line: str) -> Iterator[int]:
    quoted = [match.span() for match in _QUOTED.finditer(line)]
    current = 0
    for match in _STOP.finditer(line):
        while current < len(quoted) and quoted[current][1] < match.end():
            current += 1
        inside = current < len(quoted) and quoted[current][0] < match.end() < quoted[current][1]
        if not inside and _ends_sentence(line, match):
            yield match.end()


def _ends_sentence(line: str, stop: re.Match[str]) -> bool:
    before = line[max(0, stop.start() - _LOOKBACK) : stop.start()]
    last = before.split()[-1].lstrip("\"“«„‘'([’") if before.strip() and not before[-1].isspace() else ""
    following = _NEXT.match(line, stop.end())
    if following is None or not following[2]:
        return True
    space, word, gap = following.groups()
    if not space:  # "…, he stated.The army": a lost space, unlike "Online.UA" or "3.5"
        return last[-2:].islower() and word.istitle() and bool(gap) and "." not in last
    if word[0].islower():
        return False
    return stop[0] != "." or not _is_abbreviation(last, word.casefold(), first=stop.start() == len(last))


def _is_abbreviation(last: str, following: str, *, first: bool) -> bool:
    short = last.casefold().rpartition("'")[2].rpartition("’")[2]
    if short in _TITLES or (short in _BEFORE_NUMBER and following[0].isdigit()):
        return True
    if short.isdigit() and len(short) <= 2:
        return first or following in _GERMAN_MONTHS  # "1. …" numbers a line, "27. Juli" is a date
    dotted = "." in short and all(len(part) <= 2 for part in short.split("."))
    initial = len(short) == 1 and short.isalpha()
    return (dotted or initial or short in _UNSURE) and following not in _OPENERS
