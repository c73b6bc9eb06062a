"""What robots.txt allows, for how long it is remembered, and what it may cost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from flows.stages.addresses import checked_url
from flows.stages.http import Failure, Fetched, Request
from flows.stages.robots import ROBOTS_BYTES, RobotsCache, RobotsCopy, copy_of_text
from tests.flows.stages.hostile_server import (
    HOST,
    NOW,
    Answer,
    Asked,
    HostileServer,
    Write,
    kept,
    opened,
    page,
    price,
    running_server,
    to,
)

FORBIDDING = b"User-agent: *\nDisallow: /\n"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with running_server() as running:
        running.answers["/feed"] = kept(page())
        yield running


def get(server: HostileServer, robots: Answer, **settings: Any) -> Fetched | Failure:
    server.answers["/robots.txt"] = robots
    with opened(respect_robots=True, **settings) as door:
        found = door.get(Request(url=server.url("/feed")))
    assert isinstance(found, Fetched | Failure)
    return found


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
def test_fault_26_no_robots_allows_all(server: HostileServer, status: int) -> None:
    assert isinstance(get(server, page(FORBIDDING, status=status)), Fetched)
    assert server.targets() == ["/robots.txt", "/feed"]
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_fault_26_a_server_in_trouble_allows_nothing(server: HostileServer, status: int) -> None:
    failure = get(server, page(b"", "Retry-After: 60", status=status))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.status, failure.permanent) == ("robots", status, False)
    assert failure.retry_after_s == (60 if status == 503 else None)
    assert failure.message.startswith(f"{server.url('/feed')}: {server.url('/robots.txt')}: HTTP {status}")
    assert server.targets() == ["/robots.txt"]


def test_fault_26_a_server_that_is_not_reached_allows_nothing(server: HostileServer) -> None:
    failures = [get(server, b""), get(server, b"no HTTP\r\n"), get(server, server.silence, timeout_s=0.2)]
    assert [failure.kind for failure in failures if isinstance(failure, Failure)] == ["protocol", "protocol", "timeout"]
    assert "/feed" not in server.targets()


def test_fault_26_a_private_robots_is_not_asked(server: HostileServer) -> None:
    with running_server() as inside:
        failure = get(server, to(inside.url("/robots.txt", host="127.0.0.1")), allow_ports=(80, inside.port))
    assert isinstance(failure, Failure)
    assert (failure.kind, inside.connections) == ("blocked", 0)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /fe", False),
        ("User-agent: *\nDisallow: /FEED", True),
        ("User-agent: *\nDisallow: /\nAllow: /feed", True),
        ("User-agent: *\nDisallow: /*ee$", True),
        ("User-agent: *\nDisallow: /*d$", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: sahelwatch\nAllow: /", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: SahelWatch/1.0\nDisallow: /", False),
        ("User-agent: sahelwatch*\nDisallow: /", False),
        ("user agent sahelwatch\ndisallow /", False),
        ("User-agent: GPTBot\nUser-agent: sahelwatch # us\nDisallow: /", False),
        ("User-agent: GPTBot\nDisallow: /", True),
        ("User-agent: sahel\nDisallow: /", True),
        ("User-agent: sahelwatch-images\nDisallow: /", True),
        ("User-agent: other\nDisallow: /", True),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", False),
        ("<html><body>not found</body></html>", True),
        ("User-agent: *\nDisallow: /user-agent: x\nDisallow: /feed", False),
    ],
)
def test_fault_26_the_rules(server: HostileServer, text: str, allowed: bool) -> None:
    found = get(server, page(text.encode()))
    assert isinstance(found, Fetched) == allowed
    if isinstance(found, Failure):
        assert (found.kind, found.status, found.permanent) == ("robots", None, False)
        assert found.message == f"{server.url('/feed')}: forbidden by the robots.txt"


def test_fault_26_bytes_that_are_no_text(server: HostileServer) -> None:
    assert isinstance(get(server, page(bytes(range(256)) * 4)), Fetched)


def test_it_is_not_asked_where_the_settings_say_so(server: HostileServer) -> None:
    server.answers["/robots.txt"] = page(FORBIDDING)
    with opened(respect_robots=False) as door:
        assert isinstance(door.get(Request(url=server.url("/feed"))), Fetched)
    assert server.targets() == ["/feed"]


@pytest.mark.parametrize(("hops", "read"), [(5, True), (6, False)])
def test_fault_26_five_redirects_are_followed(server: HostileServer, hops: int, read: bool) -> None:
    server.answers |= {f"/{n}": to(f"/{n + 1}") for n in range(1, hops)} | {f"/{hops}": page(FORBIDDING)}
    found = get(server, to("/1"), max_redirects=0)
    assert isinstance(found, Failure) == read  # beyond them it counts as not there
    assert server.targets() == ["/robots.txt", *(f"/{n}" for n in range(1, 6)), *([] if read else ["/feed"])]


def test_fault_26_the_robots_of_a_redirect_are_asked(server: HostileServer) -> None:
    with running_server() as other, opened(allow_hosts=(HOST, "b.example"), respect_robots=True) as door:
        server.answers["/feed"] = to(other.url("/feed", host="b.example"))
        other.answers |= {"/robots.txt": page(FORBIDDING), "/feed": page()}
        failure = door.get(Request(url=server.url("/feed")))
    assert isinstance(failure, Failure)
    assert failure.kind == "robots"
    assert (server.targets(), other.targets()) == (["/robots.txt", "/feed"], ["/robots.txt"])


def test_fault_26_five_hundred_kibibytes_count(server: HostileServer) -> None:
    rule = b"\nUser-agent: *\nDisallow: /\n"
    within = b"#" * (ROBOTS_BYTES - len(rule)) + rule
    assert isinstance(get(server, page(within + b"#" * 9_000_000)), Failure)
    assert isinstance(get(server, page(b"#" * ROBOTS_BYTES + rule)), Fetched)
    assert isinstance(get(server, server.drip(b"HTTP/1.1 200 OK\r\n\r\n", b"#" * 100_000, pause_s=0)), Fetched)


@pytest.mark.parametrize(
    ("robots", "kept_for"),
    [(page(), timedelta(hours=24)), (page(status=404), timedelta(hours=24)), (page(status=500), timedelta(minutes=5))],
)
def test_fault_26_it_is_asked_again_in_time(server: HostileServer, robots: bytes, kept_for: timedelta) -> None:
    server.answers["/robots.txt"] = robots
    now = [NOW]
    with opened(respect_robots=True, clock=lambda: now[0]) as door:
        for after in (timedelta(0), kept_for / 2, kept_for - timedelta(seconds=1)):
            now[0] = NOW + after
            door.get(Request(url=server.url("/feed")))
        assert server.targets().count("/robots.txt") == 1
        now[0] = NOW + kept_for
        door.get(Request(url=server.url("/feed")))
        assert server.targets().count("/robots.txt") == 2
        now[0] = NOW  # the clock is set back
        door.get(Request(url=server.url("/feed")))
        assert server.targets().count("/robots.txt") == 3


def test_it_is_asked_once_by_many_threads(server: HostileServer) -> None:
    server.answers["/robots.txt"] = kept(page())
    with opened(respect_robots=True) as door:
        threads = [threading.Thread(target=door.get, args=(Request(url=server.url("/feed")),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(server.targets()) == ["/feed"] * 4 + ["/robots.txt"]


def test_two_sites_whose_robots_point_at_each_other() -> None:
    hosts = ("a.example", "b.example")
    with running_server() as one, running_server() as two, opened(allow_hosts=hosts, respect_robots=True) as door:
        one.answers |= {"/robots.txt": to(two.url("/r", host=hosts[1])), "/r": page(), "/feed": page()}
        two.answers |= {"/robots.txt": to(one.url("/r", host=hosts[0])), "/r": page(), "/feed": page()}
        found: list[object] = []
        urls = (one.url("/feed", host=hosts[0]), two.url("/feed", host=hosts[1]))
        threads = [threading.Thread(target=lambda u=u: found.append(door.get(Request(url=u)))) for u in urls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert [type(one) for one in found] == [Fetched] * 2


def test_copies_can_be_kept_and_given_back(server: HostileServer) -> None:
    cache = RobotsCache()
    server.answers["/robots.txt"] = page(FORBIDDING)
    for copies in (cache, None):
        with opened(respect_robots=True, robots=copies or RobotsCache(cache.copies())) as door:
            assert isinstance(door.get(Request(url=server.url("/feed"))), Failure)
    assert server.targets() == ["/robots.txt"]
    assert cache.copies() == (
        RobotsCopy(origin=f"http://{HOST}:{server.port}", fetched_at=NOW, text="User-agent: *\nDisallow: /"),
    )


HOSTILE = {
    "agents and rules": b"".join(b"User-agent:%x\n" % n for n in range(16_000)) + b"Allow:/a\n" * 28_000,
    "repeated agents": b"".join(b"User-agent:%x\n" % (n % 16_000) for n in range(32_000)),
    "our rules": b"User-agent: *\n" + b"".join(b"Disallow:/%x\n" % n for n in range(33_000)),
    "stars": b"User-agent: *\nDisallow: /" + b"*a" * 250_000,
    "star rules": b"User-agent: *\n" + b"Disallow:/*a*b*c*d$\n" * 25_000,
    "spaces": b"user" + b" " * 500_000,
    "words": b"user agent " + b"x " * 250_000,
    "escapes": b"User-agent: *\nDisallow: /" + b"%41$" * 125_000,
    "lines": b"\n" * 500_000,
}
BEFORE = """
    from datetime import datetime, UTC
    from flows.stages.addresses import checked_url
    from flows.stages.robots import copy_of_text
    body, url = sys.stdin.buffer.read(), checked_url("https://a.example/" + "abcd" * 500)
"""
ASK = 'what = copy_of_text("https://a.example", body, now=datetime.now(UTC)).allows(url)'


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_fault_26_a_hostile_file_costs_little(body: bytes) -> None:
    _, risen_mb, took_s = price(ASK, before=BEFORE, given=body[:ROBOTS_BYTES])
    assert risen_mb < 64
    assert took_s < 5


def test_a_read_file_is_not_parsed_at_each_question() -> None:
    copy = copy_of_text("https://a.example", HOSTILE["our rules"], now=NOW)
    url = checked_url("https://a.example/x")
    copy.allows(url)
    started = time.monotonic()
    assert all(copy.allows(url) for _ in range(20))
    assert time.monotonic() - started < 1


def test_fault_13_robots_and_page_share_one_deadline(server: HostileServer) -> None:
    def late(_: Asked, write: Write) -> None:
        server.stopped.wait(0.3)
        write(page())

    server.answers["/feed"] = late
    failure = get(server, late, timeout_s=0.5)
    assert isinstance(failure, Failure)
    assert (failure.kind, server.targets()) == ("timeout", ["/robots.txt", "/feed"])
