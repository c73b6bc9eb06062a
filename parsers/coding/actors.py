"""Finds the actors of the lexicon in an article.

In: the article's text and its flattened form. Out: actor mentions in text order that do not overlap.
A cautious name counts only in company (a bare "Wagner" beside mercenaries, not beside an opera), a generic one
("the army") only in an article set in the theatre.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers.coding.lexicon import Actor, Lexicon
from parsers.coding.values import ActorMention

_PLAIN = {"soldiers", "troops", "soldats", "gendarmes"}  # behind a name they are its own: "Wagner soldiers"
_OF_ANOTHER = re.compile(
    r"\b(?:its|their|his|ses|leurs|british|german|french|ukrainian|russian|american|chadian|algerian|\w{3,}th|third|second)\s(?:own\s)?$"
)  # "three of its soldiers": not the army's
_APPOSED = re.compile(r"\"?,? ?\(?(?:the |an? |le |la |l'|une? |les )?(?:controversial |notorious |private |shadowy )?")


def find_actors(text: str, flat: str, lexicon: Lexicon, *, setting: str | None) -> tuple[ActorMention, ...]:
    """Return the actors named in `text`; `flat` is `flatten(text)`. Of overlapping names the longest stands.

    `setting` is the country of the theatre in which the text is set.
    """
    found = [
        ActorMention(
            id=actor.id,
            name=actor.name,
            camp=actor.camp,
            surface=text[match.start() : match.end()],
            start=match.start(),
            end=match.end(),
            unnamed=actor.unnamed,
            voice=actor.voice,
        )
        for actor in lexicon.actor_screen.worth_trying(flat)
        for match in _matches(actor, text, flat, setting)
    ]
    return _without_appositions(flat, _without_overlaps(found))


def _matches(actor: Actor, text: str, flat: str, setting: str | None) -> Iterator[re.Match[str]]:
    if actor.not_with and actor.not_with.search(flat):
        return
    yield from actor.names.finditer(flat)
    if actor.acronyms:
        yield from actor.acronyms.finditer(text)
    among_strangers = actor.strangers and actor.strangers.search(flat) and not actor.names.search(flat)
    if actor.cautious and not among_strangers and (actor.company is None or actor.company.search(flat)):
        yield from actor.cautious.finditer(flat)
    if actor.generic and setting and actor.country in {None, setting}:
        yield from (
            m for m in actor.generic.finditer(flat) if not _OF_ANOTHER.search(flat[max(0, m.start() - 12) : m.start()])
        )


def _without_overlaps(found: list[ActorMention]) -> tuple[ActorMention, ...]:
    kept: list[ActorMention] = []
    taken: set[int] = set()
    for mention in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        span = range(mention.start, mention.end)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def _without_appositions(flat: str, found: tuple[ActorMention, ...]) -> tuple[ActorMention, ...]:
    """Drop "the Russian mercenary force" behind "Wagner Group,", and "fighters" behind "Africa Corps"."""
    kept: list[ActorMention] = []
    for mention in found:
        last = kept[-1] if kept else None
        plain = mention.unnamed or mention.surface.casefold() in _PLAIN
        if last and plain and flat[last.end : mention.start] in {" ", "'s "}:
            continue
        if (
            last
            and mention.unnamed
            and last.camp == mention.camp
            and _APPOSED.fullmatch(flat[last.end : mention.start])
        ):
            continue
        kept.append(mention)
    return tuple(kept)
