"""Who did it, and to whom: the actors of a clause in their roles around one event word.

In: a sentence, an event word with its form, and who was spoken of last. Out: agents and targets.
Rules of word order in English and French: subject before an active verb, behind "by"/"par" in the passive;
a noun's agent in the possessive or behind "by"/"par"; what is left is told apart by its camp.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.coding.lexicon import Lexicon
from parsers.coding.sentence import Sentence, inside
from parsers.coding.values import ActorMention, Span
from parsers.coding.voice import Hit, is_passive, is_said_of_others

_THE_DEAD_ARE = re.compile(r"(?:dead|wounded|morts|blesses)\s(?:are|were|include[sd]?|sont|etaient)\s")
_DEATH = re.compile(
    r"\b(?:killed|dead|died|dies?|meurt|meurent|perissent|wounded|injured|hurt|perished|tuee?s?|morts?|blessee?s?|peri|hit|struck|targeted)\b"
)
_BY = re.compile(
    r"\s(?:\w+\s){0,3}?(?<!backed )(?<!escorted )(?<!supported )(?<! led )(?<!accompanied )(?<!escorte )(?:by|par)\s"
)
_COORDINATED = re.compile(
    r"^(?:\s|,|/|-|\"|'s?\b|\d+|\b(?:and|or|et|ou|with|avec|its|their|the|ses?|leurs?|les?|la|de|du|of|from|"
    r"those|such as|like|particularly|especially|including|notably|"
    r"mercenar\w+|fighters|allies|allied|men|private|group|terrorist|islamist|jihadist|armed|l|d|groupe|russes?|forces|"
    r"elements?|membres?|combattants|paramilitaires|soldats|hommes|supplet\w+|allies)\b)*$"
)
# "fighting between A and B", "des combats ont opposé A à B"
_SIDES = re.compile(r"[^.;]{0,50}?\s(?:between|entre|pitt(?:ing|ed)|oppos(?:ing|es?|ant|ent))\b")
_POSSESSIVE = re.compile(r"(?:'s?|\bof\b|\bde\b|\bdu\b|\bdes\b)?\s*(?:\w+\s){0,2}$")
_POSSESSIVE_PRONOUN = re.compile(r"\b(?:its|their|his|son|sa|ses|leurs?)\s(?:\w+\s){0,2}$")
_OWN_NOUN = re.compile(  # "selon lui, le convoi a perdu": the subject is no actor
    r"\b(?:an?|the|une?|des|les?|la|several|two|plusieurs|deux)\s(\w+)\s(?:(?:has|have|had|a|ont|avait|avaient)\s)?$"
)
_NOUN_SUBJECT = re.compile(r"\W*(?:a|an|the|une?|des|les?|la|several|two|three|four|five|plusieurs|deux|trois)\s\w+\s")
_SAYS_WHO = re.compile(r"(?:it|they|il|ils|elle|elles)\s(?:(?:had|have|has|would|will|a|ont|avait|avaient)\s)?")
_GOES_ON = re.compile(r"(?:,|\b(?:and|et|then|puis))\s$")  # "X killed five, overran the base and left": one subject
_AUXILIARY = re.compile(r"\s(?:a|ont|has|have|had)\s")
_POSSESSIVE_WORD = re.compile(r"\b(?:its|their|his|sa|son|leur)\b")
_OF = re.compile(r"\s(?:of|from|du|de|d'|des)\b")
_ON = re.compile(
    r"(?:\s\w+){0,4}?\s(?:on|against|targeting|targeted|hit|struck|contre|sur|visant|vise|at|in the|for)\s"
)
# "Africa Corps, backed by the Russian government": the second names no actor of the deed
_MODIFIER = re.compile(
    r"\b(?:backed|supported|support of|help of|backing of|linked|allied|tied|loyal|funded|owned|run|led|close|"
    r"affiliated|aligned|invited|alongside|fighting|accompanied|appui d(?:es|u|e)|aide d(?:es|u|e)|"
    r"soutien d(?:es|u|e)|accompagne\w*|soutenue?s?|allie\w*|lie\w*|proches?|affilie\w*)"
    r"(?:\s(?:by|to|with|par|a|de|aux?|against|contre))?\s(?:the\s|la\s|le\s|l')?$"
)
_SERVANT = re.compile(  # "an adviser to the army": the army is not who it is about
    r"\b(?:assistants?|aides?|advis[eo]rs?|instructors?|trainers?|auxiliar(?:y|ies)|suppletifs?|conseillers?)"
    r"(?:\srusses?|\srussian)?\s(?:to|of|for|with|de|du|des|aupres de)\s(?:the\s|l'|la\s)?$"
    r"|\b(?:operation|patrol|mission|working|serving|travelling|traveling|embedded|patrouille|operation)\s(?:with|avec)\s(?:the\s|l'|la\s|les\s)?$"
)
_ACCORDING = re.compile(r"\b(?:according to|selon|d'apres|as per)\s(?:the\s|la\s|le\s|l'|les\s)?$")
_HOSTILE = {
    "jihadist": {"state", "watched", "un", "western", "militia", "civilians"},
    "rebel": {"state", "watched", "un"},
    "state": {"jihadist", "rebel", "civilians"},
    "watched": {"jihadist", "rebel", "civilians"},
    "militia": {"jihadist", "civilians"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Agents and targets of one event, in text order."""

    agents: tuple[ActorMention, ...] = ()
    targets: tuple[ActorMention, ...] = ()


def assign_roles(sentence: Sentence, hit: Hit, lexicon: Lexicon, *, subject: Sequence[ActorMention]) -> Roles:
    """Return who acts and who is acted upon; `subject` are the actors spoken of before this sentence."""
    clause = sentence.clause_of(hit.span.start)
    outside = [s for s in sentence.asides() if not s.start <= hit.span.start < s.end]
    actors = [a for a in sentence.actors if not any(s.start <= a.start < s.end for s in outside)]
    before = [a for a in actors if a.end <= hit.span.start and not modifies(sentence, a)]
    before += _bearers(sentence, hit, actors)
    after = [a for a in actors if a.start >= hit.span.end and not _speaks(sentence, a, lexicon)]
    if hit.form == "noun":
        roles = _of_noun(sentence, hit, clause, before, after, subject)
    else:
        roles = _of_verb(sentence, hit, clause, before, after, subject, lexicon)
    return _completed_by_camp(sentence, hit, _victims_first(sentence, hit, roles))


def _bearers(sentence: Sentence, hit: Hit, actors: Sequence[ActorMention]) -> list[ActorMention]:
    """Return who is subject inside an event word of several: "chef de Wagner tué", not "killed a JNIM leader"."""
    within = [a for a in actors if hit.span.start <= a.start < hit.span.end]
    return [a for a in within if is_passive(sentence, hit) or _AUXILIARY.search(sentence.flat, a.end, hit.span.end)]


def _victims_first(sentence: Sentence, hit: Hit, roles: Roles) -> Roles:
    """Turn agents into targets where the deed is suffered even by its subject: "the death of its commander"."""
    own = hit.form == "noun" and _POSSESSIVE_WORD.search(sentence.flat, hit.span.start, hit.span.end)
    suffering = [a for a in roles.agents if own or a.camp in hit.trigger.victims]
    agents = [a for a in roles.agents if a not in suffering]
    return Roles(agents=tuple(agents), targets=(*suffering, *roles.targets)) if suffering else roles


def modifies(sentence: Sentence, actor: ActorMention) -> bool:
    """Tell whether an actor is named as the backer or companion of another (backed by, alongside)."""
    lead = sentence.flat[max(sentence.start, actor.start - 40) : actor.start]
    served = _SERVANT.search(lead) and any(a.end <= actor.start for a in sentence.actors)  # by one who is named
    return bool(_MODIFIER.search(lead) or served)


def _speaks(sentence: Sentence, actor: ActorMention, lexicon: Lexicon) -> bool:
    """Tell whether an actor is named as the one who says it: it is no party to the deed by that."""
    said = lexicon.cues["speech"].match(sentence.flat, actor.end + 1)
    return bool(said) or bool(_ACCORDING.search(sentence.flat[max(sentence.start, actor.start - 20) : actor.start]))


def _sides_of_noun(sentence: Sentence, hit: Hit, after: list[ActorMention]) -> Roles | None:
    """Return both sides of "fighting between A and B": that of the first one named, and those hostile to it."""
    lead = _SIDES.match(sentence.flat, hit.span.end, sentence.end)
    named = [a for a in after if lead and a.start >= lead.end()]
    hostile = _HOSTILE.get(named[0].camp, set()) if named else set()
    others = [a for a in named if a.camp in hostile]
    return Roles(agents=tuple(a for a in named if a.camp not in hostile), targets=tuple(others)) if others else None


def _targets_of_noun(sentence: Sentence, hit: Hit, after: list[ActorMention]) -> list[ActorMention]:
    """Return whom "an attack on", "the killing of" names; what else stands behind a noun is no target."""
    flat = sentence.flat
    lead = _ON.match(flat, hit.span.end) or (None if hit.trigger.of_agent else _OF.match(flat, hit.span.end))
    return _group_from(sentence, [a for a in after if a.start >= lead.end() - 1], lead.end()) if lead else []


def _of_verb(
    sentence: Sentence,
    hit: Hit,
    clause: Span,
    before: list[ActorMention],
    after: list[ActorMention],
    subject: Sequence[ActorMention],
    lexicon: Lexicon,
) -> Roles:
    ahead = inside(after, clause)
    behind = inside(before, clause)
    passive = is_passive(sentence, hit)
    by = (_BY.search if passive else _BY.match)(sentence.flat, hit.span.end, clause.end)
    # "killed by", "abandonné par", also without an auxiliary
    if by and (agents := _group_from(sentence, [a for a in ahead if a.start >= by.end() - 1], by.end())):
        targets = _group_before(sentence, before, clause) or [a for a in ahead if a.end <= by.start()]
        return Roles(agents=tuple(agents), targets=tuple(targets))
    if hit.trigger.agent_after:
        return Roles(agents=tuple(_group_from(sentence, ahead, hit.span.end)), targets=tuple(behind))
    if passive:
        if _THE_DEAD_ARE.match(sentence.flat, hit.span.start):
            return Roles(targets=tuple(ahead))
        if is_said_of_others(sentence, hit):
            return Roles()
        spoken_of = _pronoun_subject(sentence, clause, hit, lexicon, behind, subject)
        return Roles(targets=tuple(spoken_of or _group_before(sentence, before, clause) or ahead))
    agents = _pronoun_subject(sentence, clause, hit, lexicon, behind, subject) or _group_before(
        sentence, before, clause, goes_on=hit.span.start
    )
    agents = _last_subject(agents, before, subject, named=_has_noun(sentence, clause, hit))
    ids = {a.id for a in agents}
    return Roles(agents=tuple(agents), targets=tuple(a for a in ahead if a.id not in ids))


def _of_noun(
    sentence: Sentence,
    hit: Hit,
    clause: Span,
    before: list[ActorMention],
    after: list[ActorMention],
    subject: Sequence[ActorMention],
) -> Roles:
    flat, end = sentence.flat, sentence.end
    if sides := _sides_of_noun(sentence, hit, after):
        return sides
    by = _BY.search(flat, hit.span.end, end)
    agents: list[ActorMention] = []
    if by and by.start() - hit.span.end < 60:
        agents = _group_from(sentence, [a for a in after if a.start >= by.end() - 1], by.end())
    of = _OF.match(flat, hit.span.end) if not agents and hit.trigger.of_agent else None
    if of:
        agents = _group_from(sentence, after, of.end())
    gap = flat[before[-1].end : hit.span.start] if before else ""
    if not agents and before and _POSSESSIVE.fullmatch(gap) and not _DEATH.search(gap):
        agents = _group_before(sentence, before, Span(sentence.start, hit.span.start))
    if not agents and _POSSESSIVE_PRONOUN.search(flat, max(sentence.start, hit.span.start - 40), hit.span.start):
        agents = [before[0]] if before else list(subject[:1])
    ids = {a.id for a in agents}
    targets = _targets_of_noun(sentence, hit, [a for a in after if a.id not in ids and a.end <= clause.end])
    if not agents:
        group = [a for a in _group_before(sentence, before, clause) if a.id not in {t.id for t in targets}]
        if group and _DEATH.search(flat, group[-1].end, hit.span.start):  # "three men died in an ambush"
            targets = [*group, *targets]
        else:
            agents = group
    return Roles(agents=tuple(agents), targets=tuple(targets))


def _pronoun_subject(
    sentence: Sentence,
    clause: Span,
    hit: Hit,
    lexicon: Lexicon,
    behind: Sequence[ActorMention],
    subject: Sequence[ActorMention],
) -> list[ActorMention]:
    """Return whom "it", "they", "the group" stand for, where no actor stands between them and the verb."""
    words = list(lexicon.cues["pronoun"].finditer(sentence.flat, clause.start, hit.span.start))
    if not words or (behind and not _SAYS_WHO.fullmatch(sentence.flat, words[-1].start(), hit.span.start)):
        return []
    earlier = [a for a in sentence.actors if a.end <= words[0].start()]
    return [earlier[0]] if earlier else list(subject[:1])


def _group_before(
    sentence: Sentence, before: list[ActorMention], clause: Span, *, goes_on: int = 0
) -> list[ActorMention]:
    """Return the coordinated actors nearest before, in the clause if it has any, else the sentence's subject.

    A verb at `goes_on` that only carries on has the subject of the verb before it.
    """
    near = [a for a in before if a.start >= clause.start]
    if near and not (goes_on and _GOES_ON.search(sentence.flat, clause.start, goes_on)):
        return _group_to(sentence, near)
    return _group_from(sentence, before, before[0].start) if before else []


def _has_noun(sentence: Sentence, clause: Span, hit: Hit) -> bool:
    """Tell whether a verb has a subject of its own that is no actor: "des fouilles ont visé", "a convoy was hit"."""
    lead = sentence.flat[clause.start : hit.span.start]
    own = _OWN_NOUN.search(lead)
    spoken = own and any(a.start < clause.start + own.end(1) <= a.end for a in sentence.actors)
    return bool(_NOUN_SUBJECT.match(lead)) or bool(own and not spoken)


def _last_subject(
    agents: Sequence[ActorMention], before: Sequence[ActorMention], subject: Sequence[ActorMention], *, named: bool
) -> list[ActorMention]:
    """Return the agents, or whom the sentence before spoke of where this one has named nobody yet."""
    return list(agents) if agents or before or named else list(subject[:1])


def _group_to(sentence: Sentence, actors: list[ActorMention]) -> list[ActorMention]:
    group = [actors[-1]]
    for actor in reversed(actors[:-1]):
        if not _COORDINATED.match(sentence.flat[actor.end : group[0].start]):
            break
        group.insert(0, actor)
    return group


def _group_from(sentence: Sentence, actors: Sequence[ActorMention], start: int) -> list[ActorMention]:
    group: list[ActorMention] = []
    for actor in actors:
        gap = sentence.flat[group[-1].end : actor.start] if group else sentence.flat[start : actor.start]
        if group and not _COORDINATED.match(gap):
            break
        if not group and len(gap) > 60:
            break
        group.append(actor)
    return group


def _is_counted(sentence: Sentence, actor: ActorMention) -> bool:
    """Tell whether an actor is named as counted victims: "killing two fighters"."""
    return actor.unnamed and any(q.start <= actor.start < q.end for q in sentence.quantities)


def _completed_by_camp(sentence: Sentence, hit: Hit, roles: Roles) -> Roles:
    """Fill an empty side of a fight from the camps: the one who is hostile to the side that is known."""
    agents, targets = list(roles.agents), list(roles.targets)
    if not agents and targets:
        foes = {camp for camp, against in _HOSTILE.items() if {t.camp for t in targets} & against}
        agents = [a for a in sentence.actors if a.camp in foes and a not in targets and not _is_counted(sentence, a)][
            :1
        ]
    if agents and not targets and _POSSESSIVE_WORD.search(sentence.flat, hit.span.start, hit.span.end):
        # "takes its place": the place of one of the same camp, named before
        camps, ids = {a.camp for a in agents}, {a.id for a in agents}
        targets = [a for a in sentence.actors if a.end <= hit.span.start and a.camp in camps and a.id not in ids][:1]
    if agents and not targets:
        prey = set().union(*(_HOSTILE.get(a.camp, set()) for a in agents))
        ids = {a.id for a in agents}
        targets = [a for a in sentence.actors if a.camp in prey and a.id not in ids and a.start > hit.span.start][:2]
    return Roles(agents=tuple(agents), targets=tuple(targets))
