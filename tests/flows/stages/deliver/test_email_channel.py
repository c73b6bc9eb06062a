"""The email channel against a real mail server: what arrives."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from opened_channels import DESK, mail_channel
from pydantic import ValidationError
from receivers import MAIL_HOST, MailServer

from flows.stages.deliver.email import (
    FOLLOW_UP_HEADERS,
    HEADERS,
    header_names,
    safe_subject,
    serialised,
)
from flows.stages.deliver.message import Message, Receipt


def received(server: MailServer) -> EmailMessage:
    (envelope,) = server.mail
    mail = message_from_bytes(envelope.original_content, policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_message_arrives_whole(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    receipt = mail_channel(mail_server.port, ca_file=ca_file).send(message, DESK)
    assert receipt == Receipt(outcome="sent", code=250)
    (envelope,) = mail_server.mail
    assert (envelope.mail_from, envelope.rcpt_tos) == ("watch@example.org", [DESK])
    mail = received(mail_server)
    assert mail["From"] == "Sahel Wätch <watch@example.org>"
    assert (mail["To"], mail["Subject"]) == (DESK, message.subject)
    assert mail["Date"].datetime == message.created_at
    assert mail["Message-ID"] == "<7f3a9c52-0001@sahelwatch>"
    assert mail["List-Id"] == "<desk.sahelwatch>"
    assert (mail["Auto-Submitted"], mail["X-Sahelwatch-Alert"]) == ("auto-generated", message.uid)
    assert "In-Reply-To" not in mail
    assert mail.get_content_type() == "multipart/alternative"
    assert mail.get_body(("plain",)).get_content().splitlines() == message.text.splitlines()
    assert mail.get_body(("html",)).get_content().strip() == message.html
    assert envelope.original_content.isascii()  # no server needs to know 8BITMIME


def test_a_follow_up_threads_and_a_repeat_says_so(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    follow_up = replace(message, thread="7f3a9c52-0000", possible_repeat=True)
    mail_channel(mail_server.port, ca_file=ca_file).send(follow_up, DESK)
    mail = received(mail_server)
    assert mail["In-Reply-To"] == mail["References"] == "<7f3a9c52-0000@sahelwatch>"
    assert mail["Subject"] == f"(possible repeat) {message.subject}"


def test_a_long_thread_names_its_first_and_its_last_message(
    mail_server: MailServer, ca_file: Path, message: Message
) -> None:
    follow_up = replace(message, thread="7f3a9c52-0000", previous="group_1")
    mail_channel(mail_server.port, ca_file=ca_file).send(follow_up, DESK)
    mail = received(mail_server)
    assert mail["In-Reply-To"] == "<group_1@sahelwatch>"
    assert mail["References"] == "<7f3a9c52-0000@sahelwatch> <group_1@sahelwatch>"


def test_a_retry_carries_the_same_message_id(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    sender = mail_channel(mail_server.port, ca_file=ca_file)
    mail_server.at_data = lambda server: "451 4.3.0 full"
    assert sender.send(message, DESK) == Receipt(outcome="retry", code=451, error=f"{MAIL_HOST}: SMTP 451 4.3.0 full")
    mail_server.at_data = None
    assert sender.send(message, DESK).outcome == "sent"
    assert len({message_from_bytes(envelope.original_content)["Message-ID"] for envelope in mail_server.mail}) == 1


def test_fault_85_a_hostile_headline_writes_no_header(mail_server: MailServer, ca_file: Path, hostile: Message) -> None:
    assert mail_channel(mail_server.port, ca_file=ca_file).send(hostile, DESK).outcome == "sent"
    (envelope,) = mail_server.mail
    assert envelope.rcpt_tos == [DESK]
    assert header_names(envelope.original_content) == sorted(HEADERS)
    subject = received(mail_server)["Subject"]
    assert 0 < len(subject) <= 200
    assert "=?" not in subject
    assert "\r" not in subject
    assert "\n" not in subject
    assert received(mail_server).get_body(("plain",)).get_content().splitlines()[-1] == "end"


@pytest.mark.parametrize(
    ("headline", "subject"),
    [
        ("Attack\r\nBcc: v@e.org", "Attack Bcc: v@e.org"),
        ("=\u200b?utf-8?q?a?=", "= ?utf-8?q?a?="),
        ("At\x00t\ud800ack \u202eRLO", "Att\ufffdack RLO"),
        ("é" * 5000, "é" * 199 + "…"),
        (" \u200b ", "sahelwatch alert"),
        ("Ségou : « bilan » de 12 morts", "Ségou : « bilan » de 12 morts"),
    ],
)
def test_subjects(headline: str, subject: str) -> None:
    assert safe_subject(headline) == subject


def test_the_header_check_stands_behind_the_cleaning(message: Message) -> None:
    # A Python with CVE-2024-6923 writes a Bcc here, and later ones refuse; both must end in an error.
    with pytest.raises(Exception, match=r"bcc|[Hh]eader"):
        serialised(message, DESK, sender="watch@example.org", channel="=?utf-8?q?a=0D=0ABcc=3A_v=40e.org?=")


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: a\r\nBcc: b\r\n\r\nbody",
        b"Subject: a\nBcc: b\r\n\r\nbody",
        b"Subject: a\rBcc: b\r\n\r\nbody",
        b"Subject: a\n\nBcc: b\r\n\r\nbody",
    ],
)
def test_header_names_sees_every_line_end(content: bytes) -> None:
    assert header_names(content) == ["bcc", "subject"]


def test_header_names_counts_repeats_and_skips_folds(message: Message) -> None:
    assert header_names(b"To: a\r\nTo: b\r\n c: d\r\n\r\nx: y") == ["to", "to"]
    threaded = serialised(replace(message, thread="t1"), DESK, sender="watch@example.org", channel="desk")
    assert header_names(threaded) == sorted(HEADERS + FOLLOW_UP_HEADERS)


def test_a_recipient_that_is_no_address_is_poison(mail_server: MailServer, ca_file: Path, message: Message) -> None:
    receipt = mail_channel(mail_server.port, ca_file=ca_file).send(message, "a@e.org\r\nBcc: v@e.org")
    assert receipt.outcome == "dead"
    assert str(receipt.error).startswith("poison: ")
    assert mail_server.commands == []


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"host": "mail.example.org", "security": "none"}, "this machine only"),
        ({"password": "s3cret"}, "go together"),
        ({"username": "watch"}, "go together"),
        ({"username": "watch", "password": "s3cret é"}, "ASCII"),
        ({"username": "watch", "password": "s3cret\0"}, "ASCII"),
        ({"recipients": []}, "recipients"),
        ({"recipients": ["Desk <desk@example.org>"]}, "recipients"),
        ({"recipients": ["desk@example.org\r\nBcc: v@e.org"]}, "recipients"),
        ({"sender": "nobody"}, "sender"),
        ({"sender": "a\nb <watch@example.org>"}, "sender"),
        ({"sender": "a\u202eb <watch@example.org>"}, "sender"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_settings_are_refused(change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValidationError, match=match) as caught:
        mail_channel(25, **change)
    assert "s3cret" not in str(caught.value)
