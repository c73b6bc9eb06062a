"""Runs coding and decisions again over all that is stored, and holds the alerts that follow against those that were.

In: a store, a coder (another watch, other words) and settings of alerting. Out: a `Replay`: alerts gained and lost,
each with its reasons. Works in a scratch database: the store is only read, and nobody is told anything. What people
undid, merged or split by hand is not done again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from flows.reasons import decision_words
from flows.stages.read import Read
from flows.stages.record import record
from flows.stages.versions import Tools
from parsers.article import Document
from parsers.coding.tools import Coder
from parsers.coding.watch import CORRECTION
from parsers.formats.reading import Reading
from storage import articles, developments, outbox, sources
from storage.engine import Store, Transaction, open_store
from storage.source_values import Source
from storage.values import Alert, Development, StoredVersion

Key = tuple[str, str, str]  # the article that caused an alert, the kind of its development, what it tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert, and what the other side made of the article that caused it."""

    article: str
    summary: str
    kind: str
    change: str
    rule: str
    severity: str
    reasons: tuple[str, ...]  # why it is alerted, where it is
    evidence: tuple[str, ...]  # the words with their rules, vetoes and scores, where it is alerted
    otherwise: tuple[str, ...]  # what the side without the alert decided on the same article, and why no alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What another watch, lexicon or setting would have told."""

    watch: str
    articles: int  # versions that were coded again
    before: int  # alerts of the store
    after: int  # alerts of the replay
    gained: tuple[Told, ...]
    lost: tuple[Told, ...]


def replay(store: Store, coder: Coder, *, max_age_days: int) -> Replay:
    """Return what the tools given would have alerted of all that the store holds, beside what it alerted."""
    with (
        tempfile.TemporaryDirectory(prefix="sahelwatch-replay-") as folder,
        closing(open_store(f"sqlite:///{Path(folder)}/scratch.db")) as scratch,
    ):
        count = _record_again(store, scratch, coder, max_age_days)
        with store.read() as then, scratch.read() as now:
            before, after = _alerts(then), _alerts(now)
            gained = [_told(now, a, d, other=then) for key, (a, d) in after.items() if key not in before]
            lost = [_told(then, a, d, other=now) for key, (a, d) in before.items() if key not in after]
    return Replay(
        watch=coder.watch.id,
        articles=count,
        before=len(before),
        after=len(after),
        gained=tuple(gained),
        lost=tuple(lost),
    )


def _record_again(store: Store, scratch: Store, coder: Coder, max_age_days: int) -> int:
    """Record all versions anew, document by document, each at the instant at which it was seen."""
    count = 0
    with store.read() as tx:
        known = {source.key: source for source in sources.every(tx)}
        with scratch.write() as new:
            for source in known.values():
                sources.ensure(new, source)
        for document in _documents(tx):
            count += len(document.reading.articles)
            record(scratch, document, _tools(coder, document, known, max_age_days))
    return count


def _tools(coder: Coder, document: Read, known: Mapping[str, Source], max_age_days: int) -> Tools:
    return Tools(
        coder=coder,
        now=document.document.retrieved_at,
        max_article_age_days=max_age_days,
        recipients={},  # an alert without receivers: kept, sent to nobody
        sources=known,
    )


def _documents(tx: Transaction) -> Iterator[Read]:
    """Yield what was read of each document, in order of time; the text stands for the bytes."""

    def home(row: tuple[StoredVersion, str, str]) -> tuple[object, ...]:
        return row[0].seen_at, row[0].document_id

    for _, rows in groupby(articles.arrivals(tx), key=home):
        versions = list(rows)
        first, source, name = versions[0]
        body = "\n".join(f"{v.id}\n{v.article.text}" for v, _, _ in versions).encode()
        document = Document(source=source, name=name, body=body, retrieved_at=first.seen_at)
        reading = Reading(articles=tuple(v.article for v, _, _ in versions))
        yield Read(document=document, outcome="parsed", reading=reading)


def _alerts(tx: Transaction) -> dict[Key, tuple[Alert, Development]]:
    """Return the alerts of the watch's rules with their developments, oldest first.

    What only receivers were told wrongly is left out: in a replay nobody was told anything.
    """
    found: dict[Key, tuple[Alert, Development]] = {}
    for alert in (a for a in reversed(outbox.alerts(tx)) if a.rule != CORRECTION):
        development = developments.get(tx, alert.development_id)
        state = next(v.state for v in development.history if v.number == alert.development_number)
        found[_cause(alert, development), state.kind, alert.change] = (alert, development)
    return found


def _cause(alert: Alert, development: Development) -> str:
    """Return the article that made the version which was alerted; a withdrawal is that of its first article."""
    made = [r.external_id for r in development.reports if r.development_version_id == alert.development_version_id]
    return next(iter(made), None) or next((r.external_id for r in development.reports), development.public_id)


def _told(tx: Transaction, alert: Alert, development: Development, *, other: Transaction) -> Told:
    version = next(v for v in development.history if v.number == alert.development_number)
    article = _cause(alert, development)
    return Told(
        article=article,
        summary=version.state.summary,
        kind=version.state.kind,
        change=alert.change,
        rule=alert.rule,
        severity=alert.severity,
        reasons=alert.reasons,
        evidence=_decided(tx, article),
        otherwise=_decided(other, article) or ("the article is not known there",),
    )


def _decided(tx: Transaction, external_id: str) -> tuple[str, ...]:
    """Return what was decided on an article: its relevance, each mention, and why its versions alerted nobody."""
    lines: list[str] = []
    for article in articles.by_external_id(tx, external_id):
        lines.append(f"{article.version.relevance}: {'; '.join(article.version.relevance_reasons)}")
        told = developments.decisions_of_article(tx, article.id)
        lines += [decision_words(stored, decision) for stored, decision in told]
        made = {d.development_version_id: d.development_id for _, d in told if d.development_version_id}
        for version_id, development_id in made.items():
            lines += _verdict(tx, development_id, version_id)
    return tuple(lines)


def _verdict(tx: Transaction, development_id: int | None, version_id: int | None) -> list[str]:
    if development_id is None:
        return []
    history = developments.get(tx, development_id).history
    return [f"D{development_id} v{v.number}: {'; '.join(v.alert_reasons)}" for v in history if v.id == version_id]
