"""When a receiver is left alone: quiet hours, and the cooldown of a development.

In: an alert, what its receiver was last told, the policy, the instant. Out: a `Hold` with its reason, or None. Pure.
What is held is not lost: it is sent when the hold ends, or goes along with the next message on its development.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from flows.stages.alert import GRAVITY
from parsers.coding.watch import QuietHours
from storage.alert_values import Hold, Told
from storage.values import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What keeps messages back, and what becomes of one that may have arrived."""

    group_over: int = 3  # alerts for one receiver at once, beyond which they go in one message
    cooldown: timedelta = timedelta(0)
    quiet: tuple[QuietHours, ...] = ()
    when_unknown: Literal["retry", "keep"] = "retry"


def held(alert: Alert, told: Told | None, channel: str, *, policy: Policy, now: datetime) -> Hold | None:
    """Return why an alert waits, and until when; of several reasons the one that lasts longest."""
    holds = [_quiet(alert, hours, channel, now) for hours in policy.quiet]
    holds.append(_cooling(alert, told, policy.cooldown, now))
    return max((hold for hold in holds if hold), key=lambda hold: hold.until, default=None)


def _quiet(alert: Alert, hours: QuietHours, channel: str, now: datetime) -> Hold | None:
    if "*" not in hours.channels and channel not in hours.channels:
        return None
    if hours.mode == "critical_only" and alert.severity == "critical":
        return None
    until = quiet_until(hours, now)
    reason = f"quiet hours from {hours.start:%H:%M} to {hours.end:%H:%M} {hours.zone}"
    return Hold(reason=reason, until=until) if until else None


def quiet_until(hours: QuietHours, now: datetime) -> datetime | None:
    """Return when the quiet hours end in which `now` lies; None outside of them."""
    local = now.astimezone(ZoneInfo(hours.zone))
    at, overnight = local.time().replace(tzinfo=None), hours.end <= hours.start
    inside = at >= hours.start or at < hours.end if overnight else hours.start <= at < hours.end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if overnight and at >= hours.start else local.date()
    return datetime.combine(day, hours.end, tzinfo=ZoneInfo(hours.zone)).astimezone(now.tzinfo)


def _cooling(alert: Alert, told: Told | None, cooldown: timedelta, now: datetime) -> Hold | None:
    if told is None or alert.change == "correction" or GRAVITY[alert.severity] > GRAVITY[told.severity]:
        return None
    until = told.told_at + cooldown
    reason = f"D{alert.development_id} was told of at {told.told_at:%H:%M} UTC, and is no graver since"
    return Hold(reason=reason, until=until) if until > now else None
