"""Feeds of far too many entries, cut before they are parsed.

In: the XML of a feed as a string. Out: the same with its newest entries only, and how many were left out. Linear
scans by patterns, for what comes after needs seconds for each ten thousand entries. A feed within the limit is
never touched.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from parsers.formats.newest import MAX_ENTRIES, newest

_ENTRY = re.compile(r"<((?:[\w-]{1,20}:)?(?:item|entry))(?=[\s>])")
_DATE = re.compile(r"<(?:[\w-]{1,20}:)?(?:pubDate|published|date|issued|updated|modified)\b[^<>]{0,200}>([^<]{1,60})<")


def newest_entries(xml: str) -> tuple[str, int]:
    """Return a feed with at most MAX_ENTRIES entries, the newest ones in their order, and how many it lost."""
    starts = [match.start() for match in _ENTRY.finditer(xml)]
    if len(starts) <= MAX_ENTRIES:
        return xml, 0
    spans = [_span(xml, start, following) for start, following in zip(starts, [*starts[1:], len(xml)], strict=True)]
    kept = newest(spans, lambda span: _dated(xml, *span))
    rest = xml[spans[-1][1] :]
    return xml[: starts[0]] + "".join(xml[start:end] for start, end in kept) + rest, len(spans) - len(kept)


def _span(xml: str, start: int, following: int) -> tuple[int, int]:
    """Return where an entry begins and ends; one that is never closed ends where the next begins."""
    name = _ENTRY.match(xml, start)
    end = f"</{name[1]}>" if name else ""
    closed = xml.rfind(end, start, following)
    return start, closed + len(end) if closed >= 0 else following


def _dated(xml: str, start: int, end: int) -> datetime | None:
    found = _DATE.search(xml, start, end)
    if found is None:
        return None
    text = found[1].strip()
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = read(text)
        except (ValueError, TypeError, IndexError):
            continue
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None
