"""What goes into the HTTP door and what comes out of it.

In: settings and requests. Out: frozen values; an expected fault is a `Failure`, never an exception. None of
them shows a password or a user of an address: not in its repr, its message, or the addresses it returns.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flows.stages.addresses import UrlRefusedError, bare_host, checked_url, shown

FailureKind = Literal[
    "blocked", "dns", "connect", "tls", "timeout", "too_large", "truncated", "status", "redirect", "protocol",
    "robots", "url", "waiting",
]  # fmt: skip
REDACTED_CHARACTERS = 200  # of a malformed address, in a message of one line
ACCEPTED = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"


@cache
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what checks certificates, loaded once a process: it takes some 20 ms, and every task opens a door."""
    return ssl.create_default_context(cafile=ca_file)


class HttpSettings(BaseModel):
    """How sources are fetched; `allow_hosts` names hosts that may have a private address and any port."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_agent: str = Field("sahelwatch/0.1 (+https://github.com/sahelwatch/sahelwatch)", pattern=r"^[!-~][ -~]*$")
    timeout_s: float = Field(30, gt=0, description="Seconds that one fetch may take in all, waits for a turn apart.")
    max_bytes: int = Field(10_000_000, gt=0, description="Of one answer, both as sent and as unpacked.")
    max_redirects: int = Field(5, ge=0)
    delay_s: float = Field(1.0, ge=0, description="Seconds between two requests to one host.")
    allow_hosts: tuple[Annotated[str, AfterValidator(bare_host)], ...] = ()
    allow_ports: tuple[int, ...] = (80, 443)
    allow_downgrade: bool = Field(False, description="Follow redirects from https to http.")
    respect_robots: bool = True
    ca_file: Path | None = Field(None, description="Authorities to trust instead of the system's.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user of HTTP Basic authentication."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Request:
    """One page or feed to fetch, with the validators of the last answer.

    Credentials may stand in the URL as well; they are sent to its own origin only.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    accept: str = ACCEPTED
    credentials: Credentials | None = None

    def __repr__(self) -> str:
        return f"Request({redacted(self.url)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer with a body (which may be empty: the caller judges that).

    `url` is where the body was found, `moved_to` where the source says that it is from now on.
    `wire_bytes` came over the network, before unpacking. `elapsed_s` leaves out waits for a turn.
    """

    requested_url: str
    url: str
    moved_to: str | None
    status: int
    body: bytes = field(repr=False)
    media_type: str | None
    charset: str | None
    etag: str | None
    last_modified: str | None
    elapsed_s: float
    wire_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The answer that nothing has changed since the validators that were sent."""

    requested_url: str
    url: str
    moved_to: str | None
    etag: str | None
    last_modified: str | None
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why nothing was fetched. `message` is one line that names the address, without secrets.

    `permanent` means that only a person can change it: the address itself is refused, or gone (410).
    """

    kind: FailureKind
    message: str
    status: int | None = None
    retry_after_s: float | None = None
    permanent: bool = False


class HttpError(Exception):
    """An answer that cannot be used; the door turns it into a `Failure`."""

    def __init__(
        self, kind: FailureKind, reason: str, *, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s


def redacted(text: str) -> str:
    """Return an address as people may see it, without credentials and query, as one short line."""
    with suppress(UrlRefusedError):
        return shown(checked_url(text))
    # Nobody can tell where the credentials of a malformed address end: at the last "@", at the latest.
    scheme, separator, rest = text.rpartition("://")
    rest = rest.partition("?")[0].rpartition("@")[2] or "…"
    return ascii(f"{scheme if scheme.isalpha() else ''}{separator}{rest}")[1:-1][:REDACTED_CHARACTERS]
