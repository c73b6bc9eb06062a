"""What the commands print: rich tables and lines for people, JSON for machines.

In: values of the stages and of storage. Out: text on a console. Foreign words are never read as markup, and
control characters in them are shown, not obeyed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.reasons import Answer
from flows.stages import report as reports
from flows.stages.deliver.message import plain
from flows.stages.editions import unkept_words
from flows.stages.history import history_words, version_words
from flows.stages.report import RunReport
from flows.stages.wording import figures, news_quotes, source_of, when_words, where_words
from storage.edit_values import Unkept
from storage.values import Alert, Delivery, Development, Report, StoredArticle, StoredDocument

_QUOTES_OF_ARTICLE = 2
_MOST_DROPPED = 20  # lines of a run's own listing; `--json` has them all


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_json))


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _text(words: str, style: str = "") -> Text:
    return Text(plain(words), style=style)


def print_run(console: Console, report: RunReport, *, alerts_shown: bool, as_json: bool) -> None:
    """Print what a run found, what it dropped and why; `alerts_shown` where a console channel printed the alerts."""
    if as_json:
        print_json(reports.as_json(report))
        return
    for watched, title in ((True, "Watched developments"), (False, "Context developments")):
        changed = [d for d in report.developments.values() if d.state.watched is watched]
        if changed:
            console.print(Text(f"\n{title}", style="bold"))
        for development in changed:
            _print_changed(console, report, development, alerts_shown=alerts_shown)
    _print_dropped(console, report)
    counts = report.counts()
    line = (
        f"\n{report.message[:1].upper()}{report.message[1:]}: {counts['documents']} documents "
        f"({counts['documents_known']} known), {counts['articles']} new articles or versions, "
        f"{counts['alerts']} alerts, {counts['sent']} sent, {counts['waiting']} waiting, {counts['dead']} dead."
    )
    console.print(Text(line, style="bold"), soft_wrap=True)


def _print_changed(console: Console, report: RunReport, development: Development, *, alerts_shown: bool) -> None:
    """Print one development with all that the run did to it; its quotes, unless its alert has just shown them."""
    versions = [v for v in report.versions if v.development_id == development.id]
    alerts = [a.public_id for a in report.alerts if a.development_id == development.id]
    state = versions[-1].state
    decisions = ", ".join(dict.fromkeys(v.decision for v in versions))
    head = ((f"\n{development.public_id} ", "bold cyan"), (f"{decisions}  ", "magenta"), plain(state.summary))
    console.print(Text.assemble(*head), soft_wrap=True)
    if alerts and alerts_shown:
        print_line(
            console, f"    alert {', '.join(alerts)} above; more: sahelwatch show {development.public_id}", "dim"
        )
        return
    facts = [f"{state.event_type} / {state.sub_event_type}", state.modality, where_words(state)]
    print_line(console, f"    {'; '.join(facts)}; when {when_words(state)}", "dim")
    for line in (words for v in versions for words in version_words(development, v)):
        print_line(console, f"    {line}", "yellow")
    _print_quotes(console, development, [r for r in news_quotes(development.reports) if r.decided_at >= report.now])
    told = f"alert {', '.join(alerts)}" if alerts else f"no alert: {versions[-1].alert_reasons[0]}"
    print_line(console, f"    {told}", "dim")


def _print_quotes(console: Console, development: Development, quotes: Sequence[Report]) -> None:
    for quote in _first_of_each(quotes):
        print_line(console, f"    “{quote.quote}”")
        print_line(console, f"      {source_of(quote)}", "dim")
    if more := len(quotes) - len(_first_of_each(quotes)):
        print_line(console, f"      … {more} more quotes: sahelwatch show {development.public_id}", "dim")


def _first_of_each(quotes: Sequence[Report]) -> list[Report]:
    """Return the first quotes of each article: enough to see what it says."""
    kept: list[Report] = []
    for quote in quotes:
        if sum(q.article_id == quote.article_id for q in kept) < _QUOTES_OF_ARTICLE:
            kept.append(quote)
    return kept


def print_line(console: Console, words: str, style: str = "") -> None:
    """Print one line of foreign words as it is; the terminal wraps it, so that a quote can be searched for."""
    console.print(_text(words, style), soft_wrap=True)


def _print_dropped(console: Console, report: RunReport) -> None:
    for failed in report.failed:
        print_line(console, f"\nSource {failed.source.key} failed: {failed.failed}", "red")
    for notice in report.notices:
        print_line(console, reports.notice_words(notice), "yellow")
    for error in report.dispatched.errors:
        print_line(console, f"Delivery: {error}", "red")
    if not report.dropped:
        return
    console.print(Text("\nNot told as new, and why", style="bold"))
    for drop in report.dropped[:_MOST_DROPPED]:
        print_line(console, f"    {drop.name}: {drop.reason}", "dim")
    if (more := len(report.dropped) - _MOST_DROPPED) > 0:
        print_line(console, f"    … and {more} more (--json lists them all)", "dim")


def print_developments(console: Console, rows: Sequence[Development], *, as_json: bool) -> None:
    """Print a list of developments."""
    if as_json:
        print_json([{"id": d.public_id, "version": d.version.number, **asdict(d.state)} for d in rows])
        return
    table = table_of("id", "v", "when", "where", "development", "sources")
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
    print_table(console, table, "no development yet")


def print_development(console: Console, development: Development, *, as_json: bool) -> None:
    """Print one development with its versions and evidence."""
    if as_json:
        print_json({**asdict(development), "told": history_words(development)})
        return
    state = development.state
    title = Text.assemble((f"{development.public_id} ", "bold cyan"), (plain(state.summary), "bold"))
    console.print(title, soft_wrap=True)
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
            print_line(console, f"  {name:<15} {value}")
    console.print(Text("\nVersions", style="bold"))
    for version in development.history:
        print_line(
            console,
            f"  v{version.number} {version.recorded_at:%Y-%m-%d %H:%M} {version.decision}: {version.state.summary}",
        )
        for line in version_words(development, version):
            print_line(console, f"       {line}", "yellow")
        print_line(console, f"       alert: {'; '.join(version.alert_reasons)}", "dim")
    console.print(Text("\nEvidence", style="bold"))
    for report in development.reports:
        print_line(console, f"  “{report.quote}”")
        said = f"; said by {report.claimant}" if report.claimant else ""
        print_line(
            console, f"     {source_of(report)}{said}; {report.decision}, {report.role}, rule {report.rule}", "dim"
        )


def print_articles(
    console: Console,
    rows: Sequence[StoredArticle],
    waiting: Sequence[StoredDocument],
    unkept: Mapping[int, Sequence[Unkept]],
    *,
    as_json: bool,
) -> None:
    """Print a list of articles with the sort of their last edit, what was not kept of them, and the quarantine."""
    if as_json:
        listed = [{**asdict(a), "unkept": [asdict(u) for u in unkept.get(a.id, ())]} for a in rows]
        print_json({"articles": listed, "quarantined": [asdict(d) for d in waiting]})
        return
    table = table_of("id", "v", "edit", "published", "relevance", "article", "headline")
    for article in rows:
        version = article.version
        published = version.article.published_at
        table.add_row(
            article.public_id,
            str(version.number),
            version.edit.kind + (", flips" if version.edit.returns_to else "") if version.edit else "",
            f"{published:%Y-%m-%d}" if published else "undated",
            version.relevance,
            Text(plain(version.article.external_id)),
            Text(plain(version.article.headline)),
        )
    print_table(console, table, "no article yet")
    for article in rows:
        for missed in unkept.get(article.id, ()):
            print_line(console, f"{article.public_id}: {unkept_words(missed)}", "yellow")
    for document in waiting:
        print_line(console, f"in quarantine: {document.name}: {document.reason}", "red")


def print_alerts(console: Console, rows: Sequence[tuple[Alert, Sequence[Delivery]]], *, as_json: bool) -> None:
    """Print alerts with the state of each delivery."""
    if as_json:
        print_json([{**asdict(a), "deliveries": [asdict(d) for d in deliveries]} for a, deliveries in rows])
        return
    table = table_of("id", "created", "development", "change", "severity", "deliveries")
    for alert, deliveries in rows:
        states = "\n".join(
            f"{d.channel} {d.recipient}: {d.state} ({d.attempts})" + (f" {d.error}" if d.error else "")
            for d in deliveries
        )
        table.add_row(
            alert.public_id,
            f"{alert.created_at:%Y-%m-%d %H:%M}",
            f"D{alert.development_id} v{alert.development_number}",
            alert.change,
            alert.severity,
            Text(plain(states) if "\n" not in states else states),
        )
    print_table(console, table, "no alert yet")


def print_facts(console: Console, facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Print named facts, one a line; empty ones are left out."""
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        values = value if isinstance(value, list | tuple) else (value,)
        for one in values:
            if one not in (None, ""):
                print_line(console, f"  {name.replace('_', ' '):<16} {one}")


def print_reasons(console: Console, answer: Answer, *, as_json: bool) -> None:
    """Print why."""
    if as_json:
        print_json(asdict(answer))
        return
    print_line(console, answer.title, "bold")
    for line in answer.lines:
        print_line(console, f"  - {line}")


def table_of(*columns: str) -> Table:
    """Return an empty table with these columns."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_table(console: Console, table: Table, empty: str) -> None:
    """Print a table, or a line where it is empty."""
    console.print(table if table.row_count else Text(empty))
