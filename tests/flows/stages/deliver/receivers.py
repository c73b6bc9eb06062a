"""Real receivers on loopback, a mail server and a web server, and the headlines that are sent to them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

MAIL_HOST = "127.0.0.1"
HOOK_HOST = "hooks.example.org"


@dataclass
class MailServer:
    """What the mail server does with its visitors, and what it was given."""

    port: int = 0
    mail: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    at_mail: Callable[[SMTP], str] | None = None
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: Callable[[SMTP], str] | None = None

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        if self.at_mail is not None:
            return self.at_mail(server)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mail.append(envelope)
        return self.at_data(server) if self.at_data is not None else "250 kept"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"open sesame", handled=False)


@contextmanager
def running_mail_server(state: MailServer, **options: Any) -> Iterator[MailServer]:
    with socket.create_server((MAIL_HOST, 0)) as probe:
        state.port = probe.getsockname()[1]
    controller = Controller(state, hostname=MAIL_HOST, port=state.port, authenticator=state.authenticate, **options)
    controller.start()
    try:
        yield state
    finally:
        controller.stop()


@dataclass
class Posted:
    """One request that the web server was given."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HookServer:
    """How the web server answers, and what it was given. `answer` writes raw bytes to the connection."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    answer: Callable[[Callable[[bytes], object]], None] = lambda write: None

    def answers(self, status: int, **headers: str) -> None:
        """Answer with a status and headers (`retry_after` for Retry-After)."""
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: 2\r\n{''.join(lines)}\r\nok"
        self.answer = lambda write: write(head.encode()) and None

    def drips(self, before: bytes, drop: bytes) -> None:
        """Answer `before`, then `drop` again and again for as long as anybody listens (10 s at most)."""

        def drip(write: Callable[[bytes], object]) -> None:
            write(before)
            for _ in range(500):
                write(drop)
                time.sleep(0.02)

        self.answer = drip


@contextmanager
def running_hook_server(tls: ssl.SSLContext | None = None) -> Iterator[HookServer]:
    state = HookServer()
    state.answers(200)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.posted.append(Posted(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            with suppress(OSError):  # the sender hung up: that is what some tests want
                state.answer(self.wfile.write)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a handshake that the sender broke off

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


HOSTILE = {
    "line feed": "Attack\r\nBcc: v@e.org\r\n\r\nbody",
    "encoded word": "=?utf-8?q?a=0D=0ABcc=3A_v=40e.org?=",
    "encoded word behind a zero-width space": "=\u200b?utf-8?q?a=0D=0ABcc=3A_v=40e.org?=",
    "long encoded word": "Attaque à Boulkessi " * 6 + "=?utf-8?b?YQ0KQmNjOiB2QGUub3Jn?=",
    "NUL": "At\x00tack",
    "lone surrogate": "At\ud800tack",
    "5,000 characters": "Attaque à Boulkessi, « bilan » " * 162,
    "one long word": "x" * 5000,
    "bidi": "\u202egnikcatta \u2066Wagner\u2069\u200f",
    "other line ends": "a\u2028Bcc: v@e.org\x85Bcc: v@e.org\x0bBcc: v@e.org\x1cBcc: v@e.org",
    "terminal": "\x1b]0;owned\x07\x1b[2J\x9b31mred",
    "markup": "[bold]x[/bold] [link=https://e.org]y[/link] [/] :bomb: @everyone {{7*7}} {0.__class__}",
    "end of data": "a\r\n.\r\nQUIT\r\n..\r\n.",
    "nothing": "",
}
