"""Must somebody be told? Holds a new version of a development against the rules of the watch.

In: the decision, the state, the age of the article that caused it, the rules. Out: an `AlertVerdict`: the
rule that fires with severity and reasons, or none and the reasons why not. Pure; both answers are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.stages.figures import fatalities, of_event
from parsers.coding.values import Participant
from parsers.coding.watch import AlertRule, SeverityName, Watch
from storage.values import Alert, Change, DecisionKind, DevelopmentState, Severity

_GRAVITY: dict[SeverityName, int] = {"low": 0, "normal": 1, "high": 2, "critical": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertVerdict:
    """That a rule fires, or that none does, and why."""

    rule: AlertRule | None
    severity: Severity
    reasons: tuple[str, ...]


def judge_alert(
    state: DevelopmentState,
    decision: DecisionKind,
    changes: Sequence[Change],
    watch: Watch,
    *,
    article_at: datetime | None,
    now: datetime,
    max_age_days: int,
) -> AlertVerdict:
    """Return whether one version alerts. An undated article counts from now, and the reasons say so."""
    severity = severity_of(state, watch)
    quiet = _kept_quiet(state, decision, changes, watch, article_at=article_at, now=now, max_age_days=max_age_days)
    if quiet:
        return AlertVerdict(rule=None, severity=severity, reasons=(quiet,))
    misses: list[str] = []
    for rule in watch.rules:
        if miss := _miss(rule, state, decision, severity):
            misses.append(f"{rule.id}: {miss}")
            continue
        reasons = [f"rule {rule.id}: {rule.title}", *_matched(state, watch)]
        if article_at is None:
            reasons.append("the article is undated: counted from when it was first seen")
        return AlertVerdict(rule=rule, severity=severity, reasons=tuple(reasons))
    return AlertVerdict(rule=None, severity=severity, reasons=tuple(misses) or ("the watch has no alert rule",))


def judge_correction(state: DevelopmentState, told: Sequence[Alert], watch: Watch) -> AlertVerdict | None:
    """Return the alert that corrects what the last of these alerts told; None where its rule takes no corrections.

    It goes whatever the age of the article and however small the event has become, and is as grave as what was told.
    """
    last = told[-1]
    rule = next((r for r in watch.rules if r.id == last.rule and "correction" in r.changes), None)
    if rule is None:
        return None
    severity = max([severity_of(state, watch), *(a.severity for a in told)], key=_GRAVITY.__getitem__)
    reasons = (f"rule {rule.id}: {rule.title}", f"corrects what you were told by {last.public_id}")
    return AlertVerdict(rule=rule, severity=severity, reasons=(*reasons, *_matched(state, watch)))


def _kept_quiet(
    state: DevelopmentState,
    decision: DecisionKind,
    changes: Sequence[Change],
    watch: Watch,
    *,
    article_at: datetime | None,
    now: datetime,
    max_age_days: int,
) -> str | None:
    if article_at and (now - article_at).days > max_age_days:
        return f"the article is {(now - article_at).days} days old, more than {max_age_days}"
    if why := _long_past(state, watch, now):
        return why
    if decision == "corroboration":
        status = next((c for c in changes if c.field == "status" and c.new == "confirmed"), None)
        gained = status is not None and (state.modality == "claimed" or _own_claim(state))
        return None if gained else "corroboration of what was told before"
    return None


def _long_past(state: DevelopmentState, watch: Watch, now: datetime) -> str | None:
    """Tell that an event, by its own date, is history: an undated article may be of any age."""
    day = state.when.end or state.when.start
    if day is None or (now.date() - day).days <= watch.horizon_days:
        return None
    return f"the event is {(now.date() - day).days} days old, more than {watch.horizon_days}"


def _own_claim(state: DevelopmentState) -> bool:
    """Tell whether a party claims its own deed; a body that inquires is no party."""
    return state.claimant in {p.name for p in state.participants if p.camp not in {"un", "ngo", "western", "foreign"}}


def _miss(rule: AlertRule, state: DevelopmentState, decision: DecisionKind, severity: Severity) -> str | None:
    if decision not in rule.changes:
        return f"not for {decision}"
    if rule.watched and not state.watched:
        return "no watched actor takes part"
    if rule.kinds and state.kind not in rule.kinds:
        return f"not for {state.kind}"
    if _GRAVITY[severity] < _GRAVITY[rule.min_severity]:
        return f"severity {severity} is below {rule.min_severity}"
    return None


def _matched(state: DevelopmentState, watch: Watch) -> list[str]:
    parts: list[Participant] = [p for p in state.participants if p.id in watch.watched]
    return [f"watched actor: {p.name} ({p.role})" for p in parts]


def severity_of(state: DevelopmentState, watch: Watch) -> Severity:
    """Return how grave a development is, by its kind, its deaths and those of watched actors."""
    table = watch.severity
    deaths = state.fatalities.best or state.fatalities.low or 0
    losses = [q for q in of_event(state.quantities) if q.group == "watched"]
    toll = fatalities(losses)
    watched_deaths = toll.best or toll.low or 0
    named: list[SeverityName] = ["normal"]
    named += [name for name, kinds in table.kinds.items() if state.kind in kinds]
    named += [name for name, least in table.killed.items() if deaths >= least]
    named += [name for name, least in table.watched_killed.items() if watched_deaths >= least]
    if named == ["normal", "low"]:
        return "low"
    return max(named, key=_GRAVITY.__getitem__)
