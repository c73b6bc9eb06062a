"""How a text describes an actor: appositions such as "backed by the Russian government".

In: a sentence and its actors. Out: descriptions with their spans. Rival descriptions are facts of the record:
they are kept as they stand, none is preferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers.coding.sentence import Sentence
from parsers.coding.values import ActorMention, Description

_LONGEST = 140  # characters; beyond it an apposition is a clause of its own
_BEHIND = re.compile(
    r"\"?\s?(?:,|—|–|-|\()\s?"
    r"(?P<words>(?:an?|the|une?|la|le|which|who|backed|supported|linked|formerly|successor|soutenue?|heritier\w*|cree)"
    r"\b[^,;.()—–]{5,140}?)(?=\s?[,;.()—–]|\s-\s)",
)
_AHEAD = re.compile(
    r"(?P<words>(?:an?|une?|the|la|le)\s[^,;.()—–]{5,80}?)\s"
    r"(?:known as|called|named|dubbed|connue? sous le nom d.|appelee?s?)\s(?:the\s|l.)?\"?$"
)


def find_descriptions(sentence: Sentence, *, camps: frozenset[str]) -> tuple[Description, ...]:
    """Return how the sentence describes its actors of the given camps."""
    return tuple(
        Description(actor_id=actor.id, text=sentence.text[start:end], start=start, end=end)
        for actor in sentence.actors
        if actor.camp in camps
        for start, end in _spans(sentence, actor)
    )


def _spans(sentence: Sentence, actor: ActorMention) -> Iterator[tuple[int, int]]:
    # dashes were flattened, so the original text decides where an apposition ends
    text = sentence.text
    if behind := _BEHIND.match(text, actor.end, min(sentence.end, actor.end + _LONGEST)):
        yield behind.span("words")
    start = max(sentence.start, actor.start - _LONGEST)
    if ahead := _AHEAD.search(text[start : actor.start].lower()):
        yield start + ahead.start("words"), start + ahead.end("words")
