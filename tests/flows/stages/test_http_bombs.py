"""Bombs of gzip: refused soon, and at a small price in memory."""

from __future__ import annotations

import gzip

from tests.flows.stages.hostile_server import bomb, page, price, running_server

RSS_MB = 64  # by which a bomb may raise the memory of the process

BEFORE = """
    from flows.stages.http import Failure, HttpDoor, HttpSettings, Request
    settings = HttpSettings(allow_hosts=("localhost",), respect_robots=False, delay_s=0)
    door = HttpDoor(settings, resolve=lambda *_: ("127.0.0.1",))
    door.get(Request(url=sys.argv[1] + "small"))  # what the first fetch takes anyway
"""
FETCH = """
    answer = door.get(Request(url=sys.argv[1] + "bomb"))
    what = answer.kind if isinstance(answer, Failure) else f"{len(answer.body)} bytes"
"""


def fetched_by_a_child(answer: bytes) -> tuple[str, int, float]:
    with running_server() as server:
        server.answers |= {"/bomb": answer, "/small": page()}
        return price(FETCH, server.url(host="localhost"), before=BEFORE)


def test_fault_11_a_gigabyte_of_gzip() -> None:
    packed = bomb(1024)
    what, risen_mb, took_s = fetched_by_a_child(page(packed, "Content-Encoding: gzip"))
    assert what == "too_large"
    assert risen_mb < RSS_MB
    assert took_s < 5


def test_fault_11_gzip_in_gzip_is_unpacked_once() -> None:
    twice = gzip.compress(bomb(1024))
    packed = gzip.compress(twice)
    what, risen_mb, took_s = fetched_by_a_child(page(packed, "Content-Encoding: gzip"))
    assert what == f"{len(twice)} bytes"
    assert risen_mb < RSS_MB
    assert took_s < 5
