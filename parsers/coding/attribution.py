"""How a thing is said, and by whom: modality, claimant, and the sources named.

In: a sentence, an event word and its agents. Out: the modality with its reasons, the claimant, the outlets.
Who said it (a party, residents) is kept apart from the press that is named as a source ("according to AFP").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.coding.lexicon import Lexicon
from parsers.coding.sentence import Sentence
from parsers.coding.values import ActorMention, Modality, Role, Span
from parsers.coding.voice import Hit

_BEFORE = 45  # characters before a word in which its auxiliary, negation or plan stands
_SINCE_REACH = 12  # characters behind a deed in which "since 2021" begins a clause of its own
_PLAN_REACH = 80  # characters before a deed in which the verb stands that announces it
_NEGATED_NOUN = 14  # characters before a noun in which its own negation stands: "no attack"
_FRENCH_FUTURE = re.compile(r"(?:er|ir|dr)(?:a|ont)$")
_BARE_TO = re.compile(r"\bto\s$")
_WOULD = re.compile(r"\b(?:would|partirait|quitterait|retirerait)\b")
_PLANS = {"leave", "succeed", "stay", "deploy", "reinforce", "base_set_up"}  # deeds that are announced beforehand
_ARTICLE = re.compile(r"\b(?:an?|une?|one|two|three|new|another|\d+)\s(?:[\w-]+\s){0,3}$")
_COMPLETED = re.compile(
    r"\b(?:has|have|had|a|ont|avait) (?:\w+ )?$|\b(?:completed|last|final|finished|acheve\w*|derniers?)\b"
)
_PAST = re.compile(r"(?:ed|left|quit|withdrew|withdrawn|took|quitte|retires?|evacue|abandonne)$")
_SAID_OF = re.compile(r"\b(?:is|are|was|were|been|be|est|sont)\s(?:\w+ly\s)?$")
_HABIT_REACH = 20  # characters before a word of speech in which "repeatedly" stands
_YEAR = re.compile(r"\b(?:in|since|en|depuis|of|during|late|early|fin|debut)\s((?:19|20)\d\d)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """How one event is told."""

    modality: Modality
    role: Role
    reasons: tuple[str, ...]


def find_claimant(sentence: Sentence, lexicon: Lexicon) -> str | None:
    """Return who says what the sentence says: a party by name, or a voice in its own words."""
    cues = lexicon.cues
    for match in cues["according"].finditer(sentence.flat, sentence.start, sentence.end):
        window = Span(match.end(), min(match.end() + 60, sentence.end))
        if actor := next((a for a in sentence.actors if window.start <= a.start < window.end), None):
            return actor.name
        if voice := cues["voices"].search(sentence.flat, window.start, window.end):
            return sentence.text[voice.start() : voice.end()].strip()
    for match in cues["speech"].finditer(sentence.flat, sentence.start, sentence.end):
        if _SAID_OF.search(sentence.flat, max(sentence.start, match.start() - 12), match.start()):
            continue  # "is reported killed": it is said of the subject, not by it
        window = Span(max(sentence.start, match.start() - 60), match.start())
        voices = list(cues["voices"].finditer(sentence.flat, window.start, window.end))
        speakers = [
            a for a in sentence.actors if window.start <= a.start and a.end <= window.end and a.camp != "civilians"
        ]
        if voices and (not speakers or voices[-1].end() > speakers[-1].end):
            return sentence.text[voices[-1].start() : voices[-1].end()].strip()
        if (
            speakers and sentence.flat.count(",", speakers[-1].end, match.start()) != 1
        ):  # one comma: another subject's verb
            return speakers[-1].name
    if voice := cues["voices"].search(sentence.flat, sentence.start, sentence.end):
        return sentence.text[voice.start() : voice.end()].strip()
    return None


def find_press(sentence: Sentence, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the outlets and agencies that the sentence names as sources."""
    names: list[str] = []
    for match in lexicon.cues["according"].finditer(sentence.flat, sentence.start, sentence.end):
        names += [
            sentence.text[press.start() : press.end()]
            for press in lexicon.cues["press"].finditer(sentence.flat, match.end(), sentence.end)
        ]
    for press in lexicon.cues["press"].finditer(sentence.flat, sentence.start, sentence.end):
        if lexicon.cues["speech"].match(sentence.flat, press.end() + 1):
            names.append(sentence.text[press.start() : press.end()])
    return tuple(dict.fromkeys(names))


def judge(
    sentence: Sentence,
    hit: Hit,
    agents: Sequence[ActorMention],
    lexicon: Lexicon,
    *,
    claimant: str | None,
    year: int | None,
) -> Saying:
    """Return the modality of one event and whether it is told as news or recalled as background.

    `year` is that of publication; a deed dated by another year alone is history.
    """
    clause = sentence.clause_of(hit.span.start)
    reasons = _background_reasons(sentence, hit, clause, lexicon, year)
    modality, why = _modality(sentence, hit, clause, agents, lexicon, claimant)
    if reasons:
        return Saying(modality="historical", role="background", reasons=tuple(reasons))
    return Saying(modality=modality, role="news", reasons=(why,) if why else ())


def _modality(
    sentence: Sentence, hit: Hit, clause: Span, agents: Sequence[ActorMention], lexicon: Lexicon, claimant: str | None
) -> tuple[Modality, str | None]:
    cues, flat = lexicon.cues, sentence.flat
    near = Span(max(clause.start, hit.span.start - _BEFORE), hit.span.start)
    if hit.trigger.id != "deny":
        # "no fighter was killed in the attack": the negation is the verb's, not the noun's
        reach = near.start if hit.form == "verb" else max(near.start, hit.span.start - _NEGATED_NOUN)
        if word := cues["negation"].search(flat, reach, near.end):
            return "denied", f"negated: {word.group()}"
        if denial := _denial_before(flat, sentence.start, hit.span.start):
            return "denied", f"denied: {denial}"
    said_to_come = _WOULD.search(flat, near.start, near.end) and cues["speech"].search(flat, sentence.start, near.end)
    word = cues["hypothetical"].search(flat, near.start, near.end)
    if word and not (said_to_come and word.group() == "would"):
        return "hypothetical", f"hypothetical: {word.group()}"
    if hit.trigger.id in _PLANS and (why := _planned(sentence, hit, near, agents, lexicon)):
        return "announced", why
    if word := cues["future"].search(flat, near.start, near.end):
        return "announced", f"future: {word.group()}"
    if word := cues["claiming"].search(flat, sentence.start, sentence.end):
        return "claimed", f"claimed: {word.group()}"
    if claimant and claimant in {a.name for a in agents}:
        return "claimed", f"told by its own agent: {claimant}"
    return "asserted", None


def _denial_before(flat: str, start: int, end: int) -> str | None:
    match = re.search(r"\b(?:den(?:y|ies|ied|ying)|dement(?:ent|i)?)\b(?! by)", flat[start:end])
    return match.group() if match else None


def _planned(sentence: Sentence, hit: Hit, near: Span, agents: Sequence[ActorMention], lexicon: Lexicon) -> str | None:
    """Tell why a departure, arrival or handover is only announced: its words do not say that it is done."""
    cues, flat = lexicon.cues, sentence.flat
    if word := cues["future"].search(flat, near.start, near.end):
        return f"future: {word.group()}"
    reach = max(sentence.start, hit.span.start - _PLAN_REACH)
    if word := cues["announcing"].search(flat, reach, hit.span.start):
        return f"announced: {word.group()}"
    if (word := _WOULD.search(flat, near.start, near.end)) and cues["speech"].search(flat, sentence.start, near.end):
        return f"said to come: {word.group().strip()}"
    word_itself = flat[hit.span.start : hit.span.end]
    if _FRENCH_FUTURE.search(word_itself):
        return f"future: {word_itself}"
    if sentence.segment != "paragraph" and _BARE_TO.search(flat[near.start : near.end]):
        return f"headline's future: to {word_itself}"
    done = _COMPLETED.search(flat, near.start, near.end) or _PAST.search(word_itself)
    organisation = not any(a.camp == "state" for a in agents)  # an army leaves a post without announcing it
    if hit.trigger.id == "leave" and not done and organisation:
        return "not told as done"
    return None


_WHO_THEY_ARE = {"succeed"}  # event words with which a relative clause says who somebody is
_RELATIVE = re.compile(r"(?:\b(?:who|which|that|qui)|,\swhich)\s(?:\w+\s){0,2}$")  # "Russians who succeeded Wagner"


def _background_reasons(sentence: Sentence, hit: Hit, clause: Span, lexicon: Lexicon, year: int | None) -> list[str]:
    cues, flat = lexicon.cues, sentence.flat
    reasons: list[str] = []
    if hit.trigger.of_words:
        return _background_of_words(sentence, hit, clause, lexicon, year)
    reach = max(clause.end, min(sentence.end, hit.span.end + _SINCE_REACH))
    if history := cues["history"].search(flat, clause.start, reach):
        reasons.append(f"older history: {history.group()}")
    elif (dated := _YEAR.search(flat, clause.start, reach)) and int(dated.group(1)) != year:
        reasons.append(f"older history: {dated.group()}")
    if (
        not reasons
        and (accused := cues["accusing"].search(flat, sentence.start, hit.span.start))
        and not _day(sentence)
    ):
        reasons.append(f"what somebody is accused of: {accused.group()}")
    if hit.trigger.id in _WHO_THEY_ARE and (who := _RELATIVE.search(flat, clause.start, hit.span.start)):
        reasons.append(f"says who somebody is: {who.group().strip()} {flat[hit.span.start : hit.span.end]}")
    lead = cues["recalling"].match(flat, _first_word(flat, clause))
    between = flat[lead.end() : hit.span.start] if lead else ","
    if lead and hit.form == "noun" and "," not in between and not _ARTICLE.search(between):
        reasons.append(f"recalled: {lead.group()} {flat[hit.span.start : hit.span.end]}")
    return reasons


def _day(sentence: Sentence) -> bool:
    return any(t.when.precision == "day" or t.when.basis == "anchored" for t in sentence.times)


def _background_of_words(sentence: Sentence, hit: Hit, clause: Span, lexicon: Lexicon, year: int | None) -> list[str]:
    """Tell why a report or a row is no news; the years it speaks of are not its own."""
    cues, flat = lexicon.cues, sentence.flat
    if habit := cues["habitual"].search(flat, max(clause.start, hit.span.start - _HABIT_REACH), hit.span.start):
        return [f"said again and again: {habit.group()}"]
    lead = cues["recalling"].match(flat, _first_word(flat, clause))
    if lead and hit.form == "noun" and "," not in flat[lead.end() : hit.span.start]:
        return [f"recalled: {lead.group()} {flat[hit.span.start : hit.span.end]}"]
    dated = _YEAR.match(flat, _first_word(flat, clause), hit.span.start)
    return [f"older history: {dated.group()}"] if dated and int(dated.group(1)) != year else []


def _first_word(flat: str, clause: Span) -> int:
    return next((i for i in range(clause.start, clause.end) if flat[i].isalnum()), clause.start)


def is_plural_or_many(sentence: Sentence, hit: Hit, lexicon: Lexicon, *, fight: bool = False) -> str | None:
    """Return the words that make several deeds of one: "a series of attacks", "raids"; a `fight` may be plural."""
    window = Span(max(sentence.start, hit.span.start - _BEFORE), hit.span.start)
    if word := lexicon.cues["many"].search(sentence.flat, window.start, window.end):
        return word.group()
    plural = (
        not fight and hit.form == "noun" and sentence.flat[hit.span.end - 1] == "s" and not _has_count(sentence, hit)
    )
    return sentence.flat[hit.span.start : hit.span.end] if plural else None


def _has_count(sentence: Sentence, hit: Hit) -> bool:
    return bool(
        re.search(
            r"\b(?:two|three|four|deux|trois|quatre|\d+|twin)\s(?:\w+\s)?$",
            sentence.flat[sentence.start : hit.span.start],
        )
    )
