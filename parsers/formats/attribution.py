"""The outlets that the sentences of an article name as their sources.

In: paragraphs such as "…, according to AFP and Dawn.". Out: the names as they stand, in order, each house
once. It must never take a person, an armed group or "a security source" for an outlet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from parsers.text import fold, vocabulary
from parsers.urls import is_known_outlet, publisher_family

_INTRODUCTION = re.compile(
    r"\b(?:according to|(?:reported|cited|quoted|seen|obtained) by|as seen on|reports? (?:from|by|in)|told|as per"
    r"|with reference to|selon|d['’]après|rapport(?:e|ent)|(?:cité|consulté|obtenu|rapporté|recueilli)e?s? par"
    r"|(?:déclaré|dit|indiqué|affirmé|confié) à|laut|según|secondo|segundo)\s+",
    re.IGNORECASE,
)
_DATELINE = re.compile(r"[^().]{0,60}\((?P<names>[^()]{2,40})\)\s*[–—-]")  # "BAMAKO, Mali (AP) —"
_LIST_MAX = 200  # characters after an introduction in which its list of names is looked for
_LIST_END = re.compile(r"[.!?](?=\s|\)|$|[A-Z][a-z]+ )|[;:()\"“”«»\n]")
_SEPARATOR = re.compile(r"\s*(?:,\s*(?:and|et|und|y)\b|,|/|&|\b(?:and|et|und|y)\b)\s*")
_ARTICLE = re.compile(r"^(?:the |le |la |les |l['’]|el |il |der |die )")  # "The Guardian" keeps its own
_NAME = re.compile(r"\w[\w.'’-]*(?: [\w.'’-]+){0,4}")
_SMALL_WORDS = frozenset({"of", "de", "du", "des", "the", "la", "le"})

# A name with one of these words is an outlet's, known or not.
_PRESS_WORDS = vocabulary(
    "news times post daily press radio tv television tele journal herald tribune agency agence gazette observer "
    "standard mirror telegraph guardian chronicle monitor presse info infos actu actualite matin soir magazine review "
    "today weekly media broadcasting online web zeitung"
)
# A name with one of these is none.
_OTHER_WORDS = vocabulary(
    "jnim gsim aqim aqmi aqap isgs isis eigs is minusma un onu us eu ue au ua cedeao ecowas aes csp cma fla fama "
    "hrw amnesty acled army armee ministry ministere ministre minister government gouvernement colonel col general "
    " president captain commander official officials sources source residents witnesses experts "
    "analysts army group mission movement front coordination council office wagner corps mali bamako moscow telegram "
    "human rights court nations union intelligence institute service secretary"
)


def attributed_outlets(paragraphs: Sequence[str], credited_to: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the outlets that the paragraphs attribute what they say to.

    A name counts when it is a known outlet, one of those credited, or has a word of the trade in it
    ("Pledge Times"); any other capitalised name only in a list of nothing but names with such a one
    ("according to AFP and TigPost.").
    """
    credited = {publisher_family(name) for name in credited_to}
    found: dict[str, str] = {}
    for paragraph in paragraphs:
        for names in _lists(paragraph):
            certain = [name for item in names if (name := _outlet(item, credited))]
            all_names = all(name in certain or _may_be_outlet(name) for name in names)
            for name in names if certain and all_names else certain:
                found.setdefault(publisher_family(name) or name, name)
    return tuple(found.values())


def _lists(paragraph: str) -> Iterator[list[str]]:
    """Yield what a dateline names, and what is listed after each introduction in its sentence."""
    if dateline := _DATELINE.match(paragraph):
        yield _SEPARATOR.split(dateline["names"].strip())
    for introduction in _INTRODUCTION.finditer(paragraph):
        rest = paragraph[introduction.end() : introduction.end() + _LIST_MAX]
        end = _LIST_END.search(rest)
        items = _SEPARATOR.split(rest[: end.start()] if end else rest)
        yield [name for item in items if (name := _ARTICLE.sub("", item.strip(), count=1))]


def _outlet(item: str, credited: set[str | None]) -> str | None:
    """Return the outlet that an item of a list names for certain, or begins with ("BBC on Monday")."""
    if _NAME.fullmatch(item):
        trade = _may_be_outlet(item) and not _PRESS_WORDS.isdisjoint(fold(item).split())
        if trade or is_known_outlet(item) or publisher_family(item) in credited:
            return item
    leading = " ".join(takewhile(_is_capitalised, item.split()))
    return leading if is_known_outlet(leading) else None


def _may_be_outlet(name: str) -> bool:
    capitalised = all(_is_capitalised(word) or word in _SMALL_WORDS for word in name.split())
    return bool(_NAME.fullmatch(name)) and capitalised and _OTHER_WORDS.isdisjoint(fold(name).split())


def _is_capitalised(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()
