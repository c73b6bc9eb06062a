"""Article files: every case folder, the seed documents, and arbitrary bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.errors import ParseError
from parsers.formats import article_file
from tests.parsers.formats.cases import assert_spans_hold, document, expected_of, folders, shown

SEEDS = Path(__file__).parents[3] / "seeds" / "articles"


@pytest.mark.parametrize("case", folders("article_file"), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    expected = expected_of(case)
    given_document = document((case / "input.txt").read_bytes(), name=expected.pop("name", "input.txt"))
    if reason := expected.get("error"):
        with pytest.raises(ParseError) as refused:
            article_file.read(given_document)
        assert refused.value.reason == reason
        assert refused.value.document == given_document.name
        return
    reading = article_file.read(given_document)
    (article,) = reading.articles
    assert reading.problems == ()
    assert shown(article, expected) == expected
    assert_spans_hold(article)


def test_seed_with_credit_line() -> None:
    name = "000_afce5c72bf11bc17.txt"
    (article,) = article_file.read(document((SEEDS / name).read_bytes(), name=f"seeds/{name}")).articles
    assert article.external_id == name
    assert article.credited_to == ("CBSNEWS",)
    assert article.attributed_to == ("BBC", "Al Jazeera", "Africa News", "CBS News")
    assert article.outlet is None
    assert article.headline_derived
    assert article.headline.endswith("…")
    assert len(article.headline) <= article_file.DERIVED_MAX
    assert [kind for kind, _ in article.parts()] == ["paragraph"] * 4
    assert article.language == "en"


def test_seed_with_headline() -> None:
    (article,) = article_file.read(
        document((SEEDS / "001_8039936c3dabc9e9.txt").read_bytes(), name="001_8039936c3dabc9e9.txt")
    ).articles
    assert article.headline == "Wagner Group Announces Withdrawal from Mali Amid Escalating Conflict"
    kinds = [kind for kind, _ in article.parts()]
    assert kinds == ["headline", "standfirst", "subheadline", *["paragraph"] * 5]
    assert article.standfirst is not None
    assert article.standfirst.endswith("military positions in Mali.")
    assert article.paragraphs[-1].endswith("uncertain.")
    assert article.remarks == ()


@pytest.mark.parametrize(
    ("name", "media_type", "recognised"),
    [
        ("a.txt", None, True),
        ("folder/a", None, True),
        ("a.TXT", "text/plain; charset=utf-8", True),
        ("https://example.org/a.txt", None, False),
        ("a.html", None, False),
        ("a.txt", "text/html", False),
    ],
)
def test_recognises(name: str, media_type: str | None, *, recognised: bool) -> None:
    assert article_file.recognises(document(b"any", name=name, media_type=media_type)) is recognised


def test_a_name_that_cannot_be_shown_becomes_a_hash() -> None:
    body = b"Credited from: X\nThe army left the town on Monday."
    for name in ("a\nb.txt", "a\x1b[31m.txt", "a\udcff.txt"):
        (article,) = article_file.read(document(body, name=name)).articles
        assert article.external_id.isprintable()
        assert article.identity


_LINES = st.sampled_from(
    [
        "Credited from: X",
        "**Head line**",
        "**Head",
        "The army left. It came back.",
        "“A",
        "",
        " ",
        "1,2",
        "<p>",
        "é",
        "\x85",
    ]
)


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(_LINES, max_size=12).map(lambda lines: "\n".join(lines).encode()),
    )
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        reading = article_file.read(document(body, name="any.txt"))
    except ParseError:
        return
    for article in reading.articles:
        assert article.headline
        assert_spans_hold(article)
