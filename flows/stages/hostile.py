"""Runs a parser over a document that may be hostile, so that it can be killed when it does not end.

In: a function of `parsers` and a document. Out: what the function returns; a parse that takes too long or brings its
process down is a ParseError. Small documents are parsed here and now; the others in one child process, started when
it is first needed. It must never leave a process behind, even where this one is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as DeadlineError
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from parsers.article import Document
from parsers.errors import ParseError

DEADLINE_S = 10.0  # long live pages and feeds of a thousand entries need 2 s
GRACE_S = 5.0  # after a deadline; then the kernel ends a child that nobody kills any more
# Below all three, what was found to cost most takes the parsers a few seconds; above, some cost a minute.
LARGE = 50_000  # bytes; feeds of fifty summaries have 30,000
MARKS = 10_000  # what may open an element or an attribute
LONG = 1_000  # bytes without white space; patterns that look for addresses are quadratic in such a run
_GZIP = b"\x1f\x8b"
_MARKS = (b"<", b"&", b"=", b"\\u")

T = TypeVar("T")


class _Child:
    """The one child process, with what it takes to begin a new one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None

    def call(self, function: Callable[[Document], T], document: Document, deadline_s: float) -> T | ParseError:
        """Return what the function returns there. TimeoutError and ProcessExpired tell that the child is gone."""
        try:
            return self._ask(function, document, deadline_s)
        except BrokenProcessPool:  # it died while it had nothing to do: the document is not to blame
            return self._ask(function, document, deadline_s)

    def _ask(self, function: Callable[[Document], T], document: Document, deadline_s: float) -> T | ParseError:
        arguments = (function, document, deadline_s + GRACE_S)
        answer: T | ParseError = self._running().schedule(_parsed, args=arguments, timeout=deadline_s).result()
        return answer

    def _running(self) -> ProcessPool:
        with self._lock:
            if self._pool is None or not self._pool.active:
                # spawn: a fork would copy the locks that other threads of this process hold
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPool(max_workers=1, initializer=_begin, context=context)
                self._pool.active  # noqa: B018 (starts it, under the lock)
            return self._pool


_child = _Child()


def _forget() -> None:
    global _child
    _child = _Child()


os.register_at_fork(after_in_child=_forget)  # the threads that serve the child did not come along


def may_be_hostile(document: Document) -> bool:
    """Tell whether a document is so large, of so many elements or so long runs that parsing it may take long."""
    body = document.body
    if body.startswith(_GZIP):  # the readers of sitemaps unpack it
        return True
    return len(body) > LARGE or sum(map(body.count, _MARKS)) > MARKS or max(map(len, body.split()), default=0) > LONG


def parse(function: Callable[[Document], T], document: Document, *, deadline_s: float | None = None) -> T:
    """Return what a parser makes of a document. Raises ParseError, also where it was killed, after DEADLINE_S.

    The function must be one of a module, for the child process finds it by its name.
    """
    if not may_be_hostile(document):
        return _parsed_here(function, document)
    deadline_s = DEADLINE_S if deadline_s is None else deadline_s
    size = f"{len(document.body):,} bytes"
    try:
        answer = _child.call(function, document, deadline_s)
    except DeadlineError as error:
        reason = f"reading it was ended after {deadline_s:g} s ({size}): it may be made to hold up its reader"
        raise ParseError(document.name, reason) from error
    except (ProcessExpired, BrokenProcessPool) as error:
        raise ParseError(document.name, f"reading it brought the parser down ({size}): {_ending(error)}") from error
    if isinstance(answer, ParseError):
        raise answer
    return answer


def _ending(error: Exception) -> str:
    code = getattr(error, "exitcode", None) or 0  # of a child that died before it told what it was at: none
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _begin() -> None:
    """Make the child die of the signals that are to end it, whatever native code it is in."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _parsed(function: Callable[[Document], T], document: Document, longest_s: float) -> T | ParseError:
    """Parse in the child. A refusal is handed back as a value."""
    signal.setitimer(signal.ITIMER_REAL, longest_s)
    try:
        return _parsed_here(function, document)
    except ParseError as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _parsed_here(function: Callable[[Document], T], document: Document) -> T:
    try:
        return function(document)
    except RecursionError as error:
        raise ParseError(document.name, "nested more deeply than it can be read") from error
