"""The values of sources: where documents come from, how each source is doing, and what the operator is told.

All frozen; instants are aware UTC datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SourceKind = Literal["files", "inbox", "feed", "json_feed", "page", "listing", "sitemap"]
Provenance = Literal["independent", "state_media", "actor_network"]
AttemptOutcome = Literal["ok", "not_modified", "failed", "blocked", "waiting"]
NoticeKind = Literal["failed", "recovered", "silent", "collapsed", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents come from, as the catalogue describes it.

    `family` is the publisher family that counts for independence; `provenance` marks outlets of a state and the watched
    actors' own network, which are never independent. `interval_minutes` is the longest pause between two polls.
    """

    key: str
    kind: SourceKind
    address: str
    outlet: str | None = None
    language: str | None = None
    enabled: bool = True
    family: str | None = None
    country: str | None = None
    tier: int | None = None  # 1 an agency or paper of record … 4 unknown
    interval_minutes: int = 15
    expected_per_week: float | None = None  # items; silence is judged against it until a rhythm is known
    provenance: Provenance = "independent"
    verified: bool = True  # that the address was seen to work
    fetch_pages: bool = False  # the feed holds summaries only: the pages are fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage:
    """A stored entry of a feed (Article.identity) that still has the feed's text, for its page could not be had."""

    identity: str
    failed: int  # times that its page was asked for
    due_at: datetime  # when it is to be tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is remembered of a source between two runs.

    The validators belong to the last response whose consequences were committed; they are never newer than those.
    """

    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    unconditional_at: datetime | None = None  # when it was last fetched without validators
    due_at: datetime | None = None  # not to be fetched before
    interval_minutes: int | None = None  # as adapted to what the polls brought
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None  # when it last brought something new
    failing_since: datetime | None = None
    failures: int = 0  # in a row
    items: int | None = None  # in the last good response
    notice: NoticeKind | None = None  # what the operator was last told, while it lasts
    moved_to: str | None = None  # where permanent redirects lead
    moved_times: int = 0  # that they led there, in a row
    waiting: tuple[WaitingPage, ...] = ()
    asked: tuple[str, ...] = ()  # links of a listing (hashes), the one that was asked longest ago first


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsText:
    """The robots.txt of one origin (scheme, host and port) as it was fetched; empty where there was none."""

    origin: str
    fetched_at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is remembered of a host between two runs, whichever sources are fetched from it."""

    paused_until: datetime | None = None  # it asked to be left alone (Retry-After)
    robots: tuple[RobotsText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAttempt:
    """One try to read a source, kept for ever."""

    source: str
    started_at: datetime
    outcome: AttemptOutcome
    reason: str | None = None
    status: int | None = None  # of HTTP
    size: int | None = None  # bytes of the body
    items: int | None = None  # entries or files in it
    fresh: int | None = None  # of which were not known
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNotice:
    """Something the operator is told of a source: once when it begins, once when it ends."""

    source: str
    kind: NoticeKind
    reason: str
    noticed_at: datetime
