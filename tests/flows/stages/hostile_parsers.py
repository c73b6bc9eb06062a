"""Parsers that stand for faults of native code: they hang, crash, refuse.

In: any document. Out: what the tests of `flows.stages.hostile` look at. In a module of its own, for each child
process imports it: it must import nothing heavy.
"""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import UTC, datetime

from flows.stages import hostile
from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats.reading import Reading


def large(body: bytes = b"") -> Document:
    """Return a document that is parsed in the child process for its length."""
    at = datetime(2025, 6, 10, tzinfo=UTC)
    return Document(source="desk", name="large.txt", body=body + b" x" * hostile.LARGE, retrieved_at=at)


def process_of(_: Document) -> int:
    """Return the id of the process that parses."""
    return os.getpid()


def hang(_: Document) -> Reading:
    """Stay in native code for years."""
    re.match(r"(a|aa)+$", "a" * 60 + "b")
    raise AssertionError


def doze(_: Document) -> str:
    """Take half a second."""
    time.sleep(0.5)
    return "dozed"


def crash(_: Document) -> Reading:
    """End as native code does on a wrong address."""
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def refuse(document: Document) -> Reading:
    """Find no article."""
    raise ParseError(document.name, "no article")


def divide(_: Document) -> float:
    """Hold a fault."""
    return 1 / 0


def descend(document: Document) -> Reading:
    """Call itself without end."""
    return descend(document)
