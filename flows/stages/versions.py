"""Turns what an article tells into versions of developments, decisions and alerts, inside its transaction.

In: a transaction, a stored article with its coding, where it comes from, and the tools. Out: a `Told`: the versions and
alerts that follow, and what was dropped with the reason. It loads candidates and writes rows; what is decided, the pure
stages decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from flows.stages.alert import AlertVerdict, judge_alert, judge_correction
from flows.stages.compare import kin
from flows.stages.corrections import without_article
from flows.stages.detect import Held, Origin, Verdict, decide, hold
from flows.stages.drafts import Draft, Frame
from flows.stages.gather import gather
from flows.stages.raising import raise_alerts
from parsers.coding.tools import Coder
from parsers.coding.values import Coding, Role
from storage import developments, duplicates, mentions, outbox, regrouping, standing
from storage.engine import Transaction
from storage.source_values import Source
from storage.values import (
    GONE,
    Alert,
    Decision,
    DecisionKind,
    DevelopmentVersion,
    StoredArticle,
    StoredMention,
)

_REACH = timedelta(days=90)  # developments older than this are not linked to
_EXCERPT = 90  # characters of a quote in a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What recording needs besides the document."""

    coder: Coder
    now: datetime  # the logical date of the run
    max_article_age_days: int
    recipients: Mapping[str, tuple[str, ...]]  # by channel name
    alerting: bool = True
    quiet: str | None = None  # why the article at hand alerts nobody, whatever it tells
    baseline: str | None = None  # why the first read of a source is recorded without alert
    sources: Mapping[str, Source] = field(default_factory=dict)  # by key: who publishes, and on whose behalf


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an article told that was new, and why the rest was not."""

    versions: tuple[DevelopmentVersion, ...] = ()
    alerts: tuple[Alert, ...] = ()
    dropped: tuple[str, ...] = ()


def record_mentions(tx: Transaction, stored: StoredArticle, coding: Coding, origin: Origin, tools: Tools) -> Told:
    """Keep the mentions of an article version, decide on each, and add the versions and alerts that follow."""
    kept = mentions.add(tx, stored.version.id, coding.mentions)
    if coding.relevance == "irrelevant":
        return Told(dropped=tuple(_leave(tx, m, "the article is irrelevant", tools) for m in kept))
    frame = Frame.of(
        stored.version.article,
        seen_on=stored.first_seen_at.date(),
        watched_subject=coding.relevance == "relevant",
        horizon_days=tools.coder.watch.horizon_days,
    )
    gathered = gather(kept, tools.coder.lexicon.kinds, frame)
    parts = [Told(dropped=(_leave(tx, m, why, tools),)) for m, why in gathered.loose]
    homes: dict[int, int] = {}  # ordinal of a mention -> its development, for events told from another one
    parts += [_record_draft(tx, draft, stored, origin, homes, tools) for draft in gathered.drafts]
    return Told(
        versions=tuple(v for p in parts for v in p.versions),
        alerts=tuple(a for p in parts for a in p.alerts),
        dropped=tuple(d for p in parts for d in p.dropped),
    )


def record_withdrawal(tx: Transaction, stored: StoredArticle, coding: Coding, tools: Tools) -> Told:
    """Keep a version that withdraws its article: what rested on it and its copies alone is retracted."""
    parts, moves = regrouping.merges(tx), regrouping.moves(tx)
    told_of = [
        moves.get((m.id, d.watch), d.development_id) for m, d in developments.decisions_of_article(tx, stored.id)
    ]
    known = dict.fromkeys(regrouping.followed(i, parts) for i in told_of if i is not None)
    dropped = [
        _leave(tx, m, "the article is withdrawn", tools) for m in mentions.add(tx, stored.version.id, coding.mentions)
    ]
    told: list[tuple[DevelopmentVersion | None, tuple[Alert, ...]]] = []
    for development in (developments.get(tx, i) for i in known):
        articles = {r.article_id for r in development.reports}
        leaders = duplicates.leaders(tx, articles)
        copies = {a for a in articles if leaders[a] == stored.id} | {stored.id}
        reason = f"A{stored.id} was withdrawn (v{stored.version.number})"
        vouched = duplicates.named_leaders(tx, [stored.id]).get(stored.id) in articles  # its original stands
        gone = vouched or development.state.status in GONE
        left = None if gone else without_article(development, copies, reason)
        if left:
            verdict = Verdict(
                decision="update", development_id=development.id, state=left[0], changes=left[1], reasons=(reason,),
                corrects=True,
            )  # fmt: skip
            told.append(_add_version(tx, verdict, stored, tools))
    return Told(
        versions=tuple(v for v, _ in told if v),
        alerts=tuple(a for _, alerts in told for a in alerts),
        dropped=tuple(dropped),
    )


def _leave(tx: Transaction, stored: StoredMention, why: str, tools: Tools) -> str:
    """Keep a mention as background of no development, and return the line that says so."""
    _decide(tx, stored, "background", None, None, (why,), tools)
    return f"background: “{_excerpt(stored)}” ({why})"


def _excerpt(stored: StoredMention) -> str:
    quote = " ".join(stored.mention.quote.split())
    return quote if len(quote) <= _EXCERPT else f"{quote[: _EXCERPT - 1]}…"


def _record_draft(
    tx: Transaction, draft: Draft, stored: StoredArticle, origin: Origin, homes: dict[int, int], tools: Tools
) -> Told:
    watch, place = tools.coder.watch, draft.slots.place
    if place is not None and place.country not in watch.theatre:
        return Told(dropped=tuple(_leave(tx, m, f"not in the theatre: {place.name}", tools) for m in draft.mentions))
    if told := next((homes[o] for o in sorted(draft.denies) if o in homes), None):
        return _leave_to(tx, draft, told, tools)
    held = _held(tx, draft, stored.version.article.published_at or tools.now, tools)
    verdict = decide(draft, held, origin=origin, watch=watch, kinds=tools.coder.lexicon.kinds)
    verdict = _anchored(verdict, draft, homes)
    version, alerts = _add_version(tx, verdict, stored, tools)
    development_id = version.development_id if version else verdict.development_id
    for mention in draft.mentions:
        role: Role = "background" if verdict.recalled else "news"
        _decide(tx, mention, verdict.decision, development_id, version, verdict.reasons, tools, role=role)
        if development_id is not None:
            homes[mention.mention.ordinal] = development_id
    if version:
        return Told(versions=(version,), alerts=alerts)
    home = f" of D{development_id}" if development_id else ""
    return Told(dropped=(f"{verdict.decision}{home}: “{_excerpt(draft.mentions[0])}” ({verdict.reasons[-1]})",))


def _leave_to(tx: Transaction, draft: Draft, development_id: int, tools: Tools) -> Told:
    """Leave a denial to the development whose deed it denies: there it was told as a contradiction."""
    why = f"told of D{development_id}, whose deed is denied"
    for mention in draft.mentions:
        _decide(tx, mention, "repeat", development_id, None, (why,), tools)
    return Told(dropped=(f"repeat of D{development_id}: “{_excerpt(draft.mentions[0])}” ({why})",))


def _held(tx: Transaction, draft: Draft, at: datetime, tools: Tools) -> list[Held]:
    """Hold a draft against what is known; only what it may speak of is read as a whole."""
    start = draft.slots.when.start or at.date()
    found = standing.candidates(tx, watch=tools.coder.watch.id, families=kin(draft.kind.family), since=start - _REACH)
    held = hold(draft, [d for d in found if d.state.status not in GONE], tools.coder.lexicon.kinds)
    close = [d.id for comparison, d in held if comparison.one_event_in_text]
    whole = {d.id: d for d in developments.several(tx, close)} if close else {}
    return [(comparison, whole.get(d.id, d)) for comparison, d in held]


def _anchored(verdict: Verdict, draft: Draft, homes: Mapping[int, int]) -> Verdict:
    """Name the development from whose day the draft counts its own."""
    home = homes.get(draft.slots.when.anchor) if draft.slots.when.anchor is not None else None
    if home is None or verdict.state is None or verdict.state.anchor_development is not None:
        return verdict
    return replace(verdict, state=replace(verdict.state, anchor_development=home))


def _add_version(
    tx: Transaction, verdict: Verdict, stored: StoredArticle, tools: Tools
) -> tuple[DevelopmentVersion | None, tuple[Alert, ...]]:
    if verdict.state is None:
        return None, ()
    judged = _corrected(tx, verdict, tools) or judge_alert(
        verdict.state,
        verdict.decision,
        verdict.changes,
        tools.coder.watch,
        article_at=stored.version.article.published_at,
        now=tools.now,
        max_age_days=tools.max_article_age_days,
        language=stored.version.language,
    )
    quiet = tools.quiet or (tools.baseline if tools.alerting else "alerts are switched off for this run")
    add = (
        partial(developments.create, tx, watch=tools.coder.watch.id)
        if verdict.development_id is None
        else partial(developments.add_version, tx, verdict.development_id)
    )
    version = add(
        state=verdict.state,
        decision=verdict.decision,
        changes=verdict.changes,
        alert_reasons=(quiet,) if quiet else judged.reasons,
        now=tools.now,
    )
    if tools.quiet or not tools.alerting:
        return version, ()
    return version, raise_alerts(tx, version, judged, recipients=tools.recipients, quiet=quiet is not None)


def _corrected(tx: Transaction, verdict: Verdict, tools: Tools) -> AlertVerdict | None:
    """Return the correction of what was alerted before; None where nothing was, or a source takes nothing back."""
    if verdict.state is None or verdict.development_id is None or not verdict.corrects:
        return None
    alerts = outbox.alerts_of_development(tx, verdict.development_id)
    return judge_correction(verdict.state, alerts, tools.coder.watch) if alerts else None


def _decide(
    tx: Transaction,
    stored: StoredMention,
    decision: DecisionKind,
    development_id: int | None,
    version: DevelopmentVersion | None,
    reasons: tuple[str, ...],
    tools: Tools,
    *,
    role: Role = "news",
) -> None:
    developments.decide(
        tx,
        Decision(
            mention_id=stored.id,
            watch=tools.coder.watch.id,
            decision=decision,
            role="background" if decision == "background" else role,
            development_id=development_id,
            development_version_id=version.id if version else None,
            reasons=reasons,
            decided_at=tools.now,
        ),
    )
