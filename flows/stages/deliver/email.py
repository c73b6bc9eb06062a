"""The channel of email: one message a recipient over SMTP, text and HTML, with verified TLS.

In: a message and an address. Out: a receipt: 4xx is a passing fault, 5xx a lasting one, a connection lost
after the content went out is unknown. Never sends in plain text but to this machine, and never a message
whose header names are not exactly the expected ones: a headline must not be able to write a header
(CVE-2024-6923: folding an encoded word could).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from flows.stages.deliver.message import LONGEST_TIMEOUT_S, Message, Outcome, Receipt, failed, one_line, plain

SUBJECT_CHARACTERS = 200  # what mail programs show, with room to spare
HEADERS = (
    *("from", "to", "subject", "date", "message-id", "list-id", "auto-submitted"),
    *("x-sahelwatch-alert", "mime-version", "content-type"),
)
FOLLOW_UP_HEADERS = ("in-reply-to", "references")
# Not every server takes 8-bit bodies; text beyond ASCII is encoded.
POLICY = SMTP.clone(cte_type="7bit")
BARE_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def _bare(address: str) -> str:
    if not BARE_ADDRESS.fullmatch(address):
        raise ValueError("not a bare ASCII address such as desk@example.org")
    return address


def _mailbox(text: str) -> str:
    _bare(parseaddr(text)[1])
    if plain(text) != text or "\n" in text:
        raise ValueError("the sender holds characters that cannot be seen")
    return text


class EmailSettings(BaseModel):
    """Settings of one email channel; `sender` may be `Name <address>`, `recipients` are bare addresses."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["email"] = "email"
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(_mailbox)]
    recipients: list[Annotated[str, AfterValidator(_bare)]] = Field(min_length=1)
    timeout_s: float = Field(
        30, gt=0, le=LONGEST_TIMEOUT_S, description="Seconds to connect, and as many for the whole session."
    )
    ca_file: Path | None = Field(None, description="Authorities to trust instead of the system's.")

    @model_validator(mode="after")
    def _check(self) -> EmailSettings:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        for secret in (self.username or "", self.password.get_secret_value() if self.password else ""):
            if not (secret.isascii() and secret.isprintable()):
                raise ValueError("username and password: smtplib takes printable ASCII only")
        if self.security == "none" and not _is_this_machine(self.host):
            raise ValueError('security "none" is for this machine only; use "starttls" or "tls"')
        return self


class PoisonError(ValueError):
    """A message that must not be sent as it stands."""


class UnknownEndError(Exception):
    """A connection lost after the server may have taken the message."""


class EmailChannel:
    """Sends messages by SMTP, one connection each, so that one refusal cannot hurt the next message."""

    kind = "email"

    def __init__(self, settings: EmailSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._tls = ssl.create_default_context(cafile=settings.ca_file)

    def recipients(self) -> tuple[str, ...]:
        """Return the addresses."""
        return tuple(self._settings.recipients)

    def send(self, message: Message, recipient: str) -> Receipt:
        """Make one attempt; a message that cannot be written safely is dead as poison."""
        settings = self._settings
        try:
            content = serialised(message, recipient, sender=settings.sender, channel=self.name)
        except (ValueError, MessageError) as error:
            return replace(failed("dead", f"poison: {error}"), poison=True)
        try:
            with self._session() as session:
                return _transferred(session, content, sender=parseaddr(settings.sender)[1], recipient=recipient)
        except UnknownEndError as error:
            return failed("unknown", f"{settings.host}: {error}")
        except smtplib.SMTPResponseException as error:
            code = error.smtp_code if error.smtp_code > 0 else None  # smtplib's -1: not an answer of SMTP
            outcome: Outcome = "dead" if code is not None and 500 <= code <= 599 else "retry"
            said = f"SMTP {code}" if code else "no answer of SMTP:"
            answer = _without_login(_answer(error.smtp_error), settings)
            return failed(outcome, f"{settings.host}: {said} {answer}", code=code)
        except OSError as error:
            return failed("retry", f"{settings.host}: nothing sent: {error}")

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Open a session that is ready for a message: greeted, encrypted, logged in."""
        settings = self._settings
        raw = socket.create_connection((settings.host, settings.port), settings.timeout_s)
        raw.settimeout(None)  # from here on the cut alone ends it: two clocks would tell two stories
        with raw, _cut_after(raw, settings.timeout_s), self._secured(raw) as connection:
            session = _Session(settings.host, settings.port, connection)
            try:
                if settings.security == "starttls":
                    session.starttls(context=self._tls)
                if settings.username is not None and settings.password is not None:
                    session.login(settings.username, settings.password.get_secret_value())
                session.ehlo_or_helo_if_needed()
                yield session
                with suppress(OSError):
                    session.quit()
            finally:
                session.close()

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._settings.security != "tls":
            return connection
        return self._tls.wrap_socket(connection, server_hostname=self._settings.host)


def serialised(message: Message, recipient: str, *, sender: str, channel: str) -> bytes:
    """Return the message as it goes over the wire, CRLF and 7 bit; the same ids at every attempt.

    Raises PoisonError when its header names are not exactly the expected ones; ValueError or MessageError
    when the standard library already refuses to write it.
    """
    mail = EmailMessage(policy=POLICY)
    name, address = parseaddr(sender)
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = safe_subject("(possible repeat) " * message.possible_repeat + message.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.uid}@sahelwatch>"
    mail["List-Id"] = f"<{channel}.sahelwatch>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Sahelwatch-Alert"] = message.uid
    expected = list(HEADERS)
    if message.thread is not None and message.thread != message.uid:
        chain = dict.fromkeys((message.thread, message.previous or message.thread))
        mail["In-Reply-To"] = f"<{[*chain][-1]}@sahelwatch>"
        mail["References"] = " ".join(f"<{uid}@sahelwatch>" for uid in chain)
        expected += FOLLOW_UP_HEADERS
    mail.set_content(plain(message.text))
    mail.add_alternative(plain(message.html), subtype="html")
    content = mail.as_bytes()
    if header_names(content) != sorted(expected):
        raise PoisonError(f"alert {message.uid} would be sent with the headers {header_names(content)}")
    return content


def safe_subject(text: str) -> str:
    """Return `text` as one visible line of at most 200 characters in which nothing reads as an encoded word."""
    line = one_line(text, len(text)).replace("=?", "= ?")
    return one_line(line, SUBJECT_CHARACTERS) or "sahelwatch alert"


def header_names(content: bytes) -> list[str]:
    """Return the header names that a receiver may see, sorted, in small letters; any line end counts."""
    head = content.partition(b"\r\n\r\n")[0]
    lines = [line for line in re.split(rb"[\r\n]+", head) if not line.startswith((b" ", b"\t"))]
    return sorted(line.partition(b":")[0].decode("ascii", "replace").lower() for line in lines)


class _Session(smtplib.SMTP):
    """An SMTP session over a connection that was made before."""

    def __init__(self, host: str, port: int, connection: socket.socket) -> None:
        self._connection = connection
        super().__init__(host, port)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connection


@contextmanager
def _cut_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Cut the connection after `seconds`: a timeout of the socket alone starts anew with every byte."""
    watched = connection.dup()  # stays the same connection when TLS takes the other handle over
    cut = threading.Event()

    def end() -> None:
        cut.set()
        with suppress(OSError):
            watched.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except OSError as error:
        if cut.is_set():
            raise TimeoutError(f"not done after {seconds:g} s") from error
        raise
    finally:
        timer.cancel()
        timer.join()
        watched.close()


def _transferred(session: smtplib.SMTP, content: bytes, *, sender: str, recipient: str) -> Receipt:
    _expect({250}, session.mail(sender))
    _expect({250, 251}, session.rcpt(recipient))
    _expect({354}, session.docmd("DATA"))
    try:
        session.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        code, answer = session.getreply()
    except OSError as error:
        raise UnknownEndError(f"lost after the message went out: {error}") from error
    if not 200 <= code <= 599:
        raise UnknownEndError(f"no answer after the message went out: {_answer(answer)}")
    _expect({250}, (code, answer))
    return Receipt(outcome="sent", code=code)


def _expect(codes: set[int], reply: tuple[int, bytes]) -> None:
    if reply[0] not in codes:
        raise smtplib.SMTPResponseException(*reply)


def _answer(answer: bytes | str) -> str:
    return answer if isinstance(answer, str) else answer.decode("utf-8", "replace")


def _without_login(answer: str, settings: EmailSettings) -> str:
    """Return an answer without the password, for some servers repeat the line that they refuse."""
    if settings.username is None or settings.password is None:
        return answer
    password = settings.password.get_secret_value()
    coded = [b64encode(text.encode()).decode() for text in (f"\0{settings.username}\0{password}", password)]
    for secret in (*coded, password):
        answer = answer.replace(secret, "…")
    return answer


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
