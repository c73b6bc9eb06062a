"""A mail server on loopback that does one thing wrong at one step of the dialogue, until it is well.

In: the step, what goes wrong there, certificates. Out: the server's port, and the mail that it took.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LONGEST_S = 3.0  # a visitor is let go after it, whatever happens
GOOD: Mapping[str, str] = {
    "greeting": "220 mail.example ready", "STARTTLS": "220 go ahead", "AUTH": "235 welcome", "MAIL": "250 ok",
    "RCPT": "250 ok", "DATA": "354 go ahead", "content": "250 kept", "QUIT": "221 bye",
}  # fmt: skip


@dataclass
class Misbehaving:
    """A server; `does` is an answer, or "hang", "drop", "drip", "omit" (an extension)."""

    at: str
    does: str
    good: ssl.SSLContext
    bad: ssl.SSLContext | None = None  # at the handshake
    well: bool = False
    port: int = 0
    taken: list[bytes] = field(default_factory=list)


class _LeftError(Exception):
    """That the server leaves its visitor without an answer."""


class _Dialogue:
    """One visit."""

    def __init__(self, visitor: socket.socket, server: Misbehaving) -> None:
        self._visitor, self._server, self._secure = visitor, server, False

    def run(self) -> None:
        try:
            self._step("greeting")
            while line := self._line():
                self._obey(line.split()[0].decode("latin-1").upper())
        finally:
            self._visitor.close()

    def _obey(self, verb: str) -> None:
        if verb == "EHLO":
            self._greet()
            return
        self._step(verb)
        if verb == "STARTTLS":
            self._encrypt()
        elif verb == "DATA":
            self._take()
        elif verb == "QUIT":
            raise _LeftError

    def _fails(self, step: str) -> bool:
        return not self._server.well and self._server.at == step

    def _step(self, step: str) -> None:
        if self._fails(step):
            self._misbehave()
        else:
            self._write(GOOD.get(step, "502 what?"))

    def _misbehave(self) -> None:
        does = self._server.does
        if does == "drip":
            for _ in range(int(LONGEST_S / 0.02)):
                self._visitor.sendall(b"2")
                time.sleep(0.02)
        elif does == "hang":
            while self._visitor.recv(4096):
                pass
        elif does != "drop":
            self._write(does)
            return
        raise _LeftError

    def _greet(self) -> None:
        if self._fails("EHLO"):
            self._misbehave()
            return
        offered = "AUTH PLAIN" if self._secure else "STARTTLS"
        omitted = self._server.does == "omit" and self._fails(offered.split()[0])
        self._write("250 mail.example" if omitted else f"250-mail.example\r\n250 {offered}")

    def _encrypt(self) -> None:
        if self._fails("STARTTLS"):
            return
        fails = self._fails("handshake")
        if fails and self._server.bad is None:
            self._misbehave()
        context = self._server.bad if fails and self._server.bad else self._server.good
        self._visitor = context.wrap_socket(self._visitor, server_side=True)
        self._secure = True

    def _take(self) -> None:
        if self._fails("DATA"):
            return
        lines: list[bytes] = []
        while (line := self._line()) not in {b".\r\n", b""}:
            lines.append(line)
        self._server.taken.append(b"".join(lines))
        self._step("content")

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            byte = self._visitor.recv(1)
            if not byte:
                return b""
            line += byte
        return line

    def _write(self, text: str) -> None:
        self._visitor.sendall(text.encode("latin-1") + b"\r\n")


@contextmanager
def misbehaving(server: Misbehaving) -> Iterator[Misbehaving]:
    """Serve one visitor after the other."""
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            visitor, _ = listener.accept()
            visitor.settimeout(LONGEST_S)
            with suppress(_LeftError, OSError):
                _Dialogue(visitor, server).run()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", server.port), 1).close()
            thread.join(2 * LONGEST_S)
            assert not thread.is_alive()
