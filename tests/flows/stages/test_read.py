"""Reading a batch: its order, what is known, what goes into quarantine and comes out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flows.stages.read import Read, read_document, read_documents
from parsers.article import Document
from parsers.formats.registry import READERS_VERSION
from storage import documents, retention, sources
from storage.engine import Store
from storage.source_values import Source, SourceKind
from storage.values import Outcome, StoredDocument
from tests.flows.runs import NOON, SEED_0, SEED_1

INBOX = Source(key="files:inbox", kind="files", address="/inbox")
ITEM = (
    "<item><title>Soldiers leave a post near Tessit</title><link>https://n.example/{0}</link><guid>{0}</guid>{1}</item>"
)
FEED = '<rss version="2.0"><channel><title>News</title>{}</channel></rss>'


def document(name: str, body: bytes | None = None, **fields: Any) -> Document:
    given = body if body is not None else SEED_0.read_bytes()
    return replace(Document(source=INBOX.key, name=name, body=given, retrieved_at=NOON), **fields)


def feed(name: str, *days: int) -> Document:
    items = [ITEM.format(f"{name}-{day}", f"<pubDate>{day:02} May 2025 08:00:00 GMT</pubDate>") for day in days]
    return document(name, FEED.format("".join(items)).encode())


def keep(store: Store, kept: Document, outcome: Outcome, *, reader: str = READERS_VERSION) -> StoredDocument:
    with store.write() as tx:
        sources.ensure(tx, INBOX)
        return documents.add(tx, kept, outcome=outcome, reason="why", reader=reader, now=NOON)


def names(read: tuple[Read, ...]) -> list[str]:
    return [one.document.name for one in read]


def test_a_batch_is_read_by_day_then_by_name(store: Store) -> None:
    batch = [document("z.txt"), document("a.txt", SEED_1.read_bytes()), feed("late.xml", 30), feed("early.xml", 28, 2)]
    for given in (batch, batch[::-1]):
        assert names(read_documents(store, given)) == ["early.xml", "late.xml", "a.txt", "z.txt"]


def test_an_undated_document_counts_from_when_it_was_retrieved(store: Store) -> None:
    old = document("old.txt", retrieved_at=NOON - timedelta(days=365))
    assert names(read_documents(store, [feed("may.xml", 2), old])) == ["old.txt", "may.xml"]


def test_a_document_is_read_once(store: Store) -> None:
    keep(store, document("a.txt"), "parsed", reader="older")  # what was read stays read, whatever the readers
    (read,) = read_documents(store, [document("renamed.txt")])
    assert (read.known, read.outcome, read.reading.articles) == (True, "parsed", ())


def test_the_same_words_from_another_source_are_read(store: Store) -> None:
    keep(store, document("a.txt"), "parsed")
    (read,) = read_documents(store, [document("a.txt", source="files:other")])
    assert not read.known
    assert len(read.reading.articles) == 1


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        (b"", "empty", "empty"),
        (b" \n\t ", "empty", "empty"),
        (b"one line of words", "quarantined", "no article"),
        (b"\x00\x01\x02\x03" * 50, "quarantined", "binary"),
        (b"<html><body><p>A page.</p></body></html>", "quarantined", ""),
        (b'{"a": [1, 2, 3]}', "quarantined", ""),
    ],
)
def test_what_cannot_be_read_has_a_reason(body: bytes, outcome: str, reason: str) -> None:
    read = read_document(document("odd.txt", body))
    assert (read.outcome, read.reading.articles) == (outcome, ())
    assert read.reason
    assert reason in read.reason


PAGE = f"<!doctype html><html><body><article><h1>Attack near Tessit</h1><p>{SEED_0.read_text(encoding='utf-8')}</p>"


@pytest.mark.parametrize("kind", ["feed", "json_feed", "sitemap"])
@pytest.mark.parametrize("media_type", ["text/html", "application/rss+xml", "text/plain", None])
def test_fault_24_a_page_is_no_feed(kind: SourceKind, media_type: str | None) -> None:
    address = "https://desk.example/rss"
    page = document(address, PAGE.encode(), url=address, media_type=media_type)
    read = read_document(page, kind=kind)
    assert (read.outcome, read.reading.articles) == ("quarantined", ())
    assert "not a feed" in (read.reason or "")


def test_fault_24_a_feed_under_a_wrong_content_type_is_one() -> None:
    read = read_document(replace(feed("a", 2), media_type="text/html; charset=utf-8"), kind="feed")
    assert (read.outcome, len(read.reading.articles)) == ("parsed", 1)


def test_fault_24_the_store_tells_what_a_source_is_to_give(store: Store) -> None:
    desk = Source(key="desk", kind="feed", address="https://desk.example/rss")
    with store.write() as tx:
        sources.ensure(tx, desk)
    page = document(desk.address, PAGE.encode(), source=desk.key)
    assert [r.outcome for r in read_documents(store, [page])] == ["quarantined"]
    assert [r.outcome for r in read_documents(store, [replace(page, source="elsewhere")])] == ["parsed"]


def test_a_document_in_quarantine_stays_there_for_the_same_readers(store: Store) -> None:
    keep(store, document("odd.txt", b"words"), "quarantined")
    (read,) = read_documents(store, [document("odd.txt", b"words")])
    assert (read.known, read.outcome, read.reason) == (True, "quarantined", "why")
    assert read_documents(store, []) == ()


def test_a_document_in_quarantine_is_read_again_by_newer_readers(store: Store) -> None:
    keep(store, document("a.txt"), "quarantined", reader="older")
    (read,) = read_documents(store, [])  # its file need not be there any more
    assert (read.known, read.outcome, read.document) == (False, "parsed", document("a.txt"))
    (read,) = read_documents(store, [document("a.txt")])  # nor is it read twice where it is
    assert (read.known, read.outcome) == (False, "parsed")


def test_a_document_whose_body_was_given_up_holds_up_no_run(store: Store) -> None:
    """Bodies may be deleted by retention; what waits in quarantine without one cannot be read again."""
    gone = document("gone.txt", b"words")
    keep(store, gone, "parsed", reader="oldest")
    with store.write() as tx:
        assert retention.release_oldest(tx, 0, now=NOON).bodies == 1
    keep(store, gone, "quarantined", reader="older")
    assert "a.txt" in names(read_documents(store, [document("a.txt")]))
