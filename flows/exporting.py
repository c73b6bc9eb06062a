"""Exports: rows of storage as JSON Lines, CSV or GeoJSON.

In: rows of plain values. Out: text. CSV cells that a spreadsheet would run are made text; nested values are
JSON in a cell.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from storage import exports
from storage.engine import Transaction

Row = Mapping[str, Any]
What = Literal["articles", "developments", "alerts", "changes", "mentions"]
Format = Literal["jsonl", "csv", "geojson"]
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


def render(tx: Transaction, what: What, *, format: Format, after: int = 0, as_of: datetime | None = None) -> str:
    """Return an export as text that ends with a newline, or nothing where there is nothing."""
    rows = list(_rows(tx, what, after, as_of))
    if format == "csv":
        return _csv(rows)
    if format == "geojson":
        return _geojson(rows)
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _rows(tx: Transaction, what: What, after: int, as_of: datetime | None) -> Iterable[Row]:
    if what == "articles":
        return exports.articles(tx, as_of=as_of)
    if what == "developments":
        return exports.developments(tx, as_of=as_of)
    if what == "mentions":
        return exports.mentions(tx, as_of=as_of)
    return exports.changes(tx, after=after) if what == "changes" else exports.alerts(tx)


def _csv(rows: list[Row]) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_RUN_BY_SPREADSHEETS):
        return f"'{value}"
    return value


def _geojson(rows: list[Row]) -> str:
    features = [
        {
            "type": "Feature",
            "id": row["id"],
            "geometry": {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]}
            if row["latitude"] is not None
            else None,
            "properties": {k: v for k, v in row.items() if k not in {"latitude", "longitude"}},
        }
        for row in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n"


def write(text: str, output: Path | None) -> None:
    """Write an export to a file, or to standard output. OSError names a file that cannot be written."""
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
