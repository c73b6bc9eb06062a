"""The news agencies: the names under which they are credited, and whose copy a text names.

In: a text. Out: publisher families ("afp"). Pure. Whether a text is printed from an agency is not decided here: it
may only name one.
"""

from __future__ import annotations

import re

FAMILIES = {
    "AFP": "afp", "Agence France-Presse": "afp", "Agence France Presse": "afp", "Reuters": "reuters", "AP": "ap",
    "Associated Press": "ap", "EFE": "efe", "DPA": "dpa", "dpa": "dpa", "ANSA": "ansa", "Xinhua": "xinhua",
    "TASS": "tass", "RIA Novosti": "ria", "Anadolu Agency": "anadolu", "Anadolu": "anadolu", "Interfax": "interfax",
    "Bloomberg": "bloomberg",
}  # fmt: skip
NAME = "|".join(map(re.escape, sorted(FAMILIES, key=len, reverse=True)))  # the longer name goes before its beginning

# A whole word; looked at from its first letter, as a pattern that begins with a look behind visits every character.
_NAMED = re.compile("|".join(rf"{name[0]}(?<!\w.){re.escape(name[1:])}\b" for name in sorted(FAMILIES, key=len)[::-1]))


def agencies(text: str) -> frozenset[str]:
    """Return the news agencies that a text names."""
    return frozenset(FAMILIES[name] for name in _NAMED.findall(text))
