"""How two versions of an article differ: first which paragraphs, then which words of them.

In: two articles. Out: a `Difference`: blocks in reading order, each with its pieces. Pure. It must never cut a word
or a number in two: the unit is the word, so that a toll is read whole. White space is no difference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from parsers.article import Article, SegmentKind

BlockKind = Literal["same", "changed", "added", "removed"]
PieceKind = Literal["same", "added", "removed"]

ALIKE = 0.3  # of the words of two paragraphs together that both have: below, they are two paragraphs, not one edited
MOST_PAIRS = 10_000  # paragraphs old times new that are held against each other (.2 s); beyond, removed and added
MOST_MATCHES = 1_000_000  # places where a word of one text stands in the other (1 s); a hostile page repeats one word
_HEADS: tuple[SegmentKind, ...] = ("headline", "standfirst", "subheadline")

# A word with what belongs to it: "1,200", "14:30", "12.5%", "l'armée", "al-Qaeda"; else one mark.
_TOKEN = re.compile(r"\w+(?:[.,:'’\u00a0\u202f/-]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words in a row that both versions have, or one of them."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of the article. `old` and `new` number the part among those of its version, None where it is missing."""

    kind: BlockKind
    part: SegmentKind
    old: int | None
    new: int | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All blocks of two versions, in reading order."""

    blocks: tuple[Block, ...]

    def count(self, kind: BlockKind) -> int:
        """Return how many blocks are of a kind."""
        return sum(block.kind == kind for block in self.blocks)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing but white space differs."""
        return all(block.kind == "same" for block in self.blocks)


def difference(old: Article, new: Article) -> Difference:
    """Return how two versions differ."""
    before, after = old.parts(), new.parts()
    pairs: list[tuple[int | None, int | None]] = []
    for kind in _HEADS:
        mine = [n for n, (k, _) in enumerate(before) if k == kind]
        other = [n for n, (k, _) in enumerate(after) if k == kind]
        if mine or other:
            pairs.append((mine[0] if mine else None, other[0] if other else None))
    first = [n for n, (k, _) in enumerate(before) if k == "paragraph"]
    second = [n for n, (k, _) in enumerate(after) if k == "paragraph"]
    texts = [before[n][1] for n in first], [after[n][1] for n in second]
    pairs += [
        (None if a is None else first[a], None if b is None else second[b]) for a, b in _paired_paragraphs(*texts)
    ]
    return Difference(blocks=tuple(_block(before, after, a, b) for a, b in pairs))


_Parts = Sequence[tuple[SegmentKind, str]]
_Pair = tuple[int | None, int | None]


def _block(before: _Parts, after: _Parts, old: int | None, new: int | None) -> Block:
    if old is not None and new is not None:
        pieces = word_pieces(before[old][1], after[new][1])
        kind: BlockKind = "same" if all(p.kind == "same" for p in pieces) else "changed"
        return Block(kind=kind, part=after[new][0], old=old, new=new, pieces=pieces)
    if new is not None:
        part, text = after[new]
        return Block(kind="added", part=part, old=None, new=new, pieces=(Piece(kind="added", text=text),))
    part, text = before[old or 0]
    return Block(kind="removed", part=part, old=old, new=None, pieces=(Piece(kind="removed", text=text),))


def _paired_paragraphs(before: Sequence[str], after: Sequence[str]) -> Iterator[_Pair]:
    """Yield which paragraph became which; white space apart, equal ones first."""
    mine, other = ([" ".join(text.split()) for text in texts] for texts in (before, after))
    for tag, a1, a2, b1, b2 in _opcodes(mine, other):
        if tag == "equal":
            yield from zip(range(a1, a2), range(b1, b2), strict=True)
        else:
            yield from _aligned(mine, other, range(a1, a2), range(b1, b2))


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Return what leads from one sequence to the other as difflib tells it; of texts that are too much, all."""
    if old == new:
        return [("equal", 0, len(old), 0, len(new))]
    counts, others = Counter(old), Counter(new)
    if sum(n * others[item] for item, n in counts.items()) > MOST_MATCHES:
        return [("replace", 0, len(old), 0, len(new))]
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _aligned(before: Sequence[str], after: Sequence[str], old: range, new: range) -> Iterator[_Pair]:
    """Yield the pairs of two runs of paragraphs, in order, that are alike enough, with the greatest likeness in sum."""
    if len(old) * len(new) > MOST_PAIRS:
        yield from _apart(old, new)
        return
    likeness = _likeness(before, after, old, new)
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            paired = best[i + 1][j + 1] + likeness[i][j] if likeness[i][j] >= ALIKE else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(old) and j < len(new):
        if likeness[i][j] >= ALIKE and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            yield old[i], new[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield old[i], None
            i += 1
        else:
            yield None, new[j]
            j += 1
    yield from _apart(old[i:], new[j:])


def _apart(old: range, new: range) -> Iterator[_Pair]:
    yield from ((n, None) for n in old)
    yield from ((None, n) for n in new)


def _likeness(before: Sequence[str], after: Sequence[str], old: range, new: range) -> list[list[float]]:
    mine = [set(_TOKEN.findall(before[n].casefold())) for n in old]
    other = [set(_TOKEN.findall(after[n].casefold())) for n in new]
    return [[len(a & b) / len(a | b) if a | b else 1.0 for b in other] for a in mine]


def word_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Return two texts as pieces: the `same` and `removed` ones make the old text, `same` and `added` the new one.

    White space is that of the new text where both have the words.
    """
    before, after = list(_TOKEN.finditer(old)), list(_TOKEN.finditer(new))
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in _opcodes([m[0] for m in before], [m[0] for m in after]):
        if tag == "equal":
            pieces.append(Piece(kind="same", text=_words(new, after, b1, b2)))
            continue
        if a1 < a2:
            pieces.append(Piece(kind="removed", text=_words(old, before, a1, a2)))
        if b1 < b2:
            pieces.append(Piece(kind="added", text=_words(new, after, b1, b2)))
    return tuple(pieces)


def _words(text: str, tokens: Sequence[re.Match[str]], first: int, last: int) -> str:
    """Return the tokens `first` to `last` with the white space after them."""
    end = tokens[last].start() if last < len(tokens) else len(text)
    start = tokens[first].start() if first else 0
    return text[start:end]
