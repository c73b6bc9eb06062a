"""Merges and splits developments by hand, inside one transaction.

In: a transaction, ids, a reason, the coder and the instant. Out: a `Regrouped`: the versions that were added, and what
the merge overrules. It loads and writes rows; the states are made by the pure stage `joins`. Nobody is alerted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.stages import joins
from flows.stages.drafts import Draft, Frame
from flows.stages.gather import gather
from flows.stages.history import fields_changed
from flows.stages.joins import JoinError, Step
from parsers.coding.tools import Coder
from storage import articles, developments, mentions, regrouping
from storage.engine import Transaction
from storage.values import GONE, Change, Development, DevelopmentState, DevelopmentVersion, Report, StoredMention

_BY_HAND = "made by hand: nobody is alerted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouped:
    """What was made: the new versions, and the vetoes that were overruled."""

    versions: tuple[DevelopmentVersion, ...]
    overruled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What regrouping needs."""

    coder: Coder
    now: datetime
    reason: str


def merge(tx: Transaction, survivor_id: int, part_id: int, bench: Bench) -> Regrouped:
    """Merge a development into another one; its evidence and what comes later go to the survivor."""
    survivor, part = developments.get(tx, survivor_id), developments.get(tx, part_id)
    watch, kinds = bench.coder.watch, bench.coder.lexicon.kinds
    left, gone, overruled = joins.merged(survivor, part, watch=watch, kinds=kinds, reason=bench.reason)
    regrouping.merge(tx, part_id, into=survivor_id, reason=bench.reason, now=bench.now)
    made = [_add(tx, survivor_id, left, bench), _add(tx, part_id, gone, bench)]
    return Regrouped(versions=tuple(made), overruled=overruled)


def unmerge(tx: Transaction, part_id: int, bench: Bench) -> Regrouped:
    """Undo the merge of a development: it is as before, the survivor as the rest of the evidence tells it."""
    parts = regrouping.merges(tx)
    if part_id not in parts:
        raise JoinError(f"D{part_id} is not merged into another development")
    part, survivor = developments.get(tx, part_id), developments.get(tx, parts[part_id])
    regrouping.merge(tx, part_id, into=None, reason=bench.reason, now=bench.now)
    made = [_add(tx, part_id, joins.own_again(part, survivor, reason=bench.reason), bench)]
    if survivor.state.status not in GONE:
        state = joins.before_merge(survivor, part) or _of_own_evidence(tx, survivor, bench)
        taken = Change(field="parts", old=part.public_id, new=None, reason=bench.reason)
        changes = (taken, *fields_changed(survivor.state, state, bench.reason))
        made.insert(0, _add(tx, survivor.id, Step(state=state, changes=changes), bench))
    return Regrouped(versions=tuple(made))


def _of_own_evidence(tx: Transaction, known: Development, bench: Bench) -> DevelopmentState:
    reports = developments.get(tx, known.id).reports
    return joins.retold(known.state, _drafts(tx, reports, bench), reports, watch=bench.coder.watch)


def split(tx: Transaction, known_id: int, article_ids: Collection[int], bench: Bench) -> Regrouped:
    """Make what some articles tell of a development one of its own; JoinError where nothing or all would go."""
    known = developments.get(tx, known_id)
    if known.state.status in GONE:
        raise JoinError(f"{known.public_id} is {known.state.status}")
    if strangers := set(article_ids) - {r.article_id for r in known.reports}:
        raise JoinError(f"{known.public_id} does not rest on {', '.join(f'A{i}' for i in sorted(strangers))}")
    gone = [r for r in known.reports if r.article_id in article_ids]
    left = [r for r in known.reports if r.article_id not in article_ids]
    if not left:
        raise JoinError(f"{known.public_id} rests on these articles alone: nothing would be left of it")
    watch = bench.coder.watch
    apart, rest = (joins.retold(known.state, _drafts(tx, r, bench), r, watch=watch) for r in (gone, left))
    origin = Change(field="split_from", old=None, new=known.public_id, reason=bench.reason)
    made = developments.create(
        tx, watch=watch.id, state=apart, decision="new", changes=(origin,), alert_reasons=(_BY_HAND,), now=bench.now
    )
    ids = {r.mention_id for r in gone}
    regrouping.move(tx, ids, watch=watch.id, to=made.development_id, reason=bench.reason, now=bench.now)
    taken = Change(field="parts", old=f"D{made.development_id}", new=None, reason=bench.reason)
    step = Step(state=rest, changes=(taken, *fields_changed(known.state, rest, bench.reason)))
    return Regrouped(versions=(_add(tx, known_id, step, bench), made))


def _add(tx: Transaction, development_id: int, step: Step, bench: Bench) -> DevelopmentVersion:
    return developments.add_version(
        tx,
        development_id,
        state=step.state,
        decision="update",
        changes=step.changes,
        alert_reasons=(_BY_HAND,),
        now=bench.now,
    )


def _drafts(tx: Transaction, reports: Sequence[Report], bench: Bench) -> tuple[Draft, ...]:
    """Return what the mentions of these reports tell, article version by article version."""
    stored = mentions.of_ids(tx, {r.mention_id for r in reports if r.role == "news"})
    by_version: dict[int, list[StoredMention]] = {}
    for mention in stored:
        by_version.setdefault(mention.version_id, []).append(mention)
    owner = {r.version_id: r.article_id for r in reports}
    drafts: list[Draft] = []
    for version_id, own in by_version.items():
        article = articles.get(tx, owner[version_id])
        read = next(v.article for v in articles.versions(tx, article.id) if v.id == version_id)
        frame = Frame.of(
            read,
            seen_on=article.first_seen_at.date(),
            watched_subject=False,
            horizon_days=bench.coder.watch.horizon_days,
        )
        drafts += gather(own, bench.coder.lexicon.kinds, frame).drafts
    return tuple(drafts)
