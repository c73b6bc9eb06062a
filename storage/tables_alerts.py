"""The tables of alerting beside the outbox itself: what was told to whom, and what keeps messages back.

As in `tables`: their objects never leave storage, and a change here needs a migration.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage import alert_values, values
from storage.columns import Id, Instant, Words
from storage.table_base import Numbered, Table


class ToldRow(Numbered, table=True):
    """What a receiver was told of a development; append-only, the newest row is what it knows."""

    __tablename__ = "told"

    channel: str = Field(sa_type=Words)
    recipient: str = Field(sa_type=Words)
    recipient_hash: str = Field(sa_type=Words)
    development_id: int = Field(foreign_key="development.id", sa_type=Id, index=True)
    development_number: int
    delivery_id: int = Field(foreign_key="delivery.id", sa_type=Id)
    severity: values.Severity = Field(sa_type=Words)
    message_uid: str = Field(sa_type=Words, index=True)
    thread_uid: str = Field(sa_type=Words)
    told_at: datetime = Field(sa_type=Instant)


class HoldRow(Table, table=True):
    """Why a pending delivery waits, and until when."""

    __tablename__ = "hold"

    delivery_id: int = Field(primary_key=True, foreign_key="delivery.id", sa_type=Id)
    reason: str = Field(sa_type=Words)
    until: datetime = Field(sa_type=Instant)


class BundleRow(Numbered, table=True):
    """Deliveries of one receiver that go in one message."""

    __tablename__ = "bundle"

    uid: str = Field(sa_type=Words, unique=True)
    created_at: datetime = Field(sa_type=Instant)


class BundleMemberRow(Table, table=True):
    """A delivery in its bundle."""

    __tablename__ = "bundle_member"

    delivery_id: int = Field(primary_key=True, foreign_key="delivery.id", sa_type=Id)
    bundle_id: int = Field(foreign_key="bundle.id", sa_type=Id, index=True)


class ReceiverRow(Table, table=True):
    """A receiver that is gone: nothing is sent to it until it is switched on again."""

    __tablename__ = "receiver"

    channel: str = Field(primary_key=True, sa_type=Words)
    recipient_hash: str = Field(primary_key=True, sa_type=Words)
    disabled_at: datetime = Field(sa_type=Instant)
    reason: str = Field(sa_type=Words)


class SilenceRow(Numbered, table=True):
    """What a person does not want to hear of for a time."""

    __tablename__ = "silence"

    development_id: int | None = Field(foreign_key="development.id", sa_type=Id)
    rule: str | None = Field(sa_type=Words)
    channel: str | None = Field(sa_type=Words)
    reason: str = Field(sa_type=Words)
    begun_at: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class DigestRow(Numbered, table=True):
    """A digest of one period on its way to one recipient."""

    __tablename__ = "digest"

    uid: str = Field(sa_type=Words, unique=True)
    watch: str = Field(sa_type=Words)
    period: alert_values.Period = Field(sa_type=Words)
    start_at: datetime = Field(sa_type=Instant)
    end_at: datetime = Field(sa_type=Instant)
    channel: str = Field(sa_type=Words)
    recipient: str = Field(sa_type=Words)
    state: values.DeliveryState = Field(default="pending", sa_type=Words)
    attempts: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str | None = Field(default=None, sa_type=Words)
