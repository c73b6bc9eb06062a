"""The commands on versions and copies of articles: diff, duplicates, and the lists as they stood."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import SEED_1

HOSTILE = "<script>alert(1)</script> [red]Ansongo[/red]"
LINE = f"At least {{}} Africa Corps fighters were killed near Gao on 8 June 2025 when JNIM attacked them. {HOSTILE}\n"
DATABASE = ("--database", "sqlite:///kept.db")
HOURS = ("2025-06-10T12:00", "2025-06-10T13:00", "2025-06-10T14:00")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a database: an article in three versions, another one with a copy."""
    made = tmp_path_factory.mktemp("versions")
    inbox = made / "inbox"
    inbox.mkdir()
    (inbox / "first.txt").write_bytes(SEED_1.read_bytes())
    (inbox / "second.txt").write_text(f"A line on top of it all.\n{SEED_1.read_text(encoding='utf-8')}", "utf-8")
    for hour, toll in zip(HOURS, (30, 13, 12), strict=True):
        rest = "".join(f"Line {n} of the article stays as it is, a resident said.\n" for n in range(4))
        text = f"**Attack on a convoy**\n**Attack on a convoy**\n{rest}{LINE.format(toll)}"
        (inbox / "toll.txt").write_text(text, encoding="utf-8")
        ended = sahelwatch("run", "--direct", "--no-alerts", "inbox", "--as-of", hour, *DATABASE, folder=made)
        assert ended.code == 0, ended.err
    return made


def asked(folder: Path, *arguments: str | Path) -> Ended:
    ended = sahelwatch(*arguments, *DATABASE, folder=folder)
    assert (ended.code, ended.err) == (0, "")
    return ended


def identity(folder: Path, name: str) -> str:
    rows = asked(folder, "articles", "--json").json["articles"]
    (found,) = [row["id"] for row in rows if row["version"]["article"]["external_id"] == name]
    return f"A{found}"


def test_the_last_two_versions_are_compared_unless_others_are_named(folder: Path) -> None:
    for arguments, numbers, facts in [
        ((), (2, 3), ("13", "12")),
        (("1", "2"), (1, 2), ("30", "13")),
        (("v1", "v3"), (1, 3), ("30", "12")),
        (("3", "1"), (3, 1), ("12", "30")),
        (("1",), (1, 3), ("30", "12")),
    ]:
        told = asked(folder, "diff", "toll.txt", *arguments, "--json").json
        assert (told["old"]["number"], told["new"]["number"]) == numbers
        assert told["edit"]["kind"] == "fact"
        assert [(f["what"], f["old"], f["new"]) for f in told["edit"]["facts"]] == [("number", *facts)]
        (changed,) = [b for b in told["blocks"] if b["kind"] == "changed"]
        assert [p["text"].strip() for p in changed["pieces"] if p["kind"] != "same"] == list(facts)


def test_the_terminal_tells_what_went_and_what_came(folder: Path) -> None:
    told = asked(folder, "diff", "toll.txt", "1", "2").out
    assert "[-30-] {+13+} Africa Corps fighters" in told
    assert "5 parts unchanged" in told
    assert "v1 → v2: fact edit: number: 30 → 13" in told
    assert HOSTILE in told


def test_the_page_is_one_file_and_holds_foreign_words_as_words(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert asked(folder, "diff", "toll.txt", "1", "2", "--html", target).out == ""
    page = target.read_text(encoding="utf-8")
    assert "<del>30</del>" in page
    assert "<ins>13</ins>" in page
    assert html.escape(HOSTILE) in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page


def test_an_article_of_one_version_has_nothing_to_compare(folder: Path) -> None:
    assert "nothing to compare" in asked(folder, "diff", "first.txt").out
    assert asked(folder, "diff", "first.txt", "--json").json["edit"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("A99",), 1, "no article A99"),
        (("nothing.txt",), 1, "nothing has the id nothing.txt"),
        (("toll.txt", "4"), 1, "has no version 4: it has 3"),
        (("toll.txt", "0"), 1, "has no version 0"),
        (("toll.txt", "two"), 2, "two is no version"),
    ],
)
def test_what_cannot_be_compared_is_one_line(folder: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = sahelwatch("diff", *arguments, *DATABASE, folder=folder)
    assert ended.code == code
    assert words in ended.one_line()


def test_articles_are_listed_as_they_stood(folder: Path) -> None:
    def versions(*arguments: str) -> dict[str, tuple[int, str | None]]:
        rows = asked(folder, "articles", "--json", *arguments).json["articles"]
        return {
            r["version"]["article"]["external_id"]: (r["version"]["number"], (r["version"]["edit"] or {}).get("kind"))
            for r in rows
        }

    assert versions()["toll.txt"] == (3, "fact")
    assert versions("--as-of", HOURS[1])["toll.txt"] == (2, "fact")
    assert versions("--as-of", HOURS[0])["toll.txt"] == (1, None)
    assert versions("--as-of", "2025-06-10T11:59") == {}
    assert "fact" in asked(folder, "articles").out


def test_why_tells_the_edits_of_an_article(folder: Path) -> None:
    lines = asked(folder, "why", "toll.txt", "--json").json["lines"]
    assert [line for line in lines if "number: " in line] == [
        "v2 2025-06-10 13:00 fact: number: 30 → 13",
        "v3 2025-06-10 14:00 fact: number: 13 → 12",
    ]


def test_a_judgement_is_listed_explained_and_undone(folder: Path) -> None:
    first, second = identity(folder, "first.txt"), identity(folder, "second.txt")
    (judged,) = asked(folder, "articles", "--duplicates", "--json").json
    assert (f"A{judged['left']}", f"A{judged['right']}", judged["leader"]) == (second, first, judged["right"])
    assert judged["kind"] in {"exact", "near"}
    assert judged["reasons"]
    assert asked(folder, "articles", "--duplicates", "--as-of", "2025-06-10T11:59", "--json").json == []
    assert (
        f"{judged['kind']} copy of {first} first.txt, score {judged['score']:.2f}"
        in asked(folder, "articles", "--duplicates").out
    )
    why = asked(folder, "why", second, "--json").json["lines"]
    assert any(f"{second} is a copy" in line and judged["reasons"][0] in line for line in why)
    assert any(f"sahelwatch duplicates undo {second}" in line for line in why)

    told = asked(folder, "duplicates", "undo", second, "--reason", "two reports", "--json").json
    assert told == {"article": second, "undone": [first], "leader": second}
    (judged,) = asked(folder, "articles", "--duplicates", "--json").json
    assert (judged["undone_reason"], judged["leader"]) == ("two reports", judged["left"])
    assert any(line.startswith("undone ") for line in asked(folder, "why", second, "--json").json["lines"])

    again = sahelwatch("duplicates", "undo", second, "--reason", "again", *DATABASE, folder=folder)
    assert again.code == 1
    assert f"nothing says that {second} repeats another article" in again.one_line()
    assert sahelwatch("run", "--direct", "inbox", *DATABASE, folder=folder).code == 0
    assert [j["undone_reason"] for j in asked(folder, "articles", "--duplicates", "--json").json] == ["two reports"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("toll.txt", "--reason", "no copy"), 1),
        (("second.txt", "--original", "toll.txt", "--reason", "not of that one"), 1),
        (("second.txt", "--reason", " "), 2),
        (("second.txt",), 2),
        (("A99", "--reason", "unknown"), 1),
    ],
)
def test_what_cannot_be_undone_is_told(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    ended = sahelwatch("duplicates", "undo", *arguments, *DATABASE, folder=folder)
    assert ended.code == code
    assert "Traceback" not in ended.err
    assert ended.err
