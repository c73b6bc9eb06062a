"""What every channel takes and gives: a message, and the receipt of one attempt to send it.

In: texts that may quote hostile headlines. Out: frozen values, and texts fit for a channel. A message's `uid`
is its identity at the receiver: it must never change between attempts, nor hold a character with a meaning
in an HTTP header, an email Message-ID or a signed content.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

MessageType = Literal[
    "development.new",
    "development.updated",
    "development.contradicted",
    "development.corrected",
    "developments.grouped",
    "digest",
    "test",
]
Outcome = Literal["sent", "retry", "dead", "unknown"]

UID = re.compile(r"[A-Za-z0-9_-]{1,100}")  # no full stop: it delimits the signed content of a webhook
LONGEST_TIMEOUT_S = 120.0  # for a connection or a session: both end well within the lease of a sender
LONGEST_PAUSE_S = 24 * 3600.0  # before the next attempt, whatever a receiver asks for
ERROR_CHARACTERS = 300  # an error is one line in a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert as it is told to people and machines.

    `data` is JSON: alert, development, changes, evidence, url. `thread` is the uid of the first alert of the
    development, for follow-ups. Raises ValueError for a uid or thread outside `UID`, or a naive instant.
    """

    uid: str
    type: MessageType
    created_at: datetime
    subject: str
    text: str
    html: str
    data: Mapping[str, Any]
    thread: str | None = None
    previous: str | None = None  # the uid of the last message of the thread
    possible_repeat: bool = False  # an earlier attempt may have arrived

    def __post_init__(self) -> None:
        for uid in (self.uid, self.thread, self.previous):
            if uid is not None and not UID.fullmatch(uid):
                raise ValueError(f"message {self.uid!r}: {uid!r} is not usable as an id")
        if self.created_at.utcoffset() is None:
            raise ValueError(f"message {self.uid}: created_at has no time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How one attempt ended.

    `retry` is a passing fault, `dead` a lasting one; `unknown` means that the message may have arrived.
    `code` is the receiver's (HTTP or SMTP). `error` is one line without secrets. `poison` means that the message
    itself cannot be sent, `gone` that the receiver wants none any more.
    """

    outcome: Outcome
    code: int | None = None
    error: str | None = None
    retry_after_s: float | None = None
    poison: bool = False
    gone: bool = False


class Channel(Protocol):
    """A way to reach recipients. `send` makes one attempt and returns expected faults as receipts."""

    @property
    def name(self) -> str:
        """Return the name given in the settings."""

    @property
    def kind(self) -> str:
        """Return the key of the registry."""

    def recipients(self) -> tuple[str, ...]:
        """Return whom it reaches; these are kept and shown, so they hold no secret."""

    def send(self, message: Message, recipient: str) -> Receipt:
        """Make one attempt to send `message` to one of `recipients()`."""


def plain(text: str) -> str:
    """Return `text` without what a reader cannot see: controls, bidi marks, zero-width characters.

    Line feeds and tabs stay; a lone surrogate becomes U+FFFD.
    """
    return "".join(map(_visible, text))


def one_line(text: str, limit: int) -> str:
    """Return `text` as one visible line of at most `limit` characters; a cut is marked."""
    line = plain(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def failed(outcome: Outcome, error: str, *, code: int | None = None, retry_after_s: float | None = None) -> Receipt:
    """Return the receipt of an attempt that did not end well, its error made fit to be shown."""
    return Receipt(outcome=outcome, code=code, error=one_line(error, ERROR_CHARACTERS), retry_after_s=retry_after_s)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category in {"Cc", "Cf"} and character not in "\n\t" else character
