"""What storage promises of retention: bodies go by age and by size, and nothing else does."""

from __future__ import annotations

import pytest

from storage import documents, retention, sources
from storage.errors import NotFoundError
from storage.integrity import verify
from storage.upkeep import contents


def add(tx, given, name, *, minutes=0.0, body=None, outcome="parsed", source="inbox"):
    return documents.add(
        tx,
        given.document(name, body or name.encode() * 10, retrieved_at=given.at(minutes), source=source),
        outcome=outcome,
        reason=None,
        reader="1",
        now=given.at(minutes),
    )


@pytest.fixture
def filled(store, given):
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        for number in range(5):
            add(tx, given, f"{number}", minutes=number)
    return store


def kept(store):
    with store.read() as tx:
        return [name for name in map(str, range(5)) if has_body(tx, int(name) + 1)]


def has_body(tx, document_id):
    try:
        return bool(documents.load(tx, document_id).body)
    except NotFoundError:
        return False


def test_bodies_older_than_an_instant_are_given_up(filled, given):
    with filled.write() as tx:
        done = retention.release_older(tx, given.at(2), now=given.at(9))
        again = retention.release_older(tx, given.at(2), now=given.at(9))
    assert (done.bodies, done.size, again.bodies) == (2, 20, 0)
    assert kept(filled) == ["2", "3", "4"]


def test_the_oldest_bodies_are_given_up_until_the_rest_has_room(filled, given):
    with filled.write() as tx:
        assert retention.kept_size(tx) == 50
        assert retention.release_oldest(tx, 25, now=given.at(9)).bodies == 3
        assert retention.release_oldest(tx, 25, now=given.at(9)).bodies == 0
    assert kept(filled) == ["3", "4"]


def test_all_else_stays_and_the_database_is_sound(filled, given):
    before = {c.table: c for c in contents(filled)}
    with filled.write() as tx:
        retention.release_oldest(tx, 0, now=given.at(9))
    after = {c.table: c for c in contents(filled)}
    assert {table for table in before if before[table] != after[table]} == {"raw_body", "released_body"}
    assert after["raw_body"].rows == 0
    assert verify(filled) == ()


def test_what_no_format_could_read_keeps_its_body(filled, given):
    with filled.write() as tx:
        add(tx, given, "odd", minutes=-100, outcome="quarantined")
        retention.release_older(tx, given.at(100), now=given.at(9))
        assert has_body(tx, 6)


def test_a_body_counts_from_its_last_document(filled, given):
    with filled.write() as tx:
        sources.ensure(tx, given.inbox.__class__(key="wire", kind="feed", address="w"))
        add(tx, given, "0", minutes=50, source="wire")
        retention.release_older(tx, given.at(10), now=given.at(99))
    assert kept(filled) == ["0"]


def test_a_body_that_comes_back_is_kept_again_and_can_be_given_up_again(filled, given):
    with filled.write() as tx:
        retention.release_oldest(tx, 0, now=given.at(9))
        sources.ensure(tx, given.inbox.__class__(key="wire", kind="feed", address="w"))
        back = add(tx, given, "0", minutes=50, source="wire")
        assert has_body(tx, back.id)
        assert retention.release_oldest(tx, 0, now=given.at(99)).bodies == 1
