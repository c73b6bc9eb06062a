"""Must somebody be told? Holds a new version of a development against the rules of the watch.

In: the decision, the state, age and language of the article that caused it, the rules. Out: an `AlertVerdict`: the
rules that fire with severity and reasons, or none and the reasons why not. Pure; both answers are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.stages.figures import fatalities, of_event
from parsers.coding.values import Participant
from parsers.coding.watch import AlertRule, SeverityName, Watch
from storage.values import Alert, Change, DecisionKind, DevelopmentState, Severity

GRAVITY: dict[SeverityName, int] = {"low": 0, "normal": 1, "high": 2, "critical": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertVerdict:
    """Which rules fire, or that none does, and why."""

    rules: tuple[AlertRule, ...]
    severity: Severity
    why: tuple[str, ...]
    corrects: bool = False  # a source took back what was told: for those alone who were told

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the rules that fire and what they found, or why none does."""
        return (*(f"rule {rule.id}: {rule.title}" for rule in self.rules), *self.why)

    def reasons_of(self, rule: AlertRule) -> tuple[str, ...]:
        """Return why one rule fires."""
        return (f"rule {rule.id}: {rule.title}", *self.why)


def judge_alert(
    state: DevelopmentState,
    decision: DecisionKind,
    changes: Sequence[Change],
    watch: Watch,
    *,
    article_at: datetime | None,
    now: datetime,
    max_age_days: int,
    language: str | None = None,
) -> AlertVerdict:
    """Return whether one version alerts. An undated article counts from now, and the reasons say so.

    `language` is that of the article which caused the version.
    """
    severity = severity_of(state, watch)
    if quiet := _too_old(article_at, now, max_age_days) or _long_past(state, watch, now):
        return AlertVerdict(rules=(), severity=severity, why=(quiet,))
    rules, misses = watch.rules, list[str]()
    if decision == "corroboration" and not _gained(state, changes):
        rules = tuple(rule for rule in rules if _reaches(rule, state, changes))
        if not rules:
            return AlertVerdict(rules=(), severity=severity, why=("corroboration of what was told before",))
    fired: list[AlertRule] = []
    for rule in rules:
        if miss := _miss(rule, state, decision, changes, severity=severity, language=language):
            misses.append(f"{rule.id}: {miss}")
        else:
            fired.append(rule)
    if not fired:
        return AlertVerdict(rules=(), severity=severity, why=tuple(misses) or ("the watch has no alert rule",))
    undated = () if article_at else ("the article is undated: counted from when it was first seen",)
    return AlertVerdict(rules=tuple(fired), severity=severity, why=(*_matched(state, watch), *undated))


def judge_correction(state: DevelopmentState, told: Sequence[Alert], watch: Watch) -> AlertVerdict | None:
    """Return the correction of what these alerts told, by their rules; None where none of these takes corrections.

    It goes whatever the age of the article and however small the event has become, and is as grave as what was told.
    """
    before = {alert.rule for alert in told}
    rules = tuple(rule for rule in watch.rules if rule.id in before and "correction" in rule.changes)
    if not rules:
        return None
    severity = max([severity_of(state, watch), *(a.severity for a in told)], key=GRAVITY.__getitem__)
    why = (f"corrects what you were told by {told[-1].public_id}", *_matched(state, watch))
    return AlertVerdict(rules=rules, severity=severity, why=why, corrects=True)


def _gained(state: DevelopmentState, changes: Sequence[Change]) -> bool:
    """Tell whether a party's claim gained its first independent source."""
    confirmed = any(c.field == "status" and c.new == "confirmed" for c in changes)
    return confirmed and (state.modality == "claimed" or _own_claim(state))


def _reaches(rule: AlertRule, state: DevelopmentState, changes: Sequence[Change]) -> bool:
    """Tell whether this version is the first that has the sources which a rule asks for."""
    if rule.min_sources == 1 or state.independent_sources != rule.min_sources:
        return False
    return any(c.field == "independent_sources" for c in changes)


def _too_old(article_at: datetime | None, now: datetime, max_age_days: int) -> str | None:
    age = (now - article_at).days if article_at else 0
    return f"the article is {age} days old, more than {max_age_days}" if age > max_age_days else None


def _long_past(state: DevelopmentState, watch: Watch, now: datetime) -> str | None:
    """Tell that an event, by its own date, is history: an undated article may be of any age."""
    day = state.when.end or state.when.start
    if day is None or (now.date() - day).days <= watch.horizon_days:
        return None
    return f"the event is {(now.date() - day).days} days old, more than {watch.horizon_days}"


def _own_claim(state: DevelopmentState) -> bool:
    """Tell whether a party claims its own deed; a body that inquires is no party."""
    return state.claimant in {p.name for p in state.participants if p.camp not in {"un", "ngo", "western", "foreign"}}


def _miss(
    rule: AlertRule,
    state: DevelopmentState,
    decision: DecisionKind,
    changes: Sequence[Change],
    *,
    severity: Severity,
    language: str | None,
) -> str | None:
    """Return the first condition of a rule that does not hold."""
    # the version with which a rule has its sources is the first that it may tell: new to its receivers
    first = "new" in rule.changes and _reaches(rule, state, changes)
    conditions = (
        (decision in rule.changes or first, f"not for {decision}"),
        (not rule.watched or state.watched, "no watched actor takes part"),
        (not rule.kinds or state.kind in rule.kinds, f"not for {state.kind}"),
        (not rule.actors or {p.id for p in state.participants} & {*rule.actors}, "none of its actors takes part"),
        (not rule.places or _lies_in(state, rule.places), "at none of its places"),
        (not rule.languages or language in rule.languages, f"the article is in {language or 'an unknown language'}"),
        (GRAVITY[severity] >= GRAVITY[rule.min_severity], f"severity {severity} is below {rule.min_severity}"),
        (
            state.independent_sources >= rule.min_sources,
            f"told by {state.independent_sources} independent of the {rule.min_sources} sources asked for",
        ),
    )
    return next((miss for holds, miss in conditions if not holds), None)


def _lies_in(state: DevelopmentState, places: Sequence[str]) -> bool:
    if state.place is None:
        return False
    names = (state.place.id, state.place.name, state.place.region, state.place.country)
    return bool({name.casefold() for name in names if name} & {place.casefold() for place in places})


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
    return max(named, key=GRAVITY.__getitem__)
