"""The tolls and counts of one sentence: text in, `Quantity` values with low / best / high out.

A number counts only where a noun and a word of killing, wounding, capturing … in the same clause govern it,
or where what it counts is a vehicle, a weapon or a base. Bounds follow UCDP GED, the scope tells one event
from many. Never guesses a number, never says who claimed it, never adds sub-groups to their total.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from parsers.coding.numbers import Count
from parsers.coding.quantity_lexicon import Entry, QuantityLexicon, Token, load_quantity_lexicon
from parsers.coding.values import Group, Measure, Quantity, Scope
from parsers.text import vocabulary

__all__ = ["QuantityLexicon", "find_quantities", "load_quantity_lexicon"]

# Patterns over the tag string (the letters: quantity_lexicon.py). After a count: its noun.
_NOUN = re.compile(r"[tod]{0,3}(?:[KD](?=[gy]?p))?[gyt]{0,5}?(?P<head>p*[vwb]|p+)")
_LOSS = re.compile(r"(?:[tog]{0,3}y?(?=D)|t?ot?g?(?=K))(?P<head>[DK])")  # "of wounded": a noun, too
_PRONOUN = re.compile(r"t?(?=i|(?P<them>j))")
_NATION = re.compile(r"[to]{0,3}(?P<head>g+)(?![yp])")
_UNKNOWN = re.compile(r"[to]{0,3}(?P<head>[gy]{1,3})")
_OUT_OF = re.compile(r"y?ot?")  # "eleven of the 14 soldiers"
_BARE = re.compile(r"t{0,2}")
_AFTER_NOUN = re.compile(r"g+|o[ty1]{0,3}g+(?:y(?=[uh&,KI]))?")  # "soldats russes", "fighters of the Wagner Group"
_SECOND_NOUN = re.compile(r"&[tg]{0,3}p+g*")  # "soldiers and Wagner mercenaries" under one number

# After a phrase: the verb that governs it.
_GAP = r"(?:,|,?x,?|,?[ij][^Kr;.]{1,14}?,|[oq](?:[^#0Kr;.,&]|&(?=[tg])){1,10}?)"
_JOINT = r"(?P<more>(?:d*[&,]d*[KD](?!d*t*[#1]))*)"
_OBJECT = r"(?!(?:&d*K)*d*t*#(?!t*[KD])|d*t*1|[tgd]{0,3}y?p)"  # "killed five", "killed the soldiers"
_PLAIN = re.compile(rf"d*(?P<verb>D|K{_OBJECT}){_JOINT}")
_PASSIVE = re.compile(rf"R?[dhu]*u[d]*(?P<verb>[KD]){_JOINT}|R?[dhu]*(?P<intransitive>I)")
_FAR_PASSIVE = re.compile(rf"{_GAP}(?:h?d*u[du]*(?P<verb>[KD]){_JOINT}|[dhu]*(?P<intransitive>I))")
_RELEASED = re.compile(r"[dhu]*F")
_PART_OF = re.compile(r"[dy]{0,2}j")

# Before a phrase: the verb or noun that governs it.
_VERB = re.compile(r"(?P<not>n[dhu]*)?(?P<verbs>(?:[KDAN]d*[,&]d*)*[KAN])(?:,[^,;.#K]{1,9},)?[dt]*$")
_OF = re.compile(r"(?P<not>n[dhu]*)?(?P<verbs>(?:[DNA]d*[,&]d*)*[DNA])d*o[dt]*$")
_TOLL = re.compile(r"(?P<verbs>T)[^#KD;.r]{0,8}$")
_GOVERNORS = (
    (_PLAIN, True), (_PASSIVE, True), (_VERB, False), (_OF, False), (_FAR_PASSIVE, True), (_TOLL, False),
)  # fmt: skip
_ALSO = re.compile(r"d*&d*[KD](?!d*t*[#1])")  # "dead or wounded"
_RELEASING = re.compile(r"F[dt]*o?[dt]*$")
_PART = re.compile(r"[ij][dt,:]*$")
_OWNED = re.compile(r"po[dt]*$")  # "the commander of 200 soldiers was killed"

_LINK = re.compile(r"(?:[oq][tgyp]{1,6})?d*(?:,|,?&)d*")
_AGE = re.compile(r"[^\W\d_]+,\s*$")
_UNCOUNTED = vocabulary("cattle animals sheep camels goats bétail animaux attacks attaques") | {""}


@dataclass(slots=True, kw_only=True)
class _Phrase:
    """A count with what it counts; indices are those of tokens."""

    at: int
    end: int
    count: Count
    kind: str  # noun, loss, nation, unknown, bare
    group: Group = "unknown"
    noun: str = ""
    head: Entry | None = None
    verbs: tuple[Entry, ...] = ()
    own_end: int = 0
    released: bool = False
    part: bool = False


def find_quantities(text: str, lexicon: QuantityLexicon, *, start: int, end: int) -> tuple[Quantity, ...]:
    """Return the quantities of the sentence `text[start:end]` in text order; offsets are those of `text`."""
    sentence = text[start:end]
    if not (tokens := lexicon.tokens(text, start, end)):
        return ()
    tags = "".join(token.tag for token in tokens)
    phrases = [_phrase(sentence, tokens, tags, i) for i, token in enumerate(tokens) if token.count is not None]
    _join_shares(tags, phrases)
    for phrase in phrases:
        if not (phrase.count.article and phrase.kind == "nation" and phrase.group in {"army", "militants"}):
            _govern(sentence, tokens, tags, phrase)
    for chain in _chains(tags, phrases):
        _share(tags, chain)
    _inherit(tags, phrases)
    kept = _without_parts([(p, measures) for p in phrases if (measures := _measures(p))])
    scopes = lexicon.scopes_of(sentence, [phrase.count.start for phrase, _ in kept])
    quantities: list[Quantity] = []
    for (phrase, measures), scope in zip(kept, scopes, strict=True):
        joint = len(measures) > 1
        quantities += [_quantity(sentence, tokens, phrase, m, joint=joint, offset=start, scope=scope) for m in measures]
    return tuple(quantities)


def _phrase(sentence: str, tokens: Sequence[Token], tags: str, at: int) -> _Phrase:
    """Read what the count at token `at` counts."""
    count = tokens[at].count
    assert count is not None  # noqa: S101 - the caller asks for counts only
    pronoun = _PRONOUN.match(tags, at + 1)
    if pronoun:
        them = pronoun["them"] is not None  # "three of them"
        return _Phrase(at=at, end=pronoun.end() + them, count=count, kind="bare", part=them)
    for kind, pattern in (("noun", _NOUN), ("loss", _LOSS), ("nation", _NATION), ("unknown", _UNKNOWN)):
        match = pattern.match(tags, at + 1)
        if match is None:
            continue
        head = tokens[match.end("head") - 1]
        noun = sentence[head.start : head.end]
        phrase = _Phrase(at=at, end=match.end(), count=count, kind=kind, noun=noun, head=head.entry)
        _settle_group(tokens, tags, phrase)
        return phrase
    bare = _BARE.match(tags, at + 1)
    return _Phrase(at=at, end=bare.end() if bare else at + 1, count=count, kind="bare")


def _join_shares(tags: str, phrases: list[_Phrase]) -> None:
    """Let "eleven of the 14 soldiers" count eleven soldiers; the 14 are not counted."""
    for share, whole in list(pairwise(phrases)):
        if tags[share.at] == "#" and _OUT_OF.fullmatch(tags, share.at + 1, whole.at):
            share.kind, share.noun, share.head = whole.kind, whole.noun, whole.head
            share.group, share.end = whole.group, whole.end
            phrases.remove(whole)


def _settle_group(tokens: Sequence[Token], tags: str, phrase: _Phrase) -> None:
    """Read the group from noun and modifiers, and stretch the phrase over those that follow."""
    head_from = phrase.end
    inside = tokens[phrase.at + 1 : phrase.end]
    after = _AFTER_NOUN.match(tags, phrase.end) if phrase.kind != "unknown" else None
    if after:
        phrase.end = after.end()
    nouns = [t.entry.group for t in inside if t.entry and t.tag == "p"]
    modifiers = [t.entry.group for t in (*inside, *tokens[head_from : phrase.end]) if t.entry and t.tag == "g"]
    phrase.group = _combine(nouns, modifiers)
    second = _SECOND_NOUN.match(tags, phrase.end) if nouns else None
    if second:
        others = tokens[second.start() : second.end()]
        group = _combine(
            [t.entry.group for t in others if t.entry and t.tag == "p"],
            [t.entry.group for t in others if t.entry and t.tag == "g"],
        )
        phrase.end = second.end()
        if group not in {"unknown", phrase.group}:
            phrase.group = "unknown"


def _combine(nouns: Sequence[Group], modifiers: Sequence[Group]) -> Group:
    named = [group for group in nouns if group != "unknown"]
    for strong in ("peacekeepers", "civilians"):
        if strong in named:
            return strong
    if modifiers and not (named[:1] == ["watched"] and modifiers[0] == "army"):
        return modifiers[0]
    return named[0] if named else "unknown"


def _govern(sentence: str, tokens: Sequence[Token], tags: str, phrase: _Phrase) -> None:
    """Find the words that say what happened to the counted ones, nearest first."""
    before = tags[max(0, phrase.at - 24) : phrase.at]
    offset = phrase.at - len(before)
    phrase.part = phrase.part or bool(_PART.search(before) or _PART_OF.match(tags, phrase.end))
    phrase.released = bool(_RELEASED.match(tags, phrase.end)) or bool(_RELEASING.search(before))
    is_apart = phrase.kind == "bare" and tags.startswith(",", phrase.end)
    if is_apart and _AGE.search(sentence[max(0, phrase.count.start - 40) : phrase.count.start]):
        return
    if phrase.kind == "loss" and phrase.head:
        phrase.verbs = (phrase.head, *_verbs_after(tokens, tags, phrase.end))
        return
    attributive = [t.entry for t in tokens[phrase.at + 1 : phrase.end] if t.entry and t.tag in "KD"]
    if attributive and phrase.kind == "noun":
        phrase.verbs = (attributive[0],)
        return
    for pattern, ahead in _GOVERNORS:
        match = pattern.match(tags, phrase.end) if ahead else pattern.search(before)
        if match is None or (ahead and _OWNED.search(before)):
            continue
        phrase.verbs = _entries_of(tokens, match, offset=0 if ahead else offset)
        if phrase.group in {"unknown", "militants"} and any(verb.of_subject for verb in phrase.verbs):
            owners = [token.entry.group for token in tokens[: phrase.at] if token.entry and token.tag in "gp"]
            phrase.group = next((group for group in reversed(owners) if group != "unknown"), phrase.group)
        if pattern is _PLAIN or (ahead and phrase.kind == "bare"):
            phrase.own_end = match.end()
        return


def _entries_of(tokens: Sequence[Token], match: re.Match[str], *, offset: int) -> tuple[Entry, ...]:
    """Return the event words of a match; none where it negates them."""
    groups = match.re.groupindex
    if "not" in groups and match["not"]:
        return ()
    spans = [match.span(name) for name in ("verb", "intransitive", "verbs", "more") if name in groups]
    picked = [tokens[i + offset] for start, end in spans for i in range(start, end) if start >= 0]
    return tuple(token.entry for token in picked if token.entry and token.tag in "KDAINT")


def _verbs_after(tokens: Sequence[Token], tags: str, end: int) -> tuple[Entry, ...]:
    """Return what "dead or wounded" adds to "dead"."""
    match = _ALSO.match(tags, end)
    entry = tokens[match.end() - 1].entry if match else None
    return (entry,) if entry else ()


def _chains(tags: str, phrases: Sequence[_Phrase]) -> list[list[_Phrase]]:
    """Group the phrases that only "," and "and" part."""
    chains: list[list[_Phrase]] = []
    for phrase in phrases:
        previous = chains[-1][-1] if chains else None
        if previous and _LINK.fullmatch(tags, previous.end, phrase.at):
            chains[-1].append(phrase)
        else:
            chains.append([phrase])
    return chains


def _share(tags: str, chain: Sequence[_Phrase]) -> None:
    """Let "six soldiers and 24 fighters killed" share its verb, and drop a total's own parts."""
    first, last = chain[0], chain[-1]
    if len(chain) == 1 or "&" not in tags[chain[-2].end : last.at]:
        return
    people = all(p.kind in {"noun", "nation"} and (p.head is None or not p.head.measures) for p in chain)
    if last.verbs and people:
        for phrase in chain[:-1]:
            phrase.verbs = phrase.verbs or last.verbs
    for phrase in chain[1:]:
        ahead = tags[phrase.end : phrase.end + 1]
        if not phrase.verbs and phrase.kind == "noun" and ahead not in {"r", "R"}:
            phrase.verbs = first.verbs
        phrase.part = phrase.part or first.part
    rest = [p.count.best or 0 for p in chain[1:]]
    if len(chain) > 2 and first.group == "unknown" and first.count.best == sum(rest):
        for phrase in chain[1:]:
            phrase.part = True


def _inherit(tags: str, phrases: Sequence[_Phrase]) -> None:
    """Give "and ten wounded" the noun of "five soldiers killed" before it."""
    for previous, phrase in pairwise(phrases):
        between = tags[previous.end : phrase.at]
        near = len(between) <= 12 and not set(between) & set(";.rTij") and set(between) & set(",&")
        people = previous.kind in {"noun", "nation"} and previous.head and not previous.head.measures
        if phrase.kind == "bare" and near and people and previous.verbs:
            phrase.noun, phrase.group, phrase.head = previous.noun, previous.group, previous.head


def _measures(phrase: _Phrase) -> tuple[Measure, ...]:
    """Return what the phrase measures: nothing unless its words suffice."""
    thing = phrase.head.measures if phrase.kind == "noun" and phrase.head else ()
    if thing:
        told = any(verb.measures == ("vehicles",) for verb in phrase.verbs) and thing == ("vehicles",)
        return thing if (told or not phrase.count.article) and not phrase.count.is_zero else ()
    if phrase.released or not phrase.verbs:
        return ()
    has_noun = phrase.kind in {"noun", "nation", "loss"} or (phrase.kind == "bare" and phrase.noun != "")
    if not has_noun and (phrase.count.article or any(verb.needs_noun for verb in phrase.verbs)):
        return ()
    if phrase.kind == "unknown" and (phrase.count.is_zero or phrase.noun.casefold() in _UNCOUNTED):
        return ()
    measures = [m for verb in phrase.verbs for m in verb.measures if m != "vehicles"]
    return tuple(dict.fromkeys(measures))


def _without_parts(
    found: Sequence[tuple[_Phrase, tuple[Measure, ...]]],
) -> list[tuple[_Phrase, tuple[Measure, ...]]]:
    """Drop a sub-group ("11 of them children") whose total was read for the same measure."""
    kept: list[tuple[_Phrase, tuple[Measure, ...]]] = []
    for phrase, measures in found:
        totals = {measure for _, others in kept for measure in others}
        if not (phrase.part and set(measures) <= totals):
            kept.append((phrase, measures))
    return kept


def _quantity(
    sentence: str, tokens: Sequence[Token], phrase: _Phrase, measure: Measure, *, joint: bool, offset: int, scope: Scope
) -> Quantity:
    count = phrase.count
    end = tokens[max(phrase.end, phrase.own_end) - 1].end
    spread = joint and not count.is_zero  # "20 killed or wounded": of each at most 20
    most = count.best if count.approximate else count.high
    return Quantity(
        measure=measure,
        group=phrase.group,
        low=None if spread else count.low,
        best=None if spread else count.best,
        high=most if spread else count.high,
        surface=sentence[count.start : end],
        start=offset + count.start,
        end=offset + end,
        noun=phrase.noun,
        strict=count.strict and not spread,
        approximate=count.approximate,
        vague=count.vague,
        scope=scope,
    )
