"""What the rules of a watch would have sent: the same judgement over what the last days recorded, without sending.

In: a read transaction, the watch as it is now. Out: one value a version, with the rules that would have fired or the
reasons why none would. Changes nothing; what receivers were told, and hence corrections, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.stages.alert import AlertVerdict, judge_alert
from parsers.coding.watch import Watch
from storage import articles, developments
from storage.engine import Transaction
from storage.values import Development, DevelopmentVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """A version, and what the rules say of it."""

    version: DevelopmentVersion
    verdict: AlertVerdict


def rehearse(tx: Transaction, watch: Watch, *, now: datetime, days: int, max_age_days: int) -> tuple[Rehearsed, ...]:
    """Judge the versions that were recorded in the last `days` days, in the order in which they were."""
    since = now - timedelta(days=days)
    found = [
        Rehearsed(version=version, verdict=_judged(tx, development, version, watch, max_age_days))
        for development in developments.every(tx, since=since)
        for version in development.history
        if version.recorded_at >= since and version.state.watch == watch.id
    ]
    return tuple(sorted(found, key=lambda one: one.version.sequence))


def _judged(
    tx: Transaction, development: Development, version: DevelopmentVersion, watch: Watch, max_age_days: int
) -> AlertVerdict:
    cause = next((r for r in development.reports if r.development_version_id == version.id), None)
    return judge_alert(
        version.state,
        version.decision,
        version.changes,
        watch,
        article_at=cause.published_at if cause else None,
        now=version.recorded_at,
        max_age_days=max_age_days,
        language=articles.get(tx, cause.article_id).version.language if cause else None,
    )
