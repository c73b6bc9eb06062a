"""The values that storage takes and gives: records as they were at one instant, all frozen.

No table object leaves storage; these do. Instants are aware UTC datetimes. Public ids are a letter and a
number: A7 an article, D12 a development, L3 an alert.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from parsers.article import Article
from parsers.coding.values import (
    UNKNOWN_TIME,
    Description,
    Mention,
    Modality,
    Participant,
    PlaceMention,
    Quantity,
    Relevance,
    Role,
    When,
)
from storage.edit_values import Edit

Outcome = Literal["parsed", "quarantined", "empty"]
DuplicateKind = Literal["exact", "near", "paraphrase"]
DecisionKind = Literal["new", "update", "contradiction", "corroboration", "repeat", "background"]
Status = Literal["reported", "confirmed", "disputed", "denied", "retracted", "merged"]
GONE: frozenset[Status] = frozenset({"retracted", "merged"})  # nothing more is told of these
Severity = Literal["critical", "high", "normal", "low"]
DeliveryState = Literal["pending", "sending", "sent", "retry", "dead", "unknown", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document that was kept, and how its latest reading ended."""

    id: int
    source: str
    name: str
    sha256: str
    retrieved_at: datetime
    outcome: Outcome
    reason: str | None
    reader: str  # version of the readers that read it


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One version of an article, as it was read and coded."""

    id: int
    article_id: int
    number: int
    document_id: int
    article: Article
    text_hash: str
    language: str | None
    family: str  # publisher family: articles of one family are one voice
    relevance: Relevance
    relevance_reasons: tuple[str, ...]
    seen_at: datetime
    edit: Edit | None = None  # of the version before; None for a first version, and where none was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """A known article with its latest version (or the one asked for)."""

    id: int
    identity: str
    url_key: str | None
    first_seen_at: datetime
    version: StoredVersion

    @property
    def public_id(self) -> str:
        """Return the id people use."""
        return f"A{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """That `left` is a duplicate of `right` (the older one), why, and by how much."""

    left: int
    right: int
    kind: DuplicateKind
    score: float
    reasons: tuple[str, ...]
    algorithm: str
    judged_at: datetime
    undone_at: datetime | None = None
    undone_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One mention that speaks of a development: who printed it, who says it, and the words."""

    mention_id: int
    version_id: int
    article_id: int
    external_id: str
    outlet: str | None
    family: str  # independence group: publisher family, else the article's own id
    url: str | None
    role: Role
    claimant: str | None
    attributed_to: tuple[str, ...]
    quote: str
    start: int
    end: int
    rule: str
    decision: DecisionKind
    reasons: tuple[str, ...]
    modality: Modality
    published_at: datetime | None
    decided_at: datetime
    development_version_id: int | None = None  # the version that it made; None for a repeat
    quantities: tuple[Quantity, ...] = ()  # the figures it tells
    original: str | None = None  # who published the article that was named to lead its group; `family` is that one's


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatalities:
    """The deaths of one event: None where nothing bounds that side."""

    low: int | None = None
    best: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One slot that a version changed, and why."""

    field: str
    old: Any  # JSON value
    new: Any  # JSON value
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentState:
    """What is known of one event in the world: the slots of one version, without its evidence."""

    watch: str
    kind: str
    event_type: str
    sub_event_type: str
    family: str
    modality: Modality
    status: Status
    watched: bool
    summary: str
    participants: tuple[Participant, ...] = ()
    descriptions: tuple[Description, ...] = ()
    place: PlaceMention | None = None
    when: When = UNKNOWN_TIME
    anchor_development: int | None = None  # the event that `when` is counted from
    quantities: tuple[Quantity, ...] = ()
    fatalities: Fatalities = Fatalities()
    scope: str = "event"
    claimant: str | None = None
    independent_sources: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentVersion:
    """One version of a development: its state, the decision that made it, and what changed."""

    id: int
    development_id: int
    number: int
    decision: DecisionKind
    state: DevelopmentState
    changes: tuple[Change, ...]
    alert_reasons: tuple[str, ...]  # why it was alerted, or why not
    recorded_at: datetime
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Development:
    """A development at one instant: its latest version then, all versions until then, its reports."""

    id: int
    first_seen_at: datetime
    version: DevelopmentVersion
    history: tuple[DevelopmentVersion, ...]
    reports: tuple[Report, ...]

    @property
    def public_id(self) -> str:
        """Return the id people use."""
        return f"D{self.id}"

    @property
    def state(self) -> DevelopmentState:
        """Return the slots of the latest version."""
        return self.version.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided on one mention: a row for each, also for repeats and background."""

    mention_id: int
    watch: str
    decision: DecisionKind
    role: Role
    development_id: int | None
    development_version_id: int | None
    reasons: tuple[str, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A row of the outbox: one development version under one rule. `uid` never changes."""

    id: int
    uid: str
    development_id: int
    development_number: int
    development_version_id: int
    change: str
    rule: str
    severity: Severity
    reasons: tuple[str, ...]
    created_at: datetime

    @property
    def public_id(self) -> str:
        """Return the id people use."""
        return f"L{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on its way to one recipient of one channel."""

    id: int
    alert_id: int
    channel: str
    recipient: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    sent_at: datetime | None
    error: str | None
    possible_repeat: bool = False  # an earlier attempt may have arrived: its end was not recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery, kept for ever."""

    delivery_id: int
    number: int
    started_at: datetime
    outcome: DeliveryState
    code: int | None = None
    error: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMention:
    """A mention with its row id."""

    id: int
    version_id: int
    mention: Mention = field()
