"""Corpora of hostile input through the whole pipeline: feedparser's own test files, and the list of naughty strings.

Every one is stored or quarantined with a reason; no database holds a text that the other one refuses; a second
pass makes no new version. `pytest --whole-corpora` takes all of both in each place; a sample is taken else.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.collect import Collected, collect
from flows.stages.record import Recorded
from flows.stages.settle import settle
from parsers.article import Document
from storage.engine import open_store
from storage.source_values import Source
from tests.benchmarks.articles import ordinary
from tests.flows.corpora import assert_storable, files_of, stored_of
from tests.flows.runs import NOON, exported

SAMPLED = 8  # of the files of feedparser's tests one in so many, where not all are taken
FEED_ENTRIES = 400  # of a feed of strings; the newest thousand of a feed are read
NAME_BYTES = 200  # of a file name; the file systems take 255
BROKEN = ("\x00", "\ud800", "\udfff\ud83d")  # what no database takes; the list itself holds none of them

Numbered = tuple[int, str]


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Tell whether all of a corpus is to be taken."""
    return bool(request.config.getoption("--whole-corpora"))


def document(source: str, name: str, body: bytes, *, media_type: str | None = None) -> Document:
    return Document(source=source, name=name, body=body, retrieved_at=NOON, media_type=media_type)


def passed(database: str, given: Sequence[Document]) -> tuple[Recorded, ...]:
    """Take documents through the stages as a run does, from their reading to the account of their sources."""
    settings = Settings(database=database, channels=())
    by_source: dict[str, list[Document]] = {}
    for one in given:
        by_source.setdefault(one.source, []).append(one)
    planned = tuple(Source(key=key, kind="feed", address=key) for key in by_source)
    collected = tuple(Collected(source=s, documents=tuple(by_source[s.key])) for s in planned)
    with closing(open_store(database)) as store:
        read = stages.read_collected(store, settings, collected, now=NOON)
        recorded = stages.record_all(store, read, settings, {}, planned=planned, now=NOON, alerting=True)
        settle(store, collected, read, recorded, now=NOON)
    return recorded


def assert_taken(database: str, given: Sequence[Document]) -> Counter[str]:
    """Fail unless each document is stored, or in quarantine with a reason, and a second pass adds nothing."""
    kept = stored_of(database, given)
    assert [d.name for d, stored in kept.items() if stored.outcome != "parsed" and not stored.reason] == []
    assert_storable(database)
    before = exported(database, "articles"), exported(database, "developments")
    assert passed(database, given) == ()
    assert (exported(database, "articles"), exported(database, "developments")) == before
    return Counter(stored.outcome for stored in kept.values())


def test_the_files_of_feedparsers_tests(database: str, whole: bool) -> None:
    files = sorted(files_of("feedparser-tests.tar.gz", ".xml", ".json").items())
    given = [document(name, name, body) for name, body in files[:: 1 if whole else SAMPLED]]
    recorded = passed(database, given)
    outcomes = assert_taken(database, given)
    assert set(outcomes) <= {"parsed", "quarantined"}
    assert outcomes["quarantined"] < len(given) / 50, "feeds are refused that feedparser reads"
    print(f"{len(given)} files: {dict(outcomes)}, {sum(r.articles for r in recorded)} articles")


def naughty_strings() -> list[str]:
    """Return the list, each string once, and every fifth once more with what no database takes."""
    (content,) = files_of("blns.tar.gz", "blns.json").values()
    listed: list[str] = json.loads(content)
    broken = [f"{string}{BROKEN[n % len(BROKEN)]}{n}" for n, string in enumerate(listed[::5])]
    return [*dict.fromkeys(listed), *broken]


def entries_of(strings: Sequence[Numbered], place: str) -> list[tuple[str, str, str]]:
    """Return an id, a headline and a text for each string, which is one of the two."""
    if place == "headline":
        return [(f"headline-{n}", string, " ".join(ordinary(n))) for n, string in strings]
    return [(f"body-{n}", ordinary(n)[0], string) for n, string in strings]


def as_json_feed(strings: Sequence[Numbered], place: str) -> list[Document]:
    items = [{"id": i, "title": title, "content_text": text} for i, title, text in entries_of(strings, place)]
    parts = [items[start : start + FEED_ENTRIES] for start in range(0, len(items), FEED_ENTRIES)]
    feeds = [{"version": "https://jsonfeed.org/version/1.1", "title": "Strings", "items": part} for part in parts]
    return [document(f"json-{place}-{n}", "feed.json", json.dumps(feed).encode()) for n, feed in enumerate(feeds)]


def as_rss(strings: Sequence[Numbered], place: str) -> list[Document]:
    items = [
        f"<item><guid>{i}</guid><title>{escape(title)}</title><description>{escape(text)}</description></item>"
        for i, title, text in entries_of(strings, place)
    ]
    parts = ["".join(items[start : start + FEED_ENTRIES]) for start in range(0, len(items), FEED_ENTRIES)]
    feeds = [f'<rss version="2.0"><channel><title>Strings</title>{part}</channel></rss>' for part in parts]
    bodies = [feed.encode("utf-8", "surrogatepass") for feed in feeds]
    return [document(f"rss-{place}-{n}", "feed.xml", body) for n, body in enumerate(bodies)]


def as_files(strings: Sequence[Numbered], folder: Path) -> list[Document]:
    """Write files that have the strings for names, as far as a file system takes them, and in their texts."""
    for n, string in strings:
        stem = string.encode("utf-8", "surrogatepass").replace(b"/", b"|").replace(b"\0", b"|")[:NAME_BYTES]
        own = stem if stem.strip(b".") == stem != b"" else b"_" + stem  # those with a dot are hidden, and left alone
        first, *others = ordinary(n)
        text = "\n".join((first, string, *others)).encode("utf-8", "surrogatepass")
        (folder / os.fsdecode(own + f"-{n}.txt".encode())).write_bytes(text)
    assert len(list(folder.iterdir())) == len(strings)
    collected = collect(Source(key="files", kind="files", address=str(folder)), NOON)
    assert collected.problems == ()
    return list(collected.documents)


def test_the_naughty_strings(database: str, tmp_path: Path, whole: bool) -> None:
    strings = list(enumerate(naughty_strings()))
    share = [strings if whole else strings[n::5] for n in range(5)]
    folder = tmp_path / "files"
    folder.mkdir()
    feeds = [
        *as_json_feed(share[0], "headline"),
        *as_json_feed(share[1], "body"),
        *as_rss(share[2], "headline"),
        *as_rss(share[3], "body"),
    ]
    given = [*feeds, *as_files(share[4], folder)]
    recorded = passed(database, given)
    outcomes = assert_taken(database, given)
    articles = sum(r.articles for r in recorded)
    assert articles + outcomes["quarantined"] == sum(map(len, share)), "a string was lost without a word"
    print(f"{sum(map(len, share))} strings in {len(given)} documents: {dict(outcomes)}, {articles} articles")
    again = passed(database, [replace(d, body=d.body + b"\n") for d in given])  # other bytes that say the same
    assert [r.name for r in again if r.articles or r.versions or r.alerts] == []
