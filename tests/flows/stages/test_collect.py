"""Local sources: what is taken from a folder, what is refused with a reason, and that nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.stages.collect import LARGEST, Collected, collect, plan
from tests.flows.runs import NOON


def collected(*addresses: Path, home: Path = Path("/nowhere")) -> Collected:
    """Collect the one source that the addresses name."""
    (source,) = plan([str(address) for address in addresses], home=home)
    return collect(source, NOON)


def names(found: Collected) -> list[str]:
    return [document.name for document in found.documents]


def refused(found: Collected) -> dict[str, str]:
    return {problem.name: problem.reason for problem in found.problems}


def test_the_files_of_a_folder_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "10.xml", ".hidden", "no suffix"):
        (tmp_path / name).write_text(name)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.txt").write_text("not looked for")
    found = collected(tmp_path)
    assert names(found) == ["10.xml", "a.txt", "b.txt", "no suffix"]
    assert [document.body for document in found.documents] == [name.encode() for name in names(found)]
    assert {document.retrieved_at for document in found.documents} == {NOON}
    assert {document.source for document in found.documents} == {found.source.key}
    assert (found.problems, found.failed) == ((), None)


def test_a_file_alone_belongs_to_the_source_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    alone, whole = collected(tmp_path / "a.txt"), collected(tmp_path)
    assert names(alone) == ["a.txt"]
    assert alone.source.key == whole.source.key


def test_a_hidden_file_is_taken_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("a")
    assert names(collected(tmp_path / ".hidden")) == [".hidden"]


def make_sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "link to a file": (lambda path: path.symlink_to("good.txt"), "a link is not followed"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "a link is not followed"),
    "link to itself": (lambda path: path.symlink_to(path.name), "a link is not followed"),
    "link to a folder": (lambda path: path.symlink_to("folder"), "a link is not followed"),
    "link to a device": (lambda path: path.symlink_to("/dev/zero"), "a link is not followed"),
    "FIFO": (os.mkfifo, "not a regular file"),
    "one byte too large": (lambda path: path.write_bytes(bytes(LARGEST + 1)), "larger than 10,000,000 bytes"),
    "sparse and huge": (make_sparse, "larger than 10,000,000 bytes"),
}


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_fault_56_what_is_no_file_is_refused_and_the_others_are_taken(
    make: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_text("good")
    (tmp_path / "folder").mkdir()
    make(tmp_path / "odd.txt")
    found = collected(tmp_path)
    assert (names(found), refused(found), found.failed) == (["good.txt"], {"odd.txt": reason}, None)
    alone = collected(tmp_path / "odd.txt")
    assert (alone.documents, refused(alone)) == ((), {"odd.txt": reason})
    assert alone.failed is not None
    assert str(tmp_path / "odd.txt") in alone.failed


def test_fault_56_a_device_is_not_opened(tmp_path: Path) -> None:
    found = collected(Path("/dev/zero"))
    assert (found.documents, refused(found)) == ((), {"zero": "not a regular file"})


def test_fault_61_a_file_of_the_largest_size_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * LARGEST)
    (tmp_path / "empty.txt").touch()
    assert [len(document.body) for document in collected(tmp_path).documents] == [LARGEST, 0]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/a.txt", "file/a.txt"])
def test_fault_60_what_is_not_there_fails_the_source_alone(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    found = collected(tmp_path / path)
    assert (found.documents, found.problems) == ((), ())
    assert found.failed is not None
    assert found.failed.startswith(f"{tmp_path / path}: ")


def test_an_empty_folder_is_no_failure(tmp_path: Path) -> None:
    found = collected(tmp_path)
    assert (found.documents, found.problems, found.failed) == ((), (), None)


ODD_NAMES = {
    b"two words.txt": "two words.txt",
    "Bérets à Ségou.txt".encode(): "Bérets à Ségou.txt",
    b"new\nline.txt": "new\\x0aline.txt",
    b"\x1b[31mred.txt": "\\x1b[31mred.txt",
    b"a\xffb.txt": "a\\xdcffb.txt",
    "right\u202eto left.txt".encode(): "right\\x202eto left.txt",
    b"-rf": "-rf",
    b"%2e%2e%2fetc": "%2e%2e%2fetc",
    b"~": "~",
    b"n" * 255: "n" * 255,
}


@pytest.mark.parametrize(("name", "shown"), ODD_NAMES.items(), ids=repr)
def test_fault_57_an_odd_name_is_made_fit_to_be_stored_and_printed(name: bytes, shown: str, tmp_path: Path) -> None:
    file = os.fsencode(tmp_path) + b"/" + name
    with open(file, "wb") as odd:  # noqa: PTH123
        odd.write(b"words")
    (document,) = collected(tmp_path).documents
    assert (document.name, document.body) == (shown, b"words")
    assert document.name.isprintable()
    document.name.encode()


def test_fault_57_two_odd_names_that_look_alike_are_two_documents(tmp_path: Path) -> None:
    for name in (b"a\xffb.txt", b"a\\xdcffb.txt"):
        with open(os.fsencode(tmp_path) + b"/" + name, "wb") as odd:  # noqa: PTH123
            odd.write(name)
    assert len(collected(tmp_path).documents) == 2


def test_fault_62_nothing_is_moved_or_changed_by_being_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "link").symlink_to("a.txt")
    before = [(e.name, e.lstat().st_mtime_ns, e.lstat().st_size, e.lstat().st_mode) for e in sorted(tmp_path.iterdir())]
    collected(tmp_path)
    after = [(e.name, e.lstat().st_mtime_ns, e.lstat().st_size, e.lstat().st_mode) for e in sorted(tmp_path.iterdir())]
    assert after == before


def test_fault_60_a_folder_that_cannot_be_listed_fails_the_source_alone(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may list every folder")
    (tmp_path / "closed").mkdir(mode=0o000)
    assert "Permission denied" in (collected(tmp_path / "closed").failed or "")


def test_the_same_source_is_planned_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    given = ["inbox", "inbox/", "./inbox", str(tmp_path / "inbox"), f"{tmp_path}/inbox/../inbox"]
    assert len(plan(given, home=tmp_path)) == 1


def test_a_source_below_the_home_is_named_by_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (inside,) = plan([str(tmp_path / "inbox")], home=tmp_path)
    (outside,) = plan([str(tmp_path / "inbox")], home=tmp_path / "elsewhere")
    assert inside.key == "files:inbox"
    assert outside.key == f"files:{tmp_path}/inbox"
