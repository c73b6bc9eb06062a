"""What feeds and inboxes do to a monitor that runs for years: each time the right thing is stored and told."""

from __future__ import annotations

import os
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flows.settings import Settings, SettingsError, load_settings
from flows.stages import collect as collecting
from flows.stages.collect import collect
from flows.stages.deliver.console import ConsoleSettings
from flows.stages.deliver.message import plain
from flows.stages.read import read_document
from parsers.coding.watch import Watch
from storage import documents
from storage.engine import open_store
from storage.errors import StorageError
from storage.source_values import Source
from tests.flows.runs import NOON, SEED_0, Row, exported, run
from tests.flows.stages.test_settle import Monitor, Site, site  # noqa: F401 (a fixture)

LEAVING = (
    "The Wagner Group announced its withdrawal from Mali on Friday. In a message on its channel it said that its work "
    "in the country was done. The government in Bamako did not comment on the message."
)
ARRIVING = (
    "The Africa Corps has deployed 200 fighters to Gao, traders in the town said on Friday. They came with two columns "
    "of trucks from Bamako and put up tents at the airport. The army did not say how long they would stay."
)
DAY = timedelta(days=1)


def item(
    guid: str, title: str, text: str, *, link: str | None = None, date: str = "Fri, 06 Jun 2025 09:30:00 GMT"
) -> str:
    address = f"<link>https://fleuve.example/{link or guid}</link>"
    head = f"<guid>{guid}</guid><title>{title}</title>{address}<pubDate>{date}</pubDate>"
    return f"<item>{head}<description>{text}</description></item>"


FIRST = item("1", "Wagner Group announces withdrawal from Mali", LEAVING)
SECOND = item("2", "Africa Corps deploys fighters to Gao", ARRIVING)


class Feed:
    """A feed file that changes from run to run, and the database it is read into."""

    def __init__(self, folder: Path) -> None:
        self.file, self.database = folder / "feed.xml", f"sqlite:///{folder}/store.db"

    def run(self, *items: str, end: str = "</channel></rss>", days: int = 0) -> Any:
        head = '<rss version="2.0"><channel><title>Le Courrier du Fleuve</title>'
        self.file.write_text(head + "".join(items) + end, encoding="utf-8")
        return run(self.database, self.file, as_of=NOON + days * DAY)

    def articles(self) -> list[Row]:
        return exported(self.database, "articles")

    def alerts(self) -> list[Row]:
        return exported(self.database, "alerts")


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    """Give a feed and an empty database."""
    return Feed(tmp_path)


def test_fault_37_the_raw_bytes_are_kept(feed: Feed) -> None:
    report = feed.run(FIRST.replace("Wagner Group announces", "Wag\0ner Gr\x01oup announces"))
    (read,) = report.read
    assert b"\0" in read.document.body
    with closing(open_store(feed.database)) as store, store.read() as tx:
        known = documents.find(tx, read.document.source, read.document.sha256)
        assert known
        assert documents.load(tx, known.id).body == feed.file.read_bytes()
    (article,) = feed.articles()
    assert article["headline"] == "Wagner Group announces withdrawal from Mali"


def test_fault_41_a_partial_list_deletes_nothing(feed: Feed) -> None:
    feed.run(FIRST, SECOND)
    before, developments = feed.articles(), exported(feed.database, "developments")
    report = feed.run(FIRST[:-60], end="")
    assert any("not well-formed" in d.reason for d in report.dropped)
    assert report.alerts == ()
    kept = {row["external_id"] for row in feed.articles()}
    assert kept == {row["external_id"] for row in before}
    assert [d["id"] for d in exported(feed.database, "developments")] == [d["id"] for d in developments]


def test_fault_43_a_new_text_under_a_guid_is_a_new_version(feed: Feed) -> None:
    feed.run(FIRST)
    feed.run(FIRST.replace("did not comment", "has confirmed the end of the mission and did not comment further"))
    (article,) = feed.articles()
    assert (article["external_id"], article["version"]) == ("1", 2)


def test_fault_44_new_guids_over_the_same_texts_tell_nothing_new(feed: Feed) -> None:
    feed.run(FIRST, SECOND)
    alerts = feed.alerts()
    assert alerts
    regenerated = (part.replace("<guid>", "<guid>new-").replace("<link>", "<link>") for part in (FIRST, SECOND))
    report = feed.run(*regenerated, days=1)
    assert report.alerts == ()
    assert feed.alerts() == alerts
    elsewhere = (
        item("7", "Wagner Group announces withdrawal from Mali", LEAVING),
        item("8", "Africa Corps deploys fighters to Gao", ARRIVING),
    )
    assert feed.run(*elsewhere, days=2).alerts == ()
    assert {row["duplicate_kind"] for row in feed.articles() if row["external_id"] in {"7", "8"}} == {"exact"}


def test_fault_45_a_guid_used_again_for_another_story_is_another_article(feed: Feed) -> None:
    feed.run(FIRST)
    report = feed.run(item("1", "Africa Corps deploys fighters to Gao", ARRIVING, link="2"), days=1)
    assert [(row["headline"], row["version"]) for row in feed.articles()] == [
        ("Wagner Group announces withdrawal from Mali", 1),
        ("Africa Corps deploys fighters to Gao", 1),
    ]
    assert report.alerts


def test_fault_47_what_has_no_date_counts_from_when_it_was_first_seen(feed: Feed) -> None:
    report = feed.run(item("1", "Wagner Group announces withdrawal", LEAVING, date="Fri, 31 Dec 9999 00:00:00 GMT"))
    (article,) = feed.articles()
    assert article["published_at"] is None
    assert [read.order()[0] for read in report.read] == [NOON]


def test_fault_48_another_order_and_old_items_alert_nobody(feed: Feed) -> None:
    feed.run(FIRST, SECOND)
    alerts = feed.alerts()
    for day, items in enumerate([(SECOND, FIRST), (SECOND,), (FIRST, SECOND), (FIRST,), (SECOND, FIRST)], start=1):
        assert feed.run(*items, days=day).alerts == ()
    assert feed.alerts() == alerts
    assert [row["version"] for row in feed.articles()] == [1, 1]


def test_fault_51_what_turns_text_around_is_kept_and_not_alerted(feed: Feed) -> None:
    odd = "Wagner Group\u202e announces \u2066withdrawal\u2069 from Mali"
    report = feed.run(
        FIRST.replace("Wagner Group announces withdrawal from Mali", odd).replace("Wagner", "Wag\u200bner", 1)
    )
    (read,) = report.read
    assert "\u202e" in read.document.body.decode()
    (article,) = feed.articles()
    assert plain(article["headline"]) == "Wagner Group announces withdrawal from Mali"
    assert report.alerts
    with closing(open_store(feed.database)):
        shown = plain(str(feed.alerts()))
    assert not set(shown) & set("\u202e\u2066\u2069\u200b")


def test_fault_52_pictures_are_never_fetched(site: Site, tmp_path: Path) -> None:  # noqa: F811
    pictures = (
        f'&lt;img src="{site.address}/pixel.gif" width=1&gt;&lt;script src="{site.address}/x.js"&gt;&lt;/script&gt;'
    )
    enclosure = f'<enclosure url="{site.address}/photo.jpg" type="image/jpeg" length="1"/>'
    body = site.feed(1, text=f"Five soldiers were killed near Tessit. {pictures}")
    site.pages["/desk"] = (200, body.replace("<guid>", f"{enclosure}<guid>"))
    page = f'<html><img src="{site.address}/pixel.gif"><p>Five soldiers were killed near Tessit, an official said.</p>'
    site.pages["/a/1"] = (200, page)
    Monitor(tmp_path, site, fetch_pages=True).run(NOON)
    assert {path for path, _, _ in site.asked} <= {"/desk", "/a/1", "/robots.txt"}
    assert "/a/1" in {path for path, _, _ in site.asked}


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Return a model and those that its fields hold."""
    found = {model}
    for field in model.model_fields.values():
        todo = [field.annotation]
        while todo:
            kind = todo.pop()
            todo.extend(getattr(kind, "__args__", ()))
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
                found |= models(kind)
    return found


def test_fault_54_no_setting_is_a_pattern(tmp_path: Path) -> None:
    """No setting and no rule of the watch takes a pattern; one that is written all the same is refused at start."""
    fields = [(m, n, f) for root in (Settings, Watch) for m in models(root) for n, f in m.model_fields.items()]
    assert len(fields) > 20
    assert not [
        name for _, name, field in fields if "Pattern" in str(field.annotation) or "regex" in name or "pattern" in name
    ]
    (config := tmp_path / "sahelwatch.toml").write_text('[alerts]\npattern = "(a+)+$"\n')
    with pytest.raises(SettingsError, match="pattern"):
        load_settings(config)


@pytest.mark.parametrize("name", ["a" * 100_000 + "!", "(a+)+$"])
def test_fault_54_our_own_patterns_are_linear_in_a_setting(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="pattern"):
        ConsoleSettings(name=name)
    assert time.monotonic() - started < 5


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
