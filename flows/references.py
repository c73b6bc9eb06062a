"""Secrets by reference: the settings name a variable or a Prefect block, and this looks the secret up.

In: the settings of channels as they were written; a text that begins `env:` or `block:` is a reference. Out: the same
with the secrets in place. A secret that is not there is a ValueError that names the reference, never the secret.
"""

from __future__ import annotations

import os
import re
from typing import Any

_REFERENCE = re.compile(r"(env|block):([A-Za-z0-9_-]+)")


def resolved(value: Any) -> Any:
    """Return settings with all references in them looked up, at whatever depth."""
    if isinstance(value, dict):
        return {name: resolved(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(part) for part in value]
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    return _variable(match[2]) if match[1] == "env" else _block(match[2])


def _variable(name: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise ValueError(f"env:{name}: the variable is not set")
    return found


def _block(name: str) -> str:
    """Return what a Secret block of the Prefect server holds."""
    from prefect.blocks.system import Secret

    try:
        block = Secret.load(name)
    except ValueError as error:
        raise ValueError(f"block:{name}: there is no Secret block of that name") from error
    return str(block.get())  # type: ignore[union-attr]
