"""Decoding, cleaning, folding, shingles and sentences."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.text import (
    clean,
    decode,
    fold,
    looks_garbled,
    normalised_hash,
    sentences,
    shingles,
    shortened,
    words,
)

BOM = b"\xef\xbb\xbf"
DAMAGED = "damaged UTF-8: some characters were lost"


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("body", "text", "remarks"),
    [
        (b"plain", "plain", ()),
        ("é".encode(), "é", ()),
        ("é".encode("utf-8-sig"), "é", ("UTF-8 with a byte order mark",)),
        ("é".encode("utf-16"), "é", ("UTF-16 with a byte order mark",)),
        ("é".encode("utf-32"), "é", ("UTF-32 with a byte order mark",)),
        ("“é”".encode("cp1252"), "“é”", ("not UTF-8: read as Windows-1252",)),
        (b"a\x81b", "a\ufffdb", ("not UTF-8: read as Windows-1252",)),
        ("é".encode() * 9 + b"\xff", "é" * 9 + "\ufffd", ("damaged UTF-8: some characters were lost",)),
        (b"x" * 200 + b"\0", "x" * 200 + "\0", ()),
        (
            b"\xef\xbb\xbf" + "é".encode() * 9 + b"\xff",
            "é" * 9 + "\ufffd",
            ("UTF-8 with a byte order mark", "damaged UTF-8: some characters were lost"),
        ),
        (
            b"\xef\xbb\xbf" + "“é”".encode("cp1252"),
            "“é”",
            ("UTF-8 with a byte order mark", "not UTF-8: read as Windows-1252"),
        ),
        (
            b"\xff\xfe" + "années".encode("utf-16-le") + b"x",
            "années\ufffd",
            ("UTF-16 with a byte order mark", "damaged UTF-16: some characters were lost"),
        ),
        (BOM * 5_000 + b"\xff", "\ufeff" * 4_999 + "\ufffd", ("UTF-8 with a byte order mark", DAMAGED)),
        ("<é>".encode("utf-16-le"), "<é>", ("UTF-16 without a byte order mark",)),
        ("<?xml?>".encode("utf-16-be"), "<?xml?>", ("UTF-16 without a byte order mark",)),
        (b"a\xed\xa0\xbd\xed\xb8\x80\xed\xa0\x80", "a😀\ufffd", ("damaged UTF-8: halves of surrogate pairs",)),
    ],
)
def test_decode(body: bytes, text: str, remarks: tuple[str, ...]) -> None:
    assert decode(body) == (text, remarks)


@pytest.mark.parametrize(
    "body", [b"\0", b"ab\0cd", b"\x7fELF\x02\x01\x01\0\0", "text".encode("utf-16-le"), b"\xff\xfea"]
)
def test_decode_refuses_what_is_no_text(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"binary content|broken UTF-16"):
        decode(body)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("gb18030", "马里军队"), ("gb2312", "马里军队"), ("big5", "馬里軍隊"), ("shift_jis", "マリ軍"),
        ("euc-jp", "マリ軍"), ("euc-kr", "말리군"), ("windows-1251", "Нападение"), ("iso-8859-1", "“é”"),
        ("klingon", "“é”"), ("", "“é”"),
    ],
)  # fmt: skip
def test_the_named_encoding_is_used_for_what_is_no_utf_8(named: str, text: str) -> None:
    codec = "cp1252" if text == "“é”" else named
    assert decode(text.encode(codec), named=named)[0] == text
    assert decode(text.encode(), named=named) == (text, ())


def test_fault_40_text_encoded_twice_is_kept_and_marked() -> None:
    garbled = "L’armée a été".encode().decode("cp1252")
    assert looks_garbled(garbled)
    assert decode(garbled.encode()) == (garbled, ("looks garbled: UTF-8 that was once read as Windows-1252",))
    assert not looks_garbled("L’armée a été à Sévaré, où « São » va.")


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("a\r\nb\rc\x0bd\u2028e", "a\nb\nc\nd\ne"),
        ("a\0b\x1b[1m\tc\x7f", "ab[1m\tc"),
        ("\ud83d\ude00 \ud800 \udc00", "😀 \ufffd \ufffd"),
        ("Wag\u200bner\u00ad\ufeff", "Wagner"),
        ("35\u202f000\u00a0men", "35 000 men"),
        ("e\u0301", "é"),
    ],
)
def test_clean(given_text: str, expected: str) -> None:
    assert clean(given_text) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_can_be_stored_and_is_stable(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert "\0" not in cleaned
    assert "\r" not in cleaned
    cleaned.encode()


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  The “Wagner” Group's\n exit… ", "the wagner group s exit"),
        ("Élysée ŁÓDŹ Straße Œuvre", "elysee lodz strasse oeuvre"),
        ("1,000 men_at-arms", "1 000 men at arms"),
        ("ВАГНЕР", "вагнер"),
        ("¿…?", ""),
    ],
)
def test_fold(given_text: str, expected: str) -> None:
    assert fold(given_text) == expected


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert words(text) == folded.split(" ") or folded == ""


def test_hash_is_of_what_is_said() -> None:
    assert normalised_hash("The Army  left.\n") == normalised_hash("the army left")
    assert normalised_hash("The army left 3.") != normalised_hash("The army left 4.")
    assert normalised_hash("").startswith("t1:")


def test_shingles_are_the_same_everywhere() -> None:
    found = shingles(["the", "army", "left", "gao"], 3)
    assert len(found) == 2
    assert all(0 <= key < 2**63 for key in found)
    program = "from parsers.text import shingles; print(sorted(shingles('the army left gao'.split(), 3)))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(sorted(found))
    assert sorted(found) == [2722471819688620419, 6330929256754336515]


def test_shingles_of_few_words() -> None:
    assert shingles([], 3) == set()
    assert len(shingles(["one", "two"], 3)) == 1
    assert shingles(["one", "two"], 3) == shingles(["one", "two"], 2)
    assert shingles(["a", "a", "a", "a"], 2) == shingles(["a", "a"], 2)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("one two three", 12, "one two…"),
        ("one two, three", 10, "one two…"),
        ("one two three", 8, "one two…"),
        ("abcdefghij", 5, "abcd…"),
    ],
)
def test_shortened(text: str, limit: int, expected: str) -> None:
    assert shortened(text, limit) == expected
    assert len(shortened(text, limit)) <= limit


@pytest.mark.parametrize(
    "expected",
    [
        ["M. Keita met Col. Goita of the U.N. in the U.S. on Jan. 5.", "The No. 2 man died."],
        ["Le gén. Touré a dit : « Nous partons. Nous restons. »", "M. Diop, lui, a refusé.", "L'O.N.U. part."],
        ["He said “We won. We left.” and went.", "“It is over.”", "So be it."],
        ['"We left." he said.', '"Did you? Yes."', "She asked.", "Nobody spoke."],
        ["In the U.S.", "The army left at 5 p.m.", "It came back at 7 p.m. Monday.", "He said no.", "The end."],
        ["Lt. Gen. J. K. Smith left.", "Wagner Inc. said so."],
        ["The toll was 3.5 per cent.", "Of 12.", "The rest lived on www.example.org/a.b and Online.UA."],
        ['The 5" gun fired.', 'The 6" gun fired too.'],
        ["Was it?", "It was!", "And… so on.", "(He did so. Really.)", "Good."],
        ['An unclosed "quote begins.', "Here it goes on."],
        ["Ils étaient sept.", "Le 5 janv. 2024, il part.", "Env. 30 hommes le 3 sept. 2023."],
        ["Die Armee griff am 27. Juli an.", "Sie verlor 27."],
        ["Он сказал это.", "Вагнер уходит.", "«Да. Нет.»"],
        ["قال الجيش.", "غادر فاغنر؟", "نعم."],
    ],
)
def test_sentences(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


def test_a_newline_ends_a_sentence_and_a_lost_space_does_not_hide_one() -> None:
    assert split("A line\n  another one \n\nlast") == ["A line", "another one", "last"]
    assert split("The army left.The rebels came.") == ["The army left.", "The rebels came."]
    assert split("1. First of all.\n2. Then.") == ["1. First of all.", "2. Then."]


def test_sentences_of_a_part_are_offsets_into_the_whole() -> None:
    text = "One came. Two went. Three stayed."
    assert [text[a:b] for a, b in sentences(text, 10)] == ["Two went.", "Three stayed."]
    assert [text[a:b] for a, b in sentences(text, 10, 19)] == ["Two went."]
    assert sentences(text, 9, 10) == ()


_PROSE = st.text(st.sampled_from("ab AB.?!…\"“”«»„()[]'’\n\t\u00a0\u2028é😀1 "), max_size=80)


@given(st.one_of(st.text(), _PROSE), st.integers(0, 5))
def test_spans_cover_everything_once(text: str, start: int) -> None:
    spans = sentences(text, start)
    last = start
    for begin, end in spans:
        assert last <= begin < end <= len(text)
        assert text[begin:end] == text[begin:end].strip()
        assert not text[last:begin].strip()
        assert "\n" not in text[begin:end]
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize("piece", ['He said "we go. ', '"', "(", ". ", "a.", "«", "“ a", "."])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    started = time.monotonic()
    sentences(piece * 100_000)
    assert time.monotonic() - started < 5
