"""Answers that are too much, too slow, broken off or no HTTP at all, from a server that really sends them."""

from __future__ import annotations

import gzip
import time

import pytest

from flows.stages.http import Failure, Fetched, Request
from tests.flows.stages.hostile_server import Answer, Asked, HostileServer, Write, bomb, opened, page, running_server

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMIT = 100_000  # bytes, where a test needs a small one


def get(answer: Answer, **settings: object) -> Fetched | Failure:
    with running_server() as server, opened(**settings) as door:
        server.answers["/"] = answer
        found = door.get(Request(url=server.url()))
    assert isinstance(found, Fetched | Failure)
    return found


def refused(answer: Answer, **settings: object) -> Failure:
    found = get(answer, **settings)
    assert isinstance(found, Failure)
    assert not found.permanent
    assert found.message.startswith("http://news.example.org:")
    return found


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, br", "deflate", "compress", "x" * 500])
def test_fault_11_a_packing_that_was_not_asked_for(encoding: str) -> None:
    assert refused(page(bomb(20), f"Content-Encoding: {encoding}")).kind == "protocol"


def test_fault_11_gzip_declared_in_two_headers() -> None:
    answer = page(gzip.compress(gzip.compress(b"x")), "Content-Encoding: gzip", "Content-Encoding: gzip")
    assert refused(answer).kind == "protocol"


@pytest.mark.parametrize("header", ["Content-Encoding: gzip", "content-encoding: X-GZIP", "Content-Encoding:  gzip "])
def test_what_is_packed_as_asked_is_unpacked(header: str) -> None:
    packed = gzip.compress(b"news " * 10_000)
    found = get(page(packed, header))
    assert isinstance(found, Fetched)
    assert found.body == b"news " * 10_000
    assert found.wire_bytes == len(packed)


@pytest.mark.parametrize("padding", [b"\0" * 512, b"\r\n"])
def test_padding_behind_gzip_is_nothing(padding: bytes) -> None:
    found = get(page(gzip.compress(b"news") + padding, "Content-Encoding: gzip"))
    assert isinstance(found, Fetched)
    assert found.body == b"news"


def test_more_behind_gzip_is_not_dropped_in_silence() -> None:
    failure = refused(page(gzip.compress(b"first") + gzip.compress(b"second"), "Content-Encoding: gzip"))
    assert failure.kind == "protocol"


@pytest.mark.parametrize("encoding", ["identity", ""])
def test_a_body_of_just_the_limit_passes(encoding: str) -> None:
    found = get(page(b"x" * LIMIT, f"Content-Encoding: {encoding}"), max_bytes=LIMIT)
    assert isinstance(found, Fetched)
    assert len(found.body) == LIMIT
    assert refused(page(b"x" * (LIMIT + 1)), max_bytes=LIMIT).kind == "too_large"


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
def test_the_limit_counts_what_is_unpacked(size: int) -> None:
    found = get(page(gzip.compress(b"x" * size), "Content-Encoding: gzip"), max_bytes=LIMIT)
    assert isinstance(found, Fetched) == (size == LIMIT)


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 100_000),
        (CHUNKED, b"186a0\r\n" + b"z" * 100_000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", b"z" * 100_000),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff" * 20_000),
    ],
    ids=["until close", "chunked", "declared", "gzip of nothing"],
)
def test_fault_12_an_endless_body(before: bytes, drop: bytes) -> None:
    with running_server() as server, opened(max_bytes=2_000_000, timeout_s=20) as door:
        server.answers["/"] = server.drip(before, drop, pause_s=0)
        started = time.monotonic()
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "too_large"
    assert time.monotonic() - started < 5


def test_fault_12_a_declared_length_beyond_the_limit_is_not_read() -> None:
    with running_server() as server, opened() as door:
        server.answers["/"] = server.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 10000001\r\n\r\n", b"")
        started = time.monotonic()
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "too_large"
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 2", b"0"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"z"),
        (CHUNKED, b"1\r\nz\r\n"),
        (CHUNKED + b"0\r\n", b"x: y\r\n"),
    ],
    ids=["silence", "status line", "headers", "interim answers", "body", "chunks", "trailers"],
)
def test_fault_13_a_slow_drip_ends_at_the_deadline(before: bytes, drop: bytes) -> None:
    with running_server() as server, opened(timeout_s=0.3) as door:
        server.answers["/"] = server.drip(before, drop)
        started = time.monotonic()
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "timeout"
    assert failure.message.endswith("not done after 0.3 s")
    assert 0.25 < time.monotonic() - started < 2


def test_fault_13_redirects_share_one_deadline() -> None:
    def late(server: HostileServer) -> Answer:
        def answer(asked: Asked, write: Write) -> None:
            server.stopped.wait(0.2)
            write(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /{len(server.asked)}\r\n\r\n".encode())

        return answer

    with running_server() as server, opened(timeout_s=0.5) as door:
        server.answers |= {f"/{number}": late(server) for number in ("", *range(1, 5))}
        started = time.monotonic()
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "timeout"
    assert time.monotonic() - started < 1.5


def test_fault_14_a_resolver_that_never_answers() -> None:
    def never(host: str, port: int) -> tuple[str, ...]:
        time.sleep(2)
        return ("127.0.0.1",)

    with opened(resolve=never, timeout_s=0.2) as door:
        started = time.monotonic()
        failure = door.get(Request(url="https://slow.example/"))
    assert isinstance(failure, Failure)
    assert failure.kind == "timeout"
    assert time.monotonic() - started < 1.5


def test_fault_14_a_name_that_does_not_exist() -> None:
    def nobody(host: str, port: int) -> tuple[str, ...]:
        raise OSError("Name or service not known")

    with opened(resolve=nobody) as door:
        failure = door.get(Request(url="https://nobody.example/feed?key=s3cret"))
    assert failure == Failure(kind="dns", message="https://nobody.example/feed?…: Name or service not known")


def test_fault_14_nobody_listens() -> None:
    with running_server() as gone:
        pass
    with opened() as door:
        failure = door.get(Request(url=gone.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "connect"


@pytest.mark.parametrize(
    "answer",
    [
        page(gzip.compress(b"news " * 9_999)[:-9], "Content-Encoding: gzip"),
        page(gzip.compress(b"news")[:-1], "Content-Encoding: gzip"),
        page(gzip.compress(b"news")[:5], "Content-Encoding: gzip"),
        page(b"x" * 50).replace(b"Content-Length: 50", b"Content-Length: 51"),
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhel",
        CHUNKED + b"5\r\nhello\r\nnonsense\r\n",
    ],
    ids=["gzip", "gzip without check sum", "gzip header", "length", "no last chunk", "half a chunk", "no chunk"],
)
def test_fault_15_what_broke_off_is_no_answer(answer: bytes) -> None:
    assert refused(answer).kind == "truncated"


def test_fault_15_damaged_gzip() -> None:
    packed = bytearray(gzip.compress(b"news " * 999))
    packed[-6] ^= 1  # in the check sum
    assert refused(page(bytes(packed), "Content-Encoding: gzip")).kind == "protocol"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(101)) + b"\r\nok",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000,
        b"<html>HTTP/0.9 knew no headers</html>",
        b"220 mail.example.org ESMTP\r\n",
        b"\x16\x03\x01\x02\x00" * 100,
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 99999999999 What\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nx: y\r\n",
    ],
    ids=lambda answer: ascii(answer[:24]) + str(len(answer)),
)
def test_fault_16_what_is_no_http(answer: bytes) -> None:
    failure = refused(answer)
    assert failure.kind == "protocol"
    assert len(failure.message) < 600
    assert failure.message.isprintable()


def test_fault_16_many_headers_within_bounds_pass() -> None:
    found = get(page(b"ok", *(f"x-{number}: {'y' * 600}" for number in range(99))))
    assert isinstance(found, Fetched)


def test_fault_17_a_connection_that_was_closed_meanwhile_is_replaced_once() -> None:
    def once_a_connection(asked: Asked, write: Write) -> bool:
        if [a.connection for a in server.asked].count(server.connections) > 1:
            return False  # hangs up on the second request of a connection, as if it came too late
        write(page())
        return True

    with running_server() as server, opened() as door:
        server.answers["/"] = once_a_connection
        for _ in range(3):
            assert isinstance(door.get(Request(url=server.url())), Fetched)
    assert [asked.connection for asked in server.asked] == [1, 1, 2, 2, 3]


def test_fault_17_a_new_connection_is_not_tried_twice() -> None:
    with running_server() as server, opened() as door:
        server.answers["/"] = b""
        failure = door.get(Request(url=server.url()))
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert len(server.asked) == 1
