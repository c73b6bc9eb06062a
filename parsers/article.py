"""The values that reading hands on: a document as it was fetched, an article as it was read.

In: bytes and their provenance. Out: frozen values. Nothing here reads a clock or a network.
An article's `text` is the one string on which every span of the house is measured, so that
`quote == article.text[start:end]` holds wherever a quote is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SegmentKind = Literal["standfirst", "headline", "subheadline", "paragraph"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes as they came from a source, before anything was read out of them."""

    source: str  # key of the source that gave it
    name: str  # file name, or the address it was fetched from
    body: bytes
    retrieved_at: datetime
    media_type: str | None = None
    url: str | None = None

    @property
    def sha256(self) -> str:
        """Return the hash of the body: with the source, the document's identity."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of an article's text: `article.text[start:end]`."""

    kind: SegmentKind
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What one document, or one entry of a feed, says.

    `external_id` is the file name, the feed's guid or the page's address; `namespace` tells in which
    circle it is unique. `outlet` printed the text, `credited_to` are the outlets it is credited from,
    `attributed_to` those that its sentences name as their sources ("according to AFP").
    An article without a date stays without one.
    """

    external_id: str
    namespace: str
    format: str
    headline: str
    paragraphs: tuple[str, ...]
    headline_derived: bool = False
    standfirst: str | None = None
    subheadline: str | None = None
    url: str | None = None
    outlet: str | None = None
    credited_to: tuple[str, ...] = ()
    attributed_to: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    remarks: tuple[str, ...] = ()  # oddities met while reading, for the operator

    @property
    def identity(self) -> str:
        """Return the key under which further versions of this article are recognised."""
        return hashlib.sha256(f"{self.namespace}\n{self.external_id}".encode()).hexdigest()

    def parts(self) -> tuple[tuple[SegmentKind, str], ...]:
        """Return the parts of the text in reading order; a derived headline is no part of it."""
        head: list[tuple[SegmentKind, str]] = []
        if not self.headline_derived:
            head.append(("headline", self.headline))
        if self.standfirst:
            head.append(("standfirst", self.standfirst))
        if self.subheadline:
            head.append(("subheadline", self.subheadline))
        return (*head, *(("paragraph", p) for p in self.paragraphs))

    @property
    def text(self) -> str:
        """Return the parts joined by newlines: the string on which all spans are measured."""
        return "\n".join(text for _, text in self.parts())

    def segments(self) -> tuple[Segment, ...]:
        """Return where each part stands in `text`."""
        found: list[Segment] = []
        position = 0
        for kind, text in self.parts():
            found.append(Segment(kind, position, position + len(text)))
            position += len(text) + 1
        return tuple(found)
