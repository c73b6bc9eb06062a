"""The channel of chats: what a chat acts on is disarmed, each answer has its outcome, nothing secret is shown."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from receivers import HookServer

from flows.stages.deliver.chat import ChatChannel, ChatSettings, chat_text
from flows.stages.deliver.message import Message, Receipt


def chat(url: str, *, allow_hosts: list[str] | None = None, addresses: tuple[str, ...] = ("1.1.1.1",)) -> ChatChannel:
    settings = ChatSettings(name="desk", url=url, allow_hosts=allow_hosts or [], timeout_s=2)  # type: ignore[arg-type]
    return ChatChannel(settings, resolve=lambda _host, _port: addresses)


def local(server: HookServer, user: str = "") -> ChatChannel:
    return chat(f"ntfy://{user}localhost:{server.port}/s3cr3t", allow_hosts=["localhost"])


def send(channel: ChatChannel, message: Message) -> Receipt:
    return channel.send(message, *channel.recipients())


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "sent"), (400, "dead"), (403, "dead"), (404, "dead"), (429, "retry"), (503, "retry")]
)
def test_each_answer_has_its_outcome(status: int, outcome: str, hook_server: HookServer, message: Message) -> None:
    hook_server.answers(status)
    receipt = send(local(hook_server), message)
    assert receipt.outcome == outcome
    assert receipt.code == (None if status == 200 else status)
    assert len(hook_server.posted) == 1  # apprise tries no second time of its own


def test_fault_80_a_redirect_is_not_followed(hook_server: HookServer, message: Message) -> None:
    hook_server.answers(302, location=f"http://localhost:{hook_server.port}/elsewhere")
    assert send(local(hook_server), message).outcome == "retry"
    assert len(hook_server.posted) == 1


def test_nobody_there_is_a_passing_fault(message: Message) -> None:
    receipt = send(chat("ntfy://localhost:9/desk", allow_hosts=["localhost"]), message)
    assert (receipt.outcome, receipt.error) == ("retry", "ntfy://…: not taken")


@pytest.mark.parametrize(
    ("url", "addresses", "why"),
    [
        ("ntfys://chat.example/desk", ("10.0.0.1",), "10.0.0.1 is not public"),
        ("ntfys://chat.example/desk", ("1.1.1.1", "127.0.0.1"), "127.0.0.1 is not public"),
        ("mmosts://chat.example/abcdefghijkl", ("169.254.169.254",), "169.254.169.254 is not public"),
        ("ntfy://chat.example/desk", ("1.1.1.1",), "needs TLS"),
    ],
)
def test_a_private_or_open_host_is_refused(url: str, addresses: tuple[str, ...], why: str, message: Message) -> None:
    receipt = send(chat(url, addresses=addresses), message)
    assert receipt.outcome == "dead"
    assert why in (receipt.error or "")


@pytest.mark.parametrize(
    "url", ["json://localhost/", "mailto://a:b@example.org", "file:///etc/passwd", "slack://", "x"]
)
def test_other_services_and_broken_addresses_are_refused_without_a_word_of_them(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        chat(url)
    assert "etc/passwd" not in str(caught.value)


def test_fault_87_what_a_chat_acts_on_is_disarmed(hook_server: HookServer, message: Message) -> None:
    words = "@everyone <!channel> <@U123> [click](javascript:alert(1)) `code` <https://evil.example|bank>"
    send(local(hook_server), replace(message, text=words, subject=words))
    body: dict[str, Any] = json.loads(hook_server.posted[0].body)
    for text in (body["message"], body["title"]):
        assert not any(sign in text for sign in ("@e", "<", ">", "](", "`", "@U"))
        assert "everyone" in text


def test_plain_words_stay_as_they_are() -> None:
    words = "Three killed near Gao – « dit-on », 30 → 60\n  where Gao (Mali)"
    assert chat_text(words) == words


def test_nothing_of_the_address_is_shown_or_logged(
    hook_server: HookServer, message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook_server.answers(403)
    channel = local(hook_server, user="me:s3cr3t@")
    receipt = send(channel, message)
    shown = f"{channel.recipients()} {receipt} {caplog.text}"
    assert "s3cr3t" not in shown
