"""The registry: which format reads what, and that none is without a case."""

from __future__ import annotations

import pytest

from parsers.errors import ParseError
from parsers.formats import registry
from tests.parsers.formats.cases import CASES, document


@pytest.mark.parametrize("known", registry.FORMATS, ids=lambda known: known.name)
def test_every_format_has_a_case(known: registry.Format) -> None:
    assert list((CASES / known.name).glob("*/expected.json")), f"no case for {known.name}"


def test_names_are_unique_and_versioned() -> None:
    assert len({known.name for known in registry.FORMATS}) == len(registry.FORMATS)
    for known in registry.FORMATS:
        assert f"{known.name}-{known.version}" in registry.READERS_VERSION.split()


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        (b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>", "saved-feed.txt", "feed"),
        (b"Credited from: X\nThe army left the town on Monday.", "a.txt", "article_file"),
    ],
)
def test_the_first_format_that_recognises_reads(body: bytes, name: str, expected: str) -> None:
    (article,) = registry.read(document(body, name=name)).articles
    assert article.format == expected


def test_what_no_format_recognises_is_refused_with_what_was_tried() -> None:
    with pytest.raises(ParseError) as refused:
        registry.read(document(b"%PDF-1.7", name="report.pdf"))
    assert refused.value.document == "report.pdf"
    for known in registry.FORMATS:
        assert known.title in refused.value.reason
