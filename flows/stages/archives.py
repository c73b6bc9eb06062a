"""The documents of the past: files of a folder, feed files, and archives of JSON Lines.

In: a local source. Out: `Item` values that say where each document stands, and the documents themselves. A line of an
archive (*.jsonl, *.ndjson) is a JSON Feed, or one item of such a feed, whose member `_feed` may hold the `title` and
`language` that its feed had. Never holds more than one line or file in memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.stages.collect import LARGEST, collect
from parsers.article import Document
from parsers.errors import ParseError
from storage.backfills import Item
from storage.source_values import Source

SUFFIXES = frozenset({".jsonl", ".ndjson"})
_VERSION = "https://jsonfeed.org/version/1.1"


def listed(source: Source) -> Iterator[Item]:
    """Yield where the documents of a source stand, in the order of their names, dates not yet known.

    Raises ParseError for a folder or file that is not there.
    """
    path = Path(source.address)
    try:
        files = sorted(_visible(path)) if path.is_dir() and not path.is_symlink() else [path]
        for file in files:
            if file.suffix.casefold() in SUFFIXES:
                yield from _lines(source, file)
            else:
                os.lstat(file)
                yield Item(source=source.key, name=file.name, path=str(file))
    except OSError as error:
        raise ParseError(str(path), str(error.strerror)) from error


def _visible(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        yield from (Path(e.path) for e in entries if not e.name.startswith(".") and not e.is_dir(follow_symlinks=False))


def _lines(source: Source, file: Path) -> Iterator[Item]:
    """Yield the lines of an archive that hold anything; the name of each is that of the file and its number."""
    start = 0
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as archive:
        for number, line in enumerate(archive, start=1):
            if line.strip():
                name = f"{file.name}:{number}"
                yield Item(source=source.key, name=name, path=str(file), start=start, size=len(line))
            start += len(line)


def load(item: Item, source: Source, now: datetime) -> Document:
    """Return the document of an item as it would have been taken at `now`; ParseError tells why it cannot be."""
    if item.start is None:
        return _file(item, source, now)
    try:
        with os.fdopen(os.open(item.path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as archive:
            archive.seek(item.start)
            line = archive.read(item.size or 0)
    except OSError as error:
        raise ParseError(item.name, str(error.strerror)) from error
    if len(line) > LARGEST:
        raise ParseError(item.name, f"larger than {LARGEST:,} bytes")
    return Document(source=source.key, name=item.name, body=as_feed(line), retrieved_at=now)


def _file(item: Item, source: Source, now: datetime) -> Document:
    taken = collect(replace(source, address=item.path), now)
    if not taken.documents:
        raise ParseError(item.name, taken.problems[0].reason if taken.problems else taken.failed or "not taken")
    return taken.documents[0]


def as_feed(line: bytes) -> bytes:
    """Return a line of an archive as a JSON Feed; what is no item of one is left as it is, and read as such."""
    try:
        item: Any = json.loads(line)
    except ValueError:
        return line
    if not isinstance(item, dict) or "items" in item:
        return line
    feed = item.pop("_feed", None)
    told = feed if isinstance(feed, dict) else {}
    named = {name: told[name] for name in ("title", "language") if name in told}
    return json.dumps({"version": _VERSION, **named, "items": [item]}, ensure_ascii=False).encode()
