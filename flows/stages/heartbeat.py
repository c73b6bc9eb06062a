"""The heartbeat: an address that is asked after each good run, and that rings the operator when it is not.

In: the address, which may hold a key. Out: nothing, or why it could not be asked. A failure is told and hurts no run.
"""

from __future__ import annotations

import ssl
import time

import httpcore2

from flows.stages.addresses import (
    AddressRefusedError,
    CheckedNetwork,
    Resolve,
    UrlRefusedError,
    checked_url,
    deadline,
    resolved,
    shown,
)

TIMEOUT_S = 10.0  # a monitor must not wait for its watchman


def ping(address: str, *, allow_hosts: list[str], resolve: Resolve = resolved) -> str | None:
    """Ask the address once; return why it was not told, without the path, which may be secret."""
    try:
        url = checked_url(address)
    except UrlRefusedError as error:
        return f"heartbeat: {error}"
    where = shown(url.copy_with(raw_path=b"/", userinfo=b""))
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    network = CheckedNetwork(resolve, allow_hosts=allow_hosts)
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=network) as pool,
            pool.stream(
                "GET", target, headers={"user-agent": "sahelwatch"}, extensions=deadline(time.monotonic() + TIMEOUT_S)
            ) as answer,
        ):
            return None if 200 <= answer.status < 300 else f"heartbeat: {where}: HTTP {answer.status}"
    except TimeoutError:
        return f"heartbeat: {where}: not done after {TIMEOUT_S:g} s"
    except (AddressRefusedError, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        return f"heartbeat: {where}: {error}"
