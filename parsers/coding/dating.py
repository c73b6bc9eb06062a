"""When an event took place: which time expression of its sentence is its own.

In: sentences with their times, an event, the mentions before it. Out: one `When` an event. Times that say when
something was told, or since when it has lasted, date no event; without a time of its own an event stays undated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from parsers.article import Article
from parsers.coding.events import Event
from parsers.coding.lexicon import Lexicon
from parsers.coding.sentence import Sentence, TimeMention, inside, nearest
from parsers.coding.values import UNKNOWN_TIME, Mention, When
from parsers.coding.watch import Watch

_SPEECH_DAYS = 10  # days between what is said in public and the article on it
_SINCE = re.compile(r"\b(?:since|depuis)\s(?:\w+\s){0,2}$")
_THEN = re.compile(
    r"\b(?:at the time|a l'epoque|then(?= (?:said|say|spoke|claimed|reported|put|counted|announced|gave|admitted)))\b"
)


def with_inherited_times(sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Give "the rebels then spoke of …", "at the time" the time of the sentence before."""
    told: list[Sentence] = []
    for sentence in sentences:
        inherits = not sentence.times and told and told[-1].times
        if inherits and (then := _THEN.search(sentence.flat, sentence.start, sentence.end)):
            when = replace(told[-1].times[0].when, surface=sentence.text[then.start() : then.end()])
            sentence = replace(sentence, times=(TimeMention(when, then.start(), then.end()),))
        told.append(sentence)
    return tuple(told)


def when_of(
    sentence: Sentence, event: Event, earlier: Sequence[Mention], lexicon: Lexicon, published_on: date | None
) -> When:
    """Return when an event took place: the nearest time of its clause, else of its sentence, that can be its own."""
    clause = sentence.clause_of(event.hit.span.start)
    times = [t for t in sentence.times if _can_date(sentence, event, t, published_on, lexicon)]
    time = nearest(inside(times, clause), event.hit.span) or nearest(times, event.hit.span)
    if time is None:
        return UNKNOWN_TIME
    if time.when.basis != "anchored":
        return time.when
    base = next((m for m in reversed(earlier) if m.role == "news" and _is_violent(m, lexicon)), None)
    if base is None:
        return UNKNOWN_TIME
    if base.when.start and base.when.precision == "day" and time.when.offset_days is not None:
        day = base.when.start + timedelta(days=time.when.offset_days)
        return replace(time.when, start=day, end=day, precision="day", anchor=base.ordinal)
    return replace(time.when, anchor=base.ordinal)


def judged_by_date(mention: Mention, article: Article, watch: Watch) -> Mention:
    """Turn news of an event that is older than the watch's horizon into background."""
    published = article.published_at.date() if article.published_at else None
    end: date | None = mention.when.end or mention.when.start
    if mention.role == "news" and published and end and (published - end).days > watch.horizon_days:
        reason = f"older than {watch.horizon_days} days at publication: {end}"
        return replace(mention, role="background", modality="historical", reasons=(*mention.reasons, reason))
    return mention


def _can_date(sentence: Sentence, event: Event, time: TimeMention, published_on: date | None, lexicon: Lexicon) -> bool:
    """Tell whether a time of the sentence can be that of the event.

    Not when it was told, nor since when something has lasted; a report or a row is of the days before
    publication, whatever years it speaks of.
    """
    if event.hit.trigger.of_words:
        end = time.when.end or time.when.start
        return published_on is None or end is None or abs((published_on - end).days) <= _SPEECH_DAYS
    if time.when.precision in {"month", "year"} and _SINCE.search(sentence.flat, sentence.start, time.start):
        return False
    return not _dates_speech(sentence, event, time, lexicon)


def _dates_speech(sentence: Sentence, event: Event, time: TimeMention, lexicon: Lexicon) -> bool:
    """Tell whether a time says when it was told ("residents said on Wednesday") of what is no deed of words itself."""
    if event.kind.concerns or event.saying.modality == "announced":
        return False
    said = [
        m.end()
        for m in lexicon.cues["speech"].finditer(sentence.flat, max(sentence.start, time.start - 25), time.start)
    ]
    return bool(said) and not said[-1] <= event.hit.span.start < time.start


def _is_violent(mention: Mention, lexicon: Lexicon) -> bool:
    return mention.kind is not None and lexicon.kinds[mention.kind].violent
