"""Made-up texts in any number for measurements of deduplication, with reprints, cuts and rewrites among them.

In: how many. Out: `Made` values one after the other, none kept but the last day's; the same number gives the same
texts. Words, names and figures are drawn by Zipf's law, as in news: a few are everywhere, most are rare.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

SEED = 11
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(seconds=86)  # about a thousand texts a day
RECENT = 500  # a copy is of one of the last so many texts
REPRINTS, CUTS, REWRITES = 0.10, 0.05, 0.03  # shares of the texts
WORDS, NAMES = 40_000, 15_000
SENTENCE = range(12, 26)  # words
SENTENCES = range(6, 22)
# The most frequent words of a language are no evidence, and finders leave them out: a third of all words drawn.
COMMON = (  # noqa: SIM905 - as a text it can be read
    "the of and to in a that is was for on it with as at by from be are this have or had not but an they which were we "
    "their has been one all who when there would more if no her she can will about so up out what said its into than "
    "them other some could our over two may then also"
).split()
FRAME = "Subscribe to our newsletter and read the news of the day every morning before anyone else does."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A made-up text, when it came, and the number of the text that it repeats."""

    number: int
    headline: str
    text: str
    at: datetime
    original: int | None
    kind: str  # new, reprint, cut or rewrite


class _Vocabulary:
    def __init__(self, chance: random.Random, size: int, *, names: bool) -> None:
        syllables = [f"{a}{b}" for a in "bcdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "ir", "os")]
        made = ("".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in iter(int, 1))
        words = dict.fromkeys(() if names else COMMON)
        while len(words) < size:
            words[next(made)] = None
        self._words = [word.title() if names else word for word in words]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(size)))

    def draw(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self._words, cum_weights=self._weights, k=count)


def make_up(count: int) -> Iterator[Made]:
    """Yield so many texts in the order of their time; originals stand within the last RECENT texts."""
    chance = random.Random(SEED)
    words, names = _Vocabulary(chance, WORDS, names=False), _Vocabulary(chance, NAMES, names=True)
    recent: deque[tuple[int, str, list[list[str]]]] = deque(maxlen=RECENT)
    for number in range(1, count + 1):
        drawn = chance.random() if recent else 1.0
        kind, original = "new", None
        if drawn < REPRINTS + CUTS + REWRITES:
            original, headline, sentences = chance.choice(recent)
            kind = "reprint" if drawn < REPRINTS else "cut" if drawn < REPRINTS + CUTS else "rewrite"
            sentences = _changed(chance, kind, sentences, words)
        else:
            told = names.draw(chance, 9)  # who and where: they come again and again in one text
            sentences = [_sentence(chance, words, told) for _ in range(chance.choice(SENTENCES))]
            headline = " ".join([*told[:2], *words.draw(chance, 6)])
            recent.append((number, headline, sentences))
        text = " ".join(f"{' '.join(s)}." for s in sentences)
        text = f"{text}\n{FRAME}" if kind == "reprint" and number % 2 else text
        at = FIRST + number * BETWEEN
        yield Made(number=number, headline=headline, text=text, at=at, original=original, kind=kind)


def _sentence(chance: random.Random, words: _Vocabulary, told: list[str]) -> list[str]:
    sentence = words.draw(chance, chance.choice(SENTENCE))
    sentence[0] = sentence[0].title()
    for name in chance.sample(told, 2):
        sentence[chance.randrange(1, len(sentence))] = name
    if chance.random() < 0.5:
        sentence[chance.randrange(1, len(sentence))] = str(chance.randint(2, 2000))
    return sentence


def _changed(chance: random.Random, kind: str, sentences: list[list[str]], words: _Vocabulary) -> list[list[str]]:
    if kind == "reprint":
        return sentences
    if kind == "cut":
        return sentences[: max(4, len(sentences) * chance.randint(40, 80) // 100)]
    return [[w if w[0].isupper() or w[0].isdigit() else words.draw(chance, 1)[0] for w in s] for s in sentences]
