"""Which place a name means, where several bear it.

In: the names found in a text, in order, each with the places it may mean. Out: the same names, each with the
one place meant, or still with all of them. The words beside the name decide, then the regions the text names,
then the nearest of its other places. It must never settle what the text leaves open.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from parsers.coding import place_cues
from parsers.coding.place_names import PlaceNames
from parsers.coding.place_table import Place

DOMINANCE = 10  # times the weight of every namesake: nobody writes "Gao" and means the hamlet in Kayes
REACH_KM = 250  # a neighbour farther away than this says nothing of a namesake
SUBURB_KM = 30  # from a capital: what lies so near stands for the government too
EARTH_KM = 6371.0  # mean radius

_ADMINISTRATIVE = ("region", "cercle")
_LIST_GAP = re.compile(r"\s*(?:,|,?\s*(?:and|et|or|ou|&)\s)\s*(?:(?:of|de|the)\s+|d['’])?", re.IGNORECASE)
_WITHIN_GAP = re.compile(
    r"\s*[,(]?\s*(?:(?:located|situated|située?|in|dans|of|de|the|la|le|en|au|\w+['’]s|central|northern|southern|western)"
    r"\b\s*)*",
    re.IGNORECASE,
)
_PLURAL_AFTER = re.compile(r"\s+(region|cercle|circle)s\b", re.IGNORECASE)
_PLURAL_BEFORE = re.compile(r"\b(r[ée]gion|cercle|circle)s\s+(?:of\s+|de\s+|d['’])$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found at `start` to `end` of a text, with the places it may mean, heaviest first."""

    start: int
    end: int
    places: tuple[Place, ...]

    @property
    def place(self) -> Place:
        """Return the place meant, or the heaviest of those that may be."""
        return self.places[0]

    @property
    def settled(self) -> bool:
        """Tell whether only one place is left."""
        return len(self.places) == 1


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance of two points (latitude, longitude in degrees) in kilometres."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


def as_regions(text: str, hits: Sequence[Hit], units: dict[tuple[str, str], Place]) -> list[Hit]:
    """Read "the Gao and Ménaka regions" and "les régions de Gao et Ménaka" as regions, not as towns.

    `units` holds the regions and cercles by kind and by the id of the town they are named after.
    """
    read: list[Hit] = []
    for chain in _chains(text, hits):
        told = _PLURAL_AFTER.match(place_cues.after(text, chain[-1].end)) or _PLURAL_BEFORE.search(
            place_cues.before(text, chain[0].start)
        )
        kind = "region" if told and told[1].casefold() in ("region", "région") else "cercle"
        for hit in chain:
            unit = units.get((kind, hit.place.id)) if told else None
            read.append(replace(hit, places=(unit,)) if unit else hit)
    return read


def _chains(text: str, hits: Sequence[Hit]) -> list[list[Hit]]:
    """Return the hits, those of one enumeration together."""
    chains: list[list[Hit]] = []
    for hit in hits:
        if chains and _LIST_GAP.fullmatch(text, chains[-1][-1].end, hit.start):
            chains[-1].append(hit)
        else:
            chains.append([hit])
    return chains


def settle(text: str, hits: Sequence[Hit], names: PlaceNames) -> list[Hit]:
    """Return the hits, each with the one place it means where the text tells."""
    firm = [hit for hit in hits if hit.settled]
    return [hit if hit.settled else replace(hit, places=_meant(text, hit, hits, firm, names)) for hit in hits]


def _meant(text: str, hit: Hit, hits: Sequence[Hit], firm: Sequence[Hit], names: PlaceNames) -> tuple[Place, ...]:
    """Return the one place a hit means, or all it may mean."""
    beside = _unit_beside(text, hit, hits)
    if beside and (place := _only_in(beside, hit.places, names)):
        return (place,)
    first, second = hit.places[:2]
    if first.weight >= DOMINANCE * second.weight:
        return (first,)
    for other in sorted(firm, key=lambda other: abs(other.start - hit.start)):
        if other.place.kind in (*_ADMINISTRATIVE, "area") and (
            place := _only_in(other.place.region, hit.places, names)
        ):
            return (place,)
    near = _nearest(hit.places, [other.place for other in firm], names)
    return (near,) if near else hit.places


def _unit_beside(text: str, hit: Hit, hits: Sequence[Hit]) -> str | None:
    """Return the region of "Gao, in the Kayes region" or "Bamba (Gao)"."""
    following = next((other for other in hits if other.start >= hit.end), None)
    if following is None or not _WITHIN_GAP.fullmatch(text, hit.end, following.start):
        return None
    in_brackets = text[hit.end : following.start].strip() == "("
    return following.place.region if in_brackets or following.place.kind in _ADMINISTRATIVE else None


def _only_in(region: str | None, places: Iterable[Place], names: PlaceNames) -> Place | None:
    """Return the one place that lies in a region, by the new division of the country, else by the old one."""
    if region is None:
        return None
    found = [p for p in places if p.region == region] or [
        p for p in places if names.older(p.region) == names.older(region)
    ]
    return found[0] if len(found) == 1 else None


def _nearest(places: Sequence[Place], neighbours: Iterable[Place], names: PlaceNames) -> Place | None:
    """Return the place nearest to any neighbour within reach; the capital is nobody's neighbour."""
    country = places[0].country
    points = [n.point for n in neighbours if n.country == country and n.point is not None]
    points = [point for point in points if all(distance_km(point, seat) > SUBURB_KM for seat in names.seats)]
    ranked = sorted(
        (distance_km(place.point, point), place.id, place) for place in places if place.point for point in points
    )
    return ranked[0][2] if ranked and ranked[0][0] <= REACH_KM else None
