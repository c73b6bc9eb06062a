"""What storage promises of edits and of changes that were not kept, on SQLite and on Postgres."""

from __future__ import annotations

from dataclasses import replace

from storage import articles, unkept
from storage.edit_values import Edit, FactChange, Unkept


def test_an_edit_comes_back_whole_with_its_version(store, given):
    fact = FactChange(what="number", old="30", new=None)
    edit = Edit(kind="fact", reasons=("number removed: 30",), facts=(fact,), returns_to=1)
    first = given.article()
    with store.write() as tx:
        given.add_article(tx, first)
        given.add_article(tx, replace(first, headline="Other"), edit=edit)
        tx.expire_all()
        assert [version.edit for version in articles.versions(tx, 1)] == [None, edit]


def test_changes_that_were_not_kept_are_counted_as_they_stood(store, given):
    with store.write() as tx:
        for name in ("one", "two", "three"):
            given.add_article(tx, given.article(name))
        for minutes, why in [(1, "flapping"), (2, "flapping"), (3, "too many")]:
            unkept.add(tx, 1, document_id=1, why=why, now=given.at(minutes))
        unkept.add(tx, 2, document_id=1, why="too many", now=given.at(4))
    flips = Unkept(why="flapping", changes=2, last_seen_at=given.at(2))
    last = Unkept(why="too many", changes=1, last_seen_at=given.at(3))
    with store.read() as tx:
        assert unkept.of_article(tx, 1) == (flips, last)
        assert unkept.of_article(tx, 1, as_of=given.at(1)) == (replace(flips, changes=1, last_seen_at=given.at(1)),)
        assert unkept.of_articles(tx, [1, 2, 3]) == {
            1: (flips, last),
            2: (replace(last, last_seen_at=given.at(4)),),
        }
        assert unkept.of_article(tx, 3) == ()
        assert unkept.of_articles(tx, []) == {}
