"""A made-up past for measurements of backfills: short news items over years, each of an event of its own or none.

In: how many. Out: archives of JSON Lines, one an outlet. The same number gives the same items. Some repeat an earlier
one word for word or cut short, some tell it again with a higher figure, as the days after an attack do.
"""

from __future__ import annotations

import csv
import json
import random
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.articles import DAYS, DID, EVENTS, FORCES, MORE, WHAT, WHEN, WHERE, WHO

SEED = 13
FIRST = datetime(2020, 1, 1, 6, tzinfo=UTC)
A_DAY = 60  # items: a thousand days for 60,000 of them
LONGEST_SPAN = timedelta(days=6 * 365)  # more items stand closer together in it: a survey leaves out the future
OUTLETS = ("Sahel Post", "Desert Wire", "Niger Bend News", "Le Courrier des Dunes", "Radio Laptou", "La Voix du Fleuve")
ON_WATCH = 0.25  # of the items that tell something new: a past is chosen by its matter more than a feed of today is
REPRINTS, CUTS, UPDATES = 0.07, 0.04, 0.05  # of all items
RECENT = 3 * A_DAY  # an item repeats one of the last so many
MEDIAN, SIGMA = 800, 0.6  # characters of an item: log-normal, about one in 250 beyond 4,000
SHORTEST, LONGEST = 250, 5_000  # characters
PLACES = Path(__file__).parents[2] / "seeds" / "places.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A made-up item of the past."""

    number: int
    at: datetime
    outlet: str
    paragraphs: tuple[str, ...]

    @property
    def line(self) -> str:
        """Return it as a line of an archive."""
        item = {
            "id": f"{self.number}",
            "title": self.paragraphs[0],
            "content_text": "\n\n".join(self.paragraphs),
            "date_published": self.at.isoformat(),
            "_feed": {"title": self.outlet, "language": "en"},
        }
        return json.dumps(item, ensure_ascii=False)


def make_up(count: int, apart: timedelta | None = None) -> Iterator[Past]:
    """Yield so many items in order of time, `apart` from each other: else A_DAY of them a day."""
    chance = random.Random(SEED)
    towns = _towns()
    recent: deque[tuple[Past, str]] = deque(maxlen=RECENT)  # what was new, each with the pattern of its first sentence
    apart = apart or min(timedelta(days=1) / A_DAY, LONGEST_SPAN / count)
    for number in range(count):
        fresh = Past(number=number, at=FIRST + number * apart, outlet=chance.choice(OUTLETS), paragraphs=())
        drawn = chance.random() if recent else 1.0
        if drawn < REPRINTS + CUTS:
            told = chance.choice(recent)[0].paragraphs
            yield replace(fresh, paragraphs=told if drawn < REPRINTS else told[: max(2, len(told) * 2 // 3)])
        elif drawn < REPRINTS + CUTS + UPDATES:
            earlier, first = chance.choice(recent)
            rest = _report(chance, chance.choice(towns))[: len(earlier.paragraphs)]
            yield replace(fresh, paragraphs=(first.format(n=chance.randint(20, 90)), *rest))
        else:
            made, first = _new(chance, chance.choice(towns))
            made = replace(fresh, paragraphs=made)
            recent.append((made, first))
            yield made


def archive(count: int, folder: Path, apart: timedelta | None = None) -> list[Path]:
    """Write so many items as an archive of each outlet; return the files."""
    files = {outlet: folder / f"{outlet.casefold().replace(' ', '-')}.jsonl" for outlet in OUTLETS}
    with ExitStack() as stack:
        opened = {outlet: stack.enter_context(path.open("w", encoding="utf-8")) for outlet, path in files.items()}
        for item in make_up(count, apart):
            opened[item.outlet].write(item.line + "\n")
    return list(files.values())


def _towns() -> list[str]:
    with PLACES.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["country"] == "Mali" and r["kind"] in {"town", "village"}]
    return [row["name"] for row in rows]


def _new(chance: random.Random, town: str) -> tuple[tuple[str, ...], str]:
    """Return the paragraphs of an item that repeats none, and its first sentence with a place for the figure."""
    first = f"{_ordinary(chance, town)} It cost {{n}} million francs."
    on_watch = chance.random() < ON_WATCH
    if on_watch:
        a, b = chance.sample(FORCES, 2)
        kept = {"a": a, "b": b, "place": town, "day": chance.choice(DAYS), "n": "{n}"}
        first = chance.choice(EVENTS).format(**kept)
    first = first[0].upper() + first[1:]
    return (first.format(n=chance.randint(2, 40)), *_report(chance, town, on_watch=on_watch)), first


def _report(chance: random.Random, town: str, *, on_watch: bool = False) -> tuple[str, ...]:
    """Return what follows on a first sentence, up to the length of the item."""
    wanted = min(LONGEST, max(SHORTEST, chance.lognormvariate(0.0, SIGMA) * MEDIAN))
    told = [chance.choice(MORE).format(place=town, b=chance.choice(FORCES), n=chance.randint(2, 60))] * on_watch
    length = sum(map(len, told)) + 150  # of the first sentence
    while length < wanted:
        told.append(_ordinary(chance, town))
        length += len(told[-1]) + 2
    return tuple(told)


def _ordinary(chance: random.Random, town: str) -> str:
    parts = " ".join(chance.choice(words) for words in (WHO, DID, WHAT, WHERE, WHEN))
    told = parts.format(place=town, day=chance.choice(DAYS), n=chance.randint(2, 60))
    return f"{told[0].upper()}{told[1:]}."
