"""Duplicates: the cascade that finds of which known article a text is a copy or a rewrite.

In: the prints of a text, and a transaction whose rows are the memory. Out: a `Verdict` with its reasons, or None for a
text of its own. Each stage is cheaper than the next: the same words, then passages inside a window of time, then rare
anchors. A text is attached to its single best match; groups are never joined over likeness.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flows.stages.copies import SAME_WINDOW, changed_figures, judge_copy, numbers
from flows.stages.paraphrases import PARAPHRASE, Likeness, Rarity, likeness, veto
from parsers.prints import VERSION, Prints, prints_of
from storage import anchor_counts, fingerprints
from storage.anchor_counts import ALL
from storage.engine import Transaction
from storage.fingerprints import Kept, Wanted
from storage.values import DuplicateKind

__all__ = ["ALGORITHM", "Prints", "Verdict", "find_original", "judge_pair", "prints_of", "remember"]

ALGORITHM = f"cascade/3 prints/{VERSION}"
Stage = Literal["exact", "near", "paraphrase"]
STAGES: tuple[Stage, ...] = ("exact", "near", "paraphrase")
TEXT, PASSAGE, ANCHOR = (f"{kind}/{VERSION}" for kind in ("text", "passage", "anchor"))  # kinds of keys
PARAPHRASE_WINDOW = timedelta(days=14)
ASKED = 16  # rarest anchors that stood before, by which candidates are found
POSTED = 40  # rarest anchors under which a text is found
FEWEST_PASSAGES, FEWEST_ANCHORS = 2, 3  # keys that a candidate must share
FEWEST_SHARED = 6  # anchors in all: below, nothing is told twice
BEST = 20  # candidates that are looked at, of each kind
EVER = (1, 3_652_059)  # the ordinals of datetime: the same words are a copy at any date
SHOWN = 8  # anchors that a reason names


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """That an article repeats another one, how, by how much, and what says so."""

    original: int
    kind: DuplicateKind
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """How often the anchors of a text stood before."""

    prints: Prints
    frequencies: Mapping[str, int]
    articles: int
    posted: Sequence[str]  # its rarest anchors
    asked: Sequence[str]  # the rarest ones of those that stood before

    @classmethod
    def of(cls, prints: Prints, frequencies: Mapping[str, int], articles: int) -> Past:
        """Return the past of a text; among equally rare anchors names and long words go first."""
        posted = _rarest_first(prints, prints.anchors, frequencies, POSTED)
        asked = [anchor for anchor in posted if anchor in frequencies]
        if len(asked) < ASKED:  # else these are the rarest ones also of all that stood before
            asked = _rarest_first(prints, prints.anchors & frequencies.keys(), frequencies, ASKED)
        return cls(prints, frequencies, articles, posted, asked[:ASKED])


def _rarest_first(prints: Prints, anchors: Collection[str], known: Mapping[str, int], limit: int) -> list[str]:
    stood = [known.get(anchor, 0) for anchor in anchors]
    most = sorted(stood)[:limit][-1:]
    ranked = sorted((n, a not in prints.names, -len(a), a) for n, a in zip(stood, anchors, strict=True) if [n] <= most)
    return [a for *_, a in ranked[:limit]]


def past_of(tx: Transaction, prints: Prints, stages: Collection[Stage] = STAGES) -> Past:
    """Return how often the anchors of a text stood before; both `find_original` and `remember` may be given it."""
    if "paraphrase" not in stages:
        return Past(prints, {}, 0, (), ())
    found = anchor_counts.frequencies(tx, prints.anchors)
    articles = found.pop(ALL, 0)
    return Past.of(prints, found, articles)


def expect(tx: Transaction, texts: Collection[tuple[Prints, datetime]], stages: Collection[Stage] = STAGES) -> None:
    """Read ahead what `find_original` will ask of these texts, one after the other: it changes no verdict.

    By which anchors a text looks for others depends on the texts before it: so these are left to it.
    """
    if "paraphrase" in stages:
        anchor_counts.frequencies(tx, frozenset[str]().union(*(prints.anchors for prints, _ in texts)))
    fingerprints.read_ahead(tx, [one for prints, at in texts for one in _wanted(prints, at, (), stages) if one.keys])


def find_original(
    tx: Transaction,
    prints: Prints,
    *,
    at: datetime,
    past: Past | None = None,
    stages: Collection[Stage] = STAGES,
) -> Verdict | None:
    """Return of which known article a text is a duplicate; None for a text of its own, or without a word."""
    if not prints.words:
        return None
    past = past or past_of(tx, prints, stages)
    found = fingerprints.candidates(tx, _wanted(prints, at, past.asked, stages))
    versions = {kind: [v for k, v, _ in found if k == kind][:BEST] for kind in (TEXT, PASSAGE, ANCHOR)}
    if versions[TEXT]:
        first = fingerprints.load(tx, [min(versions[TEXT])])[0]
        return _exact(first.article_id)
    known = fingerprints.load(tx, sorted({*versions[PASSAGE], *versions[ANCHOR]}))
    copied = (_copy(prints, k.prints, apart=at - k.at, original=k.article_id) for k in known)
    if best := _best(copied):
        return best
    if "paraphrase" not in stages:
        return None
    alike = [
        k
        for k in known
        if abs(at - k.at) <= PARAPHRASE_WINDOW and len(k.prints.anchors & prints.anchors) >= FEWEST_SHARED
    ]
    if not alike:
        return None
    others = frozenset[str]().union(*(k.prints.anchors for k in alike)) - prints.anchors
    rarity = Rarity({**past.frequencies, **anchor_counts.frequencies(tx, others)}, past.articles)
    return _best(_paraphrase(prints, k.prints, apart=at - k.at, original=k.article_id, rarity=rarity) for k in alike)


def remember(
    tx: Transaction,
    prints: Prints,
    *,
    article_id: int,
    version_id: int,
    at: datetime,
    copy: Verdict | None,
    past: Past | None = None,
    counted: bool = True,
    stages: Collection[Stage] = STAGES,
) -> None:
    """Keep the prints of a text. What a copy says, or a later version of an article, is not counted again."""
    keys: dict[str, Collection[int]] = {}
    if copy is None or copy.kind != "exact":
        keys[TEXT] = [prints.text_key]
    if copy is None or copy.kind == "paraphrase":
        keys[PASSAGE] = prints.keys
        if "paraphrase" in stages:
            past = past or past_of(tx, prints, stages)
            keys[ANCHOR] = fingerprints.anchor_keys(past.posted)
    fingerprints.add(tx, Kept(version_id=version_id, article_id=article_id, at=at, prints=prints), keys)
    if copy is None and counted and "paraphrase" in stages:
        anchor_counts.count(tx, prints.anchors)


def judge_pair(
    left: Prints,
    right: Prints,
    *,
    apart: timedelta,
    frequencies: Mapping[str, int],
    articles: int,
    original: int = 0,
) -> Verdict | None:
    """Return whether `left`, the later text, repeats `right`; `frequencies` of anchors in so many past articles."""
    if left.text_key == right.text_key and left.words:
        return _exact(original)
    if verdict := _copy(left, right, apart=apart, original=original):
        return verdict
    if abs(apart) > PARAPHRASE_WINDOW:
        return None
    return _paraphrase(left, right, apart=apart, original=original, rarity=Rarity(frequencies, articles))


def _wanted(prints: Prints, at: datetime, asked: Collection[str], stages: Collection[Stage]) -> list[Wanted]:
    day, window = at.toordinal(), SAME_WINDOW.days + 1
    anchors = fingerprints.anchor_keys(asked)
    near = PARAPHRASE_WINDOW.days + 1
    every = {
        "exact": Wanted(TEXT, [prints.text_key], *EVER),
        "near": Wanted(PASSAGE, prints.keys, day - window, day + window, FEWEST_PASSAGES),
        "paraphrase": Wanted(ANCHOR, anchors, day - near, day + near, FEWEST_ANCHORS),
    }
    return [every[stage] for stage in stages]


def _exact(original: int) -> Verdict:
    reasons = (f"the same words as A{original}", ALGORITHM)
    return Verdict(original=original, kind="exact", score=1.0, reasons=reasons)


def _best(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Return the verdict of the highest score; of equals the one on the oldest article."""
    return max((v for v in verdicts if v), key=lambda v: (v.score, -v.original), default=None)


def _copy(left: Prints, right: Prints, *, apart: timedelta, original: int) -> Verdict | None:
    judged = judge_copy(left, right, apart=apart)
    if judged is None:
        return None
    share, direction = judged
    how = f"{share:.0%} of the shorter text's word triples shared; it {direction} A{original}"
    reasons = (how, *_differences(left, right), _hours(apart), ALGORITHM)
    return Verdict(original=original, kind="near", score=round(share, 4), reasons=reasons)


def _paraphrase(left: Prints, right: Prints, *, apart: timedelta, original: int, rarity: Rarity) -> Verdict | None:
    alike = likeness(left, right, rarity)
    if alike.score < PARAPHRASE or veto(left, right):
        return None
    reasons = (
        _of(alike, original),
        f"both: {_rarest(left.anchors & right.anchors, rarity)}",
        f"only here: {_rarest(left.names - right.anchors, rarity) or 'no name or number'}",
        f"only there: {_rarest(right.names - left.anchors, rarity) or 'no name or number'}",
        *_differences(left, right),
        _hours(apart),
        ALGORITHM,
    )
    return Verdict(original=original, kind="paraphrase", score=round(alike.score, 4), reasons=reasons)


def _of(alike: Likeness, original: int) -> str:
    return (
        f"tells what A{original} tells: names {alike.names:.2f}, wording {alike.wording:.2f},"
        f" evidence {alike.mass:.2f}; {alike.score:.2f} of the {PARAPHRASE} that are needed"
    )


def _differences(left: Prints, right: Prints) -> tuple[str, ...]:
    if figures := changed_figures(left, right):
        return (f"figures changed: {', '.join(figures)}",)
    mine, theirs = numbers(left) - numbers(right), numbers(right) - numbers(left)
    if mine and theirs:
        return (f"numbers only here: {', '.join(sorted(mine))}; only there: {', '.join(sorted(theirs))}",)
    return ()


def _hours(apart: timedelta) -> str:
    return f"{abs(apart).total_seconds() / 3600:.0f} hours apart"


def _rarest(anchors: Iterable[str], rarity: Rarity) -> str:
    return ", ".join(sorted(anchors, key=lambda a: (-rarity[a], a))[:SHOWN])
