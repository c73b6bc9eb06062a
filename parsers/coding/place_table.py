"""The rows of the gazetteer.

In: a CSV file such as seeds/places.csv. Out: frozen places, checked. A row that cannot be used stops the
reading with the file and the line; it must never be skipped or mended, for a place that is missing
unnoticed is an event that is placed wrongly.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from parsers.errors import LexiconError

KINDS = ("country", "region", "cercle", "town", "village", "area", "site")
COLUMNS = (
    "id", "name", "kind", "country", "region", "latitude", "longitude", "geo_precision",
    "variants", "source", "weight", "cautious",
)  # fmt: skip
PRECISIONS = (1, 2, 3)  # ACLED: a named town, near it or a small area, a region


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One row of the gazetteer; a country has neither coordinates nor precision.

    `weight` says how likely this one of several namesakes is meant; a `cautious` name is a common word or a
    person's name too, and counts only where the text treats it as a place.
    """

    id: str
    name: str
    kind: str
    country: str
    region: str | None
    latitude: float | None
    longitude: float | None
    geo_precision: int | None
    variants: tuple[str, ...]
    source: str
    weight: int
    cautious: bool

    @property
    def point(self) -> tuple[float, float] | None:
        """Return latitude and longitude, where the place has them."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @property
    def spellings(self) -> tuple[str, ...]:
        """Return all the names under which texts may know the place."""
        return (self.name, *self.variants)


def read_places(path: Path) -> tuple[Place, ...]:
    """Read the places of a file, in its order.

    Raises LexiconError, with the line, for a row that cannot be used.
    """
    places: dict[str, Place] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise LexiconError(path.name, f"line 1: the columns must be {', '.join(COLUMNS)}")
        try:
            for row in reader:
                place = _place(row)
                if place.id in places:
                    raise ValueError(f"the id {place.id!r} stands twice")
                places[place.id] = place
        except (ValueError, csv.Error) as error:
            raise LexiconError(path.name, f"line {reader.line_num}: {error}") from error
    if not places:
        raise LexiconError(path.name, "no places")
    return tuple(places.values())


def _place(row: dict[str, str]) -> Place:
    """Return a row as a place; ValueError with the reason if it is none."""
    if None in row or None in row.values():
        raise ValueError(f"a row must have {len(COLUMNS)} cells")
    for column in ("id", "name", "country", "source"):
        if not row[column].strip():
            raise ValueError(f"the {column} is empty")
    if row["kind"] not in KINDS:
        raise ValueError(f"unknown kind {row['kind']!r}")
    if row["cautious"] not in ("", "1"):
        raise ValueError(f"cautious must be 1 or empty, not {row['cautious']!r}")
    latitude, longitude, precision = _position(row)
    return Place(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        country=row["country"],
        region=row["region"] or None,
        latitude=latitude,
        longitude=longitude,
        geo_precision=precision,
        variants=tuple(filter(None, row["variants"].split("|"))),
        source=row["source"],
        weight=int(row["weight"]),
        cautious=row["cautious"] == "1",
    )


def _position(row: dict[str, str]) -> tuple[float | None, float | None, int | None]:
    """Return latitude, longitude and precision, all None for a country."""
    cells = (row["latitude"], row["longitude"], row["geo_precision"])
    if row["kind"] == "country":
        if any(cells):
            raise ValueError("a country has neither coordinates nor precision")
        return None, None, None
    latitude, longitude, precision = float(cells[0]), float(cells[1]), int(cells[2])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"the coordinates {latitude}, {longitude} are out of range")
    if precision not in PRECISIONS:
        raise ValueError(f"geo_precision must be 1, 2 or 3, not {precision}")
    return latitude, longitude, precision
