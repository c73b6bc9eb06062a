"""Looks at one source without storing anything: what is there, and what a run would make of it.

In: the store (to tell known from new), the settings, a key or an address. Out: a `Finding`. Reads the
network, writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.settings import Settings
from flows.stages import run
from flows.stages.collect import Collected
from flows.stages.doors import opened_door
from flows.stages.read import Read, read_document
from storage import articles
from storage.engine import Store
from storage.source_values import Source, SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What stands at a source."""

    source: str
    address: str
    failed: str | None = None
    format: str | None = None
    media_type: str | None = None
    size: int | None = None
    entries: int = 0
    known: int = 0
    newest: str | None = None
    undated: int = 0
    languages: str | None = None
    first_headlines: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    would_store: str = "nothing"


def check_source(store: Store, settings: Settings, name: str) -> Finding:
    """Fetch a source once, and say what it holds; its faults are part of the finding."""
    source = _source(store, settings, name)
    with opened_door(store, settings.http, remembering=False) as door:
        collected = run.collect_one(source, SourceState(), door, run.utcnow())
    if collected.failed:
        return Finding(source=source.key, address=source.address, failed=collected.failed)
    read = [read_document(document, kind=collected.source.kind) for document in collected.documents]
    return _finding(store, collected, read)


def _source(store: Store, settings: Settings, name: str) -> Source:
    for source in run.described_sources(store, settings):
        if source.key == name:
            return source
    return run.plan_given((name,))[0]


def _finding(store: Store, collected: Collected, read: Sequence[Read]) -> Finding:
    found = [a for r in read for a in r.reading.articles]
    with store.read() as tx:
        known = articles.known_identities(tx, {a.identity for a in found})
    dates = sorted(a.published_at for a in found if a.published_at)
    fresh = sum(a.identity not in known for a in found)
    refused = [f"{r.document.name}: {r.reason}" for r in read if r.outcome != "parsed"]
    problems = [p for r in read for p in r.reading.problems] + [f"{p.name}: {p.reason}" for p in collected.problems]
    return Finding(
        source=collected.source.key,
        address=collected.source.address,
        failed="; ".join(refused) if refused and not found else None,
        format=", ".join(dict.fromkeys(a.format for a in found)) or None,
        media_type=collected.documents[0].media_type if collected.documents else None,
        size=sum(len(d.body) for d in collected.documents),
        entries=len(found),
        known=len(found) - fresh,
        newest=dates[-1].isoformat() if dates else None,
        undated=len(found) - len(dates),
        languages=", ".join(sorted({a.language or "unknown" for a in found})) or None,
        first_headlines=tuple(a.headline for a in found[:5]),
        problems=(*refused, *problems),
        would_store=f"{fresh} new articles; {len(found) - fresh} are known",
    )
