"""The email channel against a real mail server: what each fault of the server becomes."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from opened_channels import DESK, mail_channel
from receivers import MAIL_HOST, MailServer, running_mail_server

from flows.stages.deliver.message import Message, Receipt

Certified = Callable[..., ssl.SSLContext]


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [("450 4.2.1 busy", "retry", 450), ("550 5.1.1 nobody", "dead", 550), ("552 5.2.2 full", "dead", 552)],
)
def test_fault_82_a_refused_recipient_is_judged_by_its_code(
    mail_server: MailServer, ca_file: Path, message: Message, answer: str, outcome: str, code: int
) -> None:
    mail_server.at_rcpt["gone@example.org"] = answer
    sender = mail_channel(mail_server.port, ca_file=ca_file, recipients=[DESK, "gone@example.org"])
    receipts = {recipient: sender.send(message, recipient) for recipient in sender.recipients()}
    assert receipts[DESK].outcome == "sent"
    refused = receipts["gone@example.org"]
    assert (refused.outcome, refused.code, refused.error) == (outcome, code, f"{MAIL_HOST}: SMTP {answer}")


def test_a_refused_content_is_dead(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    mail_server.at_data = lambda server: "554 5.6.0 no"
    receipt = mail_channel(mail_server.port, ca_file=ca_file).send(message, DESK)
    assert (receipt.outcome, receipt.code) == ("dead", 554)


def hang_up(server: Any) -> str:
    server.transport.abort()
    return "250 never seen"


def test_dropped_before_the_content_is_tried_again(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    mail_server.at_mail = hang_up
    receipt = mail_channel(mail_server.port, ca_file=ca_file).send(message, DESK)
    assert receipt.outcome == "retry"
    assert "nothing sent" in str(receipt.error)


def test_fault_83_dropped_after_the_content_is_unknown(
    mail_server: MailServer, ca_file: Path, message: Message
) -> None:
    mail_server.at_data = hang_up
    receipt = mail_channel(mail_server.port, ca_file=ca_file).send(message, DESK)
    assert receipt.outcome == "unknown"
    assert "after the message went out" in str(receipt.error)
    assert len(mail_server.mail) == 1


LOGIN = {"username": "watch", "password": "open sesame"}


def test_login_goes_through_tls(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    assert mail_channel(mail_server.port, ca_file=ca_file, **LOGIN).send(message, DESK).outcome == "sent"
    assert mail_server.logins == [(b"watch", b"open sesame")]


def test_a_wrong_password_is_dead_and_not_told(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    sender = mail_channel(mail_server.port, ca_file=ca_file, username="watch", password="let me in")
    receipt = sender.send(message, DESK)
    assert (receipt.outcome, receipt.code) == ("dead", 535)
    assert "let me in" not in repr(receipt) + repr(sender._settings)
    assert mail_server.mail == []


def test_fault_84_without_starttls_nothing_is_sent(ca_file: Path, message: Message) -> None:
    with running_mail_server(MailServer(), auth_require_tls=False) as server:
        receipt = mail_channel(server.port, ca_file=ca_file, **LOGIN).send(message, DESK)
    assert receipt.outcome == "retry"
    assert "STARTTLS" in str(receipt.error)
    assert (server.commands, server.logins) == ([], [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown authority", "other name"])
def test_fault_84_a_bad_certificate_sends_nothing(
    certified: Certified, ca_file: Path, message: Message, security: str, fault: str
) -> None:
    context = certified("mail.example.net") if fault == "other name" else certified(MAIL_HOST, trustme.CA())
    options = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with running_mail_server(MailServer(), **options) as server:
        receipt = mail_channel(server.port, ca_file=ca_file, security=security, **LOGIN).send(message, DESK)
    assert receipt.outcome == "retry"
    assert "certificate verify failed" in str(receipt.error)
    assert (server.commands, server.logins) == ([], [])


def test_tls_from_the_start(certified: Certified, ca_file: Path, message: Message) -> None:
    with running_mail_server(MailServer(), ssl_context=certified(MAIL_HOST)) as server:
        receipt = mail_channel(server.port, ca_file=ca_file, security="tls").send(message, DESK)
    assert receipt == Receipt(outcome="sent", code=250)


def test_this_machine_may_do_without_tls(message: Message) -> None:
    with running_mail_server(MailServer()) as server:
        assert mail_channel(server.port, security="none").send(message, DESK).outcome == "sent"


def test_nobody_listens(message: Message) -> None:
    with socket.create_server((MAIL_HOST, 0)) as probe:
        port = probe.getsockname()[1]
    receipt = mail_channel(port, security="none").send(message, DESK)
    assert receipt.outcome == "retry"
    assert "refused" in str(receipt.error)


@contextmanager
def scripted_server(*replies: bytes, drip: bytes = b"") -> Iterator[int]:
    """Serve one visitor: a reply at once and one after each read; then drops of `drip` until it leaves."""

    def serve() -> None:
        visitor, _ = listener.accept()
        with visitor:
            try:
                for number, reply in enumerate(replies):
                    if number:
                        visitor.recv(65536)
                    visitor.sendall(reply)
                while drip:
                    visitor.sendall(drip)
                    time.sleep(0.02)
                visitor.recv(65536)
            except OSError:
                pass

    with socket.create_server((MAIL_HOST, 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(5)
            assert not thread.is_alive()


UNTIL_DATA = (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")


@pytest.mark.parametrize(
    ("replies", "drip", "outcome"),
    [
        ((), b"220-x\r\n", "retry"),
        ((b"220 hi\r\n",), b"2", "retry"),
        ((*UNTIL_DATA, b""), b"250-x\r\n", "unknown"),
    ],
    ids=["greeting", "half a line", "after the content"],
)
def test_fault_81_a_slow_drip_ends_at_the_deadline(
    message: Message, replies: tuple[bytes, ...], drip: bytes, outcome: str
) -> None:
    started = time.monotonic()
    with scripted_server(*replies, drip=drip) as port:
        receipt = mail_channel(port, security="none", timeout_s=0.3).send(message, DESK)
    assert receipt.outcome == outcome
    assert 0.25 < time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("replies", "outcome", "code"),
    [
        ((b"421 4.3.2 later\r\n",), "retry", 421),
        ((b"554 5.7.1 no\r\n",), "dead", 554),
        ((b"HTTP/1.1 400\r\n",), "retry", None),
        ((*UNTIL_DATA[:-1], b"451 not now\r\n"), "retry", 451),
        ((*UNTIL_DATA, b"\x00\xffgarbage\r\n"), "unknown", None),
    ],
)
def test_other_answers(message: Message, replies: tuple[bytes, ...], outcome: str, code: int | None) -> None:
    with scripted_server(*replies) as port:
        receipt = mail_channel(port, security="none", timeout_s=2).send(message, DESK)
    assert (receipt.outcome, receipt.code) == (outcome, code)
