"""The cases of a format: folders with an input and what is expected of it."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parsers.article import Article, Document

CASES = Path(__file__).parents[2] / "cases"
RETRIEVED_AT = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)


def folders(what: str) -> list[Path]:
    return sorted(path.parent for path in (CASES / what).glob("*/expected.json"))


def expected_of(case: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    return loaded


def document(body: bytes, *, name: str, media_type: str | None = None, url: str | None = None) -> Document:
    return Document(
        source="test-source", name=name, body=body, retrieved_at=RETRIEVED_AT, media_type=media_type, url=url
    )


def shown(article: Article, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the named fields of an article as JSON would hold them."""
    values = dataclasses.asdict(article)
    return json.loads(json.dumps({name: values[name] for name in fields}, default=lambda at: at.isoformat()))


def assert_spans_hold(article: Article) -> None:
    parts = article.parts()
    segments = article.segments()
    assert len(parts) == len(segments)
    for (kind, text), segment in zip(parts, segments, strict=True):
        assert segment.kind == kind
        assert article.text[segment.start : segment.end] == text
        assert text == text.strip()
        assert "\n" not in text
