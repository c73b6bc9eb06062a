"""Addresses as they are read and shown, and the network that connects only to what it checked."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

import httpx2
import pytest

from flows.stages.addresses import (
    AddressRefusedError,
    CheckedNetwork,
    UnresolvedError,
    UrlRefusedError,
    checked_url,
    is_named,
    is_public,
    joined_url,
    port_of,
    resolved,
    shown,
)
from tests.flows.stages.hostile_server import running_server

NOT_PUBLIC = (Path(__file__).parent / "deliver" / "not_public.txt").read_text().split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "2a00:1450::1", "2001:4860::8"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("HTTPS://WWW.Example.ORG.:443/A?B#c", "https://www.example.org/A?B"),
        ("http://a.example", "http://a.example"),
        ("http://a.example:80/", "http://a.example/"),
        ("http://nouvelles-é.example/é", "http://xn--nouvelles--k7a.example/%C3%A9"),
        ("http://[2606:2800:220:1::1]:8080/", "http://[2606:2800:220:1::1]:8080/"),
        ("http://under_score.a-.example/", "http://under_score.a-.example/"),
    ],
)
def test_an_address_has_one_reading(text: str, read: str) -> None:
    assert str(checked_url(text)) == read


@pytest.mark.parametrize(
    ("host", "fault"),
    [("x" * 64 + ".example", "neither"), (".".join(["x" * 60] * 5), "neither"), ("xn--a.\ud800", "backslash")],
)
def test_hosts_that_no_resolver_takes(host: str, fault: str) -> None:
    with pytest.raises(UrlRefusedError, match=fault):
        checked_url(f"http://{host}/")


def test_relative_addresses() -> None:
    base = checked_url("https://a.example/b/c?d")
    assert str(joined_url(base, "../e")) == "https://a.example/e"
    assert str(joined_url(base, "//f.example/")) == "https://f.example/"
    for text in ("\n//f.example/", "/\te", "http://[", "\\\\f.example"):
        with pytest.raises(UrlRefusedError):
            joined_url(base, text)


def test_what_is_shown_of_an_address() -> None:
    assert shown(httpx2.URL("https://u:p@a.example:8443/b?key=s#c")) == "https://a.example:8443/b?…"
    assert shown(httpx2.URL("http://[::1]/")) == "http://[::1]/"


def test_ports() -> None:
    assert [port_of(httpx2.URL(url)) for url in ("http://a/", "https://a/", "http://a:81/")] == [80, 443, 81]


@pytest.mark.parametrize(
    ("host", "named"),
    [("a.example", "A.Example."), ("::1", "[::1]"), ("xn--nouvelles--k7a.example", "nouvelles-é.example")],
)
def test_names_of_hosts(host: str, named: str) -> None:
    assert is_named(host, [named])
    assert not is_named(f"x.{host}", [named])
    assert not is_named(host, [])


def test_the_resolver_of_the_system() -> None:
    assert set(resolved("localhost", 80)) <= {"127.0.0.1", "::1"}
    assert resolved("127.0.0.1", 80) == ("127.0.0.1",)


def test_an_ip_address_is_not_resolved() -> None:
    def lying(host: str, port: int) -> tuple[str, ...]:
        return ("8.8.8.8",)

    with pytest.raises(AddressRefusedError):
        CheckedNetwork(lying).connect_tcp("127.0.0.1", 80, time.monotonic() + 1)


def test_the_next_address_is_tried() -> None:
    with running_server() as server:
        network = CheckedNetwork(lambda *_: ("::1", "127.0.0.2", "127.0.0.1"), allow_hosts=["a.example"])
        network.connect_tcp("a.example", server.port, time.monotonic() + 2).close()


def test_an_address_that_does_not_answer_leaves_time_for_the_next() -> None:
    with running_server() as server, socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.2", server.port))
        full.listen(0)
        for _ in range(4):  # more than it holds: the next one is not even refused
            visitor = waiting.enter_context(socket.socket())
            visitor.setblocking(False)
            visitor.connect_ex(full.getsockname())
        network = CheckedNetwork(lambda *_: ("127.0.0.2", "127.0.0.1"), allow_hosts=["a.example"])
        started = time.monotonic()
        network.connect_tcp("a.example", server.port, started + 1).close()
        assert 0.4 < time.monotonic() - started < 0.9


def test_a_host_without_address() -> None:
    with pytest.raises(UnresolvedError):
        CheckedNetwork(lambda *_: ()).connect_tcp("a.example", 80, time.monotonic() + 1)


def test_a_fault_of_the_resolver_itself_is_raised_where_it_was_asked() -> None:
    def broken(host: str, port: int) -> tuple[str, ...]:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        CheckedNetwork(broken).connect_tcp("a.example", 80, time.monotonic() + 1)


def test_every_wait_needs_a_deadline() -> None:
    network = CheckedNetwork(lambda *_: ("8.8.8.8",))
    with pytest.raises(ValueError, match="deadline"):
        network.connect_tcp("a.example", 80)
    with pytest.raises(TimeoutError):
        network.connect_tcp("a.example", 80, time.monotonic() - 1)
