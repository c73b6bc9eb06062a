"""The values of edits: how one version of an article differs from the one before, and what was not kept.

Frozen, and free of any table. A fact is told as old -> new, None where it is gone or was not there before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EditKind = Literal["trivial", "wording", "fact", "retraction"]
FactKind = Literal["number", "date", "place", "name"]
WhyUnkept = Literal["flapping", "too many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A fact that an edit changed, in the words of both versions."""

    what: FactKind
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit is, and why; `returns_to` is the number of an earlier version whose text is back."""

    kind: EditKind
    reasons: tuple[str, ...]
    facts: tuple[FactChange, ...] = ()
    returns_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkept:
    """How many changes of an article were not kept as versions, of which sort, and when the last one was seen."""

    why: WhyUnkept
    changes: int
    last_seen_at: datetime
