"""Finds the events of one sentence: event words, what they are done to, and which kind they mean.

In: a sentence with its actors and places, and the lexicon. Out: `Event` values, one for each event word that a
reading of the lexicon explains. Nothing is guessed: a word that no reading explains is no event.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from parsers.coding.attribution import Saying, judge
from parsers.coding.lexicon import Kind, Lexicon, Reading
from parsers.coding.roles import Roles, assign_roles, modifies
from parsers.coding.seats import is_speakers
from parsers.coding.sentence import Sentence, inside
from parsers.coding.values import ActorMention, ActorRole, Participant, Span
from parsers.coding.voice import Hit

_OBJECTS = ("base", "convoy", "village", "site")
_PLACE_OBJECTS = {
    "town": "town",
    "village": "town",
    "area": "region",
    "region": "region",
    "cercle": "region",
    "site": "site",
}
_BEFORE_NOUN = re.compile(
    r"(?:\b(?:an?|the|of|its|their|his|this|that|these|those|deadly|fresh|new|recent|militant|jihadist|rebel|terrorist|announced|"
    r"planned|several|two|three|many|in|from|after|despite|and|une?|l|la|le|les|des|cette|ces|leurs?|son|sa)\s|'s?\s|l')"
    r"(?:(?:\w+ed|nouvelles?|double|triple|autre|violente?s?|intenses?|meurtriere?s?|second|deuxieme|another|large|major|suspected|new|deadly|fresh)\s)?$"
)
_AFTER_NOUN = re.compile(
    r"\s(?:by|on|against|between|from|of|that|which|par|contre|entre|sur|qui|comes|came|raises|was|were|has|is|are)\b"
)
_MEANS = {"blast", "air", "shelling", "aircraft"}  # families that say by what means an attack was made
_OBJECT_REACH = 90  # characters from an event word to what it is done to


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event word that a reading explains."""

    hit: Hit
    kind: Kind
    roles: Roles
    saying: Saying
    objects: frozenset[str]

    @property
    def rule(self) -> str:
        """Return the id of the rule that made it."""
        return f"{self.hit.trigger.id}.{self.hit.form}"

    def participants(self, sentence: Sentence) -> tuple[Participant, ...]:
        """Return agents, targets and those concerned, each actor once; a kind without targets has none."""
        found = self.kind.family == "mass_grave" and self.hit.form == "noun"  # who is named beside it only found it
        rows: list[tuple[ActorMention, ActorRole]] = [(a, "agent") for a in self.roles.agents if not found]
        if "{target}" in self.kind.phrase:
            rows += [(a, "target") for a in self.roles.targets]
        rows += [
            (a, "party")
            for a in sentence.actors
            if a.camp == "watched" and (self.kind.concerns or modifies(sentence, a))
        ]
        seen: dict[str, Participant] = {}
        for actor, role in rows:
            seen.setdefault(actor.id, actor.takes_part(role))
        return without_unnamed(tuple(seen.values()))


def without_unnamed(participants: tuple[Participant, ...]) -> tuple[Participant, ...]:
    """Return the participants without words for a camp ("gunmen") beside a name of that camp in the same role."""
    named = {(p.camp, p.role) for p in participants if not p.unnamed}
    camps = {p.camp for p in participants if p.role != "party"}
    return tuple(
        p
        for p in participants
        if not (p.unnamed and ((p.camp, p.role) in named or (p.role == "party" and p.camp in camps)))
    )


def find_events(
    sentence: Sentence,
    hits: Sequence[Hit],
    lexicon: Lexicon,
    *,
    subject: Sequence[ActorMention],
    claimant: str | None,
    year: int | None,
) -> tuple[Event, ...]:
    """Return the events of a sentence's event words in text order; a bare death only where no other violence is."""
    events: list[Event] = []
    voices = any(a.voice for a in sentence.actors)
    fighters = replace(sentence, actors=tuple(a for a in sentence.actors if not a.voice)) if voices else sentence
    for hit in hits:
        of_whom = fighters if hit.trigger.violent else sentence
        roles = assign_roles(
            of_whom, hit, lexicon, subject=[a for a in subject if not (a.voice and hit.trigger.violent)]
        )
        roles = _in_any_order(sentence, hit, roles) if hit.trigger.any_order else roles
        readings = [r for r in hit.trigger.readings if _suits(r, sentence, roles)]
        if not readings:
            continue
        saying = judge(sentence, hit, roles.agents, lexicon, claimant=claimant, year=year)
        objects = objects_of(sentence, hit, lexicon)
        if reading := next((r for r in readings if _holds(r, sentence, hit, saying, objects)), None):
            kind = lexicon.kinds[reading.kind]
            events.append(Event(hit=hit, kind=kind, roles=roles, saying=saying, objects=objects))
    return tuple(_strongest(sentence, events))


def _in_any_order(sentence: Sentence, hit: Hit, roles: Roles) -> Roles:
    """Return the actors of the readings' camps as agents, wherever they stand, and the others as targets."""
    camps = frozenset().union(*(r.agent for r in hit.trigger.readings))
    agents = [a for a in sentence.actors if a.camp in camps]
    ids = {a.id for a in agents}
    others = [a for a in (*roles.agents, *roles.targets) if a.id not in ids]
    return Roles(agents=tuple(agents), targets=tuple(others)) if agents else roles


def find_hits(sentence: Sentence, lexicon: Lexicon) -> tuple[Hit, ...]:
    """Return the event words of a sentence; of overlapping ones the longest stands."""
    hits = list(_all_hits(sentence, lexicon))
    doubtful = {span for span, count in Counter(h.span for h in hits).items() if count > 1}  # noun or verb
    kept: list[Hit] = []
    for hit in sorted(
        hits,
        key=lambda h: (h.span.start - h.span.end, h.span.start, h.span in doubtful and _misread(sentence, h)),
    ):
        if all(hit.span.end <= k.span.start or k.span.end <= hit.span.start for k in kept):
            kept.append(hit)
    return tuple(sorted(kept, key=lambda h: h.span.start))


def _all_hits(sentence: Sentence, lexicon: Lexicon) -> Iterator[Hit]:
    for (number, form), match in lexicon.trigger_words.matches(sentence.flat, sentence.start, sentence.end):
        yield Hit(trigger=lexicon.triggers[number], form=form, span=Span(*match.span()))


def _misread(sentence: Sentence, hit: Hit) -> bool:
    """Tell whether a word that can be noun or verb ("attacks", "exit") is rather the other one here."""
    noun = bool(
        _BEFORE_NOUN.search(sentence.flat[max(sentence.start, hit.span.start - 30) : hit.span.start])
        or _AFTER_NOUN.match(sentence.flat, hit.span.end)
    )
    return noun != (hit.form == "noun")


def objects_of(sentence: Sentence, hit: Hit, lexicon: Lexicon) -> frozenset[str]:
    """Return what the deed is done to: base, convoy, village, site, town, region, country; or none of them."""
    clause = sentence.clause_of(hit.span.start)
    ahead = Span(hit.span.end, min(clause.end, hit.span.end + _OBJECT_REACH))
    found = _objects_in(sentence, ahead, lexicon)
    if not found - {"country"}:
        found |= _objects_in(sentence, Span(max(clause.start, hit.span.start - _OBJECT_REACH), hit.span.start), lexicon)
    return frozenset(found or {"none"})


def _objects_in(sentence: Sentence, window: Span, lexicon: Lexicon) -> set[str]:
    found = {name for name in _OBJECTS if lexicon.cues[name].search(sentence.flat, window.start, window.end)}
    for place in (p for p in inside(sentence.places, window) if not is_speakers(sentence, p)):
        found.add("country" if place.kind == "country" else _PLACE_OBJECTS.get(place.kind, "region"))
    if lexicon.cues["country"].search(sentence.flat, window.start, window.end):
        found.add("country")
    return found


def _suits(reading: Reading, sentence: Sentence, roles: Roles) -> bool:
    """Tell whether the actors are those of a reading."""
    targets = {a.camp for a in roles.targets}
    return bool(
        (not reading.agent or {a.camp for a in roles.agents} & reading.agent)
        and (not reading.agent_ids or {a.id for a in roles.agents} & reading.agent_ids)
        and (not reading.target or targets & reading.target)
        and not targets & reading.not_target
        and (not reading.needs_actor or {a.camp for a in sentence.actors} & reading.needs_actor)
    )


def _holds(reading: Reading, sentence: Sentence, hit: Hit, saying: Saying, objects: frozenset[str]) -> bool:
    """Tell whether a reading whose actors are there is what the word means here."""
    if reading.needs:
        clause = sentence.clause_of(hit.span.start)
        if not reading.needs.search(sentence.flat, clause.start, clause.end):
            return False
    return bool(
        (not reading.object or objects & reading.object)
        and (not reading.modality or saying.modality in reading.modality)
    )


def _strongest(sentence: Sentence, events: list[Event]) -> Iterator[Event]:
    """Drop bare deaths beside another violent word, and words that repeat a stronger one for the same deed."""
    violent = [e for e in events if e.kind.violent and not e.hit.trigger.weak]
    told = [e for e in events if not (e.hit.trigger.weak and violent)]
    for event in told:
        if not any(_stronger(rival, event) for rival in told if _one_deed(sentence, rival, event)):
            yield event


def _one_deed(sentence: Sentence, rival: Event, event: Event) -> bool:
    """Tell whether two words name one deed: kinds of one family, or a means (bomb, strike) within one clause."""
    if rival is event:
        return False
    families = {rival.kind.family, event.kind.family}
    if len(families) == 1:
        return _same_sides(rival, event)
    same_clause = sentence.clause_of(rival.hit.span.start) == sentence.clause_of(event.hit.span.start)
    return same_clause and rival.kind.violent and event.kind.violent and bool(families & _MEANS)


def _stronger(rival: Event, event: Event) -> bool:
    news = (rival.saying.role == "news", event.saying.role == "news")
    if news[0] != news[1]:
        return False
    return _weight(rival) > _weight(event)


def _weight(event: Event) -> tuple[bool, int, int]:
    """Return what decides between two words for one event: told, then rank, then place in the text."""
    return event.saying.modality not in {"hypothetical", "denied"}, event.kind.rank, -event.hit.span.start


def _same_sides(one: Event, other: Event) -> bool:
    sides = [{a.id for a in (*e.roles.agents, *e.roles.targets)} for e in (one, other)]
    return not sides[0] or not sides[1] or bool(sides[0] & sides[1])
