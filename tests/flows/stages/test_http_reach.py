"""Where the HTTP door goes: never to an address that is not public, whatever the URL, the name or the redirect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.stages.addresses import AddressRefusedError, UrlRefusedError, check_reach, checked_url, resolved
from flows.stages.http import Failure, Fetched, Request
from tests.flows.stages.hostile_server import HOST, HostileServer, loopback, opened, page, running_server, to

NOT_PUBLIC = (Path(__file__).parent / "deliver" / "not_public.txt").read_text().split()
UNROUTED = "2d00::1"  # global unicast that no registry was given: whoever connects there, meets nobody

# {} is the port of a listener on all addresses of this machine.
PRIVATE = [
    *("http://127.0.0.1:{}/", "http://127.1.2.3:{}/", "http://0.0.0.0:{}/", "http://169.254.169.254:{}/latest"),
    *("http://10.0.0.1:{}/", "http://192.168.0.1:{}/", "http://172.16.0.1:{}/", "http://100.64.0.1:{}/"),
    *("http://224.0.0.1:{}/", "http://255.255.255.255:{}/", "http://198.18.0.1:{}/", "http://192.0.0.1:{}/"),
    *(
        "http://localhost:{}/",
        "http://LOCALHOST:{}/",
        "http://localhost.:{}/",
        "http://127.0.0.1.:{}/",
        "http://user:pass@localhost:{}/",
    ),
    *("http://[::1]:{}/", "http://[::]:{}/", "http://[0:0:0:0:0:0:0:1]:{}/", "http://[::127.0.0.1]:{}/"),
    *("http://[::ffff:127.0.0.1]:{}/", "http://[::ffff:7f00:1]:{}/", "http://[64:ff9b::7f00:1]:{}/"),
    *("http://[64:ff9b::127.0.0.1]:{}/", "http://[2002:7f00:1::]:{}/", "http://[2001::7f00:1]:{}/"),
    *("http://[fe80::1]:{}/", "http://[fec0::1]:{}/", "http://[fc00::1]:{}/", "http://[ff02::1]:{}/"),
    *("http://127。0。0。1:{}/", "http://example.com@127.0.0.1:{}/", "http://8.8.8.8:80@127.0.0.1:{}/"),
]
ODD = [
    *("http://2130706433:{}/", "http://0x7f000001:{}/", "http://0x7f.0.0.1:{}/", "http://0177.0.0.1:{}/"),
    *("http://017700000001:{}/", "http://127.1:{}/", "http://127.0.1:{}/", "http://0:{}/"),
    *("http://127.0.0.0x1:{}/", "http://127.0.0.01:{}/", "http://１２７.0.0.1:{}/", "http://%31%32%37.0.0.1:{}/"),
    *("http://[::1%25lo]:{}/", "http://[fe80::1%25eth0]:{}/", "http://[::1:{}/", "http://::1:{}/"),
    *("http://example.com\\@127.0.0.1:{}/", "http://127.0.0.1:{}\\@example.com/", "http:\\\\127.0.0.1:{}/"),
    *("http://127.0.0.1\t:{}/", "http://127.0.0.1\n:{}/", "ht\ntp://127.0.0.1:{}/", "\thttp://127.0.0.1:{}/"),
    *(" http://127.0.0.1:{}/", "http:/127.0.0.1:{}/", "http:127.0.0.1:{}/", "http:///127.0.0.1:{}/"),
    *("//127.0.0.1:{}/", "http://a@b@127.0.0.1:{}/", "http://127.0.0.1 :{}/", "http://localhost%00:{}/"),
    *("http://127.0.0.1:８０{}/", "http://127.0.0.1:+{}/", "http://127.0.0.1:{}:80/", "http://ⓛocalhost\u200b:{}/"),
    *("http://[127.0.0.1]:{}/", "http://[::1]x:{}/", "http://.:{}/", "http://a..b:{}/", "http://:{}/", ""),
]
OTHER_SCHEMES = [
    *("file:///etc/passwd", "file://127.0.0.1:{}/", "ftp://127.0.0.1:{}/", "gopher://127.0.0.1:{}/_GET", "data:,x"),
    *("javascript:fetch('http://127.0.0.1:{}/')", "ws://127.0.0.1:{}/", "dict://127.0.0.1:{}/", "unix:/run/x.sock"),
]
PASSING = [
    *("http://{}:{}/", "HTTP://NEWS.EXAMPLE.ORG:{1}/", "http://{}.:{}/", "http://{}:{}", "http://{}:{}/a/@name.rss"),
    *("http://{}:{}/?u=a@b", "http://{}:{}/#@127.0.0.1", "http://{}:{}/?next=http://127.0.0.1/", "http://{}:{}/a b"),
    *("http://{}:{}/é?ü=%C3%A9", "http://user:pass@{}:{}/", "http://user@{}:{}/", "http://{}:{}/%2e%2e/x", "http://{}:{}?q"),
    *("http://127.0.0.1:{1}/", "http://localhost:{1}/", "http://nouvelles-é.example.org:{1}/", "http://xn--nouvelles--k7a.example.org:{1}/"),
    *("http://{}:{}//x/../y", "http://{}:{}/;a=b", "http://{}:{}/\u0645\u0627\u0644\u064a"),
]  # fmt: skip


@pytest.fixture
def listener() -> Iterator[HostileServer]:
    with running_server(everywhere=True) as server:
        yield server


@pytest.mark.parametrize("form", PRIVATE)
def test_fault_01_a_private_address_is_refused_at_connect(listener: HostileServer, form: str) -> None:
    with opened(allow_hosts=(), allow_ports=(80, 443, listener.port), resolve=resolved) as door:
        failure = door.get(Request(url=form.format(listener.port)))
    assert isinstance(failure, Failure)
    assert failure.kind == "blocked"
    assert failure.permanent == ("localhost" not in form.lower())  # what a name leads to may change
    assert "is not public" in failure.message
    assert "pass" not in failure.message
    assert listener.connections == 0


@pytest.mark.parametrize("form", [*PRIVATE, *ODD, *OTHER_SCHEMES])
def test_fault_02_a_redirect_to_one_is_refused(listener: HostileServer, form: str) -> None:
    location = form.format(listener.port).replace("\n", "\t")  # a header ends at a line feed
    with running_server() as server, opened(allow_ports=(80, 443, listener.port), resolve=_news_only) as door:
        server.answers["/"] = to(location)
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind in {"blocked", "redirect", "status", "dns", "protocol"}
    assert failure.permanent is False
    assert listener.connections == 0
    assert server.connections in {1, 2}  # 2: what reads as a path stays at the host
    if form in PRIVATE:
        assert failure.kind == ("redirect" if "@" in form else "blocked")


def _news_only(host: str, port: int) -> tuple[str, ...]:
    return loopback(host, port) if host == HOST else resolved(host, port)


def test_fault_02_each_hop_is_checked(listener: HostileServer) -> None:
    with running_server() as server, opened(allow_ports=(listener.port,)) as door:
        server.answers.update({"/": to("/2"), "/2": to("/3"), "/3": to(f"http://elsewhere.example:{listener.port}/")})
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "blocked"
    assert failure.message.startswith(f"{server.url()} -> {server.url('/2')} -> ")
    assert (server.targets(), listener.connections) == (["/", "/2", "/3"], 0)


def test_fault_03_a_name_that_changes_its_address_is_resolved_once(listener: HostileServer) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return (UNROUTED,) if len(asked) == 1 else ("127.0.0.1",)

    with opened(allow_hosts=(), allow_ports=(listener.port,), resolve=rebinding, timeout_s=0.3) as door:
        first = door.get(Request(url=f"http://rebind.example:{listener.port}/"))
        second = door.get(Request(url=f"http://rebind.example:{listener.port}/"))
    assert isinstance(first, Failure)
    assert first.kind in {"timeout", "connect"}
    assert isinstance(second, Failure)
    assert second.kind == "blocked"
    assert (asked, listener.connections) == (["rebind.example"] * 2, 0)


def test_fault_03_a_redirect_to_a_name_that_changes_its_address(listener: HostileServer) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> tuple[str, ...]:
        if host == HOST:
            return loopback(host, port)
        asked.append(host)
        return (UNROUTED,) if len(asked) == 1 else ("127.0.0.1",)

    ports = (80, 443, listener.port)
    with running_server() as server, opened(allow_ports=ports, resolve=rebinding, timeout_s=0.5) as door:
        server.answers["/"] = to(f"http://rebind.example:{listener.port}/")
        found = [door.get(Request(url=server.url())) for _ in range(2)]
    kinds = [failure.kind for failure in found if isinstance(failure, Failure)]
    assert kinds[0] in {"timeout", "connect"}
    assert kinds[1:] == ["blocked"]
    assert (asked, listener.connections) == (["rebind.example"] * 2, 0)


def test_fault_03_it_connects_to_the_address_that_was_checked() -> None:
    asked: list[str] = []

    def changing(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("192.0.2.1",)

    with running_server() as server, opened(resolve=changing) as door:
        server.answers["/"] = page()
        assert isinstance(door.get(Request(url=server.url())), Fetched)
    assert asked == [HOST]
    assert server.asked[0].headers["host"] == f"{HOST}:{server.port}"


@pytest.mark.parametrize("bad", ["127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("last", [True, False])
def test_fault_04_one_bad_address_among_good_ones(listener: HostileServer, bad: str, last: bool) -> None:
    addresses = (UNROUTED, bad) if last else (bad, UNROUTED)
    with opened(allow_hosts=(), allow_ports=(listener.port,), resolve=lambda *_: addresses) as door:
        failure = door.get(Request(url=f"http://mixed.example:{listener.port}/"))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.permanent) == ("blocked", False)
    assert bad in failure.message
    assert listener.connections == 0


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_fault_05_a_name_with_a_special_address(address: str) -> None:
    with opened(allow_hosts=(), resolve=lambda *_: (address,)) as door:
        failure = door.get(Request(url="https://special.example/"))
    assert isinstance(failure, Failure)
    assert failure.kind == "blocked"


@pytest.mark.parametrize("form", ODD)
def test_fault_05_06_an_address_that_programs_read_differently(listener: HostileServer, form: str) -> None:
    with opened(allow_hosts=(), allow_ports=(80, 443, listener.port), resolve=loopback) as door:
        failure = door.get(Request(url=form.format(listener.port)))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.permanent) == ("url", True)
    assert failure.message.isprintable()
    assert listener.connections == 0


@pytest.mark.parametrize("location", ["/a\tb", "/a\\b", "\\\\evil.example/", "http://evil.example\\@x/", "/a\x07b"])
def test_fault_06_tricks_in_a_redirect(location: str) -> None:
    with running_server() as server, opened() as door:
        server.answers["/"] = to(location)
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.status, server.targets()) == ("redirect", 302, ["/"])


@pytest.mark.parametrize("form", OTHER_SCHEMES)
def test_fault_07_other_schemes(listener: HostileServer, form: str) -> None:
    with opened(allow_ports=(listener.port,)) as door:
        failure = door.get(Request(url=form.format(listener.port)))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.permanent) == ("url", True)
    assert listener.connections == 0


@pytest.mark.parametrize("port", [22, 25, 8080, 6379, 81])
@pytest.mark.parametrize("by_redirect", [False, True])
def test_fault_08_other_ports(port: int, by_redirect: bool) -> None:
    with running_server() as server, opened() as door:
        server.answers["/"] = to(f"https://news.example.com:{port}/")
        failure = door.get(Request(url=server.url() if by_redirect else f"https://news.example.com:{port}/"))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.permanent) == ("blocked", not by_redirect)
    assert f"port {port} is not among" in failure.message


@pytest.mark.parametrize("port", ["0", "65536", "99999", "00000"])
def test_fault_08_what_is_no_port(port: str) -> None:
    with opened() as door:
        failure = door.get(Request(url=f"http://{HOST}:{port}/"))
    assert isinstance(failure, Failure)
    assert failure.kind == "url"


def test_fault_08_ports_that_are_allowed() -> None:
    hosts, ports = ("intern.example",), (80, 443, 8080)
    for text in ("http://a.example/", "https://a.example:443/", "http://a.example:8080/", "http://intern.example:9/"):
        check_reach(checked_url(text), allow_hosts=hosts, allow_ports=ports)
    with pytest.raises(AddressRefusedError, match="port 8081"):
        check_reach(checked_url("http://a.example:8081/"), allow_hosts=hosts, allow_ports=ports)


@pytest.mark.parametrize("form", PASSING)
def test_what_is_meant_passes(form: str) -> None:
    named = (HOST, "127.0.0.1", "localhost", "nouvelles-é.example.org")
    with running_server() as server, opened(allow_hosts=named) as door:
        url = form.format(HOST, server.port)
        server.answers = defaultdict(page)
        fetched = door.get(Request(url=url))
    assert isinstance(fetched, Fetched)
    assert fetched.body == b"ok"


@pytest.mark.parametrize(
    "url", ["https://8.8.8.8/", "https://[2606:2800:220:1::1]/feed", "https://www.rfi.fr/fr/x?a=b"]
)
def test_public_addresses_are_within_reach(url: str) -> None:
    check_reach(checked_url(url), allow_hosts=(), allow_ports=(80, 443))
    assert str(checked_url(url)) == url


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(UrlRefusedError, match="longer"):
        checked_url("https://a.example/" + "x" * 3000)
