"""The two-level difference: which paragraphs, then which words; and what holds of any two texts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.stages.difference import Difference, difference, word_pieces
from parsers.article import Article


def article(*paragraphs: str, headline: str = "A headline", **fields: Any) -> Article:
    return Article(
        external_id="one", namespace="inbox", format="test", headline=headline, paragraphs=paragraphs, **fields
    )


def shape(found: Difference) -> list[tuple[str, int | None, int | None]]:
    return [(b.kind, b.old, b.new) for b in found.blocks]


def marked(old: str, new: str) -> str:
    marks = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    return "".join(f"{marks[p.kind][0]}{p.text}{marks[p.kind][1]}" for p in word_pieces(old, new))


ONE, TWO, THREE = (
    "Gunmen attacked a convoy near Gao.",
    "Residents heard shooting.",
    "The army sent a drone to the place.",
)


def test_parts_that_did_not_change_are_the_same() -> None:
    assert shape(difference(article(ONE, TWO), article(ONE, TWO))) == [("same", 0, 0), ("same", 1, 1), ("same", 2, 2)]


def test_an_edited_paragraph_is_held_against_its_former_self() -> None:
    found = difference(
        article(ONE, TWO, THREE), article(ONE, "It began on Monday.", TWO.replace("heard", "saw"), THREE)
    )
    assert shape(found)[1:] == [("same", 1, 1), ("added", None, 2), ("changed", 2, 3), ("same", 3, 4)]


def test_paragraphs_that_share_too_little_are_two() -> None:
    assert [kind for kind, _, _ in shape(difference(article(ONE), article(THREE)))] == ["same", "removed", "added"]


def test_heads_are_compared_with_heads() -> None:
    old = article(ONE, headline="Convoy attacked", standfirst=TWO)
    new = article(ONE, TWO, headline="Convoy ambushed", subheadline="Near Gao")
    found = [(b.kind, b.part) for b in difference(old, new).blocks]
    assert found == [
        ("changed", "headline"), ("removed", "standfirst"), ("added", "subheadline"), ("same", "paragraph"),
        ("added", "paragraph"),
    ]  # fmt: skip


def test_white_space_is_no_difference() -> None:
    assert difference(article(ONE), article(ONE.replace(" ", "  "))).is_empty


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("At least 30 died", "At least 13 died", "At least [-30 -]{+13 +}died"),
        ("some 1,200 fled", "some 1,300 fled", "some [-1,200 -]{+1,300 +}fled"),
        ("at 14:05 sharp", "at 14:50 sharp", "at [-14:05 -]{+14:50 +}sharp"),
        ("environ 1\u202f200 morts", "environ 1\u202f300 morts", "environ [-1\u202f200 -]{+1\u202f300 +}morts"),
        ("in Gao.", "in Gao!", "in Gao[-.-]{+!+}"),
        ("l'armée a dit", "l'armée dit", "l'armée [-a -]dit"),
    ],
)
def test_words_and_numbers_stay_whole(old: str, new: str, said: str) -> None:
    assert marked(old, new) == said


def test_a_great_many_paragraphs_are_not_held_against_each_other() -> None:
    old, new = ([f"{side} {n}" for n in range(300)] for side in ("before", "after"))
    found = difference(article(*old), article(*new))
    assert (found.count("removed"), found.count("added")) == (300, 300)


@pytest.mark.parametrize("paragraphs", [["a " * 20_000], ["a"] * 2_000], ids=["one paragraph", "many"])
def test_a_hostile_repetition_is_not_searched_through(paragraphs: list[str]) -> None:
    found = difference(article(*paragraphs), article(*paragraphs, "the end of it"))
    assert found.blocks[-1].kind == "added"
    if len(paragraphs) == 1:
        pieces = word_pieces(paragraphs[0], f"{paragraphs[0]}b")
        assert [(p.kind, len(p.text.split())) for p in pieces] == [("removed", 20_000), ("added", 20_001)]


TEXTS = st.text(alphabet="ab1230.,: \n'é", max_size=60)


def flat(text: str) -> str:
    return " ".join(text.split())


@given(TEXTS, TEXTS)
def test_the_pieces_make_both_texts(old: str, new: str) -> None:
    pieces = word_pieces(old, new)
    # white space of common words is that of the new text: of the old one the words are compared
    assert re.sub(r"\s", "", "".join(p.text for p in pieces if p.kind != "added")) == re.sub(r"\s", "", old)
    if any(re.findall(r"\S", new)):
        assert "".join(p.text for p in pieces if p.kind != "removed") == new


@given(TEXTS, TEXTS)
def test_no_number_is_cut(old: str, new: str) -> None:
    numbers = set(re.findall(r"\d+", old)) | set(re.findall(r"\d+", new))
    for piece in word_pieces(old, new):
        assert set(re.findall(r"\d+", piece.text)) <= numbers


PARAGRAPHS = st.lists(st.text(alphabet="abc ", min_size=1, max_size=30), max_size=6)


@given(PARAGRAPHS, PARAGRAPHS)
def test_every_part_of_both_versions_is_told_once_and_in_order(old: list[str], new: list[str]) -> None:
    before, after = article(*old), article(*new)
    found = difference(before, after)
    assert [b.old for b in found.blocks if b.old is not None] == list(range(len(before.parts())))
    assert [b.new for b in found.blocks if b.new is not None] == list(range(len(after.parts())))
    back = difference(after, before)
    assert (found.is_empty, found.count("same")) == (back.is_empty, back.count("same")) or not found.is_empty
