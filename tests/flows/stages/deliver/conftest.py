"""The message that is sent, the certificates, and the receivers as fixtures."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from receivers import HOSTILE, MAIL_HOST, HookServer, MailServer, running_hook_server, running_mail_server

from flows.stages.deliver.message import Message


@pytest.fixture
def message() -> Message:
    return Message(
        uid="7f3a9c52-0001",
        type="development.updated",
        created_at=datetime(2025, 6, 7, 12, 30, tzinfo=UTC),
        subject="Mali: toll of the Boulkessi attack rises to 40",
        text="Toll raised: 30 -> 40\nSource: «Journal»",
        html="<!doctype html><p>Toll raised: <b>40</b></p>",
        data={"alert": {"id": "L3"}, "changes": [{"field": "fatalities", "old": 30, "new": 40}], "url": None},
    )


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="session")
def certified(authority: trustme.CA) -> Callable[[str], ssl.SSLContext]:
    def context(host: str, issuer: trustme.CA = authority) -> ssl.SSLContext:
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issuer.issue_cert(host).configure_cert(made)
        return made

    return context


@pytest.fixture
def mail_server(certified: Callable[[str], ssl.SSLContext]) -> Iterator[MailServer]:
    """Give a mail server that wants STARTTLS."""
    with running_mail_server(MailServer(), tls_context=certified(MAIL_HOST), require_starttls=True) as server:
        yield server


@pytest.fixture
def hook_server() -> Iterator[HookServer]:
    with running_hook_server() as server:
        yield server


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def hostile(request: pytest.FixtureRequest, message: Message) -> Message:
    """Give a message that quotes a hostile headline wherever a headline can stand."""
    headline: str = request.param
    return replace(
        message, subject=headline, text=f"New: {headline}\nend", html=f"<p>{headline}</p>", data={"headline": headline}
    )
