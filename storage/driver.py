"""Statements in the words of the driver, for what runs for each article: building them anew would cost more.

In: a connection, a statement with `?` for its values (and `{}` for a list of them), values. Out: rows. The same
statement serves both databases; rows are added in the way that is cheapest on each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

VALUES_A_QUERY = 400  # an SQLite before 3.32 takes 999 parameters
_ADD = "INSERT INTO {} ({}) {} {}"
_UNNEST = "SELECT * FROM unnest({})"
_STEP = 16  # lists of values are filled up to a multiple of it, so that few statements are prepared


def run(connection: Connection, statement: str, values: tuple[Any, ...] | list[tuple[Any, ...]]) -> Sequence[Any]:
    """Run a statement for one row of values, or for several; return the rows that it finds."""
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    result = connection.exec_driver_sql(statement, values)
    return result.all() if result.returns_rows else ()


def add(
    connection: Connection, into: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]], *, then: str = ""
) -> None:
    """Add rows to a table of these columns and Postgres types; `then` says what is done with rows that are there.

    Many rows go in one statement: half the cost of one statement a row on SQLite, a third of it on Postgres.
    """
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql" and rows:
        arrays = ", ".join(f"?::{kind}[]" for kind in columns.values())
        run(
            connection,
            _ADD.format(into, names, _UNNEST.format(arrays), then),
            tuple(map(list, zip(*rows, strict=True))),
        )
        return
    places, step = f"({','.join('?' * len(columns))})", VALUES_A_QUERY // len(columns)
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        values = f"VALUES {', '.join([places] * len(some))}"
        run(connection, _ADD.format(into, names, values, then), tuple(chain.from_iterable(some)))


def shares(values: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield lists of values that fit a query."""
    for start in range(0, len(values), VALUES_A_QUERY):
        yield filled(values[start : start + VALUES_A_QUERY])


def filled(values: Sequence[Any]) -> list[Any]:
    """Return the values with the last one repeated: the same for a set, and one statement serves for many lengths."""
    return [*values, *[values[-1]] * (-len(values) % _STEP)]


def listing(statement: str, values: Sequence[Any]) -> str:
    """Return the statement with a place for each of the values in its list."""
    return statement.format(",".join("?" * len(values)))
