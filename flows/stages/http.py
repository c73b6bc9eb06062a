"""The one door through which sources are fetched: GET over HTTP/1.1, politely and within bounds.

In: a request. Out: what was fetched, that nothing changed, or a failure as a value. One request at a time goes to
a host, with a pause after each; hosts are served side by side. It must never connect to an address that was not
checked, keep a cookie, use a proxy, unpack without bound, wait without end, or show a credential.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import responses
from typing import Any, TypeVar

import httpcore2
import httpx2

from flows.stages.addresses import (
    AddressRefusedError,
    CheckedNetwork,
    Resolve,
    UnresolvedError,
    UrlRefusedError,
    check_reach,
    checked_url,
    deadline,
    is_named,
    resolved,
)
from flows.stages.http_answer import body_of, content_type, headers_of, retry_after_s, validator
from flows.stages.http_values import (
    Credentials,
    Failure,
    FailureKind,
    Fetched,
    HttpError,
    HttpSettings,
    NotModified,
    Request,
    redacted,
    tls_context,
)
from flows.stages.http_walk import Walk
from flows.stages.pauses import Pauses
from flows.stages.robots import (
    ROBOTS_BYTES,
    ROBOTS_REDIRECTS,
    RobotsCache,
    RobotsCopy,
    copy_of_failure,
    copy_of_text,
    origin_of,
    robots_url,
)
from parsers.text import clean, shortened

__all__ = ["Credentials", "Failure", "Fetched", "HttpDoor", "HttpSettings", "NotModified", "Request"]

IDLE_CONNECTIONS = 20  # kept open; enough for the sources that are fetched side by side
IDLE_S = 15.0  # before a connection is closed
MESSAGE_CHARACTERS = 500  # of a failure: it is one line in a table
LEAST_DELAY_S = 1.0  # between two requests to a host that is not named in allow_hosts, whatever the settings say
WHOLE = {200, 203}  # answers with the whole body, from the source or a proxy before it
REDIRECTS = {301, 302, 303, 307, 308}
PAUSING = {429, 503}  # whose Retry-After counts
LEAKY_LOGGERS = ("httpx2", "httpcore2", "httpx", "httpcore")  # they print whole URLs and headers

_KINDS: tuple[tuple[type[Exception], FailureKind], ...] = (  # the first that fits
    (UrlRefusedError, "url"),
    (AddressRefusedError, "blocked"),
    (UnresolvedError, "dns"),
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls"),
    (httpcore2.ProtocolError, "protocol"),
    (httpcore2.NetworkError, "connect"),
    (OSError, "connect"),
)
_EXPECTED: tuple[type[Exception], ...] = (HttpError, *(error for error, _ in _KINDS))

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Host:
    """Whose turn it is at one host."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    robots: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0  # of time.monotonic(): a clock that is set must not stop the fetching


class HttpDoor:
    """Fetches pages and feeds. `clock`, `sleep` and `resolve` are doors for tests; safe to use from threads."""

    def __init__(
        self,
        settings: HttpSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = resolved,
        robots: RobotsCache | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._robots = robots or RobotsCache()
        self._pauses = pauses or Pauses()
        self._hosts: dict[str, _Host] = {}
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls_context(settings.ca_file),
            max_connections=None,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_S,
            network_backend=CheckedNetwork(resolve, allow_hosts=settings.allow_hosts),
        )
        for name in LEAKY_LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)

    def get(self, request: Request) -> Fetched | NotModified | Failure:
        """Fetch one address; expected faults are returned."""
        try:
            url = checked_url(request.url)
            check_reach(url, allow_hosts=self._settings.allow_hosts, allow_ports=self._settings.allow_ports)
        except (UrlRefusedError, AddressRefusedError) as error:
            return self._failure(error, redacted(request.url), permanent=True)
        walk = Walk(url, request, self._settings)
        try:
            return self._walked(walk, self._page, obey=self._settings.respect_robots)
        except _EXPECTED as error:
            return self._failure(error, walk.chain(), permanent=walk.lasting and getattr(error, "status", None) == 410)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._pool.close()

    def _failure(self, error: Exception, where: str, *, permanent: bool) -> Failure:
        if not isinstance(error, HttpError):
            kind = next(kind for fault, kind in _KINDS if isinstance(error, fault))
            in_vain = f"not done after {self._settings.timeout_s:g} s"
            error = HttpError(kind, in_vain if kind == "timeout" else str(error))
        if error.kind == "redirect":
            _log.warning("%s: %s", where, error)
        return Failure(
            kind=error.kind,
            message=shortened(clean(f"{where}: {error}").replace("\n", " "), MESSAGE_CHARACTERS),
            status=error.status,
            retry_after_s=error.retry_after_s,
            permanent=permanent,
        )

    def _walked(self, walk: Walk, read: Callable[[Walk, httpcore2.Response, dict[str, str]], T], *, obey: bool) -> T:
        """Go from redirect to redirect to the answer, and read it."""
        while True:
            if obey:
                self._ask_robots(walk)
            with self._turn(walk.url), walk.timed() as end, self._asked(walk, end) as response:
                headers = headers_of(response)
                if response.status not in REDIRECTS:
                    return read(walk, response, headers)
            walk.follow(response.status, headers.get("location"))

    @contextmanager
    def _turn(self, url: httpx2.URL) -> Iterator[None]:
        """Wait until no other request is made to the host, and the pause after the last one is over."""
        host = self._host(url)
        with host.turn:
            self._check_pause(url)
            if (wait_s := host.free_at - time.monotonic()) > 0:
                self._sleep(wait_s)
            try:
                yield
            finally:
                host.free_at = time.monotonic() + self._delay_s(url)

    def _host(self, url: httpx2.URL) -> _Host:
        return self._hosts.setdefault(_name(url), _Host())

    def _check_pause(self, url: httpx2.URL) -> None:
        if left_s := self._pauses.left_s(_name(url), self._clock()):
            raise HttpError("waiting", f"the host asked to be left alone for {left_s:.0f} s more", retry_after_s=left_s)

    def _delay_s(self, url: httpx2.URL) -> float:
        """Return the pause after a request: that of the settings, or a longer one that the robots.txt asks for."""
        copy = self._robots.get(origin_of(url), self._clock()) if self._settings.respect_robots else None
        least_s = 0.0 if is_named(_name(url), self._settings.allow_hosts) else LEAST_DELAY_S
        return max(self._settings.delay_s, least_s, copy.delay_s() if copy else 0.0)

    @contextmanager
    def _asked(self, walk: Walk, end: float) -> Iterator[httpcore2.Response]:
        """Send one GET. A connection that was kept open and is found dead is replaced once."""
        connected: list[str] = []

        def trace(event: str, _: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.started":
                connected.append(event)

        url = walk.url
        request = httpcore2.Request(
            "GET",
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=walk.headers(),
            extensions={**deadline(end), "trace": trace},
        )
        try:
            response = self._pool.handle_request(request)
        except (httpcore2.RemoteProtocolError, ConnectionError, ssl.SSLError):
            if connected:
                raise
            response = self._pool.handle_request(request)
        try:
            yield response
        finally:
            response.close()

    def _page(self, walk: Walk, response: httpcore2.Response, headers: dict[str, str]) -> Fetched | NotModified:
        etag, last_modified = validator(headers, "etag"), validator(headers, "last-modified")
        if response.status == 304 and walk.conditional:
            response.read()  # nothing, but only then is the connection free for the next request
            return NotModified(
                requested_url=walk.requested_url,
                url=str(walk.url),
                moved_to=walk.moved_to,
                etag=etag,
                last_modified=last_modified,
                elapsed_s=walk.elapsed_s(),
            )
        self._check_status(walk, response.status, headers)
        body, wire_bytes = body_of(response, headers, limit=self._settings.max_bytes)
        media_type, charset = content_type(headers)
        return Fetched(
            requested_url=walk.requested_url,
            url=str(walk.url),
            moved_to=walk.moved_to,
            status=response.status,
            body=body,
            media_type=media_type,
            charset=charset,
            etag=etag,
            last_modified=last_modified,
            elapsed_s=walk.elapsed_s(),
            wire_bytes=wire_bytes,
        )

    def _check_status(self, walk: Walk, status: int, headers: dict[str, str]) -> None:
        if status == 304:
            raise HttpError("protocol", "HTTP 304 to a request without validators", status=status)
        if status not in WHOLE:
            pause_s = retry_after_s(headers.get("retry-after", ""), self._clock()) if status in PAUSING else None
            self._pauses.ask(_name(walk.url), self._clock(), seconds=pause_s or 0.0)
            reason = f"HTTP {status} {responses.get(status, '')}".rstrip()
            raise HttpError("status", reason, status=status, retry_after_s=pause_s)

    def _ask_robots(self, walk: Walk) -> None:
        """Raise HttpError where the robots.txt forbids to go on, or cannot be had."""
        origin = origin_of(walk.url)
        with self._host(walk.url).robots:
            copy = self._robots.get(origin, self._clock())
            if copy is None:
                copy = self._robots_copy(origin, walk)
                self._robots.put(copy)
        if fault := copy.failure:
            # A bad status is the fault of the robots.txt alone; anything else is the host's.
            kind = "robots" if fault.status else fault.kind
            raise HttpError(kind, fault.message, status=fault.status, retry_after_s=fault.retry_after_s)
        if not copy.allows(walk.url):
            raise HttpError("robots", "forbidden by the robots.txt")

    def _robots_copy(self, origin: str, page: Walk) -> RobotsCopy:
        """Fetch a robots.txt in the time that the page has left."""
        url = robots_url(page.url)
        settings = self._settings.model_copy(update={"max_redirects": ROBOTS_REDIRECTS})
        walk = Walk(url, Request(url=str(url), accept="text/plain, */*;q=0.5"), settings, spent_s=page.spent_s)
        try:
            return copy_of_text(origin, self._walked(walk, self._robots_body, obey=False), now=self._clock())
        except _EXPECTED as error:
            if isinstance(error, HttpError) and error.kind == "waiting":
                raise  # it was not asked: that says nothing of its robots.txt
            failure = self._failure(error, walk.chain(), permanent=False)
            return copy_of_failure(origin, failure, now=self._clock())
        finally:
            page.spent_s = walk.spent_s

    def _robots_body(self, walk: Walk, response: httpcore2.Response, headers: dict[str, str]) -> bytes:
        self._check_status(walk, response.status, headers)
        return body_of(response, headers, limit=ROBOTS_BYTES, cut=True)[0]


def _name(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii")
