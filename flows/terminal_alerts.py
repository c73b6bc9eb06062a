"""What the commands on alerts and rules print: text for people, JSON for machines.

In: values of storage and of the stages. Out: text on a console; foreign words are shown, never obeyed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from flows.stages.deliver.message import Receipt, plain
from flows.stages.rehearse import Rehearsed
from flows.terminal import print_json, print_line, print_table, table_of
from storage.alert_values import Hold, Silence
from storage.values import Alert, Attempt, Delivery


def print_alert(
    console: Console,
    alert: Alert,
    deliveries: Sequence[Delivery],
    attempts: Mapping[int, Sequence[Attempt]],
    holds: Mapping[int, Hold],
    *,
    as_json: bool,
) -> None:
    """Print an alert with its deliveries: what became of each try, and why one waits."""
    if as_json:
        rows = [
            {
                **asdict(d),
                "held": asdict(holds[d.id]) if d.id in holds else None,
                "tries": [asdict(a) for a in attempts[d.id]],
            }
            for d in deliveries
        ]
        print_json({**asdict(alert), "deliveries": rows})
        return
    title = f"{alert.public_id}: {alert.change} of D{alert.development_id} v{alert.development_number}"
    print_line(console, f"{title}, {alert.severity}, {alert.created_at:%Y-%m-%d %H:%M} UTC", "bold")
    print_line(console, f"  id {alert.uid}")
    for reason in alert.reasons:
        print_line(console, f"  - {reason}")
    for delivery in deliveries:
        _print_delivery(console, delivery, attempts[delivery.id], holds.get(delivery.id))


def _print_delivery(console: Console, delivery: Delivery, attempts: Sequence[Attempt], hold: Hold | None) -> None:
    due = delivery.next_attempt_at
    waits = f", next try {due:%Y-%m-%d %H:%M} UTC" if due and delivery.state in {"pending", "retry"} else ""
    print_line(console, f"  {delivery.channel} {delivery.recipient}: {delivery.state}{waits}", "bold")
    if hold:
        print_line(console, f"    held until {hold.until:%Y-%m-%d %H:%M} UTC: {hold.reason}")
    if delivery.state == "skipped":
        print_line(console, f"    {delivery.error}")
    for attempt in attempts:
        code = f" {attempt.code}" if attempt.code else ""
        error = f": {attempt.error}" if attempt.error else ""
        when = f"{attempt.started_at:%Y-%m-%d %H:%M:%S}"
        print_line(console, f"    try {attempt.number} at {when} UTC: {attempt.outcome}{code}{error}")


def print_silences(console: Console, silences: Sequence[Silence], *, as_json: bool) -> None:
    """Print silences: until when one holds, or that it has ended."""
    if as_json:
        print_json([{**asdict(s), "public_id": s.public_id} for s in silences])
        return
    table = table_of("id", "of", "until", "reason")
    for silence in silences:
        table.add_row(
            silence.public_id,
            Text(plain(silence_words(silence))),
            f"ended {silence.ended_at:%Y-%m-%d %H:%M}" if silence.ended_at else f"{silence.until:%Y-%m-%d %H:%M}",
            Text(plain(silence.reason)),
        )
    print_table(console, table, "no silence")


def silence_words(silence: Silence) -> str:
    """Return what a silence covers."""
    parts = [
        f"D{silence.development_id}" if silence.development_id is not None else None,
        f"rule {silence.rule}" if silence.rule else None,
        f"channel {silence.channel}" if silence.channel else None,
    ]
    return ", ".join(part for part in parts if part)


def print_trial(console: Console, channel: str, receipts: Mapping[str, Receipt], *, as_json: bool) -> None:
    """Print how the test of a channel ended."""
    if as_json:
        print_json({"channel": channel, "receipts": {to: asdict(receipt) for to, receipt in receipts.items()}})
        return
    for recipient, receipt in receipts.items():
        print_line(console, f"{channel} {recipient}: {receipt.outcome}{f': {receipt.error}' if receipt.error else ''}")


def print_rehearsal(console: Console, rows: Sequence[Rehearsed], *, rules: Sequence[str], as_json: bool) -> None:
    """Print what would have been sent, by rule, and how much would not, and why."""
    if as_json:
        print_json([_rehearsal_row(one) for one in rows])
        return
    for rule in rules:
        hits = [one for one in rows if rule in {r.id for r in one.verdict.rules}]
        print_line(console, f"{rule}: {len(hits)} alerts", "bold")
        for one in hits:
            line = f"D{one.version.development_id} v{one.version.number} {one.version.decision}"
            print_line(console, f"  {line}, {one.verdict.severity}: {one.version.state.summary}")
    quiet = [one for one in rows if not one.verdict.rules]
    print_line(console, f"no alert: {len(quiet)} versions", "bold")
    for one in quiet:
        reasons = "; ".join(one.verdict.why)
        print_line(console, f"  D{one.version.development_id} v{one.version.number}: {reasons}", "dim")


def _rehearsal_row(one: Rehearsed) -> dict[str, object]:
    return {
        "development_id": f"D{one.version.development_id}",
        "version": one.version.number,
        "decision": one.version.decision,
        "recorded_at": one.version.recorded_at,
        "summary": one.version.state.summary,
        "severity": one.verdict.severity,
        "rules": [{"id": rule.id, "channels": list(rule.channels)} for rule in one.verdict.rules],
        "why": list(one.verdict.why),
    }
