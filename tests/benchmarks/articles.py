"""Made-up articles for measurements: each tells one event of its own, or is ordinary news of the region.

In: how many. Out: files in the layout of the seed documents, or the same articles as RSS feeds. The same number gives
the same articles.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
# Ordinary news is put together of parts, so that two articles share few words in a row, as those of newspapers do.
WHO = (
    "the council", "a teachers' union", "the regional basketball team", "an association of potters", "the governor",
    "traders of the great market", "the railway workers", "a company from Dakar", "the ministry of water",
    "two singers",
    "a group of young farmers", "the bishop", "the archivists of the old library", "a choir of widows", "the fishermen",
    "an engineer of the dam", "the school's pupils", "a visiting doctor", "the court of appeal", "the puppet theatre",
)  # fmt: skip
DID = (
    "has asked for", "wants to rebuild", "presented", "lost", "won back", "is counting", "sold",
    "inaugurated", "refused",
    "has put off", "celebrated", "took up", "will inspect", "published", "repaired", "complained about", "paid for",
    "photographed", "still awaits", "praised",
)  # fmt: skip
WHAT = (
    "the budget for wells", "a cup of carved wood", "{n} sacks of millet", "the bridge that the flood took",
    "a vaccine against measles", "new benches for the classrooms", "the price of fuel", "a film about weaving",
    "{n} donkeys", "the timetable of the ferry", "a law on pastures", "{n} letters of the last century",
    "the harvest of onions", "an appeal by {n} neighbours", "the plan of a solar plant", "a festival of masks",
    "the wages of {n} nurses", "a collection of folk tales", "the road to the quarry", "an exhibition of bogolan cloth",
)  # fmt: skip
WHERE = (
    "near {place}", "in the suburbs of {place}", "at the port of {place}", "behind the stadium", "on the left bank",
    "between {place} and the lake", "in {n} villages", "outside the town hall", "under the mango trees", "abroad",
    "at the fair of {place}", "beside the mosque of {place}", "in the valley", "along the canal", "in the capital",
)  # fmt: skip
WHEN = (
    "on {day}", "after {n} days of rain", "before the holidays", "for the third year", "despite the heat", "last week",
    "without saying why", "to general surprise", "as every summer", "since {day}", "until further notice", "at dawn",
    "with the help of volunteers", "for lack of money", "in front of {n} onlookers",
)  # fmt: skip
ON_WATCH = 0.1  # of the entries of feeds are on the watch's matter: most of what a newspaper of the region tells is not
NEWEST = datetime(2025, 6, 10, 12, tzinfo=UTC)  # entry of a feed; the others come before it
APART = timedelta(minutes=40)  # of the entries of one feed
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


def make_up_feeds(feeds: int, entries: int, *, on_watch: float) -> list[bytes]:
    """Return feeds of so many entries each; a tenth of the entries stand in a second feed, word for word."""
    chance = random.Random(SEED)
    wanted, articles = feeds * entries, list[MadeUp]()
    while len(articles) < wanted:
        if len(articles) > entries and chance.random() < COPIES:
            paragraphs = chance.choice(articles[:-entries]).paragraphs
        else:
            paragraphs = _report(chance, on_watch=chance.random() < on_watch)
        number, outlet = len(articles), f"Newspaper {len(articles) // entries}"
        articles.append(MadeUp(name=f"{number:05}", outlet=outlet, paragraphs=paragraphs))
    return [as_feed(articles[start : start + entries]) for start in range(0, wanted, entries)]


def ordinary(number: int) -> tuple[str, ...]:
    """Return the sentences of an ordinary article; those of another number share few words in a row with it."""
    return _report(random.Random(number), on_watch=False)


def _report(chance: random.Random, *, on_watch: bool) -> tuple[str, ...]:
    """Return what a newspaper tells: an event of the watch's matter with its town, or ordinary news."""
    place = chance.choice(PLACES)
    ordinary = [" ".join(map(chance.choice, (WHO, DID, WHAT, WHERE, WHEN))) + "." for _ in range(6)]
    first = [chance.choice(EVENTS), chance.choice(MORE)] if on_watch else []
    return _told(chance, [*first, *ordinary[len(first) :]], place)


def _tell(chance: random.Random) -> tuple[str, ...]:
    place = chance.choice(PLACES)
    return _told(chance, [chance.choice(EVENTS), *chance.sample(MORE, 4)], place)


def _told(chance: random.Random, sentences: Sequence[str], place: str) -> tuple[str, ...]:
    a, b = chance.sample(FORCES, 2)
    day = chance.choice(DAYS)
    told = [s.format(a=a, b=b, place=place, day=day, n=chance.randint(2, 60)) for s in sentences]
    return tuple(f"{t[0].upper()}{t[1:]}" for t in told)


def write_files(articles: list[MadeUp], folder: Path) -> None:
    """Write each article to a file of its own."""
    for article in articles:
        text = "\n".join([f"Credited from: {article.outlet}", *article.paragraphs])
        (folder / article.name).write_text(text, encoding="utf-8")


def as_feed(articles: Sequence[MadeUp]) -> bytes:
    """Return the articles as one RSS feed of the outlet of the first one, newest first."""
    outlet = articles[0].outlet
    site = f"https://{outlet.lower().replace(' ', '-')}.example"
    items = "".join(
        f"<item><guid>{site}/?p={a.name}</guid><link>{site}/news/{a.name}</link>"
        f"<title>{escape(a.paragraphs[0])}</title><pubDate>{format_datetime(NEWEST - number * APART)}</pubDate>"
        f"<description>{escape(''.join(f'<p>{p}</p>' for p in a.paragraphs))}</description></item>"
        for number, a in enumerate(articles)
    )
    return f'<rss version="2.0"><channel><title>{outlet}</title><link>{site}</link>{items}</channel></rss>'.encode()
