"""What a run did, in words: for the terminal, for Prefect's artifacts, for machines.

In: what the stages returned. Out: a `RunReport` and its renderings as Markdown, table rows and JSON. Pure;
nothing that was dropped is left out without its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flows.stages.collect import Collected
from flows.stages.deliver.dispatch import Dispatched
from flows.stages.deliver.message import plain
from flows.stages.history import version_words
from flows.stages.read import Read
from flows.stages.record import Dropped, Recorded
from flows.stages.wording import news_quotes, source_of, when_words, where_words
from storage.source_values import NoticeKind, SourceNotice
from storage.values import Alert, DecisionKind, Development, DevelopmentVersion

_LEADING = re.compile(r"^(\d*)([-+=~.)])")  # would make a list, a rule or a heading of a line
_NOTICES: dict[NoticeKind, str] = {
    "failed": "fails",
    "recovered": "works again",
    "silent": "has fallen silent",
    "collapsed": "brings far fewer items",
    "moved": "has a new address",
}
_SAID: dict[DecisionKind, str] = {
    "new": "new", "update": "updated", "contradiction": "contradicted", "corroboration": "corroborated",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """All that one run did."""

    now: datetime
    collected: tuple[Collected, ...]
    read: tuple[Read, ...]
    recorded: tuple[Recorded, ...]
    notices: tuple[SourceNotice, ...]
    dispatched: Dispatched
    developments: Mapping[int, Development]  # those that got a new version

    @property
    def versions(self) -> tuple[DevelopmentVersion, ...]:
        """Return the new versions, in the order in which they were recorded."""
        return tuple(v for r in self.recorded for v in r.versions)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Return the alerts raised."""
        return tuple(a for r in self.recorded for a in r.alerts)

    @property
    def failed(self) -> tuple[Collected, ...]:
        """Return the sources that gave nothing at all: none that could be taken, or none that could be read."""
        return tuple(c for c in map(self._as_read, self.collected) if c.failed)

    def _as_read(self, part: Collected) -> Collected:
        hashes = {d.sha256 for d in part.documents}
        mine = [r for r in self.read if r.document.source == part.source.key and r.document.sha256 in hashes]
        if part.failed or not mine or any(r.outcome != "quarantined" for r in mine):
            return part
        return replace(part, failed=f"none of its {len(mine)} documents could be read: {mine[0].reason}")

    @property
    def went_wrong(self) -> bool:
        """Tell that no source of the run gave anything."""
        return bool(self.failed) and len(self.failed) == len(self.collected)

    @property
    def known(self) -> int:
        """Return how many documents an earlier run recorded."""
        return sum(r.known for r in self.read)

    @property
    def quarantined(self) -> tuple[Read, ...]:
        """Return the documents that no format can read, also those of earlier runs that are still there."""
        return tuple(r for r in self.read if r.outcome == "quarantined")

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """Return what led to no record, and why: files, articles, mentions."""
        files = [Dropped(name=p.name, reason=p.reason) for c in self.collected for p in c.problems]
        files += [
            Dropped(name=r.document.name, reason=f"{r.outcome}: {r.reason}") for r in self.read if r.outcome != "parsed"
        ]
        return (*files, *(d for r in self.recorded for d in r.dropped))

    @property
    def message(self) -> str:
        """Return the run in one line, as the state message of the flow run."""
        decisions = Counter(v.decision for v in self.versions)
        parts = [f"{decisions[d]} {word}" for d, word in _SAID.items() if decisions[d]]
        parts = parts or ["nothing new"]
        if self.failed:
            parts.append(f"{len(self.failed)} of {len(self.collected)} sources failed")
        if self.quarantined:
            parts.append(f"{len(self.quarantined)} in quarantine")
        if self.dispatched.errors:
            failures = len(self.dispatched.errors)
            parts.append(f"{failures} {'delivery' if failures == 1 else 'deliveries'} failed")
        return ", ".join(parts)

    def counts(self) -> dict[str, int]:
        """Return the counters of the run."""
        return {
            "sources": len(self.collected),
            "sources_failed": len(self.failed),
            "documents": len(self.read),
            "documents_known": self.known,
            "documents_quarantined": len(self.quarantined),
            "articles": sum(r.articles for r in self.recorded),
            "versions": len(self.versions),
            "alerts": len(self.alerts),
            "sent": self.dispatched.sent,
            "waiting": self.dispatched.waiting,
            "dead": self.dispatched.dead,
            "dropped": len(self.dropped),
        }


def as_json(report: RunReport) -> dict[str, Any]:
    """Return the run for machines."""
    return {
        "as_of": report.now.isoformat(),
        "message": report.message,
        "counts": report.counts(),
        "developments": [
            {
                "id": f"D{v.development_id}",
                "version": v.number,
                "decision": v.decision,
                "watched": v.state.watched,
                "summary": v.state.summary,
                "alert_reasons": list(v.alert_reasons),
            }
            for v in report.versions
        ],
        "notices": [{"source": n.source, "kind": n.kind, "reason": n.reason} for n in report.notices],
        "failed": [{"source": c.source.key, "reason": c.failed} for c in report.failed],
        "dropped": [{"name": d.name, "reason": d.reason} for d in report.dropped],
        "delivery_errors": list(report.dispatched.errors),
    }


def as_markdown(report: RunReport) -> str:
    """Return the run as Markdown: what is new with its quotes, then what was dropped and why."""
    lines = [f"# {report.now:%Y-%m-%d %H:%M} UTC: {report.message}", ""]
    for watched, title in ((True, "Watched developments"), (False, "Context")):
        changed = [d for d in report.developments.values() if d.state.watched is watched]
        if changed:
            lines += [f"## {title}", ""]
        for development in changed:
            lines += _development_lines(report, development)
    if report.failed:
        lines += [
            "## Sources that failed",
            "",
            *(f"- {_plain(c.source.key)}: {_plain(c.failed or '')}" for c in report.failed),
            "",
        ]
    if report.notices:
        lines += ["## Sources to look at", "", *(f"- {_plain(notice_words(n))}" for n in report.notices), ""]
    if report.dispatched.errors:
        lines += ["## Deliveries that did not end well", "", *(f"- {_plain(e)}" for e in report.dispatched.errors), ""]
    if report.dropped:
        lines += ["## Dropped, and why", "", "| what | why |", "|---|---|"]
        lines += [f"| {_plain(d.name)} | {_plain(d.reason)} |" for d in report.dropped]
    return "\n".join(lines) + "\n"


def _development_lines(report: RunReport, development: Development) -> list[str]:
    versions = [v for v in report.versions if v.development_id == development.id]
    state = versions[-1].state
    decisions = ", ".join(dict.fromkeys(v.decision for v in versions))
    lines = [f"### {development.public_id} ({decisions}): {_plain(state.summary)}", ""]
    where = _plain(where_words(state))
    lines.append(f"{state.event_type} / {state.sub_event_type}; where: {where}; when: {when_words(state)}")
    lines += ["", *(f"- {_plain(words)}" for v in versions for words in version_words(development, v))]
    for quote in news_quotes(development.reports):
        lines += ["", f"> {_plain(quote.quote)}", "", f"— {_plain(source_of(quote))}"]
    alerted = any(a.development_id == development.id for a in report.alerts)
    lines += ["", f"*{'Alert' if alerted else 'No alert'}:* {_plain('; '.join(versions[0].alert_reasons))}", ""]
    return lines


def _plain(text: str) -> str:
    """Return foreign words fit for Markdown: on one line, without its marks or HTML, no address of mail made a link."""
    flat = plain(" ".join(text.split()))
    for mark in ("\\", "`", "*", "_", "[", "]", "<", ">", "|", "#", "@", "~"):
        flat = flat.replace(mark, f"\\{mark}")
    return _LEADING.sub(r"\g<1>\\\g<2>", flat)


def development_rows(report: RunReport) -> list[dict[str, Any]]:
    """Return the rows of the table of new developments."""
    alerted = {a.development_version_id for a in report.alerts}
    return [
        {
            "id": f"D{v.development_id}",
            "decision": v.decision,
            "summary": v.state.summary,
            "where": where_words(v.state),
            "when": when_words(v.state),
            "alert": "yes" if v.id in alerted else "no",
            "why": "; ".join(v.alert_reasons),
        }
        for v in report.versions
    ]


def notice_words(notice: SourceNotice) -> str:
    """Return a notice as a line for the operator."""
    return f"source {notice.source} {_NOTICES[notice.kind]}: {notice.reason}"


def source_rows(collected: Sequence[Collected]) -> list[dict[str, Any]]:
    """Return the rows of the table of sources: those that failed come first, then those with problems."""
    return [
        {
            "source": c.source.key,
            "state": "failed" if c.failed else "waiting" if c.attempt and c.attempt.outcome == "waiting" else "ok",
            "reason": c.failed or "; ".join(f"{p.name}: {p.reason}" for p in c.problems),
            "documents": len(c.documents),
            "problems": len(c.problems),
            "kind": c.source.kind,
        }
        for c in sorted(collected, key=lambda c: (not c.failed, not c.problems))
    ]
