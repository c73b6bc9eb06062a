"""Keeps Prefect, in these tests and in the processes they start, in a folder of its own."""

from __future__ import annotations

import os
import sys
import tempfile

# Prefect reads these when it is first imported. The user's ~/.prefect, server and settings stay untouched.
if "prefect" in sys.modules:
    raise RuntimeError("Prefect was imported before it was told where its folder is")
for name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[name]
_home = tempfile.TemporaryDirectory(prefix="sahelwatch-prefect-", ignore_cleanup_errors=True)  # removed at exit
os.environ |= {"PREFECT_HOME": _home.name, "DO_NOT_TRACK": "1"}
