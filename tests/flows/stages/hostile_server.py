"""A web server on loopback that answers with whatever bytes a test wants, and the door as the tests open it."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.stages.http import HttpDoor, HttpSettings

HOST = "news.example.org"  # leads to loopback by `loopback`
NOW = datetime(2025, 6, 7, 12, 0, tzinfo=UTC)
PATIENCE_S = 8.0  # for which a silent or dripping answer goes on

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: on which connection (from 1), for what, with which headers."""

    connection: int
    target: str
    headers: dict[str, str]


Answer = bytes | Callable[[Asked, Write], object]  # bytes, or what a call returned as False: then it hangs up


@dataclass
class HostileServer:
    """How the server answers (by path), and what it was asked."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", *, scheme: str = "http", host: str = HOST) -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def answer(self, path: str) -> Answer:
        try:
            return self.answers[path]  # which may be a defaultdict
        except KeyError:
            return kept(page(b"", status=404))

    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]

    def silence(self, _: Asked, __: Write) -> None:
        self.stopped.wait(PATIENCE_S)

    def drip(self, before: bytes, drop: bytes, *, pause_s: float = 0.02) -> Answer:
        """Return an answer that goes on for as long as anybody listens."""

        def answer(_: Asked, write: Write) -> None:
            write(before)
            for _turn in range(int(PATIENCE_S / 0.02)):
                write(drop)
                if self.stopped.wait(pause_s):
                    return

        return answer


def page(body: bytes = b"ok", *headers: str, status: int = 200) -> bytes:
    """Return a whole answer."""
    lines = "".join(f"{line}\r\n" for line in (*headers, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + body


def to(location: str, status: int = 302) -> bytes:
    """Return a redirect."""
    return page(b"", f"Location: {location}", status=status)


def kept(answer: bytes) -> Answer:
    """Return the answer after which the connection stays open."""
    return lambda _, write: write(answer) or True


def bomb(mebibytes: int) -> bytes:
    """Return a whole gzip stream of so many MiB of zeros, which takes no time to make."""
    block = bytes(1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(mebibytes):
        check = zlib.crc32(block, check)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    size = (mebibytes << 20) & 0xFFFFFFFF
    return gzip.compress(b"")[:10] + packed * mebibytes + end + check.to_bytes(4, "little") + size.to_bytes(4, "little")


@contextmanager
def running_server(tls: ssl.SSLContext | None = None, *, everywhere: bool = False) -> Iterator[HostileServer]:
    """Run a server on 127.0.0.1, or (`everywhere`) on all addresses of this machine, of both families."""
    if everywhere:
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        listener = socket.create_server(("127.0.0.1", 0))
    server = HostileServer(port=listener.getsockname()[1])
    threading.Thread(target=_accept, args=(server, listener, tls), daemon=True).start()
    try:
        yield server
    finally:
        server.stopped.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(server: HostileServer, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        arguments = (server, connection, server.connections, tls)
        threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(server: HostileServer, connection: socket.socket, number: int, tls: ssl.SSLContext | None) -> None:
    connection.settimeout(PATIENCE_S)
    with suppress(OSError):  # the visitor hung up: that is what some tests want
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as lines:
            while (asked := _read(lines, number)) is not None:
                server.asked.append(asked)
                answer = server.answer(asked.target.partition("?")[0])
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                    return
                if not answer(asked, connection.sendall):
                    return
    connection.close()


def _read(lines: Any, number: int) -> Asked | None:
    request = lines.readline().decode("latin-1").split(" ")
    if len(request) != 3 or request[0] != "GET":
        return None
    headers = {}
    while (line := lines.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(number, request[1], headers)


def loopback(host: str, port: int) -> tuple[str, ...]:
    return ("127.0.0.1",)


@contextmanager
def opened(**given: Any) -> Iterator[HttpDoor]:
    """Open a door for which HOST is loopback; arguments that are no settings go to the door itself."""
    settings: dict[str, Any] = {"allow_hosts": (HOST,), "delay_s": 0, "respect_robots": False, "timeout_s": 5}
    doors: dict[str, Any] = {"clock": lambda: NOW, "resolve": loopback}
    for name, value in given.items():
        (settings if name in HttpSettings.model_fields else doors)[name] = value
    door = HttpDoor(HttpSettings(**settings), **doors)
    try:
        yield door
    finally:
        door.close()


# The highest memory so far, from /proc: rusage begins with that of the process which started this one.
_MEASURE = """
import sys, time
def peak_mb():
    with open("/proc/self/status") as status:
        return int(status.read().partition("VmHWM:")[2].split()[0]) // 1024
{before}
start_mb, started = peak_mb(), time.monotonic()
{measured}
print(what, peak_mb() - start_mb, time.monotonic() - started, sep=",")
"""


def price(measured: str, *arguments: str, before: str, given: bytes = b"") -> tuple[str, int, float]:
    """Run code that sets `what` in a process of its own; return it, the rise of memory in MB, and the seconds."""
    code = _MEASURE.format(before=textwrap.dedent(before), measured=textwrap.dedent(measured))
    command = [sys.executable, "-c", code, *arguments]
    told = subprocess.run(command, input=given, capture_output=True, check=True, timeout=60).stdout
    what, risen_mb, took_s = told.decode().strip().rsplit(",", 2)
    return what, int(risen_mb), float(took_s)
