"""Keeps Prefect in a folder of the tests' own, and starts a real server where a test asks for one."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Set before anything imports Prefect, which reads them then: neither the user's ~/.prefect nor a server of
# theirs is touched, and the child processes of the tests inherit it.
_home = tempfile.TemporaryDirectory(prefix="sahelwatch-prefect-", ignore_cleanup_errors=True)
os.environ |= {
    "PREFECT_HOME": _home.name,
    "PREFECT_PROFILES_PATH": str(Path(_home.name) / "profiles.toml"),
    "PREFECT_API_URL": "",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session", autouse=True)
def prefect_home() -> Iterator[Path]:
    """Return the folder of the tests' Prefect, and check that Prefect took it."""
    yield Path(_home.name)
    _home.cleanup()
