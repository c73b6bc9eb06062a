"""Where an event took place: the place of its clause, of its sentence, or of the whole article.

In: sentences with the places named in them. Out: one place an event, or none. A country that acts, or the town to
which the wounded were taken, is no seat of an event; nothing is placed by a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from parsers.coding.lexicon import Lexicon
from parsers.coding.places import NEAR, Place, implied
from parsers.coding.sentence import Sentence, inside, nearest
from parsers.coding.values import Mention, PlaceMention, Span
from parsers.coding.watch import Watch

_OF_STATE = {"diplomacy", "denial", "agreement"}  # families of acts that a government does where it sits
_TOOK_PLACE = re.compile(
    r"\b(?:took place|tak(?:es|ing) place|occurred|happened|unfolded|(?:a|ont) eu lieu|"
    r"s(?:'est|e sont) (?:produit|deroule|passe)e?s?)\b"
)
_OF_FIGHT = {"official_statement", "leader_killed_or_removed"}  # kinds that speak of a fight told in the same text
_LEAD = 40  # characters before a place that tell how it is meant
_IN_COUNTRY = re.compile(
    r"\b(?:in|into|to|from|of|across|inside|throughout|leave|leaves|leaving|left|exited|quit|over|for|au|en|du|aux|dans|de|vers|"
    r"quitte\w*|north(?:ern)?|south(?:ern)?|central|east(?:ern)?|west(?:ern)?)\s(?:the\s|l'|la\s|le\s)?$"
)
_TAKEN_TO = re.compile(
    r"\b(?:taken|flown|evacuated|airlifted|transferred|moved|rushed|evacue\w*|transfere\w*|transporte\w*|evacuation)\s(?:to|towards|vers|a|sur)\s$"
    r"|\b(?:hospital|clinic|hopital)\s(?:in|at|of|a|de)\s$"
)
_AT = re.compile(r"\b(?:in|at|from|a|de|du)\s$")
_SAID = re.compile(
    r"\s(?:said|says?|told|added|reported|confirmed|stated|declared|indiqu\w+|a (?:indique|dit|affirme)|affirm\w+)\b"
)
_SOURCE_AT = re.compile(
    r"\b(?:sources?|officials?|diplomats?|residents?|witness(?:es)?|responsables?|diplomates?|habitants?|temoins?|elus?|joint)"
    r"\s(?:\w+\s)?(?:in|at|from|a|de)\s$"
)
_DATELINE = re.compile(
    r"\)?(?:,\s[\w. ]{3,20}){0,2}\s*(?:\((?:reuters|ap|afp|xinhua|anadolu|efe|dpa|[a-z ]{2,20})\))?\s*(?:-|—|--)\s"
    r"|\)\s?[-—]"
)


def place_of(sentence: Sentence, span: Span) -> PlaceMention | None:
    """Return where an event took place: the finest place of its clause, else of its sentence."""
    clause = sentence.clause_of(span.start)
    part = _between_semicolons(sentence, span)
    seats = tuple(p for p in inside(sentence.places, part) if _is_seat(sentence, p))
    for places in (inside(seats, clause), seats):
        fine = [p for p in places if p.geo_precision is not None]
        if place := nearest([p for p in fine if p.geo_precision != 3] or fine, span):
            return place
    return nearest(inside(seats, clause) or seats, span)


def _between_semicolons(sentence: Sentence, span: Span) -> Span:
    """Return the part of a sentence that semicolons set apart: what lies behind one is told of something else."""
    start = sentence.flat.rfind(";", sentence.start, span.start)
    end = sentence.flat.find(";", span.end, sentence.end)
    return Span(start + 1 if start >= 0 else sentence.start, end if end >= 0 else sentence.end)


def _is_seat(sentence: Sentence, place: PlaceMention) -> bool:
    """Tell whether something can have happened in a place as it is named here.

    A country that acts ("Ukraine denied") or is only said of somebody is no seat, nor is the town to which
    the wounded were taken.
    """
    lead = sentence.flat[max(sentence.start, place.start - _LEAD) : place.start]
    if _is_dateline(sentence, place) or is_speakers(sentence, place):
        return False
    if place.kind == "country":
        return bool(_IN_COUNTRY.search(lead)) or sentence.segment != "paragraph"
    return not _TAKEN_TO.search(lead)


def is_speakers(sentence: Sentence, place: PlaceMention) -> bool:
    """Tell whether a place says where a speaker is: "diplomats in Bamako said", "selon une source à Gao"."""
    lead = sentence.flat[max(sentence.start, place.start - _LEAD) : place.start]
    behind = bool(_SAID.match(sentence.flat, place.end)) and bool(_AT.search(lead))
    return behind or bool(_AT.search(lead) and _SOURCE_AT.search(lead))


def _is_dateline(sentence: Sentence, place: PlaceMention) -> bool:
    """Tell whether a place says where the article was written: "(Nairobi) –", "BAMAKO (Reuters) -"."""
    flat = sentence.flat
    first = not any(c.isalnum() for c in flat[sentence.start : place.start])
    return sentence.segment == "paragraph" and first and bool(_DATELINE.match(flat, place.end))


def place_by_article(
    mentions: Sequence[Mention], sentences: Sequence[Sentence], lexicon: Lexicon, watch: Watch
) -> list[Mention]:
    """Place events that no sentence of their own places, where the article knows one place of the theatre only."""
    fine = {
        p.id: p
        for s in sentences
        for p in s.places
        if p.country in watch.theatre and p.geo_precision in {1, NEAR} and _is_seat(s, p)
    }
    if len(fine) != 1:
        return list(mentions)
    only = replace(next(iter(fine.values())), geo_precision=NEAR)  # said of the article, not of the sentence
    return [replace(m, place=only) if _is_local(m, lexicon) and _is_unplaced(m, watch) else m for m in mentions]


def place_by_next(mentions: Sequence[Mention], sentences: Sequence[Sentence], watch: Watch) -> list[Mention]:
    """Place events by the sentence behind theirs, where it says no more: "The exchange took place near Douentza."."""
    told = {m.start for m in mentions if m.kind is not None}
    where: dict[int, PlaceMention] = {}
    for before, sentence in pairwise(sentences):
        seats = [p for p in sentence.places if _is_seat(sentence, p)]
        silent = sentence.start not in told and _TOOK_PLACE.search(sentence.flat, sentence.start, sentence.end)
        if silent and len(seats) == 1:
            where[before.start] = seats[0]
    return [
        replace(m, place=where[m.start]) if m.start in where and m.role == "news" and _is_unplaced(m, watch) else m
        for m in mentions
    ]


def place_at_fight(mentions: Sequence[Mention], lexicon: Lexicon) -> list[Mention]:
    """Place what is said of losses, told without a place, at the one place where the losers fought in the article."""
    return [replace(m, place=_fought_at(m, mentions, lexicon)) if _is_of_fight(m) else m for m in mentions]


def _is_of_fight(mention: Mention) -> bool:
    return mention.kind in _OF_FIGHT and mention.role == "news" and mention.place is None


def _fought_at(mention: Mention, mentions: Sequence[Mention], lexicon: Lexicon) -> PlaceMention | None:
    losers = {p.id for p in mention.participants}
    fights = [m for m in mentions if m.kind is not None and lexicon.kinds[m.kind].violent]
    places = [m.place for m in fights if m.place is not None and losers & {p.id for p in m.participants}]
    fine = {p.id: p for p in places if p.geo_precision in {1, NEAR}}
    return replace(next(iter(fine.values())), geo_precision=NEAR) if len(fine) == 1 else None


def place_at_capital(
    mentions: Sequence[Mention], sentences: Sequence[Sentence], lexicon: Lexicon, capital: Place | None
) -> list[Mention]:
    """Place rows, denials and agreements of the theatre's government, told without a place, at its capital (ACLED)."""
    spoken = {s.start: next((a for a in s.actors if a.camp == "state"), None) for s in sentences}
    return [
        replace(m, place=implied(capital, surface=actor.surface, start=actor.start))
        if capital and _is_act_of_state(m, lexicon) and (actor := spoken[m.start]) is not None
        else m
        for m in mentions
    ]


def _is_act_of_state(mention: Mention, lexicon: Lexicon) -> bool:
    if mention.kind is None or lexicon.kinds[mention.kind].family not in _OF_STATE:
        return False
    agents = {p.camp for p in mention.participants if p.role == "agent"}
    return agents == {"state"} and (mention.place is None or mention.place.geo_precision is None)


def _is_local(mention: Mention, lexicon: Lexicon) -> bool:
    return mention.kind is not None and mention.role == "news" and lexicon.kinds[mention.kind].local


def _is_unplaced(mention: Mention, watch: Watch) -> bool:
    place = mention.place
    return place is None or (place.geo_precision is None and place.country in watch.theatre)
