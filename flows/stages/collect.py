"""From local sources to documents: reads files, folders and inboxes as bytes.

In: sources and the instant of the run. Out: `Collected` values: documents, and what could not be taken with
the reason. It must never follow a link, open a device, or change or delete a file; a source's fault is a
value, never an exception.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from parsers.article import Document
from storage.source_values import Source, SourceAttempt, SourceState

STEADY_S = 2.0  # a file of an inbox that has not changed for so long is complete
LARGEST = 10_000_000  # bytes of one document; no article is larger


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one source gave. `failed` tells why it gave nothing at all.

    `state` is what to remember of the source once all that its documents cause is stored.
    """

    source: Source
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed: str | None = None
    attempt: SourceAttempt | None = None  # of a fetch; a local source has none
    state: SourceState | None = None
    permanent: bool = False  # only a person can mend it
    retry_after_s: float | None = None


def plan(addresses: Sequence[str], *, home: Path) -> tuple[Source, ...]:
    """Return the sources that addresses name, each once. A file belongs to its folder's source."""
    sources: dict[str, Source] = {}
    for address in addresses:
        source = _source(address, home)
        sources.setdefault(f"{source.key}\n{source.address}", source)
    return tuple(sources.values())


def _source(address: str, home: Path) -> Source:
    if "://" in address:
        return Source(key=address, kind="page", address=address)  # a feed or a page: what it is, its answer tells
    path = Path(os.path.abspath(address))  # noqa: PTH100 (resolve() would follow a link, which is to be refused)
    folder = path if path.is_dir() else path.parent
    return Source(key=f"files:{_shown(folder, home)}", kind="files", address=str(path))


def _shown(path: Path, home: Path) -> str:
    return _escaped((path.relative_to(home) if path.is_relative_to(home) else path).as_posix())


def collect(source: Source, now: datetime) -> Collected:
    """Read what a local source holds; its faults are returned, not raised."""
    path = Path(source.address)
    try:
        files = sorted(_files(path))
    except OSError as error:
        return Collected(source=source, failed=f"{path}: {error.strerror}")
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in files:
        taken = _take(file, source, now)
        if isinstance(taken, Document):
            documents.append(taken)
        else:
            problems.append(taken)
    failed = f"{path}: no file could be taken" if problems and not documents and source.kind != "inbox" else None
    return Collected(source=source, documents=tuple(documents), problems=tuple(problems), failed=failed)


def _files(path: Path) -> Iterator[Path]:
    """Yield the files of a folder, or the file itself; hidden ones are left alone. OSError where there is none."""
    if path.is_symlink() or not path.is_dir():
        os.lstat(path)
        yield path
        return
    with os.scandir(path) as entries:
        yield from (Path(e.path) for e in entries if not e.name.startswith(".") and not e.is_dir(follow_symlinks=False))


def _take(path: Path, source: Source, now: datetime) -> Document | Problem:
    name = _escaped(path.name)
    try:
        # a link or a device that takes the file's place after the check is refused by the flags
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "a link is not followed" if path.is_symlink() else str(error.strerror)
        return Problem(name=name, reason=reason)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Problem(name=name, reason="not a regular file")
        if source.kind == "inbox" and (refused := _not_to_be_taken(status)):
            return Problem(name=name, reason=refused)
        if status.st_size > LARGEST:
            return Problem(name=name, reason=f"larger than {LARGEST:,} bytes")
        try:
            body = file.read(LARGEST + 1)
        except OSError as error:
            return Problem(name=name, reason=str(error.strerror))
        if _changed(status, os.fstat(descriptor)):
            return Problem(name=name, reason="changed while it was read; the next run takes it")
    if len(body) > LARGEST:
        return Problem(name=name, reason=f"larger than {LARGEST:,} bytes")
    return Document(source=source.key, name=name, body=body, retrieved_at=now)


def _not_to_be_taken(status: os.stat_result) -> str | None:
    """Tell why a file of an inbox is left: others write there while we read."""
    if status.st_nlink > 1:
        return "a hard link is not taken: it may be changed under another name"
    if time.time() - status.st_mtime < STEADY_S:
        return f"changed less than {STEADY_S:.0f} s ago: it may still be written; the next run takes it"
    return None


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _escaped(name: str) -> str:
    """Return a file name fit to be stored and printed: no control characters, no undecodable bytes."""
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else f"\\x{ord(c):02x}" for c in name)
