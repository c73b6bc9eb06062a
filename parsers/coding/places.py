"""The gazetteer: which places a text names, and how precisely.

In: seeds/places.csv, then texts. Out: place mentions with their spans in the text, in order, none overlapping.
It must never pretend precision: namesakes that the text does not settle get no coordinates, a whole country has
none, and "near Gao" is not Gao. Precision follows ACLED: 1 a named town, 2 near it, 3 a region.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from parsers.coding import place_cues
from parsers.coding.folding import fold_name, fold_with_offsets
from parsers.coding.place_names import PlaceNames, load_place_names
from parsers.coding.place_senses import Hit, as_regions, distance_km, settle
from parsers.coding.place_table import Place, read_places
from parsers.coding.values import PlaceMention

__all__ = ["Gazetteer", "Place", "distance_km", "load_gazetteer"]

NEAR, REGION = 2, 3  # values of geo_precision
STRETCH_KM = 60  # somewhere on a longer stretch is near neither of its ends
TEXTS_KEPT = 4  # a coder asks for one article sentence by sentence: its whole text is read once

_RELATIVE = (" the country", " du pays")  # folded ends of "the north of the country"
_PAIR_GAP = re.compile(r"\s*[-–/]\s*|,?\s+(?:and|et|or|ou|to|à)\s+(?:(?:in|à|of|de)\s+)?", re.IGNORECASE)
_COMMA_GAP = re.compile(r"\s*,\s*")
_APPOSED_GAP = re.compile(r"\s*[,(]\s*(?:(?:in|dans|au|en|near|près de|the|la|le)\s+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Form:
    """One folded spelling, and the places that bear it, heaviest first; a form without places is no place."""

    folded: str
    places: tuple[Place, ...]
    capital: int | None  # index of the character that a text must write as a capital
    acronym: bool


class Gazetteer:
    """The places of a table, and the reading of texts for them.

    "The north of the country" is that of the theatre; without one, that of whichever place of the table is so called.
    """

    def __init__(self, places: Iterable[Place], names: PlaceNames, theatre: Sequence[str] = ()) -> None:
        self.places = tuple(places)
        seats = tuple(p.point for p in self.places if p.id in names.capitals and p.point is not None)
        self.names = replace(names, seats=seats)
        self._theatre = tuple(theatre)
        self._by_id = {place.id: place for place in self.places}
        self._forms = _forms(self.places, names.no_places, self._theatre)
        self._automaton = AhoCorasick([form.folded for form in self._forms], matchkind=MatchKind.Standard)
        self._units = {
            (place.kind, place.id.removesuffix(f"-{place.kind}")): place
            for place in self.places
            if place.kind in ("region", "cercle")
        }
        self._read = lru_cache(maxsize=TEXTS_KEPT)(self._mentions)

    def get(self, place_id: str) -> Place | None:
        """Return the place of an id."""
        return self._by_id.get(place_id)

    def find(self, text: str, start: int = 0, end: int | None = None) -> tuple[PlaceMention, ...]:
        """Return the places named in `text[start:end]`, in order, with their spans in `text`.

        The whole text is read for what settles a namesake, whatever part is asked for.
        """
        stop = len(text) if end is None else end
        return tuple(mention for mention in self._read(text) if start <= mention.start and mention.end <= stop)

    def _mentions(self, text: str) -> tuple[PlaceMention, ...]:
        hits = [hit for hit in self._longest(text) if hit.places]
        hits = as_regions(text, self._without_look_alikes(text, hits), self._units)
        return tuple(_stretches(text, [_mention(text, hit) for hit in settle(text, hits, self.names)]))

    def _without_look_alikes(self, text: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits that are places: no river, no person, no "north of the country" of another country."""
        hits = [hit for hit in hits if not self._is_look_alike(text, hit, hits)]
        sure = {hit for hit in hits if not hit.place.cautious or _is_shown_as_place(text, hit, self.names.apart)}
        for index, hit in enumerate(hits):
            if hit not in sure and not place_cues.is_part_of_name(text, hit.start, hit.end, apart=self.names.apart):
                before, after = hits[index - 1] if index else None, hits[index + 1] if index + 1 < len(hits) else None
                if (before in sure and _is_listed(text, before, hit)) or (
                    after in sure and _leads_to(text, hit, after)
                ):
                    sure.add(hit)
        return [hit for hit in hits if hit in sure]

    def _is_look_alike(self, text: str, hit: Hit, hits: Sequence[Hit]) -> bool:
        if hit.place.id in self.names.rivers:
            return place_cues.is_river(text, hit.start, hit.end)
        if not fold_name(text[hit.start : hit.end]).endswith(_RELATIVE):
            return False
        line_start = text.rfind("\n", 0, hit.start) + 1
        line = text[line_start:].split("\n", 1)[0]
        others = (
            other.place
            for other in hits
            if line_start <= other.start < line_start + len(line) and other.place.country != hit.place.country
        )
        home = self._theatre or (hit.place.country,)
        powers = self.names.powers
        return not self.names.names_one_of(home, line) and any(
            p.kind == "country" and p.id not in powers for p in others
        )

    def _longest(self, text: str) -> list[Hit]:
        """Return the leftmost and longest names of a text, none overlapping."""
        folded, offsets = fold_with_offsets(text)
        offsets.append(len(text))
        found: list[tuple[int, int, _Form]] = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if not (folded[start - 1 : start].isalnum() or folded[end : end + 1].isalnum()):
                found.append((start, end, self._forms[index]))
        hits: list[Hit] = []
        for start, end, form in sorted(found, key=lambda match: (match[0], -match[1])):
            span = offsets[start], offsets[end]
            if hits and span[0] < hits[-1].end:
                continue
            if _is_written_as_name(text, span, form, None if form.capital is None else offsets[start + form.capital]):
                hits.append(Hit(*span, form.places))
        return hits


def load_gazetteer(path: Path, *, theatre: Sequence[str] = ()) -> Gazetteer:
    """Read a gazetteer from a CSV file, and the names beyond it from the TOML file beside it, where there is one.

    Raises LexiconError, naming file and line, for a row that cannot be used.
    """
    beside = path.with_suffix(".toml")
    names = load_place_names(beside) if beside.is_file() else PlaceNames()
    return Gazetteer(read_places(path), names, theatre)


def _forms(places: Iterable[Place], no_places: Sequence[str], theatre: Sequence[str]) -> list[_Form]:
    """Return every spelling once, with all its places, and those names that only look like places."""
    bearers: dict[str, dict[str, Place]] = {fold_name(name): {} for name in no_places}
    spellings: dict[str, set[str]] = {fold_name(name): {name} for name in no_places}
    for place in places:
        for spelling in place.spellings:
            if theatre and place.country not in theatre and fold_name(spelling).endswith(_RELATIVE):
                continue
            bearers.setdefault(fold_name(spelling), {})[place.id] = place
            spellings.setdefault(fold_name(spelling), set()).add(spelling)
    return [
        _Form(
            folded=folded,
            places=tuple(sorted(bearers[folded].values(), key=lambda place: -place.weight)),
            capital=_first_capital(spelled),
            acronym=all(spelling.isupper() for spelling in spelled),
        )
        for folded, spelled in spellings.items()
    ]


def _first_capital(spellings: Iterable[str]) -> int | None:
    """Return the index, in the folded spelling, of the first capital that all spellings of a name share."""
    capitals = [
        {index for index, offset in enumerate(fold_with_offsets(spelling)[1]) if spelling[offset].isupper()}
        for spelling in spellings
    ]
    return min(set.intersection(*capitals), default=None)


def _is_written_as_name(text: str, span: tuple[int, int], form: _Form, capital_at: int | None) -> bool:
    """Tell whether the case of the text suits a name; a line all in small or all in capital letters has no case."""
    start, end = span
    if form.acronym:
        return text[start:end].isupper() and not _line_of(text, start).isupper()
    return capital_at is None or text[capital_at].isupper() or _line_of(text, start).islower()


def _line_of(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[text.rfind("\n", 0, start) + 1 : end if end >= 0 else None]


def _is_shown_as_place(text: str, hit: Hit, apart: frozenset[str]) -> bool:
    if not place_cues.is_located(text, hit.start, hit.end):
        return False
    return not place_cues.is_part_of_name(text, hit.start, hit.end, apart=apart)


def _is_listed(text: str, before: Hit | None, hit: Hit) -> bool:
    """Tell whether a name goes on a list of places: "Gao and Bamba", "Gao, Bamba and Bourem"."""
    if before is None or before.place.kind == "country":
        return False
    if _PAIR_GAP.fullmatch(text, before.end, hit.start):
        return True
    goes_on = re.match(r"\s*,|\s+(?:and|et|or|ou)\b", place_cues.after(text, hit.end))
    return bool(goes_on and _COMMA_GAP.fullmatch(text, before.end, hit.start))


def _leads_to(text: str, hit: Hit, after: Hit | None) -> bool:
    """Tell whether a name is placed, or listed, by the place after it: "Ber, Mali", "Ber and Timbuktu"."""
    if after is None:
        return False
    return bool(_APPOSED_GAP.fullmatch(text, hit.end, after.start) or _PAIR_GAP.fullmatch(text, hit.end, after.start))


def implied(place: Place, *, surface: str, start: int) -> PlaceMention:
    """Return a place that other words of a text stand for ("the junta": its capital), known to the region only."""
    return PlaceMention(
        id=place.id,
        name=place.name,
        kind=place.kind,
        country=place.country,
        region=place.region,
        latitude=place.latitude,
        longitude=place.longitude,
        geo_precision=REGION,
        surface=surface,
        start=start,
        end=start + len(surface),
    )


def _stretches(text: str, places: list[PlaceMention]) -> list[PlaceMention]:
    """Return the places, the ends of a long stretch ("between Gao and Ansongo") no finer than a region."""
    for n, (one, other) in enumerate(pairwise(places)):
        if None in {one.latitude, other.latitude} or not place_cues.is_stretch(
            text, one.start, text[one.end : other.start]
        ):
            continue
        ends = [(p.latitude or 0.0, p.longitude or 0.0) for p in (one, other)]
        if distance_km(*ends) > STRETCH_KM:
            places[n : n + 2] = [replace(one, geo_precision=REGION), replace(other, geo_precision=REGION)]
    return places


def _mention(text: str, hit: Hit) -> PlaceMention:
    """Return a hit as a mention; one that is not settled has no coordinates and no region."""
    place = hit.place
    precision = place.geo_precision
    if not hit.settled:
        precision = REGION
    elif precision is not None and place_cues.is_near(text, hit.start, hit.end):
        precision = max(precision, NEAR)
    return PlaceMention(
        id=place.id,
        name=place.name,
        kind=place.kind,
        country=place.country,
        region=place.region if hit.settled else None,
        latitude=place.latitude if hit.settled else None,
        longitude=place.longitude if hit.settled else None,
        geo_precision=precision,
        surface=text[hit.start : hit.end],
        start=hit.start,
        end=hit.end,
        ambiguous=not hit.settled,
    )
