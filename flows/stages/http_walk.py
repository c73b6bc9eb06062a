"""One fetch under way: from redirect to redirect, with what may be sent at each, and the time that is left.

In: a checked address, the request, the answers' locations. Out: where to go next and the headers to send there;
HttpError for a redirect that is not followed. It must never send credentials to another origin than the one they
were given for, nor let them through in an address.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx2

from flows.stages.addresses import UrlRefusedError, check_reach, joined_url, shown
from flows.stages.http_values import Credentials, HttpError, HttpSettings, Request

PERMANENT = {301, 308}


class Walk:
    """The hops of one fetch; `spent_s` is the time on the network, waits for a turn left out."""

    def __init__(self, url: httpx2.URL, request: Request, settings: HttpSettings, *, spent_s: float = 0.0) -> None:
        self._hops = [url.copy_with(userinfo=b"")]
        self._moved = 0  # hops that the source itself calls permanent, up to the first that it does not
        self._request = request
        self._settings = settings
        self._credentials = request.credentials or _credentials(url)
        self._started = 0.0
        self.spent_s = spent_s

    @property
    def url(self) -> httpx2.URL:
        """Return where the walk stands."""
        return self._hops[-1]

    @property
    def requested_url(self) -> str:
        """Return where it began."""
        return str(self._hops[0])

    @property
    def lasting(self) -> bool:
        """Tell whether no hop was a temporary one."""
        return self._moved == len(self._hops) - 1

    @property
    def moved_to(self) -> str | None:
        """Return the address that is to be asked from now on, None for the same."""
        return str(self._hops[self._moved]) if self._moved else None

    @property
    def conditional(self) -> bool:
        """Tell whether an answer that nothing has changed is possible."""
        return bool(self._request.etag or self._request.last_modified)

    def chain(self) -> str:
        """Return the hops as people may see them."""
        return " -> ".join(map(shown, self._hops))

    @contextmanager
    def timed(self) -> Iterator[float]:
        """Count the time inside; give the instant of time.monotonic() at which the fetch must end."""
        self._started = time.monotonic()
        try:
            yield self._started + self._settings.timeout_s - self.spent_s
        finally:
            self.spent_s += time.monotonic() - self._started

    def elapsed_s(self) -> float:
        """Return the time spent so far; to be asked inside `timed`."""
        return self.spent_s + time.monotonic() - self._started

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers to send where the walk stands."""
        given = {
            "User-Agent": self._settings.user_agent,
            "Accept": self._request.accept,
            "Accept-Encoding": "gzip",
            "If-None-Match": self._request.etag,
            "If-Modified-Since": self._request.last_modified,
        }
        found = [(b"Host", self.url.netloc)]
        found += [(name.encode(), value.encode("latin-1", "replace")) for name, value in given.items() if value]
        if self._credentials and self.url.origin == self._hops[0].origin:
            user = f"{self._credentials.username}:{self._credentials.password}".encode()
            found.append((b"Authorization", b"Basic " + base64.b64encode(user)))
        return found

    def follow(self, status: int, location: str | None) -> None:
        """Go where a redirect points; AddressRefusedError and HttpError where we do not."""
        url = self._target(status, location)
        if self.url.scheme == "https" and url.scheme == "http":
            if self._credentials:
                raise _refused(status, f"credentials are not taken from https to {shown(url)}")
            if not self._settings.allow_downgrade:
                raise _refused(status, f"from https to {shown(url)}, see allow_downgrade")
        if len(self._hops) > self._settings.max_redirects:
            raise _refused(status, f"more than {self._settings.max_redirects} redirects")
        if url in self._hops:
            raise _refused(status, f"back to {shown(url)}: a circle")
        if self.lasting and status in PERMANENT:
            self._moved += 1
        self._hops.append(url)

    def _target(self, status: int, location: str | None) -> httpx2.URL:
        if location is None:
            raise _refused(status, "to nowhere")
        with suppress(UnicodeDecodeError):
            location = location.encode("latin-1").decode("utf-8")
        try:
            url = joined_url(self.url, location)
        except UrlRefusedError as error:
            raise _refused(status, str(error)) from error
        if url.userinfo:
            raise _refused(status, "to an address with credentials")
        check_reach(url, allow_hosts=self._settings.allow_hosts, allow_ports=self._settings.allow_ports)
        return url


def _credentials(url: httpx2.URL) -> Credentials | None:
    return Credentials(username=url.username, password=url.password) if url.userinfo else None


def _refused(status: int, reason: str) -> HttpError:
    return HttpError("redirect", f"redirect not followed: {reason}", status=status)
