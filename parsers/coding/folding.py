"""Folding of names, with the way back to the text they stood in.

In: text. Out: the text without case and accents, hyphens, apostrophes and white space all one space, and for
each folded character the offset of the character it came from. It must never lose the way back: a span found
in the folded text is told in the characters of the original.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_JOINERS = frozenset("-'\u2018\u2019\u02bc\u02bb\u2032`\u2010\u2011")  # hyphens and apostrophes, straight and curly
_LINE_BREAKS = frozenset("\n\r\u2028\u2029")
_WIDE_GAP = re.compile(r"[ \n]{2,}")
_INVISIBLE = frozenset(("Mn", "Me", "Cf"))  # combining accents, soft hyphens, zero-width marks


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the offset it came from.

    A run of spaces, hyphens and apostrophes is one space, or one newline where it holds a line break, so that
    "Tin-Zaouatène" and "Tin Zaouatene" are one name and no name reaches over a line.
    """
    parts = list(map(_parts, text))
    folded = "".join(parts)
    one_to_one = len(folded) == len(text) and "" not in parts
    offsets = list(range(len(text))) if one_to_one else [at for at, part in enumerate(parts) for _ in part]
    kept: list[int] = []
    end = 0
    for gap in _WIDE_GAP.finditer(folded):
        kept += offsets[end : gap.start() + 1]
        end = gap.end()
    return _WIDE_GAP.sub(_one_gap, folded), kept + offsets[end:]


def _one_gap(gap: re.Match[str]) -> str:
    return "\n" if "\n" in gap[0] else " "


@cache
def _parts(char: str) -> str:
    """Return the characters that a character is folded to; a text has few different ones."""
    if char in _LINE_BREAKS:
        return "\n"
    if char in _JOINERS or char.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(part for part in plain if unicodedata.category(part) not in _INVISIBLE)


def fold_name(name: str) -> str:
    """Return a name as it is looked up: folded, without gaps at its ends."""
    return fold_with_offsets(name)[0].strip()
