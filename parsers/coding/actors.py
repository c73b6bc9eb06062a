"""Finds the actors of the lexicon in an article.

In: the article's text and its flattened form. Out: actor mentions in text order that do not overlap.
A cautious name counts only in company (a bare "Wagner" beside mercenaries, not beside an opera), a generic one
("the army") only in an article set in the theatre.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers.coding.beginnings import matches
from parsers.coding.lexicon import Actor, Lexicon, Naming
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
        for actor, match in _Names(text, flat, lexicon).of_actors(setting)
    ]
    return _without_appositions(flat, _without_overlaps(found))


class _Names:
    """The names of the lexicon's actors in one text; an actor's number is its place in the lexicon."""

    def __init__(self, text: str, flat: str, lexicon: Lexicon) -> None:
        self._text, self._flat, self._actors = text, flat, lexicon.actors
        self._starts = lexicon.actor_words.among(flat, 0, len(flat))

    def of_actors(self, setting: str | None) -> Iterator[tuple[Actor, re.Match[str]]]:
        """Yield the actors and where the text names them."""
        for number in sorted({number for number, _ in self._starts}):
            for match in self._of_actor(number, setting):
                yield self._actors[number], match

    def _of_actor(self, number: int, setting: str | None) -> Iterator[re.Match[str]]:
        if self._has(number, "not_with"):
            return
        yield from self._by(number, "names")
        yield from self._by(number, "acronyms")
        actor = self._actors[number]
        among_strangers = self._has(number, "strangers") and not self._has(number, "names")
        if not among_strangers and (actor.company is None or self._has(number, "company")):
            yield from self._by(number, "cautious")
        if setting and actor.country in {None, setting}:
            for match in self._by(number, "generic"):
                if not _OF_ANOTHER.search(self._flat[max(0, match.start() - 12) : match.start()]):
                    yield match

    def _has(self, number: int, naming: Naming) -> bool:
        return any(self._by(number, naming))

    def _by(self, number: int, naming: Naming) -> Iterator[re.Match[str]]:
        if (number, naming) not in self._starts:
            return iter(())
        pattern, read = getattr(self._actors[number], naming), self._text if naming == "acronyms" else self._flat
        return matches(pattern, read, self._starts[number, naming], end=len(read))


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
