"""The channel of chats (Slack, Teams, Discord, Telegram, ntfy …), through the library apprise.

In: a message. Out: a receipt; apprise tells no more than that it failed, so the status is read from its log, and
without one the fault is passing. One URL a channel, no retry or redirect of its own, its text without what a chat acts
on. Never shows more of the URL than its scheme, for all of it may be secret, and never reaches a private host that is
not allowed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import responses
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from flows.stages.addresses import Resolve, is_named, is_public, resolved
from flows.stages.deliver.message import LONGEST_TIMEOUT_S, Message, Receipt, failed, one_line, plain

if TYPE_CHECKING:
    from apprise import NotifyBase

HOSTED = {"slack", "discord", "tgram", "msteams", "workflow", "workflows", "gchat", "zulip", "pover"}
SELF_HOSTED = {"ntfy", "ntfys", "mmost", "mmosts", "matrix", "matrixs", "rocket", "rockets"}  # their host is ours
TITLE_CHARACTERS = 200
PASSING = {408, 429}  # and every 5xx
_STATUS = re.compile(r"error=(\d{3})\b")
_SCHEME = re.compile(r"([a-z]+)://", re.IGNORECASE)
# Mentions (@everyone, <!channel>), links under other words, code: each loses the sign that makes it one.
_ACTED_ON = str.maketrans({"@": "@\u200b", "<": "‹", ">": "›", "`": "'", "[": "(", "]": ")"})


class ChatSettings(BaseModel):
    """Settings of one chat: an address as apprise writes them; `allow_hosts` may be private or without TLS."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["chat"] = "chat"
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    url: SecretStr
    timeout_s: float = Field(
        10, gt=0, le=LONGEST_TIMEOUT_S, description="Seconds to connect, and as many between two parts of an answer."
    )
    allow_hosts: list[str] = []

    @model_validator(mode="after")
    def _check(self) -> ChatSettings:
        scheme = self.scheme()
        if scheme not in HOSTED | SELF_HOSTED:
            raise ValueError(f"url: {scheme or 'it'} is none of {', '.join(sorted(HOSTED | SELF_HOSTED))}")
        if opened_service(self) is None:
            raise ValueError(f"url: not an address of {scheme}")
        return self

    def scheme(self) -> str:
        """Return the name of the service."""
        match = _SCHEME.match(self.url.get_secret_value())
        return match[1].lower() if match else ""


class ChatChannel:
    """Posts messages to one chat."""

    kind = "chat"

    def __init__(self, settings: ChatSettings, *, resolve: Resolve | None = None) -> None:
        self.name = settings.name
        self._settings = settings
        self._resolve = resolve or resolved

    def recipients(self) -> tuple[str, ...]:
        """Return the service: the rest of its address may be secret."""
        return (f"{self._settings.scheme()}://…",)

    def send(self, message: Message, recipient: str) -> Receipt:
        """Make one attempt."""
        service = opened_service(self._settings)
        if service is None:
            return failed("dead", f"{recipient}: not an address")
        try:
            if refused := self._refused(service):
                return failed("dead", f"{recipient}: {refused}")
        except OSError as error:
            return failed("retry", f"{recipient}: {error}")
        title = "(possible repeat) " * message.possible_repeat + message.subject
        with _statuses() as found:
            done = service.notify(body=chat_text(message.text), title=chat_text(one_line(title, TITLE_CHARACTERS)))
        return Receipt(outcome="sent") if done is True else judged(found, recipient)

    def _refused(self, service: NotifyBase) -> str | None:
        """Return why no connection is made to the host of a service that is not of the public ones."""
        host = _own_host(self._settings, service)
        if host is None or is_named(host, self._settings.allow_hosts):
            return None
        if not service.secure:
            return "needs TLS, or a place in allow_hosts"
        private = [address for address in self._resolve(host, service.port or 443) if not is_public(address)]
        return f"{private[0]} is not public; name the host in allow_hosts if it is meant" if private else None


def opened_service(settings: ChatSettings) -> NotifyBase | None:
    """Return the service that an address means, without retries and redirects; None where it means none."""
    from apprise import Apprise, OverflowMode

    with _statuses():
        service: Any = Apprise.instantiate(settings.url.get_secret_value(), suppress_exceptions=True)
    if service is None:
        return None
    service.redirects, service.retry, service.overflow_mode = False, 0, OverflowMode.TRUNCATE
    service.socket_connect_timeout = service.socket_read_timeout = settings.timeout_s
    return service  # type: ignore[no-any-return]


def chat_text(text: str) -> str:
    """Return a text in which nothing is a mention, a link under other words, or code."""
    return plain(text).translate(_ACTED_ON)


def judged(statuses: list[int], recipient: str) -> Receipt:
    """Return what a failed attempt means by the last status that the service gave."""
    if not statuses:
        return failed("retry", f"{recipient}: not taken")
    status = statuses[-1]
    error = f"{recipient}: HTTP {status} {responses.get(status, '')}".rstrip()
    lasting = 400 <= status < 500 and status not in PASSING
    return failed("dead" if lasting else "retry", error, code=status)


def _own_host(settings: ChatSettings, service: Any) -> str | None:
    """Return the host of a service that people run themselves; None for the public ones."""
    if settings.scheme() not in SELF_HOSTED or getattr(service, "mode", None) == "cloud":
        return None
    return str(service.host)


class _Statuses(logging.Handler):
    """Keeps the HTTP statuses that apprise logs, and nothing else: its lines may hold secrets."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found += [int(status) for status in _STATUS.findall(record.getMessage())]


@contextmanager
def _statuses() -> Iterator[list[int]]:
    """Keep apprise's own log to ourselves, and yield the statuses that are in it."""
    logger, handler = logging.getLogger("apprise"), _Statuses()
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield handler.found
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
