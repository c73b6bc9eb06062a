"""The column types of the tables: ids, texts, instants in UTC, and frozen values kept as JSON.

In and out: Python values, the same on SQLite and on Postgres. Never stores an instant without a zone,
nor a character that one of the two databases would refuse.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator

from storage.encoding import clean, from_json, to_json

# SQLite numbers rows by itself only where the type is INTEGER, which holds 64 bits there.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Words(TypeDecorator[str]):
    """Text, with what Postgres cannot hold (NUL, lone surrogates) replaced by U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as both databases take it."""
        return None if value is None else clean(value)


class Instant(TypeDecorator[datetime]):
    """An aware instant, UTC in the database and out of it; ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC; SQLite compares it as text, so without its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive instant {value.isoformat()}: it must name its zone")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Encoded(TypeDecorator[Any]):
    """A frozen value, or a tuple of them, kept as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the value as JSON."""
        return to_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the frozen value that the JSON holds."""
        return None if value is None else from_json(self.kind, value)
