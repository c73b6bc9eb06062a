"""What storage promises of documents, on SQLite and on Postgres."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import documents, sources
from storage.errors import NotFoundError
from storage.source_values import Source


@pytest.fixture
def tx(store, given):
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        yield tx


def add(tx, given, document, **fields):
    return documents.add(
        tx, document, **({"outcome": "parsed", "reason": None, "reader": "1", "now": given.noon} | fields)
    )


def test_a_document_is_kept_with_its_bytes(tx, given):
    document = given.document(body=b"\x00\xff words", url="https://example.org/a", media_type="text/html")
    kept = add(tx, given, document)
    assert (kept.id, kept.source, kept.name, kept.sha256, kept.outcome) == (
        1,
        "inbox",
        "one.txt",
        document.sha256,
        "parsed",
    )
    assert documents.load(tx, kept.id) == document
    assert documents.find(tx, "inbox", document.sha256) == kept
    assert documents.find(tx, "inbox", "0" * 64) is None
    assert documents.find(tx, "elsewhere", document.sha256) is None


def test_the_same_document_is_kept_once_and_another_reading_counts(tx, given):
    first = add(tx, given, given.document(), outcome="quarantined", reason="no layout fits")
    again = add(tx, given, given.document("renamed.txt"), outcome="quarantined", reason="no layout fits")
    assert again == first
    assert documents.quarantined(tx) == (first,)
    read = add(tx, given, given.document(), outcome="parsed", reader="2")
    assert read == replace(first, outcome="parsed", reason=None, reader="2")
    assert documents.quarantined(tx) == ()
    assert documents.find(tx, "inbox", first.sha256) == read


def test_two_sources_share_a_body_but_not_a_document(tx, given):
    sources.ensure(tx, Source(key="wire", kind="feed", address="https://example.org/feed"))
    one, two = add(tx, given, given.document()), add(tx, given, given.document(source="wire"))
    assert (one.id, two.id, two.source) == (1, 2, "wire")
    assert documents.load(tx, two.id).body == documents.load(tx, one.id).body


def test_what_is_unknown_is_named(tx, given):
    with pytest.raises(NotFoundError, match="no document 7"):
        documents.load(tx, 7)
    with pytest.raises(NotFoundError, match="no source 'nowhere'"):
        add(tx, given, given.document(source="nowhere"))
