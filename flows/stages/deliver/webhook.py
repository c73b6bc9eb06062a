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
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.client import responses
from itertools import accumulate
from pathlib import Path
from typing import Literal

import httpcore2
import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from flows.stages.addresses import AddressRefusedError, CheckedNetwork, Resolve, deadline, is_named, resolved
from flows.stages.addresses import is_public as is_public
from flows.stages.deliver.message import LONGEST_TIMEOUT_S, Message, Receipt, failed
from flows.stages.http_answer import retry_after_s

ANSWER_BYTES = 64 * 1024  # read of an answer out of courtesy; only its status counts
KEY_BYTES = range(24, 65)  # Standard Webhooks: 192 to 512 bits
PASSING = {408, 429}  # and every 5xx

Headers = dict[bytes | str, bytes | str]


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
    timeout_s: float = Field(15, gt=0, le=LONGEST_TIMEOUT_S, description="Seconds that one attempt may take in all.")
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
        return is_named(self.target().raw_host.decode("ascii"), self.allow_hosts)


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
        self._network = CheckedNetwork(resolve or resolved, allow_hosts=settings.allow_hosts)

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
            return replace(failed("dead", f"poison: alert {message.uid}: {error}"), poison=True)
        try:
            status, retry_after = self._post(self._headers(message.uid, now, body), body)
        except AddressRefusedError as error:
            return failed("dead", f"{recipient}: {error}")
        except TimeoutError:
            return failed("retry", f"{recipient}: not done after {self._settings.timeout_s:g} s")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return failed("retry", f"{recipient}: {error}")
        return judged(status, retry_after_s(retry_after, now))

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
        extensions = deadline(time.monotonic() + self._settings.timeout_s)
        with (
            httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=self._network) as pool,
            pool.stream("POST", url, headers=headers, content=body, extensions=extensions) as response,
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
        if status == 410:
            return replace(failed("dead", f"gone: {error}", code=status), gone=True)
        return failed("dead", error, code=status)
    return failed("retry", error, code=status, retry_after_s=retry_after_s)
