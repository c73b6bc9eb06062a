"""Which names in a sentence are outlets."""

from __future__ import annotations

import pytest

from parsers.formats.attribution import attributed_outlets


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("Nine died, according to BBC, Al Jazeera, and Africa News.", ("BBC", "Al Jazeera", "Africa News")),
        ("Nine died, as seen in reports from CBS News and Al Jazeera.", ("CBS News", "Al Jazeera")),
        ("Nine died, according to AFP/Le Monde and TigPost.", ("AFP", "Le Monde", "TigPost")),
        ("Neuf morts, selon l'AFP et RFI.", ("AFP", "RFI")),
        ("Neuf morts, d’après une note consultée par l’AFP et citée vendredi.", ("AFP",)),
        ("According to Reuters, Malian officials said the base fell.", ("Reuters",)),
        ("The base fell, according to AFP and Malian officials.", ("AFP",)),
        ("The base fell, a soldier told the BBC on Monday.", ("BBC",)),
        ("BAMAKO, Mali (AP) — The base fell.", ("AP",)),
        ("The base fell, according to BBC News. It was burned, according to BBC.", ("BBC News",)),
        ("The base fell, according to a security source.", ()),
        ("The base fell, according to Colonel Sadio Camara.", ()),
        ("The base fell, according to JNIM.", ()),
        ("The base fell, according to Goita and Diop.", ()),
        ("The base fell, according to the United Nations and Human Rights Watch.", ()),
        ("There were reports in Bamako and Gao.", ()),
        ("The river post (Gao) - a small one - fell.", ()),
    ],
)
def test_outlets_of_a_paragraph(paragraph: str, expected: tuple[str, ...]) -> None:
    assert attributed_outlets([paragraph]) == expected


def test_the_credited_outlet_is_known_by_its_credit() -> None:
    assert attributed_outlets(["It fell, according to Qonversa."], ["QONVERSA"]) == ("Qonversa",)
    assert attributed_outlets(["It fell, according to Qonversa."]) == ()
