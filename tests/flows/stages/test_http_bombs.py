"""Bombs of one gibibyte, really served: refused soon and at a small price in memory, or left as the bytes they are."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from tests.flows.stages.bombs import GIBIBYTE, brotli_bomb, gzip_bomb, twice_gzip_bomb, zstd_bomb
from tests.flows.stages.hostile_server import page, price, running_server

RSS_MB = 64  # by which a bomb may raise the memory of the process
LONGEST_S = 2.0  # 0.3 s is usual where a child process is started for the parser, 0.04 s where not

BEFORE = """
    from datetime import UTC, datetime
    from flows.stages.fetch import fetch
    from flows.stages.http import Failure, HttpDoor, HttpSettings, Request
    from flows.stages.read import read_document
    from storage.source_values import Source, SourceState
    settings = HttpSettings(allow_hosts=("localhost",), respect_robots=False, delay_s=0)
    door = HttpDoor(settings, resolve=lambda *_: ("127.0.0.1",))
    door.get(Request(url=sys.argv[1] + "small"))  # what the first fetch takes anyway
"""
FETCH = """
    answer = door.get(Request(url=sys.argv[1] + "bomb"))
    what = answer.kind if isinstance(answer, Failure) else f"{len(answer.body)} bytes"
"""
READ = """
    source = Source(key="desk", kind="feed", address=sys.argv[1] + "bomb")
    found = fetch(source, SourceState(), door, datetime.now(UTC))
    what = " ".join(f"{read_document(d).outcome} {len(d.body)}" for d in found.documents) or "failed"
"""
BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": gzip_bomb, "gzip in gzip": twice_gzip_bomb, "br": brotli_bomb, "zstd": zstd_bomb,
}  # fmt: skip


def in_a_child(answer: bytes, measured: str = FETCH) -> str:
    """Return what became of an answer that a child fetched at the allowed price."""
    with running_server() as server:
        server.answers |= {"/bomb": answer, "/small": page()}
        what, risen_mb, took_s = price(measured, server.url(host="localhost"), before=BEFORE)
    assert risen_mb < RSS_MB
    assert took_s < LONGEST_S
    return what


def test_fault_11_a_gigabyte_of_gzip() -> None:
    assert in_a_child(page(gzip_bomb(), "Content-Encoding: gzip")) == "too_large"


def test_fault_11_gzip_in_gzip_is_unpacked_once() -> None:
    twice = twice_gzip_bomb()
    assert in_a_child(page(gzip.compress(twice), "Content-Encoding: gzip")) == f"{len(twice)} bytes"


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("br", "br"), ("zstd", "zstd"), ("gzip in gzip", "gzip, gzip"), ("br", "identity, br"), ("gzip", "x-unknown")],
)
def test_fault_11_what_was_not_asked_for_is_refused(name: str, encoding: str) -> None:
    assert in_a_child(page(BOMBS[name](), f"Content-Encoding: {encoding}")) == "protocol"


def test_fault_11_what_is_refused_is_not_read() -> None:
    with running_server() as server:
        endless = server.drip(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n", b"x")
        server.answers |= {"/small": page(), "/bomb": endless}
        what, _, took_s = price(FETCH, server.url(host="localhost"), before=BEFORE)
    assert what == "protocol"
    assert took_s < LONGEST_S


@pytest.mark.parametrize("name", ["br", "zstd"])
def test_fault_11_what_is_called_gzip_and_is_none_is_refused(name: str) -> None:
    assert in_a_child(page(BOMBS[name](), "Content-Encoding: gzip")) == "protocol"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("gzip", "application/gzip"), ("gzip in gzip", "text/html"), ("br", "application/rss+xml"), ("zstd", "text/xml")],
)
def test_fault_11_a_bomb_without_a_word_is_never_unpacked(name: str, media_type: str) -> None:
    packed = BOMBS[name]()
    assert in_a_child(page(packed, f"Content-Type: {media_type}"), READ) == f"quarantined {len(packed)}"


def test_the_bombs_are_bombs() -> None:
    assert [len(brotli_bomb()) < 1000, len(zstd_bomb()) < 40_000, len(twice_gzip_bomb()) < 100_000] == [True] * 3
    packed = zstd_bomb()
    blocks = [int.from_bytes(packed[at : at + 3], "little") for at in range(13, len(packed), 4)]
    assert sum(block >> 3 for block in blocks) == int.from_bytes(packed[5:13], "little") == GIBIBYTE
    assert [block & 1 for block in blocks] == [0] * (len(blocks) - 1) + [1]
