"""Merging and splitting developments by hand: reversible, as rows, and what comes later goes to the survivor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.stages import regroup
from flows.stages.history import version_words
from flows.stages.joins import JoinError
from flows.stages.regroup import Bench, Regrouped
from flows.stages.run import coder_of
from storage import developments
from storage.engine import Transaction, open_store
from storage.errors import NotFoundError
from storage.integrity import verify
from storage.values import Development
from tests.flows.runs import NOON, Row, exported, run

CODER = coder_of(Settings().seeds, Settings().watch)
GAO = (
    "At least 30 Africa Corps fighters were killed near Gao on 8 June 2025 when JNIM attacked their convoy, two "
    "officials said.\nThe attack lasted for hours, and the road to the border stayed closed until the evening."
)
KIDAL = (
    "JNIM attacked a base of Africa Corps in Kidal on 9 June 2025 and killed at least 12 fighters, a trader said."
    "\nSmoke was seen above the fort all morning; shops and the school did not open, teachers told our reporter."
)
KIDAL_AGAIN = (
    "On 9 June 2025 at least 12 fighters of Africa Corps died in Kidal as JNIM attacked their base.\nA nurse counted "
    "the wounded who were brought in on pick-ups; the market is deserted, and telephones have been cut since then."
)
LATER = (
    "The toll of the attack near Gao on 8 June 2025 has risen: JNIM killed at least 45 Africa Corps fighters when it "
    "attacked their convoy.\nBurnt lorries still lie beside the asphalt, drivers who came through on Monday reported."
)


class Desk:
    """A database with articles on two attacks, and a person who regroups them."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self._folder, self._hours = database, folder, 0

    def reads(self, name: str, told: str, *, outlet: str) -> None:
        file = self._folder / name
        file.write_text(f"Credited from: {outlet}\n{told}\n", encoding="utf-8")
        self._hours += 1
        run(self.database, file, as_of=NOON + timedelta(hours=self._hours))

    def does(self, work: Callable[[Transaction, Bench], Regrouped]) -> Regrouped:
        self._hours += 1
        bench = Bench(coder=CODER, now=NOON + timedelta(hours=self._hours), reason="read side by side")
        with closing(open_store(self.database)) as store, store.write() as tx:
            return work(tx, bench)

    def knows(self, development_id: int, *, hour: int | None = None) -> Development:
        at = None if hour is None else NOON + timedelta(hours=hour)
        with closing(open_store(self.database)) as store, store.read() as tx:
            return developments.get(tx, development_id, as_of=at)

    def changes(self) -> list[Row]:
        return exported(self.database, "changes")


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(database, tmp_path)
    desk.reads("gao.txt", GAO, outlet="SAHELPOST")
    desk.reads("kidal.txt", KIDAL, outlet="DESERT WIRE")
    assert [d["place"] for d in exported(database, "developments")] == ["Gao", "Kidal"]
    yield desk
    with closing(open_store(database)) as store:
        assert verify(store) == ()


def told_by(known: Development) -> set[str]:
    return {r.external_id for r in known.reports}


def test_a_merged_development_points_to_the_other_one_and_its_evidence_goes_there(desk: Desk) -> None:
    made = desk.does(lambda tx, bench: regroup.merge(tx, 1, 2, bench))
    assert any("km apart" in veto for veto in made.overruled)
    one, two = desk.knows(1), desk.knows(2)
    assert (one.version.number, two.version.number) == (2, 2)
    assert told_by(one) == {"gao.txt", "kidal.txt"}
    assert one.state.independent_sources == 2
    assert (two.state.status, two.state.summary[:14]) == ("merged", "Merged into D1")
    assert version_words(two, two.version)[1] == "part of D1 from now on: read side by side"
    assert version_words(one, one.version)[0] == "D2 merged into it: read side by side"
    assert [(c["id"], c["change"]) for c in desk.changes()][2:] == [("D1", "updated"), ("D2", "deleted")]
    assert exported(desk.database, "alerts")[-1]["development_version"] == 1  # nobody was told of the merge


def test_what_comes_later_goes_to_the_survivor(desk: Desk) -> None:
    desk.does(lambda tx, bench: regroup.merge(tx, 1, 2, bench))
    desk.reads("more.txt", KIDAL_AGAIN, outlet="NIGER BEND NEWS")
    assert [len(desk.knows(n).history) for n in (1, 2)] in ([2, 2], [3, 2])
    assert "more.txt" not in told_by(desk.knows(2))
    desk.reads("gao_more.txt", LATER, outlet="RIVER RADIO")
    assert "gao_more.txt" in told_by(desk.knows(1))


def test_a_merge_can_be_undone_and_done_again(desk: Desk) -> None:
    before = desk.knows(1).state, desk.knows(2).state
    desk.does(lambda tx, bench: regroup.merge(tx, 1, 2, bench))
    desk.does(lambda tx, bench: regroup.unmerge(tx, 2, bench))
    assert (desk.knows(1).state, desk.knows(2).state) == before
    assert (told_by(desk.knows(1)), told_by(desk.knows(2))) == ({"gao.txt"}, {"kidal.txt"})
    assert [(c["id"], c["change"]) for c in desk.changes()][4:] == [("D2", "added"), ("D1", "updated")]
    assert told_by(desk.knows(1, hour=3)) == {"gao.txt", "kidal.txt"}  # as it stood between
    desk.does(lambda tx, bench: regroup.merge(tx, 1, 2, bench))
    assert told_by(desk.knows(1)) == {"gao.txt", "kidal.txt"}


def test_what_came_after_a_merge_stays_when_it_is_undone(desk: Desk) -> None:
    desk.does(lambda tx, bench: regroup.merge(tx, 1, 2, bench))
    desk.reads("gao_more.txt", LATER, outlet="RIVER RADIO")
    desk.does(lambda tx, bench: regroup.unmerge(tx, 2, bench))
    one = desk.knows(1)
    assert told_by(one) == {"gao.txt", "gao_more.txt"}
    assert (one.state.place and one.state.place.name, one.state.independent_sources) == ("Gao", 2)


def test_a_split_makes_a_development_of_its_own_and_a_merge_undoes_it(desk: Desk) -> None:
    desk.reads("gao_more.txt", LATER, outlet="RIVER RADIO")
    whole = desk.knows(1)
    assert told_by(whole) == {"gao.txt", "gao_more.txt"}
    (late,) = {r.article_id for r in whole.reports if r.external_id == "gao_more.txt"}
    made = desk.does(lambda tx, bench: regroup.split(tx, 1, {late}, bench))
    new = made.versions[1].development_id
    assert (told_by(desk.knows(1)), told_by(desk.knows(new))) == ({"gao.txt"}, {"gao_more.txt"})
    assert [desk.knows(n).state.fatalities.low for n in (1, new)] == [30, 45]
    assert [(c["id"], c["change"]) for c in desk.changes()][-2:] == [(f"D{new}", "added"), ("D1", "updated")]
    desk.does(lambda tx, bench: regroup.merge(tx, 1, new, bench))
    assert told_by(desk.knows(1)) == {"gao.txt", "gao_more.txt"}


@pytest.mark.parametrize(
    ("work", "why"),
    [
        (lambda tx, bench: regroup.merge(tx, 1, 1, bench), "into itself"),
        (lambda tx, bench: regroup.unmerge(tx, 1, bench), "D1 is not merged"),
        (lambda tx, bench: regroup.split(tx, 1, {1}, bench), "nothing would be left"),
        (lambda tx, bench: regroup.split(tx, 1, {2}, bench), "D1 does not rest on A2"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    desk: Desk, work: Callable[[Transaction, Bench], Regrouped], why: str
) -> None:
    before = desk.changes()
    with pytest.raises(JoinError, match=why):
        desk.does(work)
    with pytest.raises(NotFoundError):
        desk.does(lambda tx, bench: regroup.merge(tx, 1, 99, bench))
    assert desk.changes() == before


def test_a_merged_development_is_merged_into_nothing_else(desk: Desk) -> None:
    desk.does(lambda tx, bench: regroup.merge(tx, 1, 2, bench))
    for ids in ((2, 1), (1, 2)):
        with pytest.raises(JoinError, match="D2 is merged"):
            desk.does(lambda tx, bench, ids=ids: regroup.merge(tx, *ids, bench))
