"""JSON Feeds: every case folder, and what a hostile one must not do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.errors import ParseError
from parsers.formats import json_feed
from parsers.formats.newest import MAX_ENTRIES
from tests.parsers.formats.cases import assert_spans_hold, document, expected_of, folders, shown

VERSION = "https://jsonfeed.org/version/1.1"


@pytest.mark.parametrize("case", folders("json_feed"), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    expected = expected_of(case)
    given_document = document((case / "input.json").read_bytes(), name="input.json", url=expected.get("url"))
    assert json_feed.recognises(given_document)
    if reason := expected.get("error"):
        with pytest.raises(ParseError) as refused:
            json_feed.read(given_document)
        assert refused.value.reason == reason
        return
    reading = json_feed.read(given_document)
    assert list(reading.problems) == expected["problems"]
    assert len(reading.articles) == len(expected["articles"])
    for article, fields in zip(reading.articles, expected["articles"], strict=True):
        found = shown(article, fields)
        if fields["external_id"] == "sha256:":  # which hash it is does not matter
            found["external_id"] = found["external_id"][:7]
        assert found == fields
        assert_spans_hold(article)


@pytest.mark.parametrize(
    ("body", "media_type", "recognised"),
    [
        (b'{"version": "https://jsonfeed.org/version/1"', None, True),
        (b'\xef\xbb\xbf {"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1"', "text/plain", True),
        (b"{}", "application/feed+json; charset=utf-8", True),
        (b'{"version": "2.0"}', "application/json", False),
        (b"<p>https://jsonfeed.org/version/1</p>", None, False),
    ],
)
def test_recognises(body: bytes, media_type: str | None, *, recognised: bool) -> None:
    assert json_feed.recognises(document(body, name="a", media_type=media_type)) is recognised


def test_fault_36_only_the_newest_items_are_read() -> None:
    items = [
        {"id": str(n), "title": f"Item {n}", "date_published": f"2020-01-01T{n // 60:02}:{n % 60:02}:00Z"}
        for n in range(MAX_ENTRIES + 5)
    ]
    reading = json_feed.read(document(json.dumps({"version": VERSION, "items": items}).encode(), name="a"))
    assert reading.problems == ("5 older entries were left out",)
    assert [article.external_id for article in reading.articles] == [str(n) for n in range(5, MAX_ENTRIES + 5)]


def test_deep_nesting_is_refused() -> None:
    body = f'{{"version": "{VERSION}", "items": {"[" * 200_000}'.encode()
    with pytest.raises(ParseError, match="nested too deeply"):
        json_feed.read(document(body, name="a"))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_ITEM = st.dictionaries(
    st.sampled_from(
        ["id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published",
         "date_modified", "authors", "author", "language"]
    ),
    _VALUES,
    max_size=8,
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_ITEM | _VALUES, max_size=4), _VALUES)
def test_items_of_any_shape_are_read_or_told(items: list[object], value: object) -> None:
    feed = {"version": VERSION, "title": value, "language": value, "authors": value, "items": items}
    reading = json_feed.read(document(json.dumps(feed).encode(), name="a"))
    for article in reading.articles:
        assert article.headline
        assert_spans_hold(article)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        json_feed.read(document(body, name="a"))
