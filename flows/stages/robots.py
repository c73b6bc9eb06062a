"""What a site's robots.txt lets us fetch, by RFC 9309.

In: the outcome of fetching a robots.txt, and addresses. Out: yes or no, from copies that are kept for at most a
day. It does no fetching itself, and must never hand a hostile file to the parser as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import httpx2
from protego import Protego

from flows.stages.http_values import Failure

TOKEN = "sahelwatch"  # noqa: S105 (the product token by which a robots.txt addresses us)
ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least so much is to be read
ROBOTS_REDIRECTS = 5  # RFC 9309, 2.3.1.2
KEPT = timedelta(hours=24)  # RFC 9309, 2.4
FAILURE_KEPT = timedelta(minutes=5)  # shorter than the interval of the monitor, so that each run tries again
LONGEST_DELAY_S = 60.0  # whatever a Crawl-delay asks for: a run has to end

_AGENT = re.compile(r"\s*user[-\s]*agent(?:\s*:|\s|$)\s*([^\s#]*).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsCopy:
    """What fetching the robots.txt of one origin gave: a text (empty where all is allowed), or a failure."""

    origin: str
    fetched_at: datetime
    text: str = ""
    failure: Failure | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the copy may still be used; one from the future may not (the clock was set back)."""
        kept = KEPT if self.failure is None else FAILURE_KEPT
        return timedelta(0) <= now - self.fetched_at < kept

    def allows(self, url: httpx2.URL) -> bool:
        """Tell whether an address of the origin may be fetched."""
        return self.failure is None and _rules(self.text).can_fetch(str(url), TOKEN)

    def delay_s(self) -> float:
        """Return the seconds that we are asked to leave between two requests (Crawl-delay), within bounds."""
        asked_s = None if self.failure else _rules(self.text).crawl_delay(TOKEN)
        return min(asked_s or 0.0, LONGEST_DELAY_S)


class RobotsCache:
    """The copies by origin; those of `copies()` may be stored and given to the next cache."""

    def __init__(self, copies: Iterable[RobotsCopy] = ()) -> None:
        self._copies = {copy.origin: copy for copy in copies}

    def get(self, origin: str, now: datetime) -> RobotsCopy | None:
        """Return the copy of an origin, None where there is none that is fresh."""
        copy = self._copies.get(origin)
        return copy if copy and copy.is_fresh(now) else None

    def put(self, copy: RobotsCopy) -> None:
        """Keep a copy in the place of the one before."""
        self._copies[copy.origin] = copy

    def copies(self) -> tuple[RobotsCopy, ...]:
        """Return all copies."""
        return tuple(self._copies.values())


def origin_of(url: httpx2.URL) -> str:
    """Return scheme, host and port: the realm of one robots.txt."""
    return str(url.copy_with(userinfo=b"", raw_path=b"", fragment=None))


def robots_url(url: httpx2.URL) -> httpx2.URL:
    """Return where the robots.txt of an address stands."""
    return url.copy_with(userinfo=b"", raw_path=b"/robots.txt", fragment=None)


def copy_of_text(origin: str, body: bytes, *, now: datetime) -> RobotsCopy:
    """Return the copy of a robots.txt that was fetched."""
    return RobotsCopy(origin=origin, fetched_at=now, text=_relevant(body.decode("utf-8-sig", "replace")))


def copy_of_failure(origin: str, failure: Failure, *, now: datetime) -> RobotsCopy:
    """Return the copy of a robots.txt that was not: none there (4xx, endless redirects) allows all.

    A server in trouble (5xx) and one that is not reached allow nothing.
    """
    absent = failure.kind == "redirect" or 400 <= (failure.status or 0) < 500
    return RobotsCopy(origin=origin, fetched_at=now, failure=None if absent else failure)


def _relevant(text: str) -> str:
    """Return the text with all agents but us and "*" under one name.

    The parser keeps each rule once an agent: a file of many agents and rules would fill the memory.
    """
    return "\n".join(map(_renamed, text.splitlines()))


def _renamed(line: str) -> str:
    agent = _AGENT.fullmatch(line)
    if agent is None:
        return line
    token = agent[1].partition("/")[0].rstrip("*").lower()
    return f"User-agent: {'*' if agent[1] == '*' else TOKEN if token == TOKEN else 'other'}"


@lru_cache(maxsize=64)  # hosts that are fetched side by side
def _rules(text: str) -> Protego:
    return Protego.parse(text)
