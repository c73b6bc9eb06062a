"""Every kind of the registry, driven through `open_channel`; and the schedule of retries."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from receivers import MAIL_HOST, HookServer, MailServer

from flows.stages.deliver.message import Message
from flows.stages.deliver.registry import CHANNELS, ChannelSettings, open_channel, retry_at

NOW = datetime(2025, 6, 7, 12, tzinfo=UTC)
Arrived = Callable[[], list[str]]


@pytest.fixture(params=sorted(CHANNELS))
def working(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Arrived]:
    """Give settings of a working channel of each kind, and a way to read what arrived.

    A kind that is added to the registry fails here until it has a receiver.
    """
    return request.getfixturevalue(f"working_{request.param}")


@pytest.fixture
def working_console(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], Arrived]:
    return {}, lambda: [out] if (out := capsys.readouterr().out) else []


@pytest.fixture
def working_email(mail_server: MailServer, ca_file: Path) -> tuple[dict[str, Any], Arrived]:
    def arrived() -> list[str]:
        mails = [message_from_bytes(envelope.original_content, policy=policy.SMTP) for envelope in mail_server.mail]
        return [mail.get_body(("plain",)).get_content() for mail in mails]

    settings = {"host": MAIL_HOST, "port": mail_server.port, "sender": "watch@example.org", "ca_file": ca_file}
    return {**settings, "recipients": ["desk@example.org"]}, arrived


@pytest.fixture
def working_webhook(hook_server: HookServer) -> tuple[dict[str, Any], Arrived]:
    settings = {
        "url": f"http://localhost:{hook_server.port}/hook",
        "secrets": [f"whsec_{base64.b64encode(b'k' * 24).decode()}"],
        "allow_hosts": ["localhost"],
    }
    return settings, lambda: [json.dumps(json.loads(post.body)) for post in hook_server.posted]


@pytest.fixture
def working_chat(hook_server: HookServer) -> tuple[dict[str, Any], Arrived]:
    settings = {"url": f"ntfy://localhost:{hook_server.port}/desk", "allow_hosts": ["localhost"]}
    return settings, lambda: [str(json.loads(post.body)["message"]) for post in hook_server.posted]


def opened(working: tuple[dict[str, Any], Arrived], kind: str) -> Any:
    return open_channel(TypeAdapter(ChannelSettings).validate_python({"kind": kind, "name": "desk", **working[0]}))


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return request.node.callspec.params["working"]


def test_a_working_channel_delivers_once(working: tuple[dict[str, Any], Arrived], kind: str, message: Message) -> None:
    channel = opened(working, kind)
    (recipient,) = channel.recipients()
    receipt = channel.send(message, recipient)
    assert (receipt.outcome, receipt.error) == ("sent", None)
    assert (channel.kind, channel.name) == (kind, "desk")
    (text,) = working[1]()
    assert "40" in text


def test_a_hostile_headline_is_delivered_and_harmless(
    working: tuple[dict[str, Any], Arrived], kind: str, hostile: Message
) -> None:
    channel = opened(working, kind)
    receipt = channel.send(hostile, channel.recipients()[0])
    assert receipt.outcome == "sent", receipt
    (text,) = working[1]()
    assert not {"\x1b", "\x07", "\x9b", "\x00", "\ud800"} & set(text)


def test_settings_of_a_kind_are_strict(working: tuple[dict[str, Any], Arrived], kind: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        TypeAdapter(ChannelSettings).validate_python({"kind": kind, "name": "desk", **working[0], "colour": "red"})
    with pytest.raises(ValidationError, match="name"):
        TypeAdapter(ChannelSettings).validate_python({"kind": kind, **working[0], "name": "a\nb"})


def test_the_settings_model_of_a_kind_names_it() -> None:
    assert {kind: entry.settings.model_fields["kind"].default for kind, entry in CHANNELS.items()} == {
        kind: kind for kind in CHANNELS
    }


@pytest.mark.parametrize(
    "change",
    [{"uid": "a.b"}, {"uid": "a\r\nb"}, {"uid": ""}, {"thread": "a b"}, {"created_at": datetime(2025, 6, 7)}],  # noqa: DTZ001
)
def test_a_message_needs_a_usable_identity(message: Message, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="message"):
        replace(message, **change)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    pauses = []
    for attempts in range(10):
        at = retry_at(attempts, NOW, retry_after_s=None, jitter=lambda: 0.0)
        assert at is not None
        pauses.append((at - NOW).total_seconds())
    assert pauses == [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert retry_at(10, NOW, retry_after_s=None, jitter=lambda: 0.0) is None
    assert retry_at(10, NOW, retry_after_s=5.0, jitter=lambda: 0.0) is None


@pytest.mark.parametrize(
    ("attempts", "retry_after_s", "chance", "pause_s"),
    [
        (1, 120.0, 0.0, 120),  # the receiver knows better
        (3, 120.0, 0.0, 1800),  # but cannot hurry us
        (1, 1e9, 0.0, 86400),  # nor stop us
        (3, None, 1.0, 1980),
        (1, 120.0, 0.5, 126),  # chance never comes before the receiver's wish
    ],
)
def test_retry_after_and_jitter(attempts: int, retry_after_s: float | None, chance: float, pause_s: float) -> None:
    at = retry_at(attempts, NOW, retry_after_s=retry_after_s, jitter=lambda: chance)
    assert at == NOW + timedelta(seconds=pause_s)
