"""Folding of names, with the way back to the text they stood in.

In: text. Out: the text without case and accents, hyphens, apostrophes and white space all one space, and for
each folded character the offset of the character it came from. It must never lose the way back: a span found
in the folded text is told in the characters of the original.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_JOINERS = frozenset("-'\u2018\u2019\u02bc\u02bb\u2032`\u2010\u2011")  # hyphens and apostrophes, straight and curly
_INVISIBLE = frozenset(("Mn", "Me", "Cf"))  # combining accents, soft hyphens, zero-width marks


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the offset it came from.

    A run of spaces, hyphens and apostrophes is one space, or one newline where it holds a line break, so that
    "Tin-Zaouatène" and "Tin Zaouatene" are one name and no name reaches over a line.
    """
    folded: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        if char in "\n\r\u2028\u2029":
            _add_gap("\n", offset, folded, offsets)
        elif char in _JOINERS or char.isspace():
            _add_gap(" ", offset, folded, offsets)
        else:
            for part in _parts(char):
                folded.append(part)
                offsets.append(offset)
    return "".join(folded), offsets


@cache
def _parts(char: str) -> str:
    """Return the characters that a character is folded to; a text has few different ones."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(part for part in plain if unicodedata.category(part) not in _INVISIBLE)


def _add_gap(gap: str, offset: int, folded: list[str], offsets: list[int]) -> None:
    """Add a gap, or widen the one before it to a line break."""
    if folded and folded[-1] in " \n":
        folded[-1] = "\n" if "\n" in (gap, folded[-1]) else " "
    else:
        folded.append(gap)
        offsets.append(offset)


def fold_name(name: str) -> str:
    """Return a name as it is looked up: folded, without gaps at its ends."""
    return fold_with_offsets(name)[0].strip()
