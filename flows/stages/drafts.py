"""The values between an article's mentions and the decision: what it is (`Frame`), and each event it tells (`Draft`).

In: an article, or mentions gathered by `gather`. Out: frozen values that know how definite they are. Pure: no clock,
no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flows.stages.compare import Slots
from parsers.article import Article
from parsers.coding.head import head_of
from parsers.coding.lexicon import Kind
from parsers.coding.values import Modality, PlaceMention
from storage.values import StoredMention

_WORDS = {"denial", "statement"}  # families of what is only said


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What an article is, beyond its mentions."""

    published_at: datetime | None = None
    seen_on: date | None = None  # stands for the day of publication of an undated article
    title_end: int = 0  # the character at which headline and standfirst end …
    head_end: int = 0  # … and the lead
    watched_subject: bool = False  # a watched actor is a subject of the article
    horizon_days: int | None = None  # older events are background

    @staticmethod
    def of(article: Article, *, seen_on: date, watched_subject: bool, horizon_days: int) -> Frame:
        """Return the frame of an article."""
        title_end, end = head_of(article)
        return Frame(
            published_at=article.published_at,
            seen_on=seen_on,
            title_end=title_end,
            head_end=end,
            watched_subject=watched_subject,
            horizon_days=horizon_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event as one article tells it. `mentions` are in text order; the first one leads."""

    slots: Slots
    modality: Modality
    claimant: str | None
    mentions: tuple[StoredMention, ...]
    in_head: bool = False  # told in the headline, the standfirst or the lead
    dated_article: bool = True
    denies: frozenset[int] = frozenset()  # ordinals of the mentions of the deed that a denial denies
    beside_watched: bool = False  # what a text on a watched actor is about, or what happened where that actor acted

    @property
    def takes_part(self) -> bool:
        """Tell whether a watched actor takes part."""
        return any(p.camp == "watched" for p in self.slots.participants)

    @property
    def kind(self) -> Kind:
        """Return the kind that names the event: the highest in rank among its mentions."""
        return self.slots.kind

    @property
    def _is_placed(self) -> bool:
        """Tell whether the text itself places the event in a town; a place lent by the article does not count."""
        place = self.slots.place
        own = place and any(m.mention.start <= place.start < m.mention.end for m in self.mentions)
        return bool(own) and town_of(self) is not None

    @property
    def weight(self) -> int:
        """Return how definite the event is: its place in the text, and which of its slots the text fills."""
        when = self.slots.when
        timed = when.basis == "anchored" or (when.start is not None and when.basis != "publication")
        weight = 2 * self.in_head + self._is_placed + timed
        if self.kind.violent and not (timed or self._is_placed or (self.in_head and self.dated_article)):
            return 0  # neither where nor when: deaths alone may be those of many fights
        if self.kind.family in _WORDS and not (timed or self.in_head):
            return 0  # a side's standing word, which papers repeat below their news
        weight += bool(self.slots.quantities) + self.takes_part + (self.slots.scope != "event")
        if not self.kind.violent:  # told by a verb; a noun may only recall
            weight += any(m.mention.rule.endswith(".verb") for m in self.mentions)
        return weight


def town_of(draft: Draft) -> PlaceMention | None:
    """Return the town, or the spot near one, in which an event is placed."""
    place = draft.slots.place
    return place if place and place.geo_precision in {1, 2} else None
