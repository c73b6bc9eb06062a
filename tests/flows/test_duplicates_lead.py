"""An article that is named to lead its group: who is credited, who counts as a source, what a withdrawal takes away."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flows.stages.history import history_words
from storage import developments
from storage.engine import open_store
from storage.integrity import verify
from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import NOON, Row, exported, of_kind, run

TOLD = (
    "At least 30 Africa Corps fighters were killed near Gao on 8 June 2025 when JNIM attacked their convoy, two "
    "security officials said. The attack lasted several hours, and the road was closed for the rest of the day.\n"
    "Residents of the town heard shooting for most of the night, one of them told the newspaper by telephone."
)
APART = (
    "JNIM attacked a convoy near Gao on 8 June 2025: at least 30 fighters of Africa Corps died.\nDrivers who came "
    "through counted eleven lorries that had burnt out, and saw helicopters above the river until the evening."
)
NOTICE = "This article has been withdrawn: its source could not be verified."


class Desk:
    """A SQLite database that reads articles, one an hour, and the commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database, self._hours = folder, f"sqlite:///{folder}/kept.db", 0

    def reads(self, name: str, told: str, *, outlet: str) -> None:
        file = self.folder / name
        file.write_text(f"Credited from: {outlet}\n{told}\n", encoding="utf-8")
        self._hours += 1
        run(self.database, file, as_of=NOON + timedelta(hours=self._hours))

    def asks(self, *arguments: str) -> Ended:
        return sahelwatch(*arguments, "--database", "sqlite:///kept.db", folder=self.folder)

    def leads(self, name: str, reason: str = "the first publisher") -> Ended:
        return self.asks("duplicates", "lead", name, "--reason", reason, "--json")

    def article(self, name: str) -> Row:
        (row,) = [a for a in exported(self.database, "articles") if a["external_id"] == name]
        return row

    def attack(self) -> Row:
        return of_kind(exported(self.database, "developments"), "attack_on_forces")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a desk that read a reprint first, then the article of which it is one."""
    desk = Desk(tmp_path)
    desk.reads("reprint.txt", TOLD, outlet="Sahel Mirror")
    desk.reads("original.txt", TOLD, outlet="Gao Courier")
    assert desk.article("original.txt")["duplicate_of"] == "reprint.txt"
    return desk


def test_lists_reasons_and_exports_speak_of_the_leader_that_was_named(desk: Desk) -> None:
    assert desk.leads("original.txt").json == {"article": "A2", "leader": "A2", "led_before": "A1"}
    reprint, original = desk.article("reprint.txt"), desk.article("original.txt")
    assert (reprint["duplicate_of"], reprint["duplicate_of_id"], reprint["duplicate_kind"]) == (
        "original.txt", "A2", "exact",
    )  # fmt: skip
    assert (original["duplicate_of"], original["duplicate_kind"], original["duplicate_reasons"]) == (None, None, [])
    (judged,) = desk.asks("articles", "--duplicates", "--json").json
    assert (judged["left"], judged["right"], judged["leader"]) == (2, 1, 2)
    assert "named to lead their group" in desk.asks("articles", "--duplicates").out
    for name, words in [
        ("reprint.txt", "its group is led by A2, named "),
        ("original.txt", "it leads its group, named "),
    ]:
        (line,) = [told for told in desk.asks("why", name, "--json").json["lines"] if told.startswith(words)]
        assert line.endswith("(the first publisher)")

    assert desk.leads("reprint.txt", "it was first after all").json["led_before"] == "A2"
    assert desk.article("original.txt")["duplicate_of"] == "reprint.txt"
    assert desk.article("reprint.txt")["duplicate_of"] is None


def test_later_copies_join_the_same_group(desk: Desk) -> None:
    desk.leads("original.txt")
    desk.reads("third.txt", TOLD, outlet="Niamey Post")
    assert [desk.article(name)["duplicate_of"] for name in ("reprint.txt", "original.txt", "third.txt")] == [
        "original.txt", None, "original.txt",
    ]  # fmt: skip
    desk.leads("third.txt", "it has the byline")
    assert {desk.article(name)["duplicate_of"] for name in ("reprint.txt", "original.txt")} == {"third.txt"}


@pytest.mark.parametrize(
    ("named", "outlet", "sources"),
    [
        (None, "Sahel Mirror", 1),  # the reprint was the voice
        ("original.txt", "Sahel Mirror", 2),  # who only reprinted has told nothing of his own yet
        ("original.txt", "Gao Courier", 1),
    ],
)
def test_the_publisher_of_the_leader_is_who_counts_as_a_source(
    desk: Desk, named: str | None, outlet: str, sources: int
) -> None:
    if named:
        desk.leads(named)
    desk.reads("apart.txt", APART, outlet=outlet)
    assert desk.attack()["independent_sources"] == sources


def test_quotes_of_the_others_credit_the_leader(desk: Desk) -> None:
    desk.leads("original.txt")
    first, *_ = desk.attack()["reports"]
    assert (first["external_id"], first["original"], first["family"]) == ("reprint.txt", "Gao Courier", "gaocourier")
    assert "reprint.txt, after Gao Courier" in desk.asks("show", desk.attack()["id"]).out
    with closing(open_store(desk.database)) as store, store.read() as tx:
        known = developments.get(tx, int(desk.attack()["id"][1:]))
        assert "Gao Courier" in "\n".join(history_words(known))
        assert verify(store) == ()


def test_what_a_leader_withdraws_falls_and_what_its_reprint_withdraws_stands(desk: Desk) -> None:
    desk.leads("original.txt")
    desk.reads("reprint.txt", NOTICE, outlet="Sahel Mirror")
    assert desk.attack()["status"] == "reported"
    ended = desk.leads("reprint.txt")
    assert (ended.code, ended.one_line()) == (1, "A1 was withdrawn (v2): it can lead no group")
    desk.reads("original.txt", NOTICE, outlet="Gao Courier")
    assert desk.attack()["status"] == "retracted"


@pytest.mark.parametrize(
    ("name", "reason", "code", "words"),
    [
        ("apart.txt", "better", 1, "A3 is in no group"),
        ("A99", "better", 1, "no article A99"),
        ("original.txt", " ", 2, "say why"),
    ],
)
def test_what_can_lead_no_group_is_told_with_its_id(desk: Desk, name: str, reason: str, code: int, words: str) -> None:
    desk.reads("apart.txt", APART, outlet="Niamey Post")
    ended = desk.leads(name, reason)
    assert ended.code == code
    assert words in ended.err
    assert desk.article("original.txt")["duplicate_of"] == "reprint.txt"
