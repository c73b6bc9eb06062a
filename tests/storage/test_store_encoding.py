"""What storage promises of encoding, on SQLite and on Postgres."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from parsers.article import Article
from parsers.coding.values import Coding, Mention
from storage.encoding import clean, digest, from_json, to_json
from storage.errors import StorageError
from storage.values import Change, Decision, DevelopmentState, DevelopmentVersion, Judgement, Report, StoredArticle

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])),
    type(None): st.none(),
    Any: st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS, max_size=2),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return all values of a type, as its hints tell."""
    if kind in SCALARS:
        return SCALARS[kind]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: values(hints[field.name]) for field in fields(kind)})
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(values(get_args(kind)[0]), max_size=2).map(tuple)
    return st.one_of(*map(values, get_args(kind)))


KINDS = [
    Article,
    Coding,
    Mention,
    DevelopmentState,
    DevelopmentVersion,
    Change,
    Decision,
    Judgement,
    Report,
    StoredArticle,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@for_all(data=st.data())
def test_a_value_comes_back_as_it_went(kind, data):
    value = data.draw(values(kind))
    assert from_json(kind, json.loads(json.dumps(to_json(value)))) == value


@for_all(st.text(st.characters(), max_size=20))
def test_cleaning_keeps_every_span(text):
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned
    assert len(digest(text)) == 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    name: str
    colour: Literal["red", "green"] = "red"
    days: tuple[date, ...] = ()
    note: str | None = None


def test_keys_of_a_newer_program_are_passed_over_and_missing_ones_take_their_defaults():
    assert from_json(Sample, {"name": "x", "invented_later": [1]}) == Sample(name="x")


REFUSED = {
    "lacks name": {"colour": "red"},
    "'blue' is none of 'red', 'green'": {"name": "x", "colour": "blue"},
}


@pytest.mark.parametrize(("message", "data"), REFUSED.items(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused(message, data):
    with pytest.raises(StorageError, match=message):
        from_json(Sample, data)


@pytest.mark.parametrize("value", [datetime(2025, 6, 7), float("nan"), float("inf")])  # noqa: DTZ001
def test_values_without_a_form_in_json_are_refused(value):
    with pytest.raises(ValueError, match=r"naive|no form"):
        to_json(Change(field="f", old=value, new=None, reason=""))


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError, match="no form in JSON"):
        to_json(value)
