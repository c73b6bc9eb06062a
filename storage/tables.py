"""The tables, as SQLModel sees them. Their objects never leave storage.

Unique keys stand on hashes and ids only: an index of Postgres fails on long text. APPEND_ONLY names the tables that are
kept so by triggers, which the migrations make. A change here needs a migration: a test compares the two.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Double, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from parsers.article import Article
from parsers.coding.values import Mention, Modality, Relevance, Role
from storage import edit_values, source_values, values
from storage.columns import Encoded, Id, Instant, Words
from storage.print_tables import PrintRow as PrintRow  # so that all tables are known where these are
from storage.table_base import Numbered
from storage.table_base import Table as Table

# raw_body is not listed: storage/retention.py may delete its rows, nothing may change them.
APPEND_ONLY = (
    "reading",
    "article_version",
    "mention",
    "development_version",
    "decision",
    "attempt",
    "source_attempt",
    "source_notice",
    *("unkept_change", "development_merge", "mention_move"),  # storage/unkept.py, storage/regrouping.py
    "told",  # storage/tables_alerts.py
    "released_body",  # storage/retention.py
    "duplicate_lead",  # storage/leads.py
)

STRINGS = Encoded(tuple[str, ...])


class SourceRow(Numbered, table=True):
    __tablename__ = "source"

    key: str = Field(sa_type=Words)
    key_hash: str = Field(sa_type=Words, unique=True)
    kind: source_values.SourceKind = Field(sa_type=Words)
    address: str = Field(sa_type=Words)
    outlet: str | None = Field(sa_type=Words)
    language: str | None = Field(sa_type=Words)
    enabled: bool
    family: str | None = Field(sa_type=Words)
    country: str | None = Field(sa_type=Words)
    tier: int | None
    interval_minutes: int
    expected_per_week: float | None = Field(sa_type=Double)
    provenance: source_values.Provenance = Field(sa_type=Words)
    verified: bool
    fetch_pages: bool


class SourceStateRow(Table, table=True):
    __tablename__ = "source_state"

    source_id: int = Field(primary_key=True, foreign_key="source.id", sa_type=Id)
    state: source_values.SourceState = Field(sa_type=Encoded(source_values.SourceState))


class HostRow(Table, table=True):
    __tablename__ = "host"

    name: str = Field(primary_key=True, sa_type=Words)
    state: source_values.HostState = Field(sa_type=Encoded(source_values.HostState))


class SourceAttemptRow(Numbered, table=True):
    __tablename__ = "source_attempt"
    __table_args__ = (Index(None, "source_id", "id"),)  # the newest of a source, without sorting all

    source_id: int = Field(foreign_key="source.id", sa_type=Id)
    started_at: datetime = Field(sa_type=Instant)
    outcome: source_values.AttemptOutcome = Field(sa_type=Words)
    reason: str | None = Field(sa_type=Words)
    status: int | None
    size: int | None = Field(sa_type=Id)  # bytes
    items: int | None
    fresh: int | None
    duration_s: float | None = Field(sa_type=Double)


class SourceNoticeRow(Numbered, table=True):
    __tablename__ = "source_notice"

    source_id: int = Field(foreign_key="source.id", sa_type=Id)
    kind: source_values.NoticeKind = Field(sa_type=Words)
    reason: str = Field(sa_type=Words)
    noticed_at: datetime = Field(sa_type=Instant)


class RawBodyRow(Table, table=True):
    __tablename__ = "raw_body"

    sha256: str = Field(primary_key=True, sa_type=Words)
    body: bytes = Field(sa_type=LargeBinary)
    size: int = Field(sa_type=Id)  # bytes


class DocumentRow(Numbered, table=True):
    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("source_id", "sha256"),)

    source_id: int = Field(foreign_key="source.id", sa_type=Id)
    sha256: str = Field(sa_type=Words, index=True)  # of a raw_body, which retention may have deleted
    name: str = Field(sa_type=Words)
    url: str | None = Field(sa_type=Words)
    media_type: str | None = Field(sa_type=Words)
    retrieved_at: datetime = Field(sa_type=Instant)


class ReadingRow(Numbered, table=True):
    __tablename__ = "reading"

    document_id: int = Field(foreign_key="document.id", sa_type=Id, index=True)
    reader: str = Field(sa_type=Words)
    outcome: values.Outcome = Field(sa_type=Words)
    reason: str | None = Field(sa_type=Words)
    read_at: datetime = Field(sa_type=Instant)


class ArticleRow(Numbered, table=True):
    __tablename__ = "article"

    identity: str = Field(sa_type=Words, unique=True)
    external_id: str = Field(sa_type=Words)
    external_id_hash: str = Field(sa_type=Words, index=True)
    namespace: str = Field(sa_type=Words)
    url_key: str | None = Field(sa_type=Words)
    url_key_hash: str | None = Field(sa_type=Words, index=True)
    first_seen_at: datetime = Field(sa_type=Instant)


class ArticleVersionRow(Numbered, table=True):
    __tablename__ = "article_version"
    # A hash: the name of a family may be longer than what a sorted index of Postgres takes.
    __table_args__ = (UniqueConstraint("article_id", "number"), Index(None, "family", postgresql_using="hash"))

    article_id: int = Field(foreign_key="article.id", sa_type=Id)
    number: int
    document_id: int = Field(foreign_key="document.id", sa_type=Id, index=True)
    headline: str = Field(sa_type=Words)
    outlet: str | None = Field(sa_type=Words)
    url: str | None = Field(sa_type=Words)
    family: str = Field(sa_type=Words)
    language: str | None = Field(sa_type=Words)
    published_at: datetime | None = Field(sa_type=Instant)
    text: str = Field(sa_type=Words)
    text_hash: str = Field(sa_type=Words, index=True)
    relevance: Relevance = Field(sa_type=Words)
    relevance_reasons: tuple[str, ...] = Field(sa_type=STRINGS)
    article: Article = Field(sa_type=Encoded(Article))
    edit: edit_values.Edit | None = Field(default=None, sa_type=Encoded(edit_values.Edit))
    seen_at: datetime = Field(sa_type=Instant)


class DuplicateRow(Numbered, table=True):
    __tablename__ = "duplicate"

    left_article_id: int = Field(foreign_key="article.id", sa_type=Id, index=True)
    right_article_id: int = Field(foreign_key="article.id", sa_type=Id, index=True)
    kind: values.DuplicateKind = Field(sa_type=Words)
    score: float = Field(sa_type=Double)
    reasons: tuple[str, ...] = Field(sa_type=STRINGS)
    algorithm: str = Field(sa_type=Words)
    judged_at: datetime = Field(sa_type=Instant)
    undone_at: datetime | None = Field(default=None, sa_type=Instant)
    undone_reason: str | None = Field(default=None, sa_type=Words)


class MentionRow(Numbered, table=True):
    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("version_id", "ordinal"),)

    version_id: int = Field(foreign_key="article_version.id", sa_type=Id)
    ordinal: int
    kind: str | None = Field(sa_type=Words)
    modality: Modality = Field(sa_type=Words)
    role: Role = Field(sa_type=Words)
    rule: str = Field(sa_type=Words)
    start: int
    end: int
    body: Mention = Field(sa_type=Encoded(Mention))


class DevelopmentRow(Numbered, table=True):
    __tablename__ = "development"

    watch: str = Field(sa_type=Words)
    first_seen_at: datetime = Field(sa_type=Instant)


class DevelopmentVersionRow(Numbered, table=True):  # its id is the sequence of all changes
    __tablename__ = "development_version"
    __table_args__ = (UniqueConstraint("development_id", "number"), Index(None, "family", "end_on"))

    development_id: int = Field(foreign_key="development.id", sa_type=Id)
    number: int
    decision: values.DecisionKind = Field(sa_type=Words)
    kind: str = Field(sa_type=Words)
    family: str = Field(sa_type=Words)
    place_id: str | None = Field(sa_type=Words)
    region: str | None = Field(sa_type=Words)
    start_on: date | None = Field(sa_type=Date)
    end_on: date | None = Field(sa_type=Date)
    modality: Modality = Field(sa_type=Words)
    watched: bool
    state: values.DevelopmentState = Field(sa_type=Encoded(values.DevelopmentState))
    changes: tuple[values.Change, ...] = Field(sa_type=Encoded(tuple[values.Change, ...]))
    alert_reasons: tuple[str, ...] = Field(sa_type=STRINGS)
    recorded_at: datetime = Field(sa_type=Instant)


class DecisionRow(Numbered, table=True):
    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("mention_id", "watch"),)

    mention_id: int = Field(foreign_key="mention.id", sa_type=Id)
    watch: str = Field(sa_type=Words)
    decision: values.DecisionKind = Field(sa_type=Words)
    role: Role = Field(sa_type=Words)
    development_id: int | None = Field(foreign_key="development.id", sa_type=Id, index=True)
    development_version_id: int | None = Field(foreign_key="development_version.id", sa_type=Id, index=True)
    reasons: tuple[str, ...] = Field(sa_type=STRINGS)
    decided_at: datetime = Field(sa_type=Instant)


class AlertRow(Numbered, table=True):
    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("development_version_id", "rule"),)

    uid: str = Field(sa_type=Words, unique=True)
    development_id: int = Field(foreign_key="development.id", sa_type=Id, index=True)
    development_number: int
    development_version_id: int = Field(foreign_key="development_version.id", sa_type=Id)
    change: str = Field(sa_type=Words)
    rule: str = Field(sa_type=Words)
    severity: values.Severity = Field(sa_type=Words)
    reasons: tuple[str, ...] = Field(sa_type=STRINGS)
    created_at: datetime = Field(sa_type=Instant)


class DeliveryRow(Numbered, table=True):
    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("alert_id", "channel", "recipient_hash"),)

    alert_id: int = Field(foreign_key="alert.id", sa_type=Id)
    channel: str = Field(sa_type=Words)
    recipient: str = Field(sa_type=Words)
    recipient_hash: str = Field(sa_type=Words)
    state: values.DeliveryState = Field(default="pending", sa_type=Words, index=True)
    attempts: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    leased_by: str | None = Field(default=None, sa_type=Words)
    leased_at: datetime | None = Field(default=None, sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str | None = Field(default=None, sa_type=Words)
    possible_repeat: bool = False


class AttemptRow(Numbered, table=True):
    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    delivery_id: int = Field(foreign_key="delivery.id", sa_type=Id)
    number: int
    started_at: datetime = Field(sa_type=Instant)
    outcome: values.DeliveryState = Field(sa_type=Words)
    code: int | None
    error: str | None = Field(sa_type=Words)
    duration_s: float | None = Field(sa_type=Double)
