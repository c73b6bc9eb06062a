"""The commands on developments: the list, merge, split, undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import SEED_0, SEED_1

DATABASE = ("--database", "sqlite:///kept.db")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ended = sahelwatch(
        "run", "--direct", "--no-alerts", SEED_0, SEED_1, "--as-of", "2025-06-10T12:00", *DATABASE, folder=tmp_path
    )
    assert ended.code == 0, ended.err
    return tmp_path


def developments(folder: Path, *arguments: str) -> Ended:
    return sahelwatch("developments", *arguments, *DATABASE, folder=folder)


def test_merge_and_undo(folder: Path) -> None:
    first, second = (f"D{row['id'].removeprefix('D')}" for row in developments(folder, "--all", "--json").json[:2])
    done = developments(folder, "merge", first, second, "--reason", "one event", "--json")
    assert done.code == 0, done.err
    assert [(v["id"], v["status"]) for v in done.json["versions"]][1] == (second, "merged")
    shown = sahelwatch("show", second, *DATABASE, folder=folder)
    assert f"part of {first} from now on: one event" in shown.out
    again = developments(folder, "merge", first, second, "--reason", "one event")
    assert (again.code, again.one_line()) == (1, f"sahelwatch: {second} is merged")
    undone = developments(folder, "undo", second, "--reason", "two")
    assert (undone.code, undone.err) == (0, "")
    assert f"no part of {first} any more: two" in sahelwatch("show", second, *DATABASE, folder=folder).out


def test_wrong_usage(folder: Path) -> None:
    assert developments(folder, "merge", "D1", "D2").code == 2
    assert developments(folder, "merge", "D1", "D2", "--reason", " ").code == 2
    assert developments(folder, "merge", "D1", "D99", "--reason", "r").one_line().endswith("no development D99")
    assert developments(folder, "split", "D1", "--articles", "nothing.txt", "--reason", "r").code == 1
