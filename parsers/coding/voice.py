"""Active or passive: whether the subject of an event word does the deed or suffers it.

In: a sentence and an event word with its form. Out: yes or no. English and French; accents were flattened, so the
words around a participle decide, and the original text where an accent tells two words apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.coding.lexicon import Form, Trigger
from parsers.coding.sentence import Sentence
from parsers.coding.values import Span

_PASSIVE = re.compile(
    r"(?:\b(?:was|were|been|being|is|are|be|got|ete|etait|etaient|est|sont|fut|furent)\s"
    r"(?:(?:\w+(?:ly|ment)|reported|believed|feared|thought|said to be|also|all|later|both|again)\s)?)$"
)
_PASSIVE_WITHIN = re.compile(  # an event word of several: "a ete tue", "commander has been killed", "chief dies"
    r"(?:ete|est|sont|etaient|furent|aurai(?:t|ent) ete)\s|.*\s(?:(?:was|were|been|ete)\s\w+|die[ds]|dead)$"
)
_SUFFERED = {
    "died",
    "die",
    "dies",
    "dead",
    "meurt",
    "meurent",
    "perissent",
    "morts",
    "mort",
    "morte",
    "mortes",
    "ont peri",
    "ont perdu la vie",
}
_TRANSITIVE = {"release", "attack", "ambush", "kill", "abduct", "arrest", "massacre"}
_NO_OBJECT = re.compile(
    r"\s*(?:$|[.,;]|\s(?:near|in|at|on|by|after|during|amid|outside|while|as|au|aux|par|dans|lors|pres|en|sur|apres|pendant)\b)"
)
_PERFECT = re.compile(r"\b(?:has|have|had|having|a|ont|avait|avaient)\s(?:\w+(?:ly|ment)\s)?$")
_COUNTED_OBJECT = re.compile(  # "killed at least 25": a bound of a number, no preposition
    r"\s(?:at (?:least|most)|as (?:many|few) as|in (?:all|total)|on average|en tout|au (?:moins|total)|pres de \S*\d|"
    r"pres d'une?|sur les \d)"
)
_AVOIR = re.compile(r"(?:a|ont|avait|avaient)\s")
_HURT = re.compile(r"(?:wounded|injured|blesse(?:e|s|es)?)")
# "seven of the wounded", "cinq blessés": behind an article or a number it is who suffers, and nobody's deed
_AS_NOUN = re.compile(
    r"\b(?:the|of|their|its|several|many|dozens?|two|three|four|five|six|seven|eight|nine|ten|twelve|les|des|ses|"
    r"leurs|plusieurs|deux|trois|quatre|cinq|sept|huit|neuf|dix|\d+)\s$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An event word in a sentence."""

    trigger: Trigger
    form: Form
    span: Span


def is_passive(sentence: Sentence, hit: Hit) -> bool:
    """Tell whether the subject of a verb suffers it: "was attacked", "ont été tués", "died"."""
    word = sentence.flat[hit.span.start : hit.span.end]
    if word.endswith("ing"):  # "was leaving" is no passive
        return False
    before = sentence.flat[max(sentence.start, hit.span.start - 30) : hit.span.start]
    if _HURT.fullmatch(word) and _AS_NOUN.search(before):
        return True
    participle = not _AVOIR.match(word) and not _PERFECT.search(before)
    if participle and hit.trigger.weak and _has_no_object(sentence, hit):
        return True  # "47 soldiers killed", "un soldat tué à Gao"
    if participle and word.endswith(("ees", "ee")):
        return True  # "deux bases attaquées"
    # a headline's "convoy ambushed near Tessit": a deed that needs an object and has none
    headline = sentence.segment != "paragraph"  # elsewhere "JNIM attacked at dawn" is a deed of JNIM's
    if headline and hit.trigger.id in _TRANSITIVE and word.endswith("ed") and not _PERFECT.search(before):
        return bool(_has_no_object(sentence, hit)) or bool(_PASSIVE.search(before))
    return bool(_PASSIVE.search(before) or _PASSIVE_WITHIN.match(word)) or (hit.trigger.weak and word in _SUFFERED)


def is_said_of_others(sentence: Sentence, hit: Hit) -> bool:
    """Tell whether those counted before a participle are no actor: "JNIM and the army fight, 21 people killed"."""
    counted = [q for q in sentence.quantities if q.start < hit.span.start <= q.end + 1 and q.group == "unknown"]
    return bool(counted) and not any(counted[0].start <= a.start < hit.span.start for a in sentence.actors)


def _has_no_object(sentence: Sentence, hit: Hit) -> bool:
    """Tell whether a verb stands without an object; the accent tells the French preposition from an article."""
    flat, end = sentence.flat, hit.span.end
    if not flat[end : sentence.end].strip(" .!?\"'"):
        return True  # it ends the sentence
    if _COUNTED_OBJECT.match(flat, end):
        return False
    return bool(_NO_OBJECT.match(flat, end)) or sentence.text.startswith(" à ", end)
