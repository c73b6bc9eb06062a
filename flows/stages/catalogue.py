"""The catalogue: sources as a file describes them, and as the command adds them.

In: seeds/sources.toml or another file of its form, an OPML file, or an address. Out: `Source` values. Strict:
an unknown field or kind is an error that names the file and the source; nothing is guessed into a default but
the key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from parsers.data_file import read_toml, validated
from parsers.errors import LexiconError
from parsers.opml import Outline, read_opml, write_opml
from parsers.urls import canonical_url, publisher_family
from storage.source_values import Provenance, Source, SourceKind

KEY_CHARACTERS = 100  # as many as the pattern of a key takes
LOCAL: frozenset[SourceKind] = frozenset({"files", "inbox"})
_FEEDS: frozenset[SourceKind] = frozenset({"feed", "json_feed", "sitemap"})


class _Row(BaseModel):
    """One source of a catalogue file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")
    kind: SourceKind
    address: str = Field(min_length=1)
    outlet: str | None = None
    language: str | None = Field(default=None, pattern=r"^[a-z]{2}$")
    enabled: bool = False
    family: str | None = None
    country: str | None = None
    tier: int | None = Field(default=None, ge=1, le=4)
    interval_minutes: int = Field(default=15, ge=1, le=7 * 24 * 60)
    expected_per_week: float | None = Field(default=None, gt=0)
    provenance: Provenance = "independent"
    verified: bool = True
    fetch_pages: bool = False


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: tuple[_Row, ...] = ()


def load_catalogue(path: Path) -> tuple[Source, ...]:
    """Read a catalogue; LexiconError names the file and the source at fault."""
    rows = validated(_Catalogue, read_toml(path), name=str(path)).source
    seen: set[str] = set()
    for row in rows:
        if row.key in seen:
            raise LexiconError(str(path), f"two sources have the key {row.key}")
        seen.add(row.key)
    return tuple(_source(row, path) for row in rows)


def checked(source: Source) -> Source:
    """Return a source that a person gave, after the rules of the catalogue; LexiconError where it breaks one."""
    fields = {name: getattr(source, name) for name in _Row.model_fields}
    return _source(validated(_Row, fields, name=source.key), Path.cwd() / "source")


def _source(row: _Row, path: Path) -> Source:
    address = row.address
    if row.kind in LOCAL:
        address = str((path.parent / address).absolute())
    elif canonical_url(address) is None:
        raise LexiconError(str(path), f"{row.key}: {address!r} is no address of the web")
    family = row.family or publisher_family(row.outlet or (None if row.kind in LOCAL else row.address))
    return Source(**(row.model_dump() | {"address": address, "family": family}))


def source_of_address(address: str, *, kind: SourceKind = "feed", key: str | None = None) -> Source:
    """Return a source for an address of the web; LexiconError where it is none."""
    if canonical_url(address) is None:
        raise LexiconError(address, "is no address of the web")
    return Source(key=key or key_of(address), kind=kind, address=address, family=publisher_family(address))


def key_of(address: str) -> str:
    """Return a key made from an address: host and path, without what is common to all."""
    rest = re.sub(r"^https?://(?:www\.)?", "", address.casefold())
    slug = re.sub(r"[^a-z0-9]+", "-", rest).strip("-")
    return slug[:KEY_CHARACTERS] or "source"


def free_key(address: str, taken: Mapping[str, str], *, wanted: str | None = None) -> str:
    """Return a key for an address that no other address has; LexiconError where a wanted one is taken.

    `taken` holds the addresses of the sources by key.
    """
    key = wanted or key_of(address)
    if _spelled(taken.get(key, address)) == _spelled(address):
        return key
    if wanted:
        raise LexiconError(wanted, f"is the key of another source, {taken[wanted]}; choose another one")
    # A part of the hash tells two addresses apart of which the same slug is made.
    return f"{key[: KEY_CHARACTERS - 9]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def _spelled(address: str) -> str:
    return canonical_url(address) or address


def sources_of_opml(body: bytes, *, name: str, known: Iterable[Source] = ()) -> tuple[Source, ...]:
    """Return the feeds of an OPML file that are not `known`, switched off: a person decides which are read."""
    taken = {s.key: s.address for s in known}
    there = {_spelled(address) for address in taken.values()}
    new: list[Source] = []
    for o in read_opml(body, name=name):
        if canonical_url(o.feed) is None or _spelled(o.feed) in there:
            continue
        source = Source(
            key=free_key(o.feed, taken),
            kind="feed",
            address=o.feed,
            outlet=o.title,
            language=o.language[:2].lower() if o.language else None,
            enabled=False,
            family=publisher_family(o.feed),
            verified=False,
        )
        new.append(source)
        taken[source.key] = source.address
        there.add(_spelled(source.address))
    return tuple(new)


def opml_of_sources(sources: Iterable[Source]) -> bytes:
    """Return the feeds among the sources as an OPML file."""
    outlines = [
        Outline(title=s.outlet or s.key, feed=s.address, language=s.language) for s in sources if s.kind in _FEEDS
    ]
    return write_opml(outlines, title="sahelwatch sources")
