"""Redirects, credentials and cookies: what is followed, what is sent where, and what is never shown."""

from __future__ import annotations

import base64
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from flows.stages.http import Credentials, Failure, Fetched, NotModified, Request
from tests.flows.stages.hostile_server import HOST, HostileServer, opened, page, running_server, to

OTHER = "other.example.org"
BASIC = "Basic " + base64.b64encode(b"us@er:p:ss\xc3\xa9").decode()
SECRETS = ("us%40er", "us@er", "p%3Ass", "p:ss", "t0ken", BASIC[6:])


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with running_server() as running:
        yield running


def get(server: HostileServer, path: str = "/", **settings: object) -> Fetched | NotModified | Failure:
    with opened(**settings) as door:
        return door.get(Request(url=server.url(path)))


def test_fault_09_a_circle_is_told_with_its_chain(server: HostileServer, caplog: pytest.LogCaptureFixture) -> None:
    server.answers |= {"/": to("/2"), "/2": to("/3?t0ken"), "/3": to("/#again")}
    failure = get(server)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.status, failure.permanent) == ("redirect", 302, False)
    chain = f"{server.url()} -> {server.url('/2')} -> {server.url('/3')}?…"
    assert failure.message == f"{chain}: redirect not followed: back to {server.url()}: a circle"
    assert chain in caplog.text
    assert "t0ken" not in caplog.text + repr(failure)
    assert server.targets() == ["/", "/2", "/3?t0ken"]


@pytest.mark.parametrize(("hops", "followed"), [(5, True), (6, False)])
def test_fault_09_five_hops_and_no_more(server: HostileServer, hops: int, followed: bool) -> None:
    server.answers |= {f"/{n}": to(f"/{n + 1}") for n in range(hops)} | {f"/{hops}": page()}
    found = get(server, "/0")
    assert isinstance(found, Fetched) == followed
    assert len(server.asked) == 6
    if isinstance(found, Failure):
        assert (found.kind, found.message.count(" -> ")) == ("redirect", 5)
        assert found.message.endswith("more than 5 redirects")


@pytest.mark.parametrize(
    "answer", [page(b"", status=301), to(""), to("#x"), to("http://"), to("http://u:p@x.example/")]
)
def test_fault_09_a_redirect_to_nowhere(server: HostileServer, answer: bytes) -> None:
    server.answers["/"] = answer
    failure = get(server)
    assert isinstance(failure, Failure)
    assert failure.kind == "redirect"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/b/../c", "/c"),
        ("d?x=y#z", "/a/d?x=y"),
        ("//{host}:{port}/e", "/e"),
        ("http://{host}:{port}/f g", "/f%20g"),
        ("/é", "/%C3%A9"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(server: HostileServer, status: int, location: str, path: str) -> None:
    server.answers["/a/b"] = to(location.format(host=HOST, port=server.port), status)
    server.answers[path.partition("?")[0]] = page()
    found = get(server, "/a/b")
    assert isinstance(found, Fetched)
    assert (found.requested_url, found.url) == (server.url("/a/b"), server.url(path))
    assert found.moved_to == (server.url(path) if status in {301, 308} else None)


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [((301, 302), "/1"), ((302, 301), None), ((301, 308), "/2"), ((307, 303), None), ((308, 301, 302), "/2")],
)
def test_the_address_has_moved_as_far_as_redirects_are_permanent(
    server: HostileServer, statuses: tuple[int, ...], moved_to: str | None
) -> None:
    server.answers |= {f"/{n}": to(f"/{n + 1}", status) for n, status in enumerate(statuses)}
    server.answers[f"/{len(statuses)}"] = page()
    found = get(server, "/0")
    assert isinstance(found, Fetched)
    assert found.moved_to == (moved_to and server.url(moved_to))


@pytest.fixture
def https(tmp_path: Path) -> Iterator[tuple[HostileServer, Path]]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with running_server(context) as running:
        yield running, tmp_path / "ca.pem"


@pytest.mark.parametrize("user", ["", "us:er@"])
@pytest.mark.parametrize("allowed", [True, False])
def test_fault_10_a_downgrade(
    server: HostileServer, https: tuple[HostileServer, Path], user: str, allowed: bool
) -> None:
    secure, ca_file = https
    server.answers["/"] = page()
    secure.answers["/"] = to(server.url())
    with opened(allow_downgrade=allowed, ca_file=ca_file) as door:
        found = door.get(Request(url=secure.url(scheme="https", host=user + HOST)))
    assert len(secure.asked) == 1
    if allowed and not user:
        assert isinstance(found, Fetched)
    else:
        assert isinstance(found, Failure)
        assert (found.kind, server.connections) == ("redirect", 0)


def test_an_upgrade_is_followed_without_the_credentials(
    server: HostileServer, https: tuple[HostileServer, Path]
) -> None:
    secure, ca_file = https
    server.answers["/"] = to(secure.url(scheme="https"))
    secure.answers["/"] = page()
    with opened(ca_file=ca_file) as door:
        found = door.get(Request(url=server.url(), credentials=Credentials(username="us@er", password="p:ssé")))
    assert isinstance(found, Fetched)
    assert server.asked[0].headers["authorization"] == BASIC
    assert "authorization" not in secure.asked[0].headers  # another origin


@pytest.mark.parametrize("in_url", [True, False])
def test_fault_29_credentials_go_to_their_origin_only_and_are_never_shown(
    server: HostileServer, caplog: pytest.LogCaptureFixture, in_url: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = None if in_url else Credentials(username="us@er", password="p:ssé")
    user = "us%40er:p%3Ass%C3%A9@" if in_url else ""
    told: list[object] = []
    with opened(allow_hosts=(HOST, OTHER), timeout_s=1) as door:
        for logger in ("httpx2", "httpcore2.http11", "httpcore2.connection"):
            assert not logging.getLogger(logger).isEnabledFor(logging.INFO)
        server.answers |= {
            "/": to("/same"),
            "/same": to(server.url("/away", host=OTHER)),
            "/away": to(server.url("/back")),
            "/back": page(),
            "/gone": page(status=410),
            "/circle": to("/circle"),
            "/broken": b"",
            "/leak": page(b"", "Location: http://us%40er:p%3Ass@x.example/", status=301),
        }
        for path in ("/", "/gone", "/circle", "/broken", "/leak"):
            request = Request(url=server.url(path, host=user + HOST), credentials=credentials)
            told += [request, door.get(request)]
        hosts = ("127.0.0.1", "127.0.0.1.x", "x:99999", "x\\y", "x:22", "[::1%25lo]", "", "x@y")
        for host in hosts:
            request = Request(url=f"http://{user}{host}/?t0ken", credentials=credentials)
            told += [request, door.get(request)]
    sent = {asked.target: asked.headers.get("authorization") for asked in server.asked}
    assert [sent[path] for path in ("/", "/same", "/away", "/back")] == [BASIC, BASIC, None, BASIC]
    assert isinstance(told[1], Fetched)
    assert told[1].requested_url == server.url()
    for secret in SECRETS:
        assert secret not in f"{told} {caplog.text}"


@pytest.mark.parametrize("url", ["us%40er:p%3Ass@host", "https:us%40er:p%3Ass@host/", "https://us%40er:p%3Ass@h\n/"])
def test_fault_29_a_malformed_address_shows_no_credentials_either(url: str) -> None:
    request = Request(url=url)
    with opened() as door:
        failure = door.get(request)
    assert isinstance(failure, Failure)
    assert failure.kind == "url"
    assert failure.message.isprintable()
    assert not any(secret in f"{request!r} {failure!r}" for secret in SECRETS)


def test_fault_30_cookies_are_not_kept(server: HostileServer) -> None:
    server.answers |= {
        "/": page(b"", "Set-Cookie: a=b", "Location: /2", status=302),
        "/2": page(b"ok", "Set-Cookie: c=d"),
    }
    with opened() as door:
        for _ in range(2):
            assert isinstance(door.get(Request(url=server.url())), Fetched)
    assert len(server.asked) == 4
    assert not any("cookie" in asked.headers for asked in server.asked)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with running_server() as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        server.answers["/"] = page()
        assert isinstance(get(server), Fetched)
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "given", [{"etag": "a\r\nX-Injected: y"}, {"accept": "a\nX-Injected: y"}, {"last_modified": "\0"}]
)
def test_a_header_cannot_be_injected(server: HostileServer, given: dict[str, Any]) -> None:
    server.answers["/"] = page()
    with opened() as door:
        failure = door.get(Request(url=server.url(), **given))
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert server.asked == []


def test_a_validator_that_no_server_would_take_back_is_not_kept(server: HostileServer) -> None:
    server.answers["/"] = page(b"ok", f'ETag: "{"x" * 20_000}"', "Last-Modified: é")
    found = get(server)
    assert isinstance(found, Fetched)
    assert found.etag is None
    with opened() as door:
        assert isinstance(door.get(Request(url=server.url(), etag='"日本"')), Fetched)


def test_an_at_sign_in_a_path_hides_nothing() -> None:
    request = Request(url="https://a.example:22/@name/feed?key=t0ken")
    with opened() as door:
        failure = door.get(request)
    assert isinstance(failure, Failure)
    assert failure.message == "https://a.example:22/@name/feed?…: port 22 is not among the allowed ones"
    assert repr(request) == "Request('https://a.example:22/@name/feed?…')"
