"""Made-up articles for measurements: each tells one event of its own, in the layout of the seed documents.

In: how many. Out: files, or the same articles as one RSS feed. The same number gives the same articles.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

SEED = 7
COPIES = 0.1  # of the articles come a second time, word for word, from another outlet
OUTLETS = ("SAHELPOST", "DESERT WIRE", "NIGER BEND NEWS")
PLACES = ("Gao", "Kidal", "Ménaka", "Timbuktu", "Ségou", "Mopti", "Bamako", "Tessalit", "Ansongo", "Djenné", "Nara")
FORCES = ("Africa Corps", "the Wagner Group", "the Malian army", "the Azawad Liberation Front", "JNIM")
EVENTS = (
    "{a} ambushed a convoy of {b} near {place} on {day}, killing {n} fighters, according to residents.",
    "{a} carried out a drone strike in {place} on {day}; at least {n} people were killed, an elected official said.",
    "Fighters of {a} attacked a camp of {b} at {place} on {day} and left with {n} vehicles, witnesses reported.",
    "{n} members of {a} left their base at {place} on {day}, two security sources told the radio of the town.",
)
MORE = (
    "The road to {place} was closed for {n} hours, and lorries with millet waited on both sides of the checkpoint.",
    "A teacher in {place} said that classes would start again once the {n} displaced families had found a roof.",
    "The governor promised an inquiry and asked the people of {place} to keep calm. No group claimed the act.",
    "Traders at the market of {place} counted {n} burnt stalls and spoke of shots heard until late in the night.",
    "The army did not answer questions. {b} denied on its channel that it had lost {n} men in the area.",
    "It was the second incident around {place} within {n} weeks, according to a monitor who keeps a list of them.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """A made-up article."""

    name: str
    outlet: str
    paragraphs: tuple[str, ...]


def make_up(count: int) -> Iterator[MadeUp]:
    """Yield so many articles; the last tenth repeats the first ones word for word under other names."""
    chance = random.Random(SEED)
    copies = int(count * COPIES)
    originals = [_tell(chance) for _ in range(count - copies)]
    for number, paragraphs in enumerate([*originals, *originals[:copies]]):
        outlet = OUTLETS[(number + number // len(originals)) % len(OUTLETS)]
        yield MadeUp(name=f"{number:05}.txt", outlet=outlet, paragraphs=paragraphs)


def _tell(chance: random.Random) -> tuple[str, ...]:
    a, b = chance.sample(FORCES, 2)
    place, day = chance.choice(PLACES), chance.choice(DAYS)
    sentences = [chance.choice(EVENTS), *chance.sample(MORE, 4)]
    told = [s.format(a=a, b=b, place=place, day=day, n=chance.randint(2, 60)) for s in sentences]
    return tuple(f"{t[0].upper()}{t[1:]}" for t in told)


def write_files(articles: list[MadeUp], folder: Path) -> None:
    """Write each article to a file of its own."""
    for article in articles:
        text = "\n".join([f"Credited from: {article.outlet}", *article.paragraphs])
        (folder / article.name).write_text(text, encoding="utf-8")


def as_feed(articles: list[MadeUp]) -> bytes:
    """Return the articles as one RSS feed."""
    items = "".join(
        f"<item><guid>{a.name}</guid><title>{escape(a.paragraphs[0])}</title>"
        f"<description>{escape(''.join(f'<p>{p}</p>' for p in a.paragraphs))}</description></item>"
        for a in articles
    )
    return f'<rss version="2.0"><channel><title>{OUTLETS[0]}</title>{items}</channel></rss>'.encode()
