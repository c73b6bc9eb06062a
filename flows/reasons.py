"""Why: why an alert was sent, or why an article or a development caused none.

In: a public id (L3, D12, A7) or an article's external id. Out: an `Answer`: a title and lines, each a
reason with the rule and the words that made it. Reads only what was recorded when it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flows.stages.comparison_page import version_line
from flows.stages.editions import unkept_words
from storage import articles, developments, duplicates, leads, outbox, unkept
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.values import Alert, Decision, Development, Judgement, StoredArticle, StoredMention

_MOST_DIGITS = 18  # of a 64-bit number


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reasoned answer."""

    id: str
    title: str
    lines: tuple[str, ...]


def explain(tx: Transaction, name: str) -> Answer:
    """Return the reasons behind an id; NotFoundError where nothing has that id."""
    kind, number = name[:1].upper(), name[1:]
    if _is_number(number) and kind == "L":
        return _of_alert(tx, outbox.get(tx, int(number)))
    if _is_number(number) and kind == "D":
        return _of_development(tx, developments.get(tx, int(number)))
    return _of_article(tx, article_of(tx, name))


def article_of(tx: Transaction, name: str) -> StoredArticle:
    """Return the article with this id (A7) or external id; NotFoundError where there is none."""
    if name[:1].upper() == "A" and _is_number(name[1:]):
        return articles.get(tx, int(name[1:]))
    found = articles.by_external_id(tx, name)
    if not found:
        raise NotFoundError(
            f"nothing has the id {name}: give L3 (alert), D12 (development), A7 or a file name (article)"
        )
    return found[0]


def judgements(
    tx: Transaction, *, as_of: datetime | None = None
) -> tuple[tuple[Judgement, ...], dict[int, int], dict[int, str]]:
    """Return the judgements made until an instant, the leader of each copy's group, and the names of all of them."""
    rows = duplicates.judgements(tx)
    if as_of is not None:
        rows = tuple(_as_it_stood(j, as_of) for j in rows if j.judged_at <= as_of)
    repeats = {left: judged.right for left, judged in duplicates.standing(tx, as_of=as_of).items()}
    chosen = [lead.article for lead in leads.named(tx, as_of=as_of)]
    leaders = duplicates.led([j.left for j in rows], repeats, chosen)
    named = {j.left for j in rows} | {j.right for j in rows}
    return rows, leaders, {i: articles.get(tx, i).version.article.external_id for i in named}


def _as_it_stood(judged: Judgement, as_of: datetime) -> Judgement:
    later = judged.undone_at is not None and judged.undone_at > as_of
    return replace(judged, undone_at=None, undone_reason=None) if later else judged


def _is_number(digits: str) -> bool:
    """Tell whether this is the number of a row: plain digits, and no more than a database has."""
    return digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS


def number(name: str, letter: str) -> int:
    """Return the number of a public id such as D12; NotFoundError where it has another form."""
    digits = name[1:] if name[:1].upper() == letter else name
    if not _is_number(digits):
        raise NotFoundError(f"{name} is no id of this kind: give {letter}12")
    return int(digits)


def _of_alert(tx: Transaction, alert: Alert) -> Answer:
    development = developments.get(tx, alert.development_id)
    lines = [f"severity {alert.severity}, {alert.change} of D{alert.development_id} v{alert.development_number}"]
    lines += alert.reasons
    version = next(v for v in development.history if v.number == alert.development_number)
    lines += [f"changed {c.field}: {c.old} -> {c.new} ({c.reason})" for c in version.changes]
    lines += [
        f"“{r.quote}” ({r.external_id}, rule {r.rule}, {r.decision}: {'; '.join(r.reasons)})"
        for r in development.reports
        if r.role == "news" and r.decided_at <= version.recorded_at
    ]
    for delivery in outbox.deliveries(tx, alert.id):
        lines.append(
            f"delivery to {delivery.channel} {delivery.recipient}: {delivery.state}, {delivery.attempts} attempts"
        )
    return Answer(id=alert.public_id, title=f"Alert {alert.public_id}: {version.state.summary}", lines=tuple(lines))


def _of_development(tx: Transaction, development: Development) -> Answer:
    lines: list[str] = []
    alerts = {a.development_number: a for a in outbox.alerts_of_development(tx, development.id)}
    for version in development.history:
        alert = alerts.get(version.number)
        verdict = f"alerted as {alert.public_id}" if alert else "no alert"
        lines.append(f"v{version.number} {version.decision}: {verdict}: {'; '.join(version.alert_reasons)}")
    for report in development.reports:
        why = "; ".join(report.reasons)
        lines.append(f"{report.decision} by {report.external_id}, rule {report.rule}: {why}: “{report.quote}”")
    return Answer(
        id=development.public_id,
        title=f"Development {development.public_id}: {development.state.summary}",
        lines=tuple(lines),
    )


def decision_words(stored: StoredMention, decision: Decision) -> str:
    """Return what was decided on a mention: its rule, the words that fired it, the scores and vetoes, the quote."""
    mention = stored.mention
    home = f" D{decision.development_id}" if decision.development_id else ""
    fired = mention.quote[mention.trigger.start - mention.start : mention.trigger.end - mention.start]
    return (
        f"{decision.decision}{home}: {mention.kind or 'toll'} ({mention.modality}, rule {mention.rule} by “{fired}”): "
        f"{'; '.join(decision.reasons)}: “{mention.quote}”"
    )


def _judgement_words(judged: Judgement) -> str:
    line = (
        f"A{judged.left} is a copy ({judged.kind}, {judged.score:.2f}) of A{judged.right}: {'; '.join(judged.reasons)}"
    )
    undone = judged.undone_at
    return f"undone {undone:%Y-%m-%d %H:%M} ({judged.undone_reason}): {line}" if undone else line


def _group_words(tx: Transaction, article_id: int) -> list[str]:
    """Return who leads the group of an article, and who said so; nothing of one that leads because it came first."""
    leader = duplicates.leader(tx, article_id)
    said = [lead for lead in leads.named(tx) if lead.article == leader][-1:]
    named = "".join(f", named {lead.made_at:%Y-%m-%d %H:%M} ({lead.reason})" for lead in said)
    if leader == article_id:
        return [f"it leads its group{named}"] if named else []
    undo = f"; if it is no copy: sahelwatch duplicates undo A{article_id}"
    repeats = any(j.left == article_id and j.undone_at is None for j in duplicates.judgements(tx, article_id))
    return [f"its group is led by A{leader}{named}{undo if repeats else ''}"]


def _of_article(tx: Transaction, article: StoredArticle) -> Answer:
    version = article.version
    lines = [f"{version.relevance}: {'; '.join(version.relevance_reasons)}"]
    lines += [version_line(v) for v in articles.versions(tx, article.id) if v.edit]
    lines += [unkept_words(missed) for missed in unkept.of_article(tx, article.id)]
    lines += [_judgement_words(judgement) for judgement in duplicates.judgements(tx, article.id)]
    lines += _group_words(tx, article.id)
    for stored, decision in developments.decisions_of_article(tx, article.id):
        lines.append(decision_words(stored, decision))
    title = f"Article {article.public_id} ({version.article.external_id}): {version.article.headline}"
    return Answer(id=article.public_id, title=title, lines=tuple(lines))
