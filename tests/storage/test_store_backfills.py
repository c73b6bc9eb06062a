"""What storage promises of backfills: one recorder at a time, and a plan that can be made anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import backfills, sources
from storage.errors import StorageError


def test_a_month_is_leased_to_one_recorder(store, given):
    minute = timedelta(minutes=1)
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        begun = backfills.begin(tx, "k", since=None, until=given.noon, now=given.noon)
        mark = backfills.start_plan(tx, begun.id, now=given.noon)
        backfills.plan(tx, begun.id, [backfills.Item(source="inbox", name="a", path="a", at=given.noon)], mark=mark)
        (shard,) = backfills.shards(tx, begun.id)

        def lease(by: str, after: timedelta, gone: bool = False) -> None:
            now = given.noon + after
            backfills.lease(tx, [shard], by=by, now=now, for_s=120, is_gone=lambda _: gone)

        lease("one:1", 0 * minute)
        with pytest.raises(StorageError, match="2025-06 of inbox is being recorded by one:1"):
            lease("two:1", minute)
        lease("one:1", minute)
        lease("two:1", 2 * minute, gone=True)  # its process is known to have ended
        with pytest.raises(StorageError, match="has taken it over"):
            backfills.advance(tx, {shard.id: 1}, by="one:1", now=given.noon, for_s=120)
        lease("three:1", 5 * minute)  # the lease ran out
        backfills.advance(tx, {shard.id: 1}, by="three:1", now=given.noon, for_s=120)
        assert backfills.shards(tx, begun.id)[0].done == 1


def test_a_plan_that_was_not_finished_is_forgotten(store, given):
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        begun = backfills.begin(tx, "k", since=None, until=given.noon, now=given.noon)
        items = [backfills.Item(source="inbox", name=n, path=n, at=at) for n, at in (("a", given.noon), ("b", None))]
        for _ in range(2):
            mark = backfills.start_plan(tx, begun.id, now=given.noon)
            backfills.plan(tx, begun.id, items, mark=mark)
        shards = backfills.shards(tx, begun.id)
        assert [(s.month, s.documents, s.done) for s in shards] == [("2025-06", 1, 0), (backfills.UNDATED, 1, 0)]
        assert [i for s in shards for i in backfills.items(tx, s)] == items
        backfills.planned(tx, begun.id, mark=mark, now=given.noon)
        assert backfills.unfinished(tx, "k").planned
        backfills.finish(tx, begun.id, now=given.noon)
        assert backfills.unfinished(tx, "k") is None


def test_of_two_that_plan_at_once_the_later_one_goes_on(store, given):
    items = [backfills.Item(source="inbox", name="a", path="a", at=given.noon)]
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        begun = backfills.begin(tx, "k", since=None, until=given.noon, now=given.noon)
        first, second = (backfills.start_plan(tx, begun.id, now=given.noon) for _ in range(2))
        with pytest.raises(StorageError, match="started again"):
            backfills.plan(tx, begun.id, items, mark=first)
        with pytest.raises(StorageError, match="started again"):
            backfills.planned(tx, begun.id, mark=first, now=given.noon)
        backfills.plan(tx, begun.id, items, mark=second)
        backfills.planned(tx, begun.id, mark=second, now=given.noon)
        assert backfills.start_plan(tx, begun.id, now=given.noon) is None  # complete: it is not made anew
        assert [s.documents for s in backfills.shards(tx, begun.id)] == [1]
