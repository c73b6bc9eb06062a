"""The channel of webhooks: one signed POST of JSON, as Standard Webhooks 1.0.0 asks.

In: a message. Out: a receipt by the status of the answer; without one it is safely tried again, the id being
the same. Never follows a redirect, uses a proxy, connects to an address that was not checked, or shows more
of the URL than its origin, for user, path and query may all be secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from ipaddress import ip_address, ip_network
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

import httpcore2
import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from flows.stages.deliver.message import LONGEST_PAUSE_S, Message, Receipt, failed

ANSWER_BYTES = 64 * 1024  # read of an answer out of courtesy; only its status counts
KEY_BYTES = range(24, 65)  # Standard Webhooks: 192 to 512 bits
PASSING = {408, 429}  # and every 5xx
NOT_PUBLIC = tuple(  # what `is_global` lets pass in one version of Python or another, though it leads elsewhere
    ip_network(network)
    for network in (
        *("192.0.0.0/24", "192.88.99.0/24"),  # protocols, 6to4 relays
        *("::/3", "4000::/2", "8000::/1"),  # IPv6 beside 2000::/3: local, mapped, translated (NAT64), unassigned
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo, documentation, 6to4
    )
)

Headers = dict[bytes | str, bytes | str]
Resolve = Callable[[str, int], tuple[str, ...]]


def _decoded(secret: SecretStr) -> bytes:
    prefix, _, encoded = secret.get_secret_value().partition("_")
    with suppress(ValueError):
        key = base64.b64decode(encoded, validate=True)
        if prefix == "whsec" and len(key) in KEY_BYTES:
            return key
    raise ValueError("secrets: not whsec_ and base64 of 24 to 64 bytes")


class WebhookSettings(BaseModel):
    """Settings of one webhook; `allow_hosts` names hosts that may have a private address or no TLS."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["webhook"] = "webhook"
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    url: SecretStr
    secrets: list[SecretStr] = Field(min_length=1, description="Several while one is being rotated.")
    timeout_s: float = Field(15, gt=0, description="Seconds that one attempt may take in all.")
    allow_hosts: list[str] = []
    ca_file: Path | None = Field(None, description="Authorities to trust instead of the system's.")

    @model_validator(mode="after")
    def _check(self) -> WebhookSettings:
        url = self.target()
        if url.scheme not in {"http", "https"} or not url.host or url.fragment:
            raise ValueError("url: not an http(s) address")
        if url.scheme == "http" and not self.trusts_host():
            raise ValueError(f"url: {url.host} needs https, or a place in allow_hosts")
        for secret in self.secrets:
            _decoded(secret)
        return self

    def target(self) -> httpx2.URL:
        """Return the address; raises ValueError for one that programs read differently."""
        text = self.url.get_secret_value()
        if re.search(r"[\s\\]", text):
            raise ValueError("url: holds a space or a backslash")
        try:
            return httpx2.URL(text)
        except httpx2.InvalidURL:
            raise ValueError("url: not an address") from None

    def trusts_host(self) -> bool:
        """Tell whether the host is named in `allow_hosts`."""
        return self.target().host.rstrip(".") in {host.lower().rstrip(".") for host in self.allow_hosts}


class AddressRefusedError(Exception):
    """A host that resolves to an address which is not public."""


class WebhookChannel:
    """Posts messages to one URL. `clock` and `resolve` are doors for tests."""

    kind = "webhook"

    def __init__(
        self,
        settings: WebhookSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolve: Resolve | None = None,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._url = settings.target()
        self._tls = ssl.create_default_context(cafile=settings.ca_file)
        self._clock = clock
        self._resolve = resolve or _resolved

    def recipients(self) -> tuple[str, ...]:
        """Return the origin of the URL: the rest of it may be secret."""
        bare = self._url.copy_with(userinfo=b"", raw_path=b"/")
        return (f"{bare}…" if self._url.raw_path != b"/" else str(bare),)

    def send(self, message: Message, recipient: str) -> Receipt:
        """Make one attempt; a message that is no JSON is dead as poison."""
        now = self._clock()
        try:
            body = json_body(message)
        except (TypeError, ValueError) as error:
            return failed("dead", f"poison: alert {message.uid}: {error}")
        try:
            status, retry_after = self._post(self._headers(message.uid, now, body), body)
        except AddressRefusedError as error:
            return failed("dead", f"{recipient}: {error}")
        except TimeoutError:
            return failed("retry", f"{recipient}: not done after {self._settings.timeout_s:g} s")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return failed("retry", f"{recipient}: {error}")
        return judged(status, _retry_after_s(retry_after, now))

    def _headers(self, uid: str, now: datetime, body: bytes) -> Headers:
        headers: Headers = {
            "content-type": "application/json",
            "user-agent": "sahelwatch",
            "webhook-id": uid,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature(uid, now, body, keys=map(_decoded, self._settings.secrets)),
        }
        if self._url.userinfo:
            credentials = f"{self._url.username}:{self._url.password}".encode()
            headers["authorization"] = b"Basic " + base64.b64encode(credentials)
        return headers

    def _post(self, headers: Headers, body: bytes) -> tuple[int, str]:
        """Return the status and the Retry-After header ("" for none)."""
        # The transport of httpx2 without its client, which logs whole URLs and takes no network backend.
        url = httpcore2.URL(
            scheme=self._url.raw_scheme, host=self._url.raw_host, port=self._url.port, target=self._url.raw_path
        )
        left_s = _countdown(self._settings.timeout_s)
        network = _CheckedNetwork(self._resolve, left_s, trusted=self._settings.trusts_host())
        with (
            httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
            pool.stream("POST", url, headers=headers, content=body) as response,
            suppress(httpcore2.NetworkError, httpcore2.ProtocolError, OSError),
        ):
            # From here on the status is known, and a fault in the rest of the answer changes nothing.
            status, headers_back = response.status, {name.lower(): value for name, value in response.headers}
            for read in accumulate(map(len, response.iter_stream())):
                if read >= ANSWER_BYTES:
                    break
        return status, headers_back.get(b"retry-after", b"").decode("latin-1")


def json_body(message: Message) -> bytes:
    """Return the body, the same bytes at every attempt; raises TypeError or ValueError where it is no JSON."""
    timestamp = message.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    body = {"type": message.type, "timestamp": timestamp, "data": dict(message.data)}
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()


def signature(uid: str, now: datetime, body: bytes, *, keys: Iterable[bytes]) -> str:
    """Return the value of webhook-signature: one signature a key, separated by spaces."""
    signed = f"{uid}.{int(now.timestamp())}.".encode() + body
    digests = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def judged(status: int, retry_after_s: float | None) -> Receipt:
    """Return what an HTTP status means for the delivery."""
    error = f"HTTP {status} {responses.get(status, '')}".rstrip()
    if 200 <= status < 300:
        return Receipt(outcome="sent", code=status)
    if 300 <= status < 400:
        return failed("retry", f"redirect refused: {error}", code=status)
    if 400 <= status < 500 and status not in PASSING:
        return failed("dead", f"gone: {error}" if status == 410 else error, code=status)
    return failed("retry", error, code=status, retry_after_s=retry_after_s)


def is_public(address: str) -> bool:
    """Tell whether an IP address lies on the public internet and nowhere else."""
    ip = ip_address(address)
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


def _retry_after_s(header: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header (seconds or a date) asks for, None for nonsense."""
    try:
        seconds = float(header) if header.isdecimal() else (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE_S)


def _resolved(host: str, port: int) -> tuple[str, ...]:
    # As bytes, the name is not run through the idna codec a second time.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _countdown(seconds: float) -> Callable[[], float]:
    """Return a function that gives the seconds left, and raises TimeoutError when there are none."""
    end = time.monotonic() + seconds

    def left_s() -> float:
        if (left := end - time.monotonic()) > 0:
            return left
        raise TimeoutError

    return left_s


class _Stream(httpcore2.NetworkStream):
    """A connection of which every wait ends at the deadline; timeouts given to single calls do not count."""

    def __init__(self, connection: socket.socket, left_s: Callable[[], float]) -> None:
        self._connection = connection
        self._left_s = left_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._connection.settimeout(self._left_s())
        return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._connection.settimeout(self._left_s())
        try:
            self._connection.sendall(buffer)
        except ConnectionError as error:
            raise httpcore2.WriteError(str(error)) from error  # the answer may be there all the same

    def start_tls(self, ssl_context: ssl.SSLContext, *args: Any, **names: Any) -> httpcore2.NetworkStream:
        self._connection.settimeout(self._left_s())
        return _Stream(
            ssl_context.wrap_socket(self._connection, server_hostname=names["server_hostname"]), self._left_s
        )

    def close(self) -> None:
        self._connection.close()


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Resolves a host once, refuses it when any address is not public, and connects to an address it checked."""

    def __init__(self, resolve: Resolve, left_s: Callable[[], float], *, trusted: bool) -> None:
        self._resolve = resolve
        self._trusted = trusted
        self._left_s = left_s

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        addresses = self._addresses(host, port)
        for address in addresses:
            if not self._trusted and not is_public(address):
                raise AddressRefusedError(f"{address} is not public; name the host in allow_hosts if it is meant")
        failure = OSError("the host has no address")
        for tried, address in enumerate(addresses):
            try:
                share_s = self._left_s() / (len(addresses) - tried)
                return _Stream(socket.create_connection((address, port), share_s), self._left_s)
            except OSError as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Resolve in a thread, for the system's resolver knows no deadline."""
        answer: Future[tuple[str, ...]] = Future()

        def look_up() -> None:
            try:
                answer.set_result(self._resolve(host, port))
            except OSError as error:
                answer.set_exception(error)

        threading.Thread(target=look_up, daemon=True).start()
        return answer.result(timeout=self._left_s())
