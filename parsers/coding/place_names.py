"""What the gazetteer must know of names beyond its table: names that are no places, capitals, words of a country.

In: seeds/places.toml. Out: frozen values. No name of a place, a country or a people stands in the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parsers.data_file import read_toml
from parsers.errors import LexiconError

_NOTHING = re.compile(r"(?!)")  # matches nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNames:
    """Names beyond the table of places."""

    no_places: tuple[str, ...] = ()  # names that hold a place's name and are none: papers, airlines, armed groups
    powers: frozenset[str] = frozenset()  # ids of countries that act elsewhere: naming one does not move the scene
    capitals: frozenset[str] = frozenset()  # ids of towns that stand for a government, and are named in any article
    seats: tuple[tuple[float, float], ...] = ()  # the points of the capitals, as the table has them
    rivers: frozenset[str] = frozenset()  # ids of countries that bear the name of a river
    older_regions: Mapping[str, str] = field(default_factory=dict)  # a region by the one it was cut out of
    apart: frozenset[str] = frozenset()  # behind a place, these capitalised words begin another name
    words: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # by country: its name, and words made of it

    def names_one_of(self, countries: frozenset[str] | tuple[str, ...], text: str) -> bool:
        """Tell whether a text names one of the countries, also in a word made of its name."""
        return any(self.words.get(country, _NOTHING).search(text) for country in countries)

    def older(self, region: str | None) -> str | None:
        """Return the older region of which one was a part, under whose name much of the press still writes."""
        return self.older_regions.get(region, region) if region else None


def load_place_names(path: Path) -> PlaceNames:
    """Read the names of a TOML file; LexiconError names the file and what is wrong in it."""
    content: dict[str, Any] = read_toml(path)
    known = {"no_places", "powers", "capitals", "rivers", "older_regions", "apart", "words"}
    if unknown := content.keys() - known:
        raise LexiconError(str(path), f"has the unknown field {', '.join(sorted(unknown))}")
    try:
        words = {c: re.compile(rf"\b(?:{w})", re.IGNORECASE) for c, w in content.get("words", {}).items()}
    except re.error as error:
        raise LexiconError(str(path), f"{error.msg} in {error.pattern!r}") from error
    return PlaceNames(
        no_places=tuple(content.get("no_places", ())),
        powers=frozenset(content.get("powers", ())),
        capitals=frozenset(content.get("capitals", ())),
        rivers=frozenset(content.get("rivers", ())),
        apart=frozenset(content.get("apart", ())),
        older_regions=dict(content.get("older_regions", {})),
        words=words,
    )
