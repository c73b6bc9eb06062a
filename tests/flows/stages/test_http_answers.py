"""What each answer means: statuses, validators, pauses, content types; one request at a time to a host; TLS."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from pydantic import ValidationError

from flows.stages.http import Failure, Fetched, HttpSettings, NotModified, Request
from tests.flows.stages.hostile_server import HOST, Asked, HostileServer, Write, kept, opened, page, running_server


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with running_server() as running:
        yield running


def failed(server: HostileServer, status: int, *headers: str, **settings: object) -> Failure:
    server.answers["/"] = page(b"sorry", *headers, status=status)
    with opened(**settings) as door:
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    return failure


def test_what_is_fetched(server: HostileServer) -> None:
    server.answers["/feed"] = page(
        "<rss>é</rss>".encode(),
        'Content-Type: Application/RSS+XML; Charset="UTF-8"; x=y',
        'ETag: W/"v1"',
        "Last-Modified: Sat, 07 Jun 2025 11:00:00 GMT",
    )
    with opened() as door:
        found = door.get(Request(url=server.url("/feed?a=b#c"), accept="text/x"))
    assert isinstance(found, Fetched)
    assert found.requested_url == found.url == server.url("/feed?a=b")
    assert (found.status, found.body, found.moved_to) == (200, "<rss>é</rss>".encode(), None)
    assert (found.media_type, found.charset) == ("application/rss+xml", "utf-8")
    assert (found.etag, found.last_modified) == ('W/"v1"', "Sat, 07 Jun 2025 11:00:00 GMT")
    assert found.wire_bytes == len(found.body)
    assert 0 < found.elapsed_s < 2
    assert server.asked[0].target == "/feed?a=b"
    assert server.asked[0].headers == {
        "host": f"{HOST}:{server.port}",
        "user-agent": "sahelwatch/0.1 (+https://github.com/sahelwatch/sahelwatch)",
        "accept": "text/x",
        "accept-encoding": "gzip",
    }


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Sat, 07 Jun 2025 12:30:00 GMT", 1800.0),
        ("Sat, 07 Jun 2025 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("9" * 5000, 86400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_fault_18_retry_after(server: HostileServer, status: int, header: str, seconds: float | None) -> None:
    failure = failed(server, status, f"Retry-After: {header}")
    assert (failure.kind, failure.status, failure.retry_after_s) == ("status", status, seconds)
    assert not failure.permanent


@pytest.mark.parametrize("status", [500, 502, 504, 599, 400, 401, 403, 451, 206, 204, 300])
def test_fault_19_other_statuses_pass_by(server: HostileServer, status: int) -> None:
    failure = failed(server, status, "Retry-After: 5")
    assert (failure.kind, failure.status, failure.permanent) == ("status", status, False)
    assert failure.retry_after_s is None
    assert f"HTTP {status}" in failure.message


def test_fault_20_missing_is_not_gone(server: HostileServer) -> None:
    assert not failed(server, 404).permanent
    assert failed(server, 410).permanent


@pytest.mark.parametrize(("status", "permanent"), [(301, True), (308, True), (302, False), (307, False)])
def test_fault_20_gone_behind_a_passing_redirect_is_not_gone(
    server: HostileServer, status: int, permanent: bool
) -> None:
    server.answers |= {"/": page(b"", "Location: /there", status=status), "/there": page(status=410)}
    with opened() as door:
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert (failure.status, failure.permanent) == (410, permanent)


def test_fault_21_not_modified(server: HostileServer) -> None:
    answer = b'HTTP/1.1 304 Not Modified\r\nETag: "v2"\r\nContent-Length: 1234\r\n\r\n'
    server.answers["/"] = kept(answer)
    with opened() as door:
        for _ in range(2):
            found = door.get(Request(url=server.url(), etag='"v1"', last_modified="Sat, 07 Jun 2025 11:00:00 GMT"))
            assert isinstance(found, NotModified)
            assert (found.url, found.etag, found.last_modified) == (server.url(), '"v2"', None)
    assert server.asked[0].headers["if-none-match"] == '"v1"'
    assert server.asked[0].headers["if-modified-since"] == "Sat, 07 Jun 2025 11:00:00 GMT"
    assert server.connections == 1  # the connection is of use after a 304


def test_fault_22_another_body_under_the_same_etag_is_handed_on(server: HostileServer) -> None:
    server.answers["/"] = page(b"new text", 'ETag: "v1"')
    with opened() as door:
        found = door.get(Request(url=server.url(), etag='"v1"'))
    assert isinstance(found, Fetched)
    assert (found.body, found.etag) == (b"new text", '"v1"')


def test_fault_23_not_modified_without_validators(server: HostileServer) -> None:
    failure = failed(server, 304)
    assert (failure.kind, failure.status) == ("protocol", 304)


@pytest.mark.parametrize(
    ("header", "media_type", "charset"),
    [
        ("Content-Type: text/html; charset=windows-1252", "text/html", "windows-1252"),
        ("Content-Type: text/html;charset='utf-8'", "text/html", "utf-8"),
        ("Content-Type: text/html; charset=", "text/html", None),
        ("Content-Type: nonsense", None, None),
        ("Content-Type: ; charset=utf-8", None, "utf-8"),
        ("Content-Type: a/b<script>", None, None),
        (f"Content-Type: a/{'b' * 500}; charset={'c' * 40}", None, "c" * 40),
        ("X: y", None, None),
    ],
)
def test_fault_24_the_content_type_is_told(
    server: HostileServer, header: str, media_type: str | None, charset: str | None
) -> None:
    server.answers["/"] = page(b"<html>log in</html>", header)
    with opened() as door:
        found = door.get(Request(url=server.url()))
    assert isinstance(found, Fetched)
    assert (found.media_type, found.charset) == (media_type, charset)


@pytest.mark.parametrize("header", ["X: y", "Content-Encoding: gzip"])
def test_fault_25_an_empty_body_is_told_as_such(server: HostileServer, header: str) -> None:
    server.answers["/"] = page(b"", header)
    with opened() as door:
        found = door.get(Request(url=server.url()))
    assert isinstance(found, Fetched)
    assert (found.body, found.wire_bytes) == (b"", 0)


def test_fault_27_one_request_at_a_time_to_a_host(server: HostileServer) -> None:
    under_way: list[int] = []
    pauses: list[float] = []
    ended: list[float] = []

    def slow(asked: Asked, write: Write) -> bool:
        if ended:
            pauses.append(time.monotonic() - ended[-1])
        under_way.append(under_way[-1] + 1 if under_way else 1)
        time.sleep(0.05)
        under_way.append(under_way[-1] - 1)
        ended.append(time.monotonic())
        write(page())
        return True

    server.answers |= {"/1": slow, "/2": slow, "/3": slow}
    with opened(delay_s=0.2) as door:
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(door.get(Request(url=server.url(f"/{n}")))))
            for n in (1, 2, 3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [type(one) for one in found] == [Fetched] * 3
    assert max(under_way) == 1
    assert len(pauses) == 2
    assert min(pauses) >= 0.19


def test_fault_27_hosts_are_served_side_by_side(server: HostileServer) -> None:
    both = threading.Barrier(2)

    def together(asked: Asked, write: Write) -> None:
        both.wait(3)  # breaks when the other host is not asked meanwhile
        write(page())

    server.answers["/"] = together
    names = ("a.example", "b.example")
    with opened(allow_hosts=names) as door:
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(door.get(Request(url=server.url(host=n))))) for n in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [type(one) for one in found] == [Fetched] * 2


def test_fault_27_a_wait_for_its_turn_costs_no_fetch_its_deadline(server: HostileServer) -> None:
    slept: list[float] = []
    server.answers |= {"/": page(b"", "Location: /2", status=302), "/2": page()}
    with opened(delay_s=3600, sleep=slept.append) as door:
        assert isinstance(door.get(Request(url=server.url())), Fetched)
        assert isinstance(door.get(Request(url=server.url("/2", host=HOST.upper() + "."))), Fetched)
    assert len(slept) == 2
    assert all(3500 < seconds <= 3600 for seconds in slept)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def certified(issuer: trustme.CA, host: str, not_after: datetime | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issuer.issue_cert(host, not_after=not_after).configure_cert(context)
    return context


def test_tls_is_checked_and_used(authority: trustme.CA, ca_file: Path) -> None:
    with running_server(certified(authority, HOST)) as server, opened(ca_file=ca_file) as door:
        server.answers["/"] = kept(page())
        for _ in range(2):
            assert isinstance(door.get(Request(url=server.url(scheme="https"))), Fetched)
    assert len(server.asked) == 2


@pytest.mark.parametrize("fault", ["expired", "wrong host", "unknown authority", "system authorities"])
def test_fault_28_a_bad_certificate(authority: trustme.CA, ca_file: Path, fault: str) -> None:
    context = {
        "expired": lambda: certified(authority, HOST, datetime(2020, 1, 1, tzinfo=UTC)),
        "wrong host": lambda: certified(authority, "other.example.org"),
        "unknown authority": lambda: certified(trustme.CA(), HOST),
        "system authorities": lambda: certified(authority, HOST),
    }[fault]()
    trusted = None if fault == "system authorities" else ca_file
    with running_server(context) as server, opened(ca_file=trusted, respect_robots=True) as door:
        server.answers["/"] = page()
        failure = door.get(Request(url=server.url(scheme="https")))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.permanent) == ("tls", False)
    assert "certificate verify failed" in failure.message
    assert server.asked == []


def test_fault_28_a_server_without_tls(server: HostileServer) -> None:
    with opened(timeout_s=1) as door:
        failure = door.get(Request(url=server.url(scheme="https")))
    assert isinstance(failure, Failure)
    assert failure.kind in {"tls", "timeout", "connect"}  # by what the server makes of a greeting that it cannot read
    assert server.asked == []


@pytest.mark.parametrize(
    "given",
    [
        {"timeout_s": 0},
        {"max_bytes": 0},
        {"delay_s": -1},
        {"user_agent": "x\r\nX: y"},
        {"user_agent": ""},
        {"typo": 1},
        {"allow_hosts": ["é\u200b.x"]},
    ],
)
def test_settings_that_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        HttpSettings(**given)
