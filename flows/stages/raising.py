"""Puts the alerts of a new version into the outbox: one a rule that fires, and one to those who were told wrongly.

In: the version's own transaction, the verdict of the rules, the receivers. Out: the alerts. A receiver gets one alert a
version, by the first rule that names its channel; nobody is told of a correction who was not told what it corrects.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from flows.stages.alert import AlertVerdict
from flows.stages.follow_up import wrongly_told
from parsers.coding.watch import CORRECTION, AlertRule
from storage import developments, outbox, told
from storage.engine import Transaction
from storage.values import Alert, DecisionKind, DevelopmentVersion, Severity

_SILENT: frozenset[DecisionKind] = frozenset({"update", "corroboration"})  # news where nobody was told before
_NAMESPACE = uuid.UUID("6f0c1f2e-6c8e-5a53-9d3e-0a6a3a7f5b11")  # of alert ids: the same alert, the same id

Receiver = tuple[str, str]  # channel and recipient


def raise_alerts(
    tx: Transaction,
    version: DevelopmentVersion,
    verdict: AlertVerdict,
    *,
    recipients: Mapping[str, tuple[str, ...]],
    quiet: bool,
) -> tuple[Alert, ...]:
    """Add the alerts of a version; none where the run is `quiet`, but for corrections of what was told."""
    alerts: list[Alert] = []
    reached: set[Receiver] = set()
    known = _known(tx, version)
    change = "correction" if verdict.corrects else _change(tx, version)
    for rule in () if quiet else verdict.rules:
        wanted = [
            to for to in _receivers(rule, recipients) if to not in reached and (to in known or not verdict.corrects)
        ]
        if wanted or not alerts:
            reasons = verdict.reasons_of(rule)
            alerts.append(
                _add(tx, version, rule.id, change=change, severity=verdict.severity, reasons=reasons, to=wanted)
            )
        reached.update(wanted)
    misled = {to: why for to, why in _misled(tx, version, known).items() if to not in reached}
    if misled:
        why = tuple(dict.fromkeys(line for lines in misled.values() for line in lines))
        reasons = ("you were told what has turned out to be wrong", *why)
        alerts.append(
            _add(tx, version, CORRECTION, change="correction", severity=verdict.severity, reasons=reasons, to=[*misled])
        )
    return tuple(alerts)


def _receivers(rule: AlertRule, recipients: Mapping[str, tuple[str, ...]]) -> list[Receiver]:
    return [
        (channel, recipient)
        for channel, names in recipients.items()
        if "*" in rule.channels or channel in rule.channels
        for recipient in names
    ]


def _change(tx: Transaction, version: DevelopmentVersion) -> str:
    """Return what a version is to its receivers: recorded without a word before, it is news when first told."""
    untold = version.decision in _SILENT and not outbox.alerts_of_development(tx, version.development_id)
    return "new" if untold else version.decision


def _known(tx: Transaction, version: DevelopmentVersion) -> dict[Receiver, int]:
    """Return who was told, or is about to be told, of an earlier version, and of which."""
    if version.number == 1:
        return {}
    known = {(t.channel, t.recipient): t.development_number for t in told.of_development(tx, version.development_id)}
    for channel, recipient, number in told.awaited(tx, version.development_id):
        known[channel, recipient] = max(number, known.get((channel, recipient), 0))
    return known


def _misled(
    tx: Transaction, version: DevelopmentVersion, known: Mapping[Receiver, int]
) -> dict[Receiver, tuple[str, ...]]:
    """Return to whom this version shows that what they know is wrong, and what that is."""
    if not known:
        return {}
    states = {v.number: v.state for v in developments.get(tx, version.development_id).history}
    wrong = {receiver: wrongly_told(states[number], version.state) for receiver, number in known.items()}
    return {receiver: why for receiver, why in wrong.items() if why}


def _add(
    tx: Transaction,
    version: DevelopmentVersion,
    rule: str,
    *,
    change: str,
    severity: Severity,
    reasons: tuple[str, ...],
    to: Sequence[Receiver],
) -> Alert:
    key = f"{version.state.watch}/{version.development_id}/{version.number}/{rule}"
    return outbox.add_alert(
        tx,
        uid=f"alert_{uuid.uuid5(_NAMESPACE, key).hex}",
        version=version,
        change=change,
        rule=rule,
        severity=severity,
        reasons=reasons,
        recipients=to,
        now=version.recorded_at,
    )
