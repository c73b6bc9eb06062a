"""What happens to the files of an inbox while it is read: each is taken whole, once, or told, and none is changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from flows.stages import collect as collecting
from flows.stages.collect import collect
from flows.stages.read import read_document
from storage.errors import StorageError
from storage.source_values import Source
from tests.flows.runs import NOON, SEED_0, exported, run


@pytest.fixture
def inbox(tmp_path: Path) -> Source:
    """Give an empty inbox."""
    (folder := tmp_path / "inbox").mkdir()
    return Source(key="in", kind="inbox", address=str(folder))


def put(source: Source, name: str, body: bytes, *, age_s: float = 60.0) -> Path:
    file = Path(source.address) / name
    file.write_bytes(body)
    os.utime(file, (time.time() - age_s,) * 2)
    return file


def test_fault_55_a_file_that_grows_waits_and_one_renamed_in_is_taken(inbox: Source) -> None:
    growing = put(inbox, "growing.txt", b"The first half, ", age_s=0)
    part = put(inbox, ".upload.part", b"The whole text.")
    assert collect(inbox, NOON).documents == ()
    part.rename(part.with_name("upload.txt"))
    assert [d.name for d in collect(inbox, NOON).documents] == ["upload.txt"]
    with growing.open("ab") as file:
        file.write(b"and the second.")
    assert [d.name for d in collect(inbox, NOON).documents] == ["upload.txt"]
    put(inbox, "growing.txt", growing.read_bytes())
    assert [d.body for d in collect(inbox, NOON).documents] == [b"The first half, and the second.", b"The whole text."]


def test_fault_57_a_name_leads_nowhere(inbox: Source, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    for name in ("..\\secret.txt", "%2e%2e%2fsecret.txt", "....secret.txt"):
        put(inbox, name, SEED_0.read_bytes())
    found = collect(inbox, NOON)
    assert {d.body for d in found.documents} == {SEED_0.read_bytes()}
    for document in found.documents:
        (article,) = read_document(document).reading.articles
        assert "/" not in article.external_id
        assert "\\" not in article.external_id
        assert len(article.identity) == 64  # a hash, whatever the name


def test_fault_58_a_file_that_changes_while_it_is_read_is_taken_by_the_next_run(
    inbox: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(inbox, "a.txt", b"The first half, ")
    put(inbox, "b.txt", b"Another text.")
    fstat, asked = os.fstat, list[int]()

    def growing(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        if not asked:  # between the first look and the reading, someone writes
            with file.open("ab") as other:
                other.write(b"and the second.")
        asked.append(descriptor)
        return status

    monkeypatch.setattr(collecting.os, "fstat", growing)
    found = collect(inbox, NOON)
    assert [d.name for d in found.documents] == ["b.txt"]
    assert [(p.name, p.reason) for p in found.problems] == [
        ("a.txt", "changed while it was read; the next run takes it")
    ]
    monkeypatch.undo()
    put(inbox, "a.txt", file.read_bytes())
    assert collect(inbox, NOON).documents[0].body == b"The first half, and the second."


def test_fault_59_the_same_content_again_or_renamed_is_one_version(inbox: Source, tmp_path: Path) -> None:
    database, folder = f"sqlite:///{tmp_path}/store.db", Path(inbox.address)
    file = put(inbox, "a.txt", SEED_0.read_bytes())
    run(database, folder)
    alerts = exported(database, "alerts")
    put(inbox, "a.txt", SEED_0.read_bytes())
    assert run(database, folder).alerts == ()
    file.rename(folder / "renamed.txt")
    assert run(database, folder).alerts == ()
    assert [(row["external_id"], row["version"]) for row in exported(database, "articles")] == [("a.txt", 1)]
    assert exported(database, "alerts") == alerts


def test_fault_60_a_file_that_vanishes_harms_no_other(inbox: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = put(inbox, "a.txt", b"A text.")
    put(inbox, "b.txt", b"Another text.")
    opened = os.open

    def too_late(path: Path, flags: int) -> int:
        gone.unlink(missing_ok=True)
        return opened(path, flags)

    monkeypatch.setattr(collecting.os, "open", too_late)
    found = collect(inbox, NOON)
    assert [d.name for d in found.documents] == ["b.txt"]
    assert [(p.name, p.reason) for p in found.problems] == [("a.txt", "No such file or directory")]
    assert found.failed is None


FILES = {
    "empty.txt": (b"", "empty"),
    "blank.txt": (b" \n\t\n", "empty"),
    "binary.txt": (bytes(range(256)) * 20, "quarantined"),
    "utf16.txt": (SEED_0.read_text(encoding="utf-8").encode("utf-16"), "parsed"),
    "mark.txt": (b"\xef\xbb\xbf" + SEED_0.read_bytes(), "parsed"),
    "broken.txt": (b"\xef\xbb\xbf" + SEED_0.read_bytes() + b" \xff", "parsed"),
}


@pytest.mark.parametrize(("name", "outcome"), [(name, outcome) for name, (_, outcome) in FILES.items()])
def test_fault_61_a_file_of_any_kind_is_read_or_told_and_never_deleted(name: str, outcome: str, inbox: Source) -> None:
    file = put(inbox, name, FILES[name][0])
    (document,) = collect(inbox, NOON).documents
    read = read_document(document)
    assert (read.outcome, bool(read.reason)) == (outcome, outcome != "parsed")
    assert file.read_bytes() == FILES[name][0]


def test_fault_61_a_file_of_five_gigabytes_is_refused_unread(inbox: Source) -> None:
    file = put(inbox, "huge.txt", b"")
    os.truncate(file, 5 * 2**30)
    os.utime(file, (time.time() - 60,) * 2)
    found = collect(inbox, NOON)
    assert [(p.name, p.reason) for p in found.problems] == [("huge.txt", "larger than 10,000,000 bytes")]
    assert file.stat().st_size == 5 * 2**30


def test_fault_62_files_stay_where_they_are_and_a_failed_run_is_repeated(inbox: Source, tmp_path: Path) -> None:
    """Nothing is moved to another folder, so no full disk can break that off; what a run did is in the database."""
    file = put(inbox, "a.txt", SEED_0.read_bytes())
    folder, full = Path(inbox.address), tmp_path / "full"
    before = (file.stat().st_mtime_ns, file.read_bytes(), sorted(folder.iterdir()))
    full.write_text("a file where the folder of the database should be")
    with pytest.raises(StorageError):
        run(f"sqlite:///{full}/store.db", folder)
    full.unlink()
    full.mkdir()
    for _ in range(2):
        assert run(f"sqlite:///{full}/store.db", folder).counts()["sources_failed"] == 0
    assert (file.stat().st_mtime_ns, file.read_bytes(), sorted(folder.iterdir())) == before
    assert [row["version"] for row in exported(f"sqlite:///{full}/store.db", "articles")] == [1]
