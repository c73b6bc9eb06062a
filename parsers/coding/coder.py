"""From an article to its mentions: reads sentence by sentence and hands each part to its module.

In: an article and the tools (lexicon, gazetteer, quantities, watch). Out: a `Coding`: relevance with
reasons, and mentions in text order with kinds, participants, place, time, quantities, modality, claimant
and quote. It must never guess: an undated event stays undated, a word that no rule explains makes no
mention.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from parsers.article import Article
from parsers.coding.actors import find_actors
from parsers.coding.attribution import find_claimant, find_press, is_plural_or_many
from parsers.coding.dating import judged_by_date, when_of, with_inherited_times
from parsers.coding.descriptions import find_descriptions
from parsers.coding.events import Event, find_events, find_hits
from parsers.coding.flat import flatten
from parsers.coding.head import head_of
from parsers.coding.lexicon import Lexicon
from parsers.coding.quantities import find_quantities
from parsers.coding.relevance import TOLL_ALONE, judge_relevance
from parsers.coding.seats import place_at_capital, place_at_fight, place_by_article, place_by_next, place_of
from parsers.coding.sentence import Sentence, TimeMention, inside
from parsers.coding.times import find_times
from parsers.coding.tools import Coder
from parsers.coding.values import (
    ActorMention,
    Coding,
    Mention,
    PlaceMention,
    Quantity,
    Scope,
    Span,
)
from parsers.text import sentences as sentence_spans

_LISTED = re.compile(r",?\s(?:and|et|ainsi qu.a|or)\s(?:in\s|a\s)?|,\s")
_BETWEEN = re.compile(r"\b(?:between|entre|from|de)\s$")  # a road, not a list
_PARTIES = {"watched", "state", "jihadist", "rebel", "militia", "russia"}
_TOLL = {"killed", "wounded", "captured", "missing", "abducted"}


def code(article: Article, coder: Coder) -> Coding:
    """Return what an article says: its relevance to the watch, and its mentions in text order."""
    sentences = with_inherited_times(read_sentences(article, coder))
    mentions: list[Mention] = []
    subject: tuple[ActorMention, ...] = ()
    for sentence in sentences:
        mentions += _mentions_of(sentence, coder, article, subject=subject, earlier=mentions)
        subject = subject if _goes_on(sentence, coder.lexicon) else sentence.actors[:1]
    mentions = place_by_next(mentions, sentences, coder.watch)
    mentions = place_by_article(mentions, sentences, coder.lexicon, coder.watch)
    mentions = place_at_capital(mentions, sentences, coder.lexicon, coder.capital)
    mentions = place_at_fight(mentions, coder.lexicon)
    verdict, reasons = judge_relevance(sentences, mentions, coder.lexicon, coder.watch, head_end=head_of(article)[1])
    return Coding(relevance=verdict, relevance_reasons=reasons, mentions=tuple(mentions))


def read_sentences(article: Article, coder: Coder) -> tuple[Sentence, ...]:
    """Return the sentences of an article with the actors, places, quantities and times in them."""
    text, flat = article.text, flatten(article.text)
    places = coder.gazetteer.find(text)
    setting = _setting(places, flat, coder)
    actors = find_actors(text, flat, coder.lexicon, setting=setting)
    published_on = article.published_at.date() if article.published_at else None
    headline = flatten(article.headline)  # many pages repeat it above the text
    found: list[Sentence] = []
    for segment in article.segments():
        for start, end in sentence_spans(text, segment.start, segment.end):
            span = Span(start, end)
            times = find_times(text, start=start, end=end, published_on=published_on, language=article.language)
            found.append(
                Sentence(
                    index=len(found),
                    segment="headline" if flat[start:end] == headline else segment.kind,
                    text=text,
                    flat=flat,
                    start=start,
                    end=end,
                    actors=inside(actors, span),
                    places=inside(places, span),
                    quantities=find_quantities(text, coder.quantities, start=start, end=end),
                    times=tuple(TimeMention(*row) for row in times),
                )
            )
    return tuple(found)


def _setting(places: Sequence[PlaceMention], flat: str, coder: Coder) -> str | None:
    """Return the country of the theatre in which a text is set: the one with most places named, else named itself."""
    named = Counter(p.country for p in places if p.country in coder.watch.theatre)
    if named:
        return max(coder.watch.theatre, key=lambda country: named[country])
    words = coder.gazetteer.names
    return next((country for country in coder.watch.theatre if words.names_one_of((country,), flat)), None)


def _goes_on(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Tell whether a sentence goes on about whom the one before spoke of: "On Friday it said it had seized"."""
    first = sentence.actors[0].start if sentence.actors else sentence.end
    return not sentence.actors or bool(lexicon.cues["subject"].search(sentence.flat, sentence.start, first))


def _mentions_of(
    sentence: Sentence, coder: Coder, article: Article, *, subject: Sequence[ActorMention], earlier: Sequence[Mention]
) -> list[Mention]:
    hits = find_hits(sentence, coder.lexicon)
    if not hits and not any(q.measure in _TOLL for q in sentence.quantities):
        return []
    claimant = find_claimant(sentence, coder.lexicon)
    published_on = article.published_at.date() if article.published_at else None
    year = published_on.year if published_on else None
    events = find_events(sentence, hits, coder.lexicon, subject=subject, claimant=claimant, year=year)
    shares = _share_quantities(sentence, events)
    mentions: list[Mention] = []
    for event in events:
        known = [*earlier, *mentions]
        own = shares[event.hit.span]
        mention = _mention(
            sentence, event, coder, quantities=own, claimant=claimant, earlier=known, published_on=published_on
        )
        mentions.append(judged_by_date(mention, article, coder.watch))
    if not any(e.kind.violent for e in events) and (tolls := shares[None]):
        scope: Scope = next((q.scope for q in tolls if q.scope != "event"), "aggregate")
        ordinal = len(earlier) + len(mentions)
        mentions.append(_toll_alone(sentence, coder, tolls, claimant=claimant, ordinal=ordinal, scope=scope))
    return mentions


def _share_quantities(sentence: Sentence, events: Sequence[Event]) -> dict[Span | None, tuple[Quantity, ...]]:
    """Give each quantity to the event word it lies nearest to; tolls go to violence only, and else to nobody."""
    shares: dict[Span | None, list[Quantity]] = {e.hit.span: [] for e in events} | {None: []}
    violent = [e for e in events if e.kind.violent]
    others = [e for e in events if not e.kind.violent]
    for quantity in sentence.quantities:
        holders = violent if quantity.measure in _TOLL else others
        near = min(holders, key=lambda e: _apart(e.hit.span, quantity), default=None)
        if near or quantity.measure in _TOLL:
            shares[near.hit.span if near else None].append(quantity)
    return {span: tuple(quantities) for span, quantities in shares.items()}


def _apart(span: Span, quantity: Quantity) -> int:
    return max(quantity.start - span.end, span.start - quantity.end, 0)


def _mention(
    sentence: Sentence,
    event: Event,
    coder: Coder,
    *,
    quantities: tuple[Quantity, ...],
    claimant: str | None,
    earlier: Sequence[Mention],
    published_on: date | None,
) -> Mention:
    place = place_of(sentence, event.hit.span)
    if place and event.kind.concerns and place.country not in coder.watch.theatre:
        place = None  # where it was said is not where it matters
    scope, why = _scope(sentence, event, coder.lexicon, quantities, place)
    if scope != "event" and (event.hit.trigger.weak or (event.kind.violent and quantities)):
        return _toll_alone(sentence, coder, quantities, claimant=claimant, ordinal=len(earlier), scope=scope, why=why)
    participants = event.participants(sentence)
    ids = {p.id for p in participants}
    descriptions = find_descriptions(sentence, camps=frozenset({"watched"}))
    return Mention(
        ordinal=len(earlier),
        kind=event.kind.id,
        modality=event.saying.modality,
        role=event.saying.role,
        rule=event.rule,
        quote=sentence.quote,
        start=sentence.start,
        end=sentence.end,
        trigger=event.hit.span,
        participants=participants,
        descriptions=tuple(d for d in descriptions if d.actor_id in ids),
        place=place,
        when=when_of(sentence, event, earlier, coder.lexicon, published_on),
        quantities=claimed(quantities, claimant, sentence),
        scope=scope,
        claimant=claimant,
        attributed_to=find_press(sentence, coder.lexicon),
        reasons=(*event.saying.reasons, *why),
    )


def _toll_alone(
    sentence: Sentence,
    coder: Coder,
    tolls: tuple[Quantity, ...],
    *,
    claimant: str | None,
    ordinal: int,
    scope: Scope = "aggregate",
    why: tuple[str, ...] = (),
) -> Mention:
    """Make the mention of a toll that belongs to no single event: kept, and never an event."""
    span = Span(tolls[0].start, tolls[0].end) if tolls else Span(sentence.start, sentence.end)
    victims = {a.id: a for a in sentence.actors if a.camp == "watched"}.values() if not sentence.times else ()
    return Mention(
        ordinal=ordinal,
        kind=None,
        modality="claimed" if claimant else "asserted",
        role="background",
        rule=TOLL_ALONE,
        quote=sentence.quote,
        start=sentence.start,
        end=sentence.end,
        trigger=span,
        participants=tuple(a.takes_part("target") for a in victims),
        place=place_of(sentence, span),
        quantities=claimed(tolls, claimant, sentence),
        scope=scope,
        claimant=claimant,
        attributed_to=find_press(sentence, coder.lexicon),
        reasons=why or ("a toll that belongs to no single event",),
    )


def claimed(quantities: Sequence[Quantity], claimant: str | None, sentence: Sentence) -> tuple[Quantity, ...]:
    """Return the quantities with who claims them, and whether that is a party to the conflict."""
    if claimant is None:
        return tuple(quantities)
    party = any(a.name == claimant and a.camp in _PARTIES for a in sentence.actors)
    return tuple(replace(q, claimant=claimant, by_party=party) for q in quantities)


def _scope(
    sentence: Sentence, event: Event, lexicon: Lexicon, quantities: tuple[Quantity, ...], place: PlaceMention | None
) -> tuple[Scope, tuple[str, ...]]:
    """Tell one event from many: by its words, by its toll's own scope, or because nothing makes it a single one."""
    if spread := next((q for q in quantities if q.scope != "event"), None):
        return spread.scope, (f"its toll is {spread.scope}: {spread.surface}",)
    if quantities and (spread_over := _listed_places(sentence, event)):
        return "aggregate", (f"its toll is told over {spread_over}",)
    counted = any(q.low or q.best or q.high for q in quantities if not q.vague)
    local = place is not None and place.geo_precision is not None
    fight = event.kind.id == "clash" and local and inside_time(sentence, event)  # "combats" of a day are one fight
    if event.kind.violent and not counted and (many := is_plural_or_many(sentence, event.hit, lexicon, fight=fight)):
        return "aggregate", (f"several deeds told as one: {many}",)
    if any(q.measure == "bases" and (q.vague or (q.low or 0) > 1) for q in quantities):
        return "aggregate", ("several bases",)
    numbered = any(q.low or q.best or q.high for q in quantities)
    bare = event.kind.violent and not local and not numbered and not inside_time(sentence, event)
    if bare and not event.objects & {"base", "convoy"} and sentence.segment == "paragraph":
        return "aggregate", ("no place, no day and no figure make it a single event",)
    return "event", ()


def _listed_places(sentence: Sentence, event: Event) -> str | None:
    """Return the places that a clause lists side by side: "in Boulikessi, Timbuktu and Tessit"."""
    fine = [p for p in inside(sentence.places, sentence.clause_of(event.hit.span.start)) if (p.geo_precision or 3) < 3]
    pairs = [(a, b) for a, b in pairwise(fine) if a.id != b.id and _LISTED.fullmatch(sentence.flat, a.end, b.start)]
    if not pairs or _BETWEEN.search(sentence.flat[max(sentence.start, pairs[0][0].start - 12) : pairs[0][0].start]):
        return None
    return " and ".join(dict.fromkeys(p.name for pair in pairs for p in pair))


def inside_time(sentence: Sentence, event: Event) -> bool:
    """Tell whether the sentence dates the event."""
    return any(t.when.start or t.when.basis == "anchored" for t in sentence.times)
