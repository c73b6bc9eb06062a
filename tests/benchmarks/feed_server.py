"""A server of many feeds on loopback, each on an address of its own, as the feeds of as many publishers are.

In: bodies, one a host. Out: a process that answers GET /feed with the body, or with 304 to its validator, and
counts what it was asked. Needs Linux, where all of 127.0.0.0/8 is loopback; nothing else is listened on.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

SPAWN = multiprocessing.get_context("spawn")
START_S = 60.0  # to wait for the server's first word


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a server was asked since it was asked last for this."""

    requests: int
    feeds: int  # of the requests: answers with a feed
    unchanged: int  # of the requests: answers that nothing has changed


class Feeds:
    """The server as its user sees it."""

    def __init__(self, urls: Sequence[str], hosts: Sequence[str], pipe: Connection) -> None:
        self.urls, self.hosts = tuple(urls), tuple(hosts)
        self._pipe = pipe

    def asked(self) -> Asked:
        """Return the counts, and begin to count anew."""
        self._pipe.send("counts")
        found: Asked = self._pipe.recv()
        return found


@contextmanager
def serving(bodies: Sequence[bytes]) -> Iterator[Feeds]:
    """Serve the bodies until the end of the block."""
    hosts = [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(len(bodies))]
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(hosts, bodies, theirs), daemon=True)
    process.start()
    if not ours.poll(START_S):
        raise RuntimeError("the server of the feeds did not start")
    ports: list[int] = ours.recv()
    try:
        yield Feeds([f"http://{host}:{port}/feed" for host, port in zip(hosts, ports, strict=True)], hosts, ours)
    finally:
        process.terminate()
        process.join()


def _serve(hosts: Sequence[str], bodies: Sequence[bytes], pipe: Connection) -> None:
    asyncio.run(_served(hosts, bodies, pipe))


async def _served(hosts: Sequence[str], bodies: Sequence[bytes], pipe: Connection) -> None:
    answered: list[int] = []
    servers = [
        await asyncio.start_server(lambda r, w, body=body: _answers(r, w, body, answered), host, 0)
        for host, body in zip(hosts, bodies, strict=True)
    ]
    pipe.send([server.sockets[0].getsockname()[1] for server in servers])
    while True:
        await asyncio.to_thread(pipe.recv)
        pipe.send(Asked(requests=len(answered), feeds=answered.count(200), unchanged=answered.count(304)))
        answered.clear()


async def _answers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes, answered: list[int]
) -> None:
    """Answer the requests of one connection until the other side closes it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    try:
        while asked := await reader.readuntil(b"\r\n\r\n"):
            line, _, headers = asked.decode("latin-1").partition("\r\n")
            answer, status = _answer(line, headers, body, etag)
            answered.append(status)
            writer.write(answer)
            await writer.drain()
            if "connection: close" in headers.lower():
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _answer(line: str, headers: str, body: bytes, etag: str) -> tuple[bytes, int]:
    if line.split()[1] != "/feed":
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404
    if f"if-none-match: {etag}" in headers.lower():
        return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode(), 304
    head = (
        f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body, 200
