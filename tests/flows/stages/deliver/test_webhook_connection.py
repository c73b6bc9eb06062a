"""Where the webhook channel may connect: checked addresses only, and over verified TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from opened_channels import channel, local, send
from receivers import HOOK_HOST, HookServer, running_hook_server

from flows.stages.deliver.message import Message, Receipt
from flows.stages.deliver.webhook import WebhookChannel, is_public

NOT_PUBLIC = (Path(__file__).parent / "not_public.txt").read_text().split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(message: Message, address: str) -> None:
    assert not is_public(address)
    receipt = send(channel(f"https://{HOOK_HOST}/", resolve=lambda host, port: (address,)), message)
    assert receipt.outcome == "dead"
    assert str(receipt.error).startswith(f"https://{HOOK_HOST}/: {address} is not public")


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "2a00:1450::1", "2001:4860::8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "[::1]", "[::ffff:7f00:1]"]
)
def test_a_private_host_is_refused_however_it_is_written(message: Message, host: str) -> None:
    assert send(channel(f"https://{host}/"), message).outcome == "dead"


def test_one_bad_address_among_good_ones_refuses_all(message: Message) -> None:
    sender = channel(f"https://{HOOK_HOST}/", resolve=lambda host, port: ("93.184.216.34", "10.0.0.1"))
    assert send(sender, message).outcome == "dead"


def test_it_connects_to_the_address_that_was_checked(hook_server: HookServer, message: Message) -> None:
    asked: list[str] = []

    def changing(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("::1", "127.0.0.1") if len(asked) == 1 else ("192.0.2.1",)

    sender = channel(f"http://{HOOK_HOST}:{hook_server.port}/", allow_hosts=[HOOK_HOST.upper()], resolve=changing)
    assert send(sender, message).outcome == "sent"  # the second address, for nobody listens on ::1
    assert asked == [HOOK_HOST]
    assert hook_server.posted[0].headers["host"] == f"{HOOK_HOST}:{hook_server.port}"


def test_a_proxy_of_the_environment_is_not_used(
    hook_server: HookServer, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_hook_server() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://localhost:{proxy.port}")
        assert send(local(hook_server), message).outcome == "sent"
    assert (len(hook_server.posted), proxy.posted) == (1, [])


def secure(server: HookServer, ca_file: Path | None, **settings: Any) -> WebhookChannel:
    return channel(
        f"https://{HOOK_HOST}:{server.port}/",
        resolve=lambda host, port: ("127.0.0.1",),
        allow_hosts=[HOOK_HOST],
        ca_file=ca_file,
        **settings,
    )


def test_tls_is_checked_against_the_name(
    certified: Callable[..., ssl.SSLContext], ca_file: Path, message: Message
) -> None:
    with running_hook_server(certified(HOOK_HOST)) as server:
        assert send(secure(server, ca_file), message) == Receipt(outcome="sent", code=200)


@pytest.mark.parametrize("fault", ["other name", "unknown authority", "system authorities"])
def test_a_bad_certificate_is_refused(
    certified: Callable[..., ssl.SSLContext], ca_file: Path, message: Message, fault: str
) -> None:
    context = {
        "other name": lambda: certified("other.example.org"),
        "unknown authority": lambda: certified(HOOK_HOST, trustme.CA()),
        "system authorities": lambda: certified(HOOK_HOST),
    }[fault]()
    with running_hook_server(context) as server:
        receipt = send(secure(server, None if fault == "system authorities" else ca_file), message)
    assert receipt.outcome == "retry"
    assert "certificate verify failed" in str(receipt.error)
    assert server.posted == []


def test_a_server_without_tls_gets_nothing(hook_server: HookServer, ca_file: Path, message: Message) -> None:
    assert send(secure(hook_server, ca_file, timeout_s=1), message).outcome == "retry"
    assert hook_server.posted == []
