"""The values of alerting beside alerts and deliveries: what was told, silences, holds, digests. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from storage.values import Alert, DeliveryState, Severity

Period = Literal["daily", "weekly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a receiver was last told of a development. The uids are those of messages."""

    channel: str
    recipient: str
    development_id: int
    development_number: int
    severity: Severity
    message_uid: str
    thread_uid: str  # of the first message on the development
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a delivery waits, and until when."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts that nobody wants for a time: of a development, a rule, a channel; what is None is any of them."""

    id: int
    development_id: int | None
    rule: str | None
    channel: str | None
    reason: str
    begun_at: datetime
    until: datetime
    ended_at: datetime | None = None

    @property
    def public_id(self) -> str:
        """Return the id people use."""
        return f"S{self.id}"

    def covers(self, alert: Alert, channel: str, now: datetime) -> bool:
        """Tell whether it holds for an alert on a channel at an instant."""
        if self.ended_at is not None or not self.begun_at <= now < self.until:
            return False
        wanted = ((self.development_id, alert.development_id), (self.rule, alert.rule), (self.channel, channel))
        return all(own is None or own == other for own, other in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest of [start_at, end_at) on its way to one recipient."""

    id: int
    uid: str
    watch: str
    period: Period
    start_at: datetime
    end_at: datetime
    channel: str
    recipient: str
    state: DeliveryState
    attempts: int
    possible_repeat: bool = False
