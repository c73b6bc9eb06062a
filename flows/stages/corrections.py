"""What a source takes back: figures that its later version tells otherwise, and whole articles that are withdrawn.

In: a development with its reports, and the article that changed. Out: the figures that fall, the state that is left.
Pure. What another independent article told stands: only that can fall which rested on the changed article alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace

from flows.stages.drafts import Draft
from flows.stages.figures import claim_of, fatalities
from parsers.coding.values import Quantity
from storage.values import Change, Development, DevelopmentState, Report

CORRECTED = "corrected by the same source"


def rests_on(known: Development, article_id: int) -> bool:
    """Tell whether an article told of a development as news."""
    return any(r.article_id == article_id and r.role == "news" for r in known.reports)


def withdrawn_figures(
    known: Development, draft: Draft, article_id: int, told: Collection[Quantity]
) -> frozenset[Quantity]:
    """Return the figures of a development that its article now tells otherwise, and nobody else told.

    Only measures that the draft counts anew are touched: a cut text takes nothing back. `told` are all figures of the
    new version.
    """
    version = {m.version_id for m in draft.mentions}
    mine = {r.mention_id for r in known.reports if r.article_id == article_id and r.version_id not in version}
    kept = {claim_of(q) for q in told} | {claim_of(q) for q in told_by_others(known, {article_id})}
    measures = {q.measure for q in draft.slots.quantities if q.scope == "event"}
    return frozenset(
        q for q in known.state.quantities if q.phrase in mine and q.measure in measures and claim_of(q) not in kept
    )


def told_by_others(known: Development, articles: Collection[int]) -> tuple[Quantity, ...]:
    """Return the figures of the other articles, each as its last version tells them; what repeats adds no voice."""
    return tuple(q for r in other_voices(known, articles) for q in r.quantities)


def other_voices(known: Development, articles: Collection[int]) -> tuple[Report, ...]:
    """Return the reports of the last versions of other articles that told more than a repeat."""
    others = [r for r in known.reports if r.article_id not in articles and r.role == "news"]
    voices = {r.article_id for r in others if r.decision != "repeat"}
    last = {r.article_id: r.version_id for r in others}
    return tuple(r for r in others if r.article_id in voices and r.version_id == last[r.article_id])


def without_article(
    known: Development, articles: Collection[int], reason: str
) -> tuple[DevelopmentState, tuple[Change, ...]] | None:
    """Return what is left of a development without an article and its copies, and what changed; None for no change.

    Where nobody else told of it, the development is retracted: its slots stay as they were told.
    """
    old = known.state
    if all(r.decision == "repeat" for r in known.reports if r.article_id in articles):
        return None  # it never added anything
    voices = other_voices(known, articles)
    if not voices:
        summary = f"Retracted: {old.summary}"
        return replace(old, status="retracted", summary=summary), (
            Change(field="status", old=old.status, new="retracted", reason=reason),
        )
    mine = {r.mention_id for r in known.reports if r.article_id in articles}
    stands = {claim_of(q) for q in told_by_others(known, articles)}
    left = tuple(q for q in old.quantities if q.phrase not in mine or claim_of(q) in stands)
    state = replace(
        old,
        quantities=left,
        fatalities=fatalities(left),
        independent_sources=max(1, old.independent_sources - 1),
        status="reported" if old.status == "confirmed" and len(_families(voices)) == 1 else old.status,
    )
    changes = tuple(_changes(old, state, reason))
    return (state, changes) if changes else None


def _families(reports: Iterable[Report]) -> set[str]:
    return {r.family for r in reports}


def _changes(old: DevelopmentState, new: DevelopmentState, reason: str) -> Iterable[Change]:
    for name in ("fatalities", "status", "independent_sources"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            plain = [asdict(v) if name == "fatalities" else v for v in (before, after)]
            yield Change(field=name, old=plain[0], new=plain[1], reason=reason)
