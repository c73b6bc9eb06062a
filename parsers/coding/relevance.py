"""Is an article about the watch? Relevant, context, or irrelevant, with the reasons.

In: an article's sentences and mentions, and the watch. Out: the verdict and its reasons. Rules: a watched
actor in the theatre that is a subject of the text makes it relevant; war or security politics of the
theatre without one makes it context; all else is irrelevant. A watched actor elsewhere, or named in
passing, is no subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from parsers.coding.head import SENTENCE
from parsers.coding.lexicon import Lexicon
from parsers.coding.sentence import Sentence
from parsers.coding.values import Mention, Relevance
from parsers.coding.watch import Watch

TOLL_ALONE = "toll.alone"  # the rule of a toll that belongs to no single event
_CONFLICT_CAMPS = {"state", "jihadist", "rebel", "militia", "un"}
_HEAD = {"headline", "standfirst", "subheadline"}
_SUBJECT_SENTENCES = 2  # a watched actor named in so many sentences of its own is a subject of the text …
_SUBJECT_SHARE = 0.08  # … where they are this share of all …
_SHORT_SHARE = 0.25  # … and a single one makes it a subject of a text that is as short as this


def is_about(sentences: Sequence[Sentence], theatre: set[str]) -> bool:
    """Tell whether no other country is named as often as the theatre; a headline counts thrice.

    A country that speaks or acts ("the United States said") is no scene, and is not counted.
    """
    votes: Counter[str] = Counter()
    for sentence in sentences:
        acting = {a.start for a in sentence.actors if a.voice}
        for place in sentence.places:
            if place.start not in acting or place.country in theatre:
                votes[place.country] += 3 if sentence.segment in _HEAD else 1
    here = max((votes[country] for country in theatre), default=0)
    return here > 0 and here >= max(votes.values())


def judge_relevance(
    sentences: Sequence[Sentence], mentions: Sequence[Mention], lexicon: Lexicon, watch: Watch, *, head_end: int
) -> tuple[Relevance, tuple[str, ...]]:
    """Return the verdict on an article and the reasons for it; `head_end` is the character at which its lead ends."""
    theatre = set(watch.theatre)
    in_theatre = _theatre_votes(sentences, theatre)
    if not in_theatre:
        return "irrelevant", ("the theatre is not named",)
    about = is_about(sentences, theatre) or _headline_names(sentences, theatre)
    if reasons := _subject_reasons(sentences, mentions, lexicon, watch, about=about, head_end=head_end):
        return "relevant", reasons
    if about and _speaks_of_war(sentences, mentions):
        return "context", ("the theatre's war or politics without a watched actor as subject",)
    return "irrelevant", ("no event of the theatre and no watched actor as subject",)


def _subject_reasons(
    sentences: Sequence[Sentence],
    mentions: Sequence[Mention],
    lexicon: Lexicon,
    watch: Watch,
    *,
    about: bool,
    head_end: int,
) -> tuple[str, ...]:
    watched = set(watch.watched)
    named = [s for s in sentences if any(a.id in watched for a in s.actors)]
    events = [
        m
        for m in mentions
        if m.kind
        and m.role == "news"
        and (not m.rule.endswith(".noun") or _is_definite(m))
        and any(p.id in watched for p in m.participants)
        and _in_theatre(m, watch, about)
    ]
    reported = any(m.kind and m.rule.startswith("report.") and m.role == "news" for m in mentions)
    background = set() if reported else {m.start for m in mentions if m.role == "background"}
    lost = {m.start for m in mentions if m.rule == TOLL_ALONE and any(p.id in watched for p in m.participants)}
    body = [s for s in sentences if s.segment not in _HEAD and s.end - s.start >= SENTENCE]
    told = [s for s in named if s.start not in background and s in body and not _recalls(s, lexicon)]
    head = [s for s in named if s.segment in _HEAD]
    reasons: list[str] = []
    if head and about:
        reasons.append(f"watched actor in the head: {_name(head[0], watched)}")
    if about and (losses := [s for s in named if s.start in lost and not _recalls(s, lexicon)]):
        reasons.append(f"losses of a watched actor: {_name(losses[0], watched)}")
    if events:
        reasons.append(f"event of a watched actor: {events[0].kind} ({events[0].rule})")
    share = len(told) / len(body) if body else 0.0
    leads = any(s.start < head_end for s in told)
    many = len(told) >= _SUBJECT_SENTENCES and share >= _SUBJECT_SHARE
    if about and (leads or many or share >= _SHORT_SHARE or (reported and told)):
        reasons.append(f"watched actor in {len(told)} of {len(body)} sentences")
    return tuple(reasons)


def _is_definite(mention: Mention) -> bool:
    """Tell whether a noun ("the landmine that …") tells of one deed: with a town, a day or a toll."""
    town = mention.place is not None and mention.place.geo_precision in {1, 2}
    return town and (mention.when.start is not None or bool(mention.quantities))


def _recalls(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Tell whether a sentence names the actor as known background: "since 2021 the junta has turned to …"."""
    return any(
        lexicon.cues[name].search(sentence.flat, sentence.start, sentence.end) for name in ("history", "partnership")
    )


def _in_theatre(mention: Mention, watch: Watch, about: bool) -> bool:
    return mention.place.country in watch.theatre if mention.place else about


def _name(sentence: Sentence, watched: set[str]) -> str:
    return next(a.surface for a in sentence.actors if a.id in watched)


def _theatre_votes(sentences: Sequence[Sentence], theatre: set[str]) -> int:
    return sum(1 for s in sentences for p in s.places if p.country in theatre) + sum(
        1 for s in sentences for a in s.actors if a.camp == "state"
    )


def _headline_names(sentences: Sequence[Sentence], theatre: set[str]) -> bool:
    return any(s.segment in _HEAD and any(p.country in theatre for p in s.places) for s in sentences)


def _speaks_of_war(sentences: Sequence[Sentence], mentions: Sequence[Mention]) -> bool:
    actors = {a.camp for s in sentences for a in s.actors}
    return bool([m for m in mentions if m.kind and m.role == "news"]) or len(actors & _CONFLICT_CAMPS) >= 2
