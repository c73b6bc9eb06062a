"""Records what one document says: its articles, their mentions, the decisions, and the alerts that follow.

In: a document that was read, and the tools. Out: a `Recorded`. All that one document causes is one
transaction: a crash leaves all of it or nothing. Deciding is left to the pure stages; nothing is sent from
here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flows.stages.alert import AlertVerdict, judge_alert
from flows.stages.deduplicate import (
    ALGORITHM,
    KEY_KIND,
    SAME_WINDOW,
    SHARED,
    Candidate,
    Verdict,
    judge_copy,
    sampled_keys,
)
from flows.stages.detect import Origin, decide
from flows.stages.detect import Verdict as Detected
from flows.stages.drafts import Draft, gather
from flows.stages.read import Read
from parsers.article import Article
from parsers.coding.coder import Coder, code
from parsers.coding.values import Coding, Relevance
from parsers.formats.registry import READERS_VERSION
from parsers.text import normalised_hash
from parsers.urls import publisher_family, url_key
from storage import articles, developments, documents, duplicates, fingerprints, mentions, outbox
from storage.engine import Store, Transaction
from storage.values import (
    Alert,
    Decision,
    DecisionKind,
    Development,
    DevelopmentVersion,
    Judgement,
    StoredArticle,
    StoredMention,
)

_NAMESPACE = uuid.UUID("6f0c1f2e-6c8e-5a53-9d3e-0a6a3a7f5b11")  # of alert ids: the same alert, the same id
_REACH = timedelta(days=90)  # developments older than this are not linked to


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What recording needs besides the document."""

    coder: Coder
    now: datetime  # the logical date of the run
    max_article_age_days: int
    recipients: Mapping[str, tuple[str, ...]]  # by channel name
    alerting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something that led to no new version of a development, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What one document caused."""

    name: str
    articles: int = 0  # new articles and new versions of known ones
    relevance: tuple[Relevance, ...] = ()
    versions: tuple[DevelopmentVersion, ...] = ()
    alerts: tuple[Alert, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def record(store: Store, read: Read, tools: Tools) -> Recorded:
    """Record one document in one transaction; a document that another run recorded meanwhile is left alone."""
    coded = [(article, code(article, tools.coder)) for article in sorted(read.reading.articles, key=_order)]
    with store.write() as tx:
        known = documents.find(tx, read.document.source, read.document.sha256)
        if known and known.outcome == read.outcome and known.reader == READERS_VERSION:
            return Recorded(name=read.document.name, dropped=(Dropped(name=read.document.name, reason="known"),))
        stored = documents.add(
            tx, read.document, outcome=read.outcome, reason=read.reason, reader=READERS_VERSION, now=tools.now
        )
        parts = [_record_article(tx, article, coding, stored.id, tools) for article, coding in coded]
    problems = tuple(Dropped(name=read.document.name, reason=p) for p in read.reading.problems)
    return Recorded(
        name=read.document.name,
        articles=sum(p.articles for p in parts),
        relevance=tuple(r for p in parts for r in p.relevance),
        versions=tuple(v for p in parts for v in p.versions),
        alerts=tuple(a for p in parts for a in p.alerts),
        dropped=(*problems, *(d for p in parts for d in p.dropped)),
    )


def _order(article: Article) -> tuple[bool, datetime | None, str]:
    return article.published_at is None, article.published_at, article.external_id


def _record_article(tx: Transaction, article: Article, coding: Coding, document_id: int, tools: Tools) -> Recorded:
    text_hash = normalised_hash(article.text)
    article, known = _known_identity(tx, article)
    if known and known.version.text_hash == text_hash:
        return Recorded(name=article.external_id, dropped=(Dropped(name=article.external_id, reason="unchanged"),))
    verdict = None if known else _copy_of(tx, article, text_hash, tools.now)
    stored = articles.add(
        tx,
        article,
        url_key=url_key(article.url) if article.url else None,
        document_id=document_id,
        text_hash=text_hash,
        language=article.language,
        family=_family(article),
        relevance=coding.relevance,
        relevance_reasons=coding.relevance_reasons,
        now=tools.now,
    )
    if verdict:
        _record_copy(tx, stored, verdict, tools.now)
    else:
        fingerprints.add(tx, stored.version.id, kind=KEY_KIND, keys=sampled_keys(article.text))
    return _record_events(tx, stored, coding, verdict, tools)


def _known_identity(tx: Transaction, article: Article) -> tuple[Article, StoredArticle | None]:
    """Return the known article that this one is a version of: by its id, else by its address."""
    known = articles.find(tx, article.identity)
    key = url_key(article.url) if article.url else None
    if known or key is None or "/" not in key.rstrip("/"):  # a bare host is the address of many articles
        return article, known
    same = [a for a in articles.by_url_key(tx, key) if a.version.article.namespace == article.namespace]
    if len(same) != 1:
        return article, None
    namesake = same[0].version.article
    return replace(article, external_id=namesake.external_id, namespace=namesake.namespace), same[0]


def _family(article: Article) -> str:
    """Return the circle of independence: the publisher's family, else the credited source, else the article alone."""
    for name in (article.url, article.outlet, *article.credited_to):
        if family := publisher_family(name):
            return family
    return f"article:{article.external_id}"


def _at(article: Article, seen_at: datetime) -> datetime:
    return article.published_at or seen_at


def _copy_of(tx: Transaction, article: Article, text_hash: str, now: datetime) -> Verdict | None:
    if same := articles.by_text_hash(tx, text_hash):
        oldest = min(same, key=lambda a: a.id)
        return Verdict(original=oldest.id, kind="exact", score=1.0, reasons=(f"the same words as A{oldest.id}",))
    keys = sampled_keys(article.text)
    at = _at(article, now)
    rows = fingerprints.candidates(tx, kind=KEY_KIND, keys=keys, since=at - SAME_WINDOW, limit=20)
    close = [article_id for article_id, _, shared, size in rows if shared >= SHARED * min(size, len(keys))]
    found = [articles.get(tx, article_id) for article_id in dict.fromkeys(close)]
    candidates = [
        Candidate(
            article_id=a.id,
            text=a.version.article.text,
            headline=a.version.article.headline,
            at=_at(a.version.article, a.first_seen_at),
        )
        for a in found
    ]
    return judge_copy(article.text, article.headline, at, candidates)


def _record_copy(tx: Transaction, stored: StoredArticle, verdict: Verdict, now: datetime) -> None:
    duplicates.add(
        tx,
        Judgement(
            left=stored.id,
            right=verdict.original,
            kind="exact" if verdict.kind == "exact" else "near",
            score=verdict.score,
            reasons=verdict.reasons,
            algorithm=ALGORITHM,
            judged_at=now,
        ),
    )


def _record_events(
    tx: Transaction, stored: StoredArticle, coding: Coding, copy: Verdict | None, tools: Tools
) -> Recorded:
    article, watch = stored.version.article, tools.coder.watch
    kept = mentions.add(tx, stored.version.id, coding.mentions)
    told = kept if coding.relevance != "irrelevant" else ()
    gathered = gather(told, tools.coder.lexicon.kinds, published_at=article.published_at)
    dropped = [_drop_loose(tx, m, why, watch.id, tools.now) for m, why in gathered.loose]
    dropped += [_drop_loose(tx, m, "the article is irrelevant", watch.id, tools.now) for m in kept if not told]
    origin = Origin(
        article_id=stored.id,
        family=_family(article),
        attributed_to=article.attributed_to or article.credited_to,
        duplicate_of=frozenset({duplicates.leader(tx, stored.id)} if copy else ()),
        edited=stored.version.number > 1,
    )
    versions: list[DevelopmentVersion] = []
    alerts: list[Alert] = []
    homes: dict[int, int] = {}  # mention ordinal -> development, for events told from another one
    for draft in gathered.drafts:
        if _elsewhere(draft, watch.theatre):
            dropped += [_drop_loose(tx, m, "not in the theatre", watch.id, tools.now) for m in draft.mentions]
            continue
        version, alert, drop = _record_draft(tx, draft, stored, origin, homes, tools)
        versions += [version] if version else []
        alerts += [alert] if alert else []
        dropped += [drop] if drop else []
    name = article.external_id
    drops = tuple(Dropped(name=name, reason=d) for d in dict.fromkeys(dropped))
    if copy:
        drops = (Dropped(name=name, reason=f"{copy.kind} copy of A{copy.original}"), *drops)
    return Recorded(
        name=name,
        articles=1,
        relevance=(coding.relevance,),
        versions=tuple(versions),
        alerts=tuple(alerts),
        dropped=drops,
    )


def _elsewhere(draft: Draft, theatre: Sequence[str]) -> bool:
    return draft.slots.place is not None and draft.slots.place.country not in theatre


def _drop_loose(tx: Transaction, stored: StoredMention, why: str, watch: str, now: datetime) -> str:
    _decide(tx, stored, "background", watch, None, None, (why,), now)
    return f"background: “{_excerpt(stored)}” ({why})"


def _excerpt(stored: StoredMention) -> str:
    quote = " ".join(stored.mention.quote.split())
    return quote if len(quote) <= 90 else quote[:87] + "…"


def _record_draft(
    tx: Transaction, draft: Draft, stored: StoredArticle, origin: Origin, homes: dict[int, int], tools: Tools
) -> tuple[DevelopmentVersion | None, Alert | None, str | None]:
    watch, kinds = tools.coder.watch, tools.coder.lexicon.kinds
    at = _at(stored.version.article, tools.now)
    candidates = _candidates(tx, draft, watch.id, at)
    detected = decide(draft, candidates, origin=origin, watch=watch, kinds=kinds)
    anchor = draft.slots.when.anchor
    if detected.state and anchor in homes and detected.state.anchor_development is None:
        detected = replace(detected, state=replace(detected.state, anchor_development=homes[anchor]))
    version, alert = _add_version(tx, detected, stored, tools)
    development_id = version.development_id if version else detected.development_id
    for mention in draft.mentions:
        if development_id is not None:
            homes[mention.mention.ordinal] = development_id
        number = version.id if version else None
        _decide(tx, mention, detected.decision, watch.id, development_id, number, detected.reasons, tools.now)
    if version:
        return version, alert, None
    home = f" of D{development_id}" if development_id else ""
    return None, None, f"{detected.decision}{home}: “{_excerpt(draft.mentions[0])}” ({detected.reasons[-1]})"


def _candidates(tx: Transaction, draft: Draft, watch: str, at: datetime) -> tuple[Development, ...]:
    start = draft.slots.when.start or at.date()
    return developments.candidates(tx, watch=watch, families={draft.kind.family}, since=start - _REACH)


def _add_version(
    tx: Transaction, detected: Detected, stored: StoredArticle, tools: Tools
) -> tuple[DevelopmentVersion | None, Alert | None]:
    if detected.state is None:
        return None, None
    verdict = judge_alert(
        detected.state,
        detected.decision,
        detected.changes,
        tools.coder.watch,
        article_at=stored.version.article.published_at,
        now=tools.now,
        max_age_days=tools.max_article_age_days,
    )
    reasons = verdict.reasons if tools.alerting else ("alerts are switched off for this run",)
    if detected.development_id is None:
        version = developments.create(
            tx,
            watch=tools.coder.watch.id,
            state=detected.state,
            decision=detected.decision,
            changes=detected.changes,
            alert_reasons=reasons,
            now=tools.now,
        )
    else:
        version = developments.add_version(
            tx,
            detected.development_id,
            state=detected.state,
            decision=detected.decision,
            changes=detected.changes,
            alert_reasons=reasons,
            now=tools.now,
        )
    return version, _raise_alert(tx, version, verdict, tools)


def _raise_alert(tx: Transaction, version: DevelopmentVersion, verdict: AlertVerdict, tools: Tools) -> Alert | None:
    if verdict.rule is None or not tools.alerting:
        return None
    wanted = verdict.rule.channels
    recipients = [
        (channel, recipient)
        for channel, names in tools.recipients.items()
        if "*" in wanted or channel in wanted
        for recipient in names
    ]
    key = f"{version.state.watch}/{version.development_id}/{version.number}/{verdict.rule.id}"
    return outbox.add_alert(
        tx,
        uid=f"alert_{uuid.uuid5(_NAMESPACE, key).hex}",
        version=version,
        change=version.decision,
        rule=verdict.rule.id,
        severity=verdict.severity,
        reasons=verdict.reasons,
        recipients=recipients,
        now=tools.now,
    )


def _decide(
    tx: Transaction,
    stored: StoredMention,
    decision: DecisionKind,
    watch: str,
    development_id: int | None,
    version_id: int | None,
    reasons: tuple[str, ...],
    now: datetime,
) -> None:
    developments.decide(
        tx,
        Decision(
            mention_id=stored.id,
            watch=watch,
            decision=decision,
            role="background" if decision == "background" else "news",
            development_id=development_id,
            development_version_id=version_id,
            reasons=reasons,
            decided_at=now,
        ),
    )
