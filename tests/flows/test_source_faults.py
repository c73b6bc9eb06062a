"""What feeds do to a monitor that runs for years: each time the right thing is stored and told."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flows.settings import Settings, SettingsError, load_settings
from flows.stages.deliver.console import ConsoleSettings
from flows.stages.deliver.message import plain
from parsers.coding.watch import Watch
from storage import documents
from storage.engine import open_store
from tests.flows.runs import NOON, Row, exported, run
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
