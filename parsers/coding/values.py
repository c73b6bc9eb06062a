"""The values of coding: what one clause of an article says of one event.

Frozen, and free of anything but the words they rest on: every value keeps the span (characters of the
article's text) that made it. Terms follow ACLED (types, precision), UCDP GED (tolls) and PLOVER (modality).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Modality = Literal["asserted", "claimed", "denied", "announced", "hypothetical", "historical"]
Role = Literal["news", "background"]
ActorRole = Literal["agent", "target", "speaker", "party"]
Scope = Literal["event", "aggregate", "cumulative"]
TimePrecision = Literal["day", "week", "month", "year", "unknown"]
TimeBasis = Literal["explicit", "weekday", "relative", "anchored", "publication", "unknown"]
Measure = Literal[
    "killed", "wounded", "captured", "missing", "abducted", "withdrawn", "deployed", "vehicles", "weapons", "bases"
]
Group = Literal["army", "watched", "militants", "civilians", "peacekeepers", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of the text that was read."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorMention:
    """An actor of the lexicon, as a text names it."""

    id: str  # lexicon id: wagner_group, africa_corps, malian_army, jnim …
    name: str  # the name shown to people
    camp: str  # watched, state, rebel, jihadist, militia, un, western, russia, civilians, foreign, ngo, person
    surface: str
    start: int
    end: int
    unnamed: bool = False  # "gunmen": a word for some of a camp, no name
    voice: bool = False  # a body that speaks and judges, never a side of a fight

    def takes_part(self, role: ActorRole) -> Participant:
        """Return the actor in its part of an event."""
        return Participant(id=self.id, name=self.name, camp=self.camp, role=role, unnamed=self.unnamed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """An actor in its part of an event."""

    id: str
    name: str
    camp: str
    role: ActorRole
    unnamed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """How a text describes an actor ("backed by the Russian government"): rival ones are all kept."""

    actor_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMention:
    """A place of the gazetteer, as a text names it.

    `geo_precision`: 1 a named town, 2 near it or a small area, 3 a region, None a whole country,
    which has no coordinates. `ambiguous` tells that homonyms could not be settled.
    """

    id: str
    name: str
    kind: str  # town, village, area, region, country …
    country: str
    region: str | None
    latitude: float | None
    longitude: float | None
    geo_precision: int | None
    surface: str
    start: int
    end: int
    ambiguous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A counted thing as low / best / high (UCDP), never a bare number.

    `strict` marks "more than N" (low is a bound that was passed), `approximate` "about N", `vague` a word
    such as "dozens" whose low is a convention. `noun` is the word counted ("soldiers").
    """

    measure: Measure
    group: Group
    low: int | None
    best: int | None
    high: int | None
    surface: str
    start: int
    end: int
    noun: str = ""
    strict: bool = False
    approximate: bool = False
    vague: bool = False
    scope: Scope = "event"
    claimant: str | None = None
    phrase: int | None = None  # id of the mention that counted it: figures of one mention add up
    by_party: bool = False  # the claimant is a party to the conflict

    @property
    def acled_coded(self) -> int | None:
        """Return the figure as ACLED would code it: vague words become 3, 10, 12, 100."""
        return self.best if self.best is not None else self.low if self.low is not None else self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The time of an event: days `start` to `end`, both included.

    With basis `anchored` and no start, the text only says how the event lies to another one
    ("the following day"): `offset_days` after the event of mention `anchor` of the same article.
    """

    start: date | None = None
    end: date | None = None
    precision: TimePrecision = "unknown"
    basis: TimeBasis = "unknown"
    offset_days: int | None = None
    anchor: int | None = None
    surface: str | None = None


UNKNOWN_TIME = When()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """What one clause says of one event.

    `kind` is None where the clause gives a toll that belongs to no single event. `claimant` is who says it
    ("JNIM", "residents"), `attributed_to` the outlets or agencies named as sources. `quote` is the sentence:
    `quote == text[start:end]`; `rule` names what made the mention, `trigger` the words that fired it.
    """

    ordinal: int
    kind: str | None
    modality: Modality
    role: Role
    rule: str
    quote: str
    start: int
    end: int
    trigger: Span
    participants: tuple[Participant, ...] = ()
    descriptions: tuple[Description, ...] = ()
    place: PlaceMention | None = None
    when: When = UNKNOWN_TIME
    quantities: tuple[Quantity, ...] = ()
    scope: Scope = "event"
    claimant: str | None = None
    attributed_to: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()  # why it is background, denied, an aggregate …


Relevance = Literal["relevant", "context", "irrelevant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """All that coding says of one article: its relevance with reasons, and its mentions in text order."""

    relevance: Relevance
    relevance_reasons: tuple[str, ...]
    mentions: tuple[Mention, ...] = field(default=())
