"""Where a connection may lead: addresses as programs read them alike, and a network that checks before it connects.

In: addresses and host names from anywhere. Out: a URL of one reading, or a connection to a public address; one
that is not public only for hosts named in `allow_hosts`. A host is resolved once a connection, refused when any
of its addresses is not public, and connected to at an address that was checked. It must never resolve twice,
use a proxy, or wait beyond the instant it was given.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urljoin

import httpcore2
import httpx2

from parsers.urls import URL_MAX

NOT_PUBLIC = tuple(  # what `is_global` lets pass in one version of Python or another, though it leads elsewhere
    ip_network(network)
    for network in (
        *("192.0.0.0/24", "192.88.99.0/24"),  # protocols, 6to4 relays
        *("::/3", "4000::/2", "8000::/1"),  # IPv6 beside 2000::/3: local, mapped, translated (NAT64), unassigned
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo, documentation, 6to4
    )
)
_URL = re.compile(  # user, host and port as every program would divide them
    r"https?://(?:[^/?#@\[\]]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/?#@:\[\]]+)(?::(?P<port>[0-9]{0,5}))?(?:[/?#].*)?",
    re.IGNORECASE,
)
_UNREADABLE = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")  # some programs read a host that ends so as IPv4

Resolve = Callable[[str, int], tuple[str, ...]]


class UrlRefusedError(ValueError):
    """An address that is no http(s) URL, or that programs read differently."""


class AddressRefusedError(Exception):
    """A host or port to which no connection is made."""


class UnresolvedError(OSError):
    """A host name that the resolver could not answer for."""


def is_public(address: str) -> bool:
    """Tell whether an IP address lies on the public internet and nowhere else."""
    ip = ip_address(address)
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


def is_named(host: str, hosts: Collection[str]) -> bool:
    """Tell whether a host is among `hosts`, whatever the case, encoding, brackets or final dot."""
    return bare_host(host) in {bare_host(name) for name in hosts}


def bare_host(host: str) -> str:
    """Return a host as it is compared; ValueError for one that has no ASCII form."""
    try:
        ascii_host = host if host.isascii() else httpx2.URL(f"//{host}").raw_host.decode("ascii")
    except httpx2.InvalidURL:
        raise ValueError(f"{host!r} is no host") from None
    return ascii_host.lower().strip("[]").rstrip(".")


def checked_url(text: str) -> httpx2.URL:
    """Return the URL without fragment or final dot of its host; UrlRefusedError, without secrets, for others."""
    match = _URL.fullmatch(text)
    if _UNREADABLE.search(text):
        raise UrlRefusedError("with a backslash or a control character")
    if len(text) > URL_MAX:
        raise UrlRefusedError(f"longer than {URL_MAX:,} characters")
    if match is None:
        raise UrlRefusedError("not an http or https address")
    if match["port"] and not 0 < int(match["port"]) < 65536:
        raise UrlRefusedError("not a port")
    try:
        url = httpx2.URL(text).copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError):
        raise UrlRefusedError("not an address") from None
    host = url.raw_host.decode("ascii").removesuffix(".")
    if not _is_ip(host) and (not _NAME.fullmatch(host) or _NUMBER.fullmatch(host)):
        raise UrlRefusedError("the host is neither a name nor an IP address in its usual form")
    return url.copy_with(host=host)


def joined_url(base: httpx2.URL, text: str) -> httpx2.URL:
    """Return the URL that an address, which may be relative, means on `base`; raises as `checked_url` does."""
    if _UNREADABLE.search(text):  # before urljoin, which drops some of them
        raise UrlRefusedError("with a backslash or a control character")
    try:
        return checked_url(urljoin(str(base), text))
    except ValueError as error:
        raise UrlRefusedError(str(error)) from None


def check_reach(url: httpx2.URL, *, allow_hosts: Collection[str], allow_ports: Collection[int]) -> None:
    """Raise AddressRefusedError for a port that is not allowed or an IP address that is not public."""
    host = url.raw_host.decode("ascii")
    if is_named(host, allow_hosts):
        return
    port = port_of(url)
    if port not in allow_ports:
        raise AddressRefusedError(f"port {port} is not among the allowed ones")
    if _is_ip(host):
        _check_public((host,))


def port_of(url: httpx2.URL) -> int:
    """Return the port that a connection goes to."""
    return url.port or (443 if url.scheme == "https" else 80)


def shown(url: httpx2.URL) -> str:
    """Return an address as people may see it: without credentials, and without the query, which may hold a key."""
    path = url.raw_path.decode("ascii")
    bare = f"{url.scheme}://{url.netloc.decode('ascii')}{path.partition('?')[0]}"
    return f"{bare}?…" if "?" in path else bare


def resolved(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses that the system's resolver gives for a host. Raises OSError."""
    # As bytes, the name is not run through the idna codec a second time.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def deadline(end: float) -> dict[str, dict[str, float]]:
    """Return the extensions of a request that ends at `end`, an instant of time.monotonic()."""
    return {"timeout": dict.fromkeys(("connect", "read", "write"), end)}


class CheckedNetwork(httpcore2.NetworkBackend):
    """The network under a connection pool. Its timeouts are instants, made by `deadline`, not spans.

    Raises AddressRefusedError, UnresolvedError, TimeoutError, other OSErrors.
    """

    def __init__(self, resolve: Resolve, *, allow_hosts: Collection[str] = ()) -> None:
        self._resolve = resolve
        self._allow_hosts = allow_hosts

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore2.NetworkStream:
        """Resolve, check and connect; the time that is left is shared among the addresses."""
        addresses = (host,) if _is_ip(host) else self._addresses(host, port, timeout)
        if not is_named(host, self._allow_hosts):
            _check_public(addresses)
        failure: OSError = UnresolvedError("the host has no address")
        for tried, address in enumerate(addresses):
            try:
                share_s = _left_s(timeout) / (len(addresses) - tried)
                return DeadlineStream(socket.create_connection((address, port), share_s))
            except OSError as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int, end: float | None) -> tuple[str, ...]:
        """Resolve in a thread, for the system's resolver knows no deadline."""
        answer: Future[tuple[str, ...]] = Future()

        def look_up() -> None:
            try:
                answer.set_result(self._resolve(host, port))
            except OSError as error:
                answer.set_exception(UnresolvedError(str(error)))
            except Exception as error:  # raised where the answer is awaited
                answer.set_exception(error)

        threading.Thread(target=look_up, daemon=True).start()
        return answer.result(timeout=_left_s(end))


class DeadlineStream(httpcore2.NetworkStream):
    """A connection of which every wait ends at the instant given as its timeout."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived, b"" at the end."""
        self._connection.settimeout(_left_s(timeout))
        return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything; a broken connection is a WriteError, for the answer may be there all the same."""
        self._connection.settimeout(_left_s(timeout))
        try:
            self._connection.sendall(buffer)
        except ConnectionError as error:
            raise httpcore2.WriteError(str(error)) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return the connection over TLS, its certificate checked against the name."""
        self._connection.settimeout(_left_s(timeout))
        return DeadlineStream(ssl_context.wrap_socket(self._connection, server_hostname=server_hostname))

    def get_extra_info(self, info: str) -> Any:
        """Tell the pool whether an idle connection has something to read: then the server has closed it."""
        if info != "is_readable":
            return None
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _left_s(end: float | None) -> float:
    """Return the seconds left until `end`; TimeoutError when there are none."""
    if end is None:
        raise ValueError("a request on a checked network needs a deadline")
    if (left := end - time.monotonic()) > 0:
        return left
    raise TimeoutError


def _check_public(addresses: tuple[str, ...]) -> None:
    for address in addresses:
        if not is_public(address):
            raise AddressRefusedError(f"{address} is not public; name the host in allow_hosts if it is meant")


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
