"""The email and webhook channels as the tests open them, with a fixed clock and known keys."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from receivers import MAIL_HOST, HookServer

from flows.stages.deliver.email import EmailChannel, EmailSettings
from flows.stages.deliver.message import Message, Receipt
from flows.stages.deliver.webhook import WebhookChannel, WebhookSettings

NOW = datetime(2025, 6, 7, 12, 31, 5, 900_000, tzinfo=UTC)
OLD_KEY, NEW_KEY = b"o" * 24, b"n" * 64
Resolve = Callable[[str, int], tuple[str, ...]]


def secret(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


def channel(url: str, *, resolve: Resolve | None = None, **settings: Any) -> WebhookChannel:
    given = {"name": "desk", "url": url, "secrets": [secret(OLD_KEY)], "timeout_s": 5, **settings}
    return WebhookChannel(WebhookSettings(**given), clock=lambda: NOW, resolve=resolve)


def local(server: HookServer, **settings: Any) -> WebhookChannel:
    return channel(f"http://localhost:{server.port}/hook?token=t0ken", allow_hosts=["localhost"], **settings)


def send(sender: WebhookChannel, message: Message) -> Receipt:
    return sender.send(message, *sender.recipients())


DESK = "desk@example.org"


def mail_channel(port: int, **settings: Any) -> EmailChannel:
    given = {"host": MAIL_HOST, "port": port, "sender": "Sahel Wätch <watch@example.org>", "timeout_s": 5, **settings}
    return EmailChannel(EmailSettings(**{"name": "desk", "recipients": [DESK], **given}))
