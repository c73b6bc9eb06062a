"""Flattened text: what the patterns of the lexicon are matched on.

In: text. Out: the same text in lower case without accents, of the same length: its spans are spans of the text.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

TEXTS_KEPT = (
    2  # a text and its headline: modules read an article sentence by sentence, what is true of it is found once
)
_PUNCTUATION = {"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "—", "\xa0": " "}


@lru_cache(maxsize=TEXTS_KEPT)
def flatten(text: str) -> str:
    """Return the text in lower case without accents, character for character: spans stay true."""
    return text.lower() if text.isascii() else "".join(map(_flat_character, text))


@cache
def _flat_character(character: str) -> str:
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    base = unicodedata.normalize("NFKD", character.lower())
    plain = "".join(c for c in base if not unicodedata.combining(c))
    return plain[0] if len(plain) >= 1 else character
