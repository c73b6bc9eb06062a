"""Agency copy: credits, bylines, datelines and closing lines; what a sentence says after an agency is none."""

from __future__ import annotations

from typing import Any

import pytest

from flows.stages.credit import agency_of
from parsers.article import Article

BODY = "Traders in Gao shut their stalls on Monday. The governor asked for calm."


def article(*paragraphs: str, **fields: Any) -> Article:
    known = {
        "external_id": "1",
        "namespace": "test",
        "format": "test",
        "headline": "Stalls shut",
        "outlet": "Le Fleuve",
    }
    return Article(**{**known, "paragraphs": paragraphs or (BODY,), **fields})


@pytest.mark.parametrize(
    ("paragraphs", "agency"),
    [
        (("BAMAKO, Mali (AP) — " + BODY,), "ap"),
        (("AFP - " + BODY,), "afp"),
        (("Gao (Reuters) - " + BODY,), "reuters"),
        (("Par Awa Keïta, AFP", BODY), "afp"),
        ((BODY, "(avec AFP)"), "afp"),
        ((BODY + " (Avec Reuters)",), "reuters"),
        ((BODY, "Source : AFP"), "afp"),
        ((BODY, "© Agence France-Presse"), "afp"),
        ((BODY, "AFP"), "afp"),
        ((BODY,), None),
        (("The governor told AFP on Monday that stalls were shut.", BODY), None),
        ((BODY, "According to Reuters, two stalls burnt."), None),
        ((BODY, "The AP of the town hall met on Monday."), None),
    ],
)  # fmt: skip
def test_an_agency_is_known_by_its_marks(paragraphs: tuple[str, ...], agency: str | None) -> None:
    assert agency_of(article(*paragraphs)) == agency


def test_credits_and_authors_count() -> None:
    assert agency_of(article(credited_to=("Reuters",))) == "reuters"
    assert agency_of(article(authors=("AFP",))) == "afp"
    assert agency_of(article(credited_to=("BBC",), authors=("Awa Keïta",))) is None
