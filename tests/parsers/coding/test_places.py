"""The gazetteer: its rows, and what it finds in sentences written for it (tests/cases/places)."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from parsers.coding.folding import fold_name, fold_with_offsets
from parsers.coding.places import Gazetteer, Place, distance_km, load_gazetteer
from parsers.errors import LexiconError

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "places"
HEADER = "id,name,kind,country,region,latitude,longitude,geo_precision,variants,source,weight,cautious"
GAZETTEER = load_gazetteer(ROOT / "seeds" / "places.csv")
MALI = [place for place in GAZETTEER.places if place.country == "Mali"]


def cases(name: str) -> list[Any]:
    """Return one parameter a line of a case file."""
    rows = map(json.loads, (CASES / name).read_text(encoding="utf-8").splitlines())
    return [pytest.param(row, id=row["name"]) for row in rows]


@pytest.mark.parametrize("case", cases("cases.jsonl"))
def test_places_of_a_sentence(case: dict[str, Any]) -> None:
    text = case["text"]
    found = [
        {
            "id": mention.id,
            "start": mention.start,
            "end": mention.end,
            "surface": mention.surface,
            "geo_precision": mention.geo_precision,
            "ambiguous": mention.ambiguous,
        }
        for mention in GAZETTEER.find(text)
    ]
    assert found == case["places"]
    assert all(text[place["start"] : place["end"]] == place["surface"] for place in found)


def test_the_case_file_is_large_enough() -> None:
    assert len(cases("cases.jsonl")) >= 60


def spellings() -> list[Any]:
    return [
        pytest.param(place, spelling, id=f"{place.id}: {spelling}")
        for place in GAZETTEER.places
        for spelling in place.spellings
    ]


@pytest.mark.parametrize(("place", "spelling"), spellings())
def test_every_spelling_is_found(place: Place, spelling: str) -> None:
    # A cue for cautious names; the region settles namesakes, and names Mali for "the north of the country".
    beside = f", in the {place.region} region" if place.region and place.kind in ("town", "village") else ""
    text = f"Mali: they came from {spelling}{beside}."
    start = text.index(spelling, len("Mali: "))
    found = [mention for mention in GAZETTEER.find(text) if mention.start == start]
    assert [(mention.id, mention.end, mention.ambiguous) for mention in found] == [
        (place.id, start + len(spelling), False)
    ]


def test_mali_has_its_places() -> None:
    assert len(MALI) >= 200
    assert {place.kind for place in MALI} == {"country", "region", "cercle", "town", "village", "area", "site"}


@pytest.mark.parametrize("place", [pytest.param(p, id=p.id) for p in MALI if p.kind != "country"])
def test_malian_places_lie_in_mali(place: Place) -> None:
    assert place.point is not None
    assert 10 <= place.point[0] <= 25.1
    assert -12.3 <= place.point[1] <= 4.3


def test_approximate_places_claim_no_town_precision() -> None:
    assert not [place.id for place in GAZETTEER.places if "approximate" in place.source and place.geo_precision == 1]


def test_only_homonyms_of_different_regions_share_a_name() -> None:
    bearers: dict[str, list[Place]] = defaultdict(list)
    for place in GAZETTEER.places:
        for folded in {fold_name(spelling) for spelling in place.spellings}:
            bearers[folded].append(place)
    shared = {folded: places for folded, places in bearers.items() if len(places) > 1}
    assert {"gao", "farabougou", "lere", "dioura"} <= set(shared)
    for folded, places in shared.items():
        assert len({place.region for place in places}) == len(places), folded


def test_unsettled_namesakes_have_no_position() -> None:
    (mention,) = GAZETTEER.find("The camp of Farabougou was attacked.")
    assert mention.ambiguous
    assert (mention.region, mention.latitude, mention.longitude, mention.geo_precision) == (None, None, None, 3)


def test_a_settled_place_carries_its_facts() -> None:
    (mention,) = GAZETTEER.find("The base at Boulikessi fell.")
    assert (mention.name, mention.kind, mention.country, mention.region) == (
        "Boulikessi",
        "village",
        "Mali",
        "Douentza",
    )
    assert (mention.latitude, mention.longitude) == (14.79832, -1.302596)


def test_a_country_has_no_position() -> None:
    (mention,) = GAZETTEER.find("Le Mali a réagi.")
    assert (mention.kind, mention.latitude, mention.longitude, mention.geo_precision) == ("country", None, None, None)


def test_a_part_of_a_text_is_read_with_the_whole_as_context() -> None:
    text = "Sokolo is besieged. Farabougou fell."
    (mention,) = GAZETTEER.find(text, text.index("Farabougou"))
    assert (mention.id, mention.ambiguous) == ("farabougou", False)
    assert text[mention.start : mention.end] == "Farabougou"
    assert [found.id for found in GAZETTEER.find(text, 0, text.index("."))] == ["sokolo"]
    assert GAZETTEER.find(text, 0, 3) == ()


def test_get_knows_ids_only() -> None:
    gao = GAZETTEER.get("gao")
    assert gao is not None
    assert gao.name == "Gao"
    assert GAZETTEER.get("Gao") is None


@pytest.mark.parametrize("case", cases("bad_rows.jsonl"))
def test_a_bad_row_is_refused_with_its_line(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("\n".join([HEADER, *case["rows"], ""]), encoding="utf-8")
    with pytest.raises(LexiconError) as caught:
        load_gazetteer(path)
    assert caught.value.file == "places.csv"
    assert case["reason"] in caught.value.reason
    if case["line"] is not None:
        assert caught.value.reason.startswith(f"line {case['line']}: ")


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("id,name\ngao,Gao\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="line 1: the columns must be id, name, kind"):
        load_gazetteer(path)


def test_a_gazetteer_of_other_places_finds_those_only(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(f"{HEADER}\nzinder,Zinder,town,Niger,,13.8,8.99,1,Damagaram,rounded,1,\n", encoding="utf-8")
    found = load_gazetteer(path).find("From Gao to Damagaram.")
    assert [(mention.id, mention.surface) for mention in found] == [("zinder", "Damagaram")]
    assert isinstance(load_gazetteer(path), Gazetteer)


def test_distance() -> None:
    equator_degree = distance_km((0.0, 0.0), (0.0, 1.0))
    assert equator_degree == pytest.approx(111.19, abs=0.01)
    assert distance_km((12.65, -8.0), (12.65, -8.0)) == 0
    assert distance_km((12.65, -8.0), (16.27, -0.04)) == distance_km((16.27, -0.04), (12.65, -8.0))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Tin-Zaouatène", "tin zaouatene"),
        ("Tin  Zaouatene", "tin zaouatene"),
        ("N’Tillit, l'Azawad", "n tillit, l azawad"),
        (unicodedata.normalize("NFD", "Sévaré"), "sevare"),
        ("Straße\u00adn", "strassen"),
        ("Gao \n Kidal", "gao\nkidal"),
        ("", ""),
    ],
)
def test_folding_keeps_the_way_back(text: str, folded: str) -> None:
    result, offsets = fold_with_offsets(text)
    assert result == folded
    assert len(offsets) == len(result)
    assert offsets == sorted(offsets)
    for char, offset in zip(result, offsets, strict=True):
        assert char.isspace() or char in fold_with_offsets(text[offset])[0]
