"""Two versions of an article side by side, as a page for people and as JSON for machines.

In: a `Comparison`. Out: HTML that needs no other file, or plain JSON values. Pure. Foreign words are data: escaped in
HTML, never a template.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.stages.difference import Block, Difference
from flows.stages.editions import unkept_words
from storage.edit_values import Edit, Unkept
from storage.values import StoredArticle, StoredVersion

_MOST_REASONS = 4  # of an edit in one line; its own page has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of an article and how they differ; `edit` is None where they are one version."""

    article: StoredArticle
    old: StoredVersion
    new: StoredVersion
    edit: Edit | None
    difference: Difference
    versions: Sequence[StoredVersion]
    unkept: Sequence[Unkept] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Blocks in a row that are all the same, or all differ."""

    same: bool
    blocks: tuple[Block, ...]


def stretches(found: Difference) -> tuple[Stretch, ...]:
    """Return the blocks gathered into runs, so that what did not change can be folded away."""
    groups = groupby(found.blocks, key=lambda block: block.kind == "same")
    return tuple(Stretch(same=same, blocks=tuple(blocks)) for same, blocks in groups)


def version_line(version: StoredVersion) -> str:
    """Return a version as one line: its number, when it was seen, what sort of edit made it and why."""
    line = f"v{version.number} {version.seen_at:%Y-%m-%d %H:%M}"
    if version.edit is None:
        return line
    reasons = version.edit.reasons
    more = f" and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
    return f"{line} {version.edit.kind}: {'; '.join(reasons[:_MOST_REASONS])}{more}"


def as_json(shown: Comparison) -> dict[str, Any]:
    """Return a comparison for machines."""
    return {
        "article": shown.article.public_id,
        "external_id": shown.new.article.external_id,
        "old": _version(shown.old),
        "new": _version(shown.new),
        "edit": asdict(shown.edit) if shown.edit else None,
        "blocks": [asdict(block) for block in shown.difference.blocks],
        "versions": len(shown.versions),
        "unkept": [asdict(one) for one in shown.unkept],
    }


def _version(version: StoredVersion) -> dict[str, Any]:
    return {"number": version.number, "seen_at": version.seen_at, "headline": version.article.headline}


def as_html(shown: Comparison) -> str:
    """Return a comparison as one self-contained page."""
    facts = {
        "shown": shown,
        "title": f"{shown.article.public_id} v{shown.old.number} → v{shown.new.number}",
        "stretches": stretches(shown.difference),
        "history": [version_line(v) for v in shown.versions],
        "unkept": [unkept_words(one) for one in shown.unkept],
    }
    return _page().get_template("diff.html.j2").render(facts)


@cache
def _page() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
