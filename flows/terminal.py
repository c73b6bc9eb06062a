"""What the commands print: rich tables and lines for people, JSON for machines.

In: values of the stages and of storage. Out: text on a console. Foreign words are never read as markup, and control characters in
them are shown, not obeyed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.reasons import Answer
from flows.stages.compose import change_words, figures, news_quotes, source_of, when_words, where_words
from flows.stages.deliver.message import plain
from flows.stages import report as reports
from flows.stages.report import RunReport
from storage.values import (
    Alert,
    Delivery,
    Development,
    DevelopmentVersion,
    Judgement,
    StoredArticle,
    StoredDocument,
)

_MOST_DROPPED = 20  # lines of a run's own listing; `--json` has them all


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_json))


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _text(words: str, style: str = "") -> Text:
    return Text(plain(words), style=style)


def print_run(console: Console, report: RunReport, *, as_json: bool) -> None:
    """Print what a run found, what it dropped and why."""
    if as_json:
        print_json(reports.as_json(report))
        return
    for watched, title in ((True, "Watched developments"), (False, "Context developments")):
        versions = [v for v in report.versions if v.state.watched is watched]
        if versions:
            console.print(Text(f"\n{title}", style="bold"))
        for version in versions:
            _print_version(console, version, report.developments[version.development_id])
    _print_dropped(console, report)
    counts = report.counts()
    console.print(
        Text(
            f"\n{report.message[:1].upper()}{report.message[1:]}: {counts['documents']} documents "
            f"({counts['documents_known']} known), {counts['articles']} new articles or versions, "
            f"{counts['alerts']} alerts, {counts['sent']} sent, {counts['waiting']} waiting, {counts['dead']} dead.",
            style="bold",
        )
    )


def _print_version(console: Console, version: DevelopmentVersion, development: Development) -> None:
    state = version.state
    console.print(
        Text.assemble(
            (f"\nD{version.development_id} ", "bold cyan"), (f"{version.decision}  ", "magenta"), plain(state.summary)
        )
    )
    facts = f"{state.event_type} / {state.sub_event_type}; {state.modality}; {where_words(state)}; when: {when_words(state)}"
    console.print(_text(f"    {facts}", "dim"))
    for change in version.changes:
        console.print(_text(f"    {change_words(change)}", "yellow"))
    for report in news_quotes(development.reports):
        if report.decided_at <= version.recorded_at:
            console.print(_text(f"    “{report.quote}”"))
            console.print(_text(f"      {source_of(report)}", "dim"))


def _print_dropped(console: Console, report: RunReport) -> None:
    for failed in report.failed:
        console.print(_text(f"\nSource {failed.source.key} failed: {failed.failed}", "red"))
    for error in report.dispatched.errors:
        console.print(_text(f"Delivery: {error}", "red"))
    if not report.dropped:
        return
    console.print(Text("\nNot told as new, and why", style="bold"))
    for drop in report.dropped[:_MOST_DROPPED]:
        console.print(_text(f"    {drop.name}: {drop.reason}", "dim"))
    if more := len(report.dropped) - _MOST_DROPPED:
        console.print(Text(f"    … and {more} more (--json lists them all)" if more > 0 else "", style="dim"))


def print_developments(console: Console, rows: Sequence[Development], *, as_json: bool) -> None:
    """Print a list of developments."""
    if as_json:
        print_json([{"id": d.public_id, "version": d.version.number, **asdict(d.state)} for d in rows])
        return
    table = _table("id", "v", "when", "where", "development", "sources")
    for development in rows:
        state = development.state
        table.add_row(
            development.public_id,
            str(development.version.number),
            plain(when_words(state)),
            plain(where_words(state)),
            Text(plain(state.summary)),
            str(state.independent_sources),
        )
    _show(console, table, "no development yet")


def print_development(console: Console, development: Development, *, as_json: bool) -> None:
    """Print one development with its versions and evidence."""
    if as_json:
        print_json(asdict(development))
        return
    state = development.state
    console.print(Text.assemble((f"{development.public_id} ", "bold cyan"), (plain(state.summary), "bold")))
    facts = {
        "type": f"{state.event_type} / {state.sub_event_type} ({state.kind})",
        "told as": f"{state.modality}, {state.status}",
        "where": where_words(state),
        "when": when_words(state),
        "actors": ", ".join(f"{p.name} ({p.role})" for p in state.participants),
        "figures": "; ".join(figures(state)),
        "sources": f"{state.independent_sources} independent",
    }
    facts |= {f"described as {n}": f"“{d.text}”" for n, d in enumerate(state.descriptions, start=1)}
    for name, value in facts.items():
        if value:
            console.print(_text(f"  {name:<15} {value}"))
    console.print(Text("\nVersions", style="bold"))
    for version in development.history:
        console.print(_text(f"  v{version.number} {version.recorded_at:%Y-%m-%d %H:%M} {version.decision}: {version.state.summary}"))
        for change in version.changes:
            console.print(_text(f"       {change_words(change)}", "yellow"))
        console.print(_text(f"       alert: {'; '.join(version.alert_reasons)}", "dim"))
    console.print(Text("\nEvidence", style="bold"))
    for report in development.reports:
        console.print(_text(f"  “{report.quote}”"))
        said = f"; said by {report.claimant}" if report.claimant else ""
        console.print(_text(f"     {source_of(report)}{said}; {report.decision}, {report.role}, rule {report.rule}", "dim"))


def print_articles(
    console: Console, rows: Sequence[StoredArticle], waiting: Sequence[StoredDocument], *, as_json: bool
) -> None:
    """Print a list of articles, and the documents in quarantine."""
    if as_json:
        print_json({"articles": [asdict(a) for a in rows], "quarantined": [asdict(d) for d in waiting]})
        return
    table = _table("id", "v", "published", "relevance", "article", "headline")
    for article in rows:
        version = article.version
        published = version.article.published_at
        table.add_row(
            article.public_id,
            str(version.number),
            f"{published:%Y-%m-%d}" if published else "undated",
            version.relevance,
            Text(plain(version.article.external_id)),
            Text(plain(version.article.headline)),
        )
    _show(console, table, "no article yet")
    for document in waiting:
        console.print(_text(f"in quarantine: {document.name}: {document.reason}", "red"))


def print_judgements(console: Console, rows: Sequence[Judgement], *, as_json: bool) -> None:
    """Print which articles were judged copies of which."""
    if as_json:
        print_json([asdict(j) for j in rows])
        return
    table = _table("copy", "original", "kind", "score", "why")
    for row in rows:
        table.add_row(f"A{row.left}", f"A{row.right}", row.kind, f"{row.score:.2f}", Text(plain("; ".join(row.reasons))))
    _show(console, table, "no duplicates")


def print_alerts(console: Console, rows: Sequence[tuple[Alert, Sequence[Delivery]]], *, as_json: bool) -> None:
    """Print alerts with the state of each delivery."""
    if as_json:
        print_json([{**asdict(a), "deliveries": [asdict(d) for d in deliveries]} for a, deliveries in rows])
        return
    table = _table("id", "created", "development", "change", "severity", "deliveries")
    for alert, deliveries in rows:
        states = "\n".join(
            f"{d.channel} {d.recipient}: {d.state} ({d.attempts})" + (f" {d.error}" if d.error else "") for d in deliveries
        )
        table.add_row(
            alert.public_id,
            f"{alert.created_at:%Y-%m-%d %H:%M}",
            f"D{alert.development_id} v{alert.development_number}",
            alert.change,
            alert.severity,
            Text(plain(states) if "\n" not in states else states),
        )
    _show(console, table, "no alert yet")


def print_reasons(console: Console, answer: Answer, *, as_json: bool) -> None:
    """Print why."""
    if as_json:
        print_json(asdict(answer))
        return
    console.print(_text(answer.title, "bold"))
    for line in answer.lines:
        console.print(_text(f"  - {line}"))


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _show(console: Console, table: Table, empty: str) -> None:
    console.print(table if table.row_count else Text(empty))
