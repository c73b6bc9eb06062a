"""Fetching through a door of the test: feeds, listings, and inboxes, with every fault a value."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.stages import hostile
from flows.stages.collect import collect
from flows.stages.fetch import MOST_PAGES, fetch
from flows.stages.http_values import Failure, FailureKind, Fetched, NotModified, Request
from parsers.article import Document
from storage.source_values import Source, SourceState
from tests.flows.runs import NOON

FEED = Source(key="desk", kind="feed", address="https://desk.example/rss")
LISTING = Source(key="desk", kind="listing", address="https://desk.example/mali/")
REMEMBERED = SourceState(etag='"1"', last_modified="Mon, 09 Jun 2025 00:00:00 GMT", unconditional_at=NOON)
SUMMARY = "Five soldiers were killed near Tessit, residents said."
SENTENCES = (
    "Gunmen attacked an army post near Tessit on Monday morning, two residents of the town said by telephone.",
    "Five soldiers were killed and three vehicles were burnt, an elected official of the region said later.",
    "The army did not comment on the attack, and the number of the dead could not be confirmed by other sources.",
)

Answer = Fetched | NotModified | Failure


def fetched(body: str, *, url: str = FEED.address, **fields: Any) -> Fetched:
    known: dict[str, Any] = {
        "requested_url": url, "url": url, "moved_to": None, "status": 200, "media_type": "text/html",
        "charset": "utf-8", "etag": None, "last_modified": None, "elapsed_s": 0.5, "wire_bytes": len(body),
    }  # fmt: skip
    return Fetched(body=body.encode(), **(known | fields))


def unchanged(url: str = FEED.address) -> NotModified:
    return NotModified(requested_url=url, url=url, moved_to=None, etag='"2"', last_modified=None, elapsed_s=0.25)


def broken(kind: FailureKind = "status", **fields: Any) -> Failure:
    return Failure(kind=kind, message="desk.example: no", **fields)


class Door:
    """Answers from a table, and keeps what it was asked."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers, self.asked = answers, list[Request]()

    def get(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.answers.get(request.url) or broken(status=404)

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.asked]


def page(*sentences: str) -> str:
    text = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return f"<!doctype html><html><head><title>Attack</title></head><body><article><h1>Attack near Tessit</h1>{text}"


def feed(*numbers: int, text: str = SUMMARY) -> str:
    items = "".join(
        f"<item><title>Attack {n} near Tessit</title><guid>{n}</guid><link>https://desk.example/a/{n}</link>"
        f"<description>{text}</description><pubDate>Mon, 09 Jun 2025 08:00:00 GMT</pubDate></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>Desk</title>{items}</channel></rss>'


def test_a_feed_becomes_one_document() -> None:
    answer = fetched("<rss/>", url="https://desk.example/moved", media_type="text/xml", charset="latin-1")
    found = fetch(FEED, SourceState(), Door({FEED.address: answer}), NOON)
    assert found.documents == (
        Document(
            source="desk",
            name="https://desk.example/moved",
            body=b"<rss/>",
            media_type="text/xml; charset=latin-1",
            url="https://desk.example/moved",
            retrieved_at=NOON,
        ),
    )
    assert found.attempt
    assert (found.attempt.outcome, found.attempt.status, found.attempt.size, found.attempt.duration_s) == (
        "ok", 200, 6, 0.5,
    )  # fmt: skip


@pytest.mark.parametrize(("media_type", "charset"), [(None, None), (None, "utf-8")])
def test_an_answer_without_a_type_has_none(media_type: str | None, charset: str | None) -> None:
    answer = fetched("<rss/>", media_type=media_type, charset=charset)
    (document,) = fetch(FEED, SourceState(), Door({FEED.address: answer}), NOON).documents
    assert document.media_type is None


def test_validators_are_sent_but_for_one_fetch_a_day() -> None:
    door = Door({FEED.address: fetched("<rss/>", etag='"2"')})
    conditional = fetch(FEED, REMEMBERED, door, NOON + timedelta(hours=23)).state
    free = fetch(FEED, REMEMBERED, door, NOON + timedelta(hours=24)).state
    sent = [(request.etag, request.last_modified) for request in door.asked]
    assert sent == [(REMEMBERED.etag, REMEMBERED.last_modified), (None, None)]
    assert conditional == replace(REMEMBERED, etag='"2"', last_modified=None)
    assert free == replace(REMEMBERED, etag='"2"', last_modified=None, unconditional_at=NOON + timedelta(hours=24))


def test_that_nothing_changed_is_no_document() -> None:
    found = fetch(FEED, REMEMBERED, Door({FEED.address: unchanged()}), NOON)
    assert (found.documents, found.failed, found.state) == ((), None, REMEMBERED)
    assert found.attempt
    assert (found.attempt.outcome, found.attempt.status) == ("not_modified", 304)


OUTCOMES: dict[FailureKind, str] = {
    "status": "failed", "dns": "failed", "timeout": "failed", "robots": "blocked", "blocked": "blocked",
    "url": "blocked",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "outcome"), OUTCOMES.items())
def test_a_fault_is_a_value(kind: FailureKind, outcome: str) -> None:
    answer = broken(kind, status=503, retry_after_s=90.0, permanent=True)
    found = fetch(FEED, REMEMBERED, Door({FEED.address: answer}), NOON)
    assert (found.failed, found.permanent, found.retry_after_s) == ("desk.example: no", True, 90.0)
    assert (found.documents, found.state) == ((), None)
    assert found.attempt
    assert (found.attempt.outcome, found.attempt.reason, found.attempt.status) == (outcome, "desk.example: no", 503)


@pytest.mark.parametrize("body", ["", " \n\t"])
def test_an_empty_answer_is_a_fault(body: str) -> None:
    found = fetch(FEED, SourceState(), Door({FEED.address: fetched(body, etag='"2"')}), NOON)
    assert (found.failed, found.state) == ("https://desk.example/rss: the answer is empty", None)


def test_a_listing_gives_its_pages_and_says_which_failed() -> None:
    links = "".join(f'<a href="/mali/{n}">Five words of a headline</a>' for n in ("one", "two", "three"))
    addresses = [f"https://desk.example/mali/{n}" for n in ("one", "two", "three")]
    door = Door(
        {
            LISTING.address: fetched(links, url=LISTING.address, etag='"2"'),
            addresses[0]: fetched("first", url=addresses[0]),
            addresses[2]: fetched("third", url=addresses[2]),
        }
    )
    found = fetch(LISTING, SourceState(), door, NOON)
    assert door.urls == [LISTING.address, *addresses]
    assert [(d.name, d.body) for d in found.documents] == [(addresses[0], b"first"), (addresses[2], b"third")]
    assert [(p.name, p.reason) for p in found.problems] == [(addresses[1], "desk.example: no")]
    assert found.attempt
    assert found.attempt.outcome == "ok"


def test_a_listing_without_links_is_a_fault() -> None:
    found = fetch(LISTING, SourceState(), Door({LISTING.address: fetched("<p>Soon</p>")}), NOON)
    assert (found.documents, found.state) == ((), None)
    assert "a listing without links to articles" in (found.failed or "")


def test_fault_34_a_listing_that_holds_up_its_parser_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "DEADLINE_S", 0.01)
    links = "".join(f'<a href="/mali/{10_000 + n}">x</a>' for n in range(100_000))
    found = fetch(LISTING, SourceState(), Door({LISTING.address: fetched(links, url=LISTING.address)}), NOON)
    assert "reading it was ended after 0.01 s" in (found.failed or "")


def test_a_long_listing_is_cut_and_says_so() -> None:
    links = "".join(f'<a href="/mali/{10_000 + n}">x</a>' for n in range(MOST_PAGES + 2))
    door = Door({LISTING.address: fetched(links, url=LISTING.address)})
    found = fetch(LISTING, SourceState(), door, NOON)
    assert len(door.asked) == 1 + MOST_PAGES
    assert found.problems[-1].reason == "2 more links wait for the next run"


def inbox(folder: Path) -> Source:
    return Source(key="in", kind="inbox", address=str(folder))


def settled(file: Path, *, age_s: float = 60.0) -> Path:
    """Write a file that was changed so long ago."""
    file.write_text("words", encoding="utf-8")
    os.utime(file, (time.time() - age_s,) * 2)
    return file


def test_fault_55_an_inbox_leaves_what_may_still_be_written(tmp_path: Path) -> None:
    settled(tmp_path / "done.txt")
    settled(tmp_path / "fresh.txt", age_s=0)
    settled(tmp_path / ".partial")
    found = collect(inbox(tmp_path), NOON)
    assert [d.name for d in found.documents] == ["done.txt"]
    assert [p.name for p in found.problems] == ["fresh.txt"]
    assert "it may still be written; the next run takes it" in found.problems[0].reason
    folder = replace(inbox(tmp_path), kind="files")
    assert [d.name for d in collect(folder, NOON).documents] == ["done.txt", "fresh.txt"]


def test_fault_56_an_inbox_takes_no_hard_link(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    settled(tmp_path / "in" / "alone.txt")
    (tmp_path / "in" / "linked.txt").hardlink_to(settled(tmp_path / "elsewhere.txt"))
    found = collect(inbox(tmp_path / "in"), NOON)
    assert [d.name for d in found.documents] == ["alone.txt"]
    assert [(p.name, p.reason.partition(":")[0]) for p in found.problems] == [
        ("linked.txt", "a hard link is not taken")
    ]


def test_an_inbox_that_waits_has_not_failed(tmp_path: Path) -> None:
    settled(tmp_path / "fresh.txt", age_s=0)
    assert collect(inbox(tmp_path), NOON).failed is None
