"""Counters for the operator: what each source brought, what was dropped and why, in the text form of Prometheus.

In: the report of a run, and the store that keeps the totals. Out: totals that only grow, and a file for a node
exporter's textfile folder. Reasons are counted by their sort: the words of an article never become a label.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.settings import Settings
from flows.stages.read import Read
from flows.stages.record import Recorded
from flows.stages.report import RunReport
from storage import counters, sources
from storage.counters import Counted
from storage.engine import Store
from storage.source_values import SourceState

OTHER = "other"
NOT_TAKEN = "not_taken"  # of files and entries that could not even be taken
# The first that matches is the sort; the patterns are those of the reasons that the stages give.
_SORTS = tuple(
    (sort, re.compile(pattern))
    for sort, pattern in (
        ("known", r"known$"),
        ("unchanged", r"unchanged$"),
        ("copy", r"\w+ copy of A\d+"),
        ("edit_without_news", r"v\d+, "),
        ("edit_not_kept", r"\d+ further change"),
        ("irrelevant", r"background: .*\(the article is irrelevant\)$"),
        ("outside_the_theatre", r"background: .*\(not in the theatre"),
        ("withdrawn", r"background: .*\(the article is withdrawn\)$"),
        ("background", r"background\b"),
        ("repeat", r"repeat\b"),
        ("quarantined", r"quarantined:"),
        ("empty", r"empty:"),
        ("entry", r"(?:entry|item) \d+:"),
    )
)
_HELP = {
    "articles": "Articles and versions of articles recorded.",
    "documents": "Documents read for the first time, by how reading ended.",
    "dropped": "Files, entries, articles and mentions that led to no record, by why.",
    "versions": "Versions of developments recorded, by decision.",
    "alerts": "Alerts raised.",
}
_LABEL = {"documents": "outcome", "dropped": "why", "versions": "decision"}  # the name of `why` in each


@dataclass(frozen=True, slots=True)
class Drop:
    """Something of a source that led to no record, the sort of why, and the reason in words."""

    source: str
    name: str
    why: str
    reason: str
    known: bool = False  # from an earlier run


def drop_class(reason: str) -> str:
    """Return the sort of a reason why something was dropped."""
    return next((sort for sort, pattern in _SORTS if pattern.match(reason)), OTHER)


def counts_of(report: RunReport) -> Counter[tuple[str, str, str]]:
    """Return what a run did, by (source, what, why); documents that were known are not counted again."""
    counts = Counter((drop.source, "dropped", drop.why) for drop in drops(report) if not drop.known)
    for read, done in _fresh(report):
        source = read.document.source
        counts[source, "documents", read.outcome] += 1
        counts[source, "articles", ""] += done.articles
        counts[source, "alerts", ""] += len(done.alerts)
        counts.update((source, "versions", version.decision) for version in done.versions)
    return +counts


def drops(report: RunReport) -> Iterator[Drop]:
    """Yield what a run dropped, in the order of the report; documents that no reader takes are met at every run."""
    for part in report.collected:
        yield from (Drop(part.source.key, p.name, NOT_TAKEN, p.reason) for p in part.problems)
    for read in report.read:
        if read.outcome != "parsed":
            source, name = read.document.source, read.document.name
            yield Drop(source, name, read.outcome, f"{read.outcome}: {read.reason}", known=read.known)
    for read, done in _fresh(report):
        yield from (Drop(read.document.source, d.name, drop_class(d.reason), d.reason) for d in done.dropped)


def _fresh(report: RunReport) -> Iterator[tuple[Read, Recorded]]:
    fresh = (read for read in report.read if not read.known)
    return zip(fresh, report.recorded, strict=True)


def keep_counts(store: Store, settings: Settings, report: RunReport) -> None:
    """Add a run to the totals, and write the file where one is wanted; OSError names a file that cannot be written."""
    if counts := counts_of(report):
        with store.write() as tx:
            counters.add(tx, counts)
    if settings.metrics.file:
        with store.read() as tx:
            text = as_prometheus(counters.every(tx), sources.states(tx), report)
        _replace(settings.metrics.file, text)


def as_prometheus(totals: Iterable[Counted], states: Mapping[str, SourceState], report: RunReport) -> str:
    """Return the totals of all runs, how the sources are doing, and the latest run, in the text form of Prometheus."""
    by_name: dict[str, list[Counted]] = {}
    for counted in totals:
        by_name.setdefault(counted.what, []).append(counted)
    lines: list[str] = []
    for what, found in by_name.items():
        lines += _head(f"sahelwatch_{what}_total", _HELP[what], "counter")
        for c in found:
            labels = {"source": c.source, **({_LABEL[what]: c.why} if what in _LABEL else {})}
            lines.append(_sample(f"sahelwatch_{what}_total", labels, c.total))
    name = "sahelwatch_source_failures"
    lines += _head(name, "Failures of a source in a row.", "gauge")
    lines += [_sample(name, {"source": key}, state.failures) for key, state in states.items()]
    name = "sahelwatch_last_run"
    lines += _head(name, "Counts of the latest run.", "gauge")
    lines += [_sample(name, {"count": count}, number) for count, number in report.counts().items()]
    name = "sahelwatch_last_run_timestamp_seconds"
    lines += _head(name, "Logical date of the latest run.", "gauge")
    lines.append(_sample(name, {}, int(report.now.timestamp())))
    return "\n".join(lines) + "\n"


def _head(name: str, told: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {kind}"


def _sample(name: str, labels: Mapping[str, str], value: int) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all: the exporter may read it at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o644)
    draft.replace(path)
