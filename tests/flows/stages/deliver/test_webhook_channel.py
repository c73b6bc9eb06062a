"""The webhook channel against a real web server: what is posted, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from opened_channels import NEW_KEY, OLD_KEY, channel, local, secret, send
from pydantic import ValidationError
from receivers import HOOK_HOST, HookServer, running_hook_server

from flows.stages.deliver.message import Message, Receipt
from flows.stages.deliver.webhook import signature


def test_the_post_is_a_standard_webhook(hook_server: HookServer, message: Message) -> None:
    receipt = send(local(hook_server, secrets=[secret(OLD_KEY), secret(NEW_KEY)]), message)
    assert receipt == Receipt(outcome="sent", code=200)
    (post,) = hook_server.posted
    assert post.path == "/hook?token=t0ken"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["host"] == f"localhost:{hook_server.port}"
    assert json.loads(post.body) == {
        "type": "development.updated",
        "timestamp": "2025-06-07T12:30:00Z",
        "data": {"alert": {"id": "L3"}, "changes": [{"field": "fatalities", "old": 30, "new": 40}], "url": None},
    }
    assert (post.headers["webhook-id"], post.headers["webhook-timestamp"]) == (message.uid, "1749299465")
    signed = f"{message.uid}.1749299465.".encode() + post.body
    assert post.headers["webhook-signature"].split(" ") == [
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in (OLD_KEY, NEW_KEY)
    ]


def test_the_signature_agrees_with_the_published_example() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', keys=[key])
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_retry_has_the_same_id_and_body(hook_server: HookServer, message: Message) -> None:
    sender = local(hook_server)
    hook_server.answers(503)
    assert send(sender, message).outcome == "retry"
    hook_server.answers(204)
    assert send(sender, replace(message, possible_repeat=True)).outcome == "sent"
    first, second = hook_server.posted
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


def test_hostile_text_is_valid_json(hook_server: HookServer, hostile: Message) -> None:
    assert send(local(hook_server), hostile).outcome == "sent"
    told = json.loads(hook_server.posted[0].body)["data"]["headline"]
    assert told == hostile.data["headline"].replace("\ud800", "\ufffd")


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_is_no_json_is_poison(hook_server: HookServer, message: Message, value: object) -> None:
    receipt = send(local(hook_server), replace(message, data={"alert": value}))
    assert receipt.outcome == "dead"
    assert str(receipt.error).startswith(f"poison: alert {message.uid}: ")
    assert hook_server.posted == []


def test_data_may_be_any_mapping(hook_server: HookServer, message: Message) -> None:
    assert send(local(hook_server), replace(message, data=MappingProxyType({"url": "x"}))).outcome == "sent"


@pytest.mark.parametrize(
    ("status", "outcome", "error"),
    [
        (200, "sent", None),
        (202, "sent", None),
        (302, "retry", "redirect refused: HTTP 302 Found"),
        (304, "retry", "redirect refused: HTTP 304 Not Modified"),
        (400, "dead", "HTTP 400 Bad Request"),
        (401, "dead", "HTTP 401 Unauthorized"),
        (404, "dead", "HTTP 404 Not Found"),
        (408, "retry", "HTTP 408 Request Timeout"),
        (410, "dead", "gone: HTTP 410 Gone"),
        (429, "retry", "HTTP 429 Too Many Requests"),
        (500, "retry", "HTTP 500 Internal Server Error"),
        (503, "retry", "HTTP 503 Service Unavailable"),
        (599, "retry", "HTTP 599"),
    ],
)
def test_fault_79_a_status_decides(
    hook_server: HookServer, message: Message, status: int, outcome: str, error: str | None
) -> None:
    with running_hook_server() as elsewhere:
        hook_server.answers(status, location=f"http://localhost:{elsewhere.port}/")
        receipt = send(local(hook_server), message)
    assert receipt == Receipt(outcome=outcome, code=status, error=error, gone=status == 410)
    assert elsewhere.posted == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_fault_80_a_redirect_is_a_failure_and_not_followed(
    hook_server: HookServer, message: Message, status: int
) -> None:
    with running_hook_server() as elsewhere:
        hook_server.answers(status, location=f"http://localhost:{elsewhere.port}/")
        receipt = send(local(hook_server), message)
    assert (receipt.outcome, receipt.code) == ("retry", status)
    assert str(receipt.error).startswith(f"redirect refused: HTTP {status}")
    assert elsewhere.posted == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Sat, 07 Jun 2025 12:32:05 GMT", 59.1),
        ("Sat, 07 Jun 2025 12:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("99999999999999999999", 86400.0),
        ("9" * 5000, 86400.0),
        ("soon", None),
        ("-5", None),
        ("Sat, 07 Jun 2025 12:32:05 -0000", None),
        ("Sat, 99 Jun 2025 12:32:05 GMT", None),
        ("²", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(
    hook_server: HookServer, message: Message, status: int, header: str, seconds: float | None
) -> None:
    hook_server.answers(status, retry_after=header)
    receipt = send(local(hook_server), message)
    assert receipt.outcome == "retry"
    assert receipt.retry_after_s == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("before", "drop", "outcome"),
    [
        (b"", b"", "retry"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", "retry"),
        (b"HTTP/1.1 2", b"0", "retry"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", "retry"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"z", "sent"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", b"z", "retry"),
    ],
    ids=["silence", "headers", "status line", "interim answers", "body of a 200", "body of a 500"],
)
def test_fault_81_a_slow_drip_ends_at_the_deadline(
    hook_server: HookServer, message: Message, before: bytes, drop: bytes, outcome: str
) -> None:
    hook_server.drips(before, drop)
    started = time.monotonic()
    receipt = send(local(hook_server, timeout_s=0.3), message)
    assert 0.25 < time.monotonic() - started < 2
    assert receipt.outcome == outcome
    if receipt.outcome == "retry" and receipt.code is None:
        assert str(receipt.error).endswith("not done after 0.3 s")


def test_an_endless_answer_is_not_read(hook_server: HookServer, message: Message) -> None:
    hook_server.drips(b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 1_000_000)
    started = time.monotonic()
    assert send(local(hook_server), message) == Receipt(outcome="sent", code=200)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("answer", [b"", b"220 mail.example.org ESMTP\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000])
def test_no_http_is_tried_again(hook_server: HookServer, message: Message, answer: bytes) -> None:
    hook_server.answer = lambda write: write(answer) and None
    receipt = send(local(hook_server), message)
    assert (receipt.outcome, receipt.code) == ("retry", None)
    assert receipt.error


def test_nobody_listens(message: Message) -> None:
    with running_hook_server() as gone:
        pass
    receipt = send(local(gone), message)
    assert receipt.outcome == "retry"
    assert "refused" in str(receipt.error)


def test_a_resolver_that_never_answers(message: Message) -> None:
    def never(host: str, port: int) -> tuple[str, ...]:
        time.sleep(3)
        return ("127.0.0.1",)

    started = time.monotonic()
    receipt = send(channel(f"https://{HOOK_HOST}/", resolve=never, timeout_s=0.2), message)
    assert time.monotonic() - started < 1.5
    assert receipt == Receipt(outcome="retry", error=f"https://{HOOK_HOST}/: not done after 0.2 s")


def test_an_unknown_host_is_tried_again(message: Message) -> None:
    def nobody(host: str, port: int) -> tuple[str, ...]:
        raise OSError("Name or service not known")

    receipt = send(channel(f"https://{HOOK_HOST}/", resolve=nobody), message)
    assert receipt == Receipt(outcome="retry", error=f"https://{HOOK_HOST}/: Name or service not known")


def test_credentials_go_to_the_receiver_only(
    hook_server: HookServer, message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"http://us%40er:p%3Ass@localhost:{hook_server.port}/h0ok?token=t0ken"
    sender = channel(url, allow_hosts=["localhost"])
    receipts = []
    for status in (200, 302, 400, 500):
        hook_server.answers(status)
        receipts.append(send(sender, message))
    hook_server.drips(b"", b"")
    receipts.append(send(channel(url, allow_hosts=["localhost"], timeout_s=0.1), message))
    basic = base64.b64encode(b"us@er:p:ss").decode()
    assert hook_server.posted[0].headers["authorization"] == f"Basic {basic}"
    assert sender.recipients() == (f"http://localhost:{hook_server.port}/…",)
    told = f"{caplog.text} {receipts} {sender.recipients()} {sender._settings!r}"
    for hidden in ("us%40er", "us@er", "p%3Ass", "p:ss", "h0ok", "t0ken", basic, secret(OLD_KEY)):
        assert hidden not in told


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"url": "http://hooks.example.org/s3cret"}, "needs https"),
        ({"url": "ftp://hooks.example.org/s3cret"}, "not an http"),
        ({"url": "file:///s3cret"}, "not an http"),
        ({"url": "javascript:s3cret"}, "not an http"),
        ({"url": "https:///s3cret"}, "not an http"),
        ({"url": "https://hooks.example.org/#s3cret"}, "not an http"),
        ({"url": "https://hooks.example.org\\@s3cret/"}, "backslash"),
        ({"url": "https://hooks.example.org/\ts3cret"}, "space"),
        ({"url": "https://hooks.example.org/\ns3cret"}, "space"),
        ({"url": "https://hooks.example.org:s3cret/"}, "not an address"),
        ({"url": "https://0177.0.0.1/"}, "not an address"),
        ({"secrets": []}, "secrets"),
        ({"secrets": ["s3cret"]}, "secrets"),
        ({"secrets": [secret(b"s3cret")]}, "secrets"),
        ({"secrets": [secret(b"k" * 65)]}, "secrets"),
        ({"secrets": [secret(OLD_KEY), "whsec_s3cret!"]}, "secrets"),
        ({"secrets": [secret(OLD_KEY).removeprefix("whsec_")]}, "secrets"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_settings_are_refused_without_telling_secrets(change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValidationError, match=match) as caught:
        channel(**{"url": f"https://{HOOK_HOST}/", **change})
    assert "s3cret" not in str(caught.value)
