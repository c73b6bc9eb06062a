"""Frozen values to JSON and back, driven by the type hints of their dataclasses.

In: dataclasses of scalars, dates, instants, Literals, optional values and `tuple[X, ...]`. Out: what the
json module can write. Keys that a newer program wrote are passed over, missing ones take their defaults,
so that rows outlive small changes of the values. Never guesses: what fits no hint is a StorageError.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from storage.errors import StorageError

T = TypeVar("T")
Reader = Callable[[Any], Any]

# Postgres refuses NUL and lone surrogates; one character for one keeps every span true.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """Return the text with the characters that no database takes replaced, one for one, by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def digest(text: str) -> str:
    """Return the SHA-256 of a text that is too long to be a key itself (64 hex characters)."""
    return hashlib.sha256(clean(text).encode()).hexdigest()


def to_json(value: Any) -> Any:
    """Return the value as JSON: dataclasses as objects, tuples as lists, dates and instants in ISO 8601.

    Raises ValueError for naive instants and numbers that are not finite, TypeError for other types.
    """
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, date):
        return _iso(value)
    if isinstance(value, dict):
        return {clean(key): to_json(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def from_json(kind: type[T], data: Any) -> T:
    """Return the value of type `kind` that `to_json` wrote; StorageError where the data does not fit."""
    return cast(T, _reader(cast(Any, kind))(data))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} has no form in JSON")
    return number


def _iso(value: date) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"naive instant {value.isoformat()}: it must name its zone")
    return value.isoformat()


def _same(data: Any) -> Any:
    return data


SCALARS: dict[Any, Reader] = {
    str: _same,
    int: _same,
    bool: _same,
    float: float,
    Any: _same,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


@cache
def _reader(kind: Any) -> Reader:
    """Return the function that reads JSON into `kind`; made once for each type."""
    if kind in SCALARS:
        return SCALARS[kind]
    if is_dataclass(kind):
        return _dataclass_reader(cast(type[Any], kind))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _literal_reader(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _reader(arguments[0])
        return lambda data: tuple(item(one) for one in data)
    if origin in (Union, UnionType) and len(arguments) == 2 and arguments[1] is NoneType:
        inner = _reader(arguments[0])
        return lambda data: None if data is None else inner(data)
    raise TypeError(f"{kind} cannot be read from JSON")


def _literal_reader(allowed: tuple[Any, ...]) -> Reader:
    def read(data: Any) -> Any:
        if data not in allowed:
            raise StorageError(f"stored value {data!r} is none of {', '.join(map(repr, allowed))}")
        return data

    return read


def _dataclass_reader(kind: type[Any]) -> Reader:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    required = {field.name for field in fields(kind) if _is_required(field)}

    def read(data: Any) -> Any:
        if missing := required - data.keys():
            raise StorageError(f"stored {kind.__name__} lacks {', '.join(sorted(missing))}")
        return kind(**{name: reader(data[name]) for name, reader in readers.items() if name in data})

    return read


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
