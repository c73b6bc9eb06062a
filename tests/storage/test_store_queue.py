"""What storage promises of queues, silences, digests and what was told, on SQLite and on Postgres."""

from __future__ import annotations

import pytest

from storage import digests, outbox, queue, silences, told
from storage.alert_values import Hold
from storage.errors import NotFoundError

TO = ("desk", "a@example.org")


def add(tx, given, uid="one", *, version=None, rule="r"):
    return outbox.add_alert(
        tx, uid=uid, version=version or given.add_development(tx), change="new", rule=rule, severity="high",
        reasons=(), recipients=[TO, ("desk", "b@example.org")], now=given.noon,
    )  # fmt: skip


def test_what_is_held_waits_with_its_reason_and_may_go_along(store, given):
    with store.write() as tx:
        alert = add(tx, given)
        queue.hold(tx, 1, Hold(reason="quiet hours", until=given.at(60)))
        queue.hold(tx, 1, Hold(reason="quiet hours", until=given.at(90)))
        assert queue.waiting(tx, *TO, now=given.at(89), limit=9) == ()
        assert queue.holds(tx, [1, 2]) == {1: Hold(reason="quiet hours", until=given.at(90))}
        (held,) = queue.held_on(tx, *TO, developments=[alert.development_id])
        assert held[1].id == 1
        queue.unhold(tx, [1])
        assert [d.id for _, d in queue.waiting(tx, *TO, now=given.at(0), limit=9)] == [1]


def test_a_bundle_keeps_its_members_and_is_retried_whole(store, given):
    with store.write() as tx:
        add(tx, given, "one")
        add(tx, given, "two")
        queue.bundle(tx, [1, 3], uid="group", now=given.noon)
        queue.bundle(tx, [1, 3, 4], uid="group", now=given.noon)
        assert queue.bundles(tx, [1, 2, 3, 4]) == {1: "group", 3: "group"}
        for delivery_id in (1, 3):
            outbox.lease(tx, delivery_id, by="me", now=given.noon, for_s=60)
            outbox.finish(tx, delivery_id, outcome="dead", now=given.noon, error="refused")
        assert outbox.retry(tx, 1, now=given.at(1)) == 1
        assert [outbox.delivery(tx, number).state for number in (1, 2, 3, 4)] == ["pending"] * 4
        queue.unbundle(tx, [1])
        assert queue.bundles(tx, [1, 3]) == {3: "group"}


def test_a_receiver_is_left_alone_until_what_failed_is_due(store, given):
    with store.write() as tx:
        for uid in ("one", "two"):
            add(tx, given, uid)
        assert queue.paused_until(tx, *TO) is None
        for delivery_id, due in ((1, 5), (3, 7)):
            outbox.lease(tx, delivery_id, by="me", now=given.noon, for_s=60)
            outbox.finish(tx, delivery_id, outcome="retry", now=given.noon, next_attempt_at=given.at(due))
        assert queue.paused_until(tx, *TO) == given.at(7)
        assert queue.paused_until(tx, "desk", "b@example.org") is None
        outbox.lease(tx, 1, by="me", now=given.at(5), for_s=60)
        assert len(queue.in_flight(tx, *TO, now=given.at(5))) == 1
        outbox.finish(tx, 1, outcome="sent", now=given.at(5))
        assert queue.in_flight(tx, *TO, now=given.at(5)) == frozenset()
        assert queue.paused_until(tx, *TO) is None  # it takes messages again
        assert outbox.first_tried_at(tx, [1, 3]) == given.noon


def test_a_receiver_is_switched_off_and_on(store, given):
    with store.write() as tx:
        assert queue.disabled(tx, *TO) is None
        queue.disable(tx, *TO, reason="gone", now=given.noon)
        queue.disable(tx, *TO, reason="gone again", now=given.at(60))
        assert queue.disabled(tx, *TO) == "switched off since 2025-06-07 13:00 UTC: gone again"
        assert queue.disabled(tx, "desk", "b@example.org") is None
        queue.enable(tx, *TO)
        queue.enable(tx, *TO)
        assert queue.disabled(tx, *TO) is None


def test_what_was_told_is_kept_by_receiver_and_development(store, given):
    with store.write() as tx:
        version = given.add_development(tx)
        first = add(tx, given, "one", version=version)
        second = add(tx, given, "two", version=given.add_version(tx, version, 20, given.at(1)))
        assert told.awaited(tx, 1) == (
            (*TO, 1), ("desk", "b@example.org", 1), (*TO, 2), ("desk", "b@example.org", 2),
        )  # fmt: skip
        told.add(tx, first, outbox.delivery(tx, 1), message_uid="m1", now=given.at(2))
        told.add(tx, second, outbox.delivery(tx, 3), message_uid="m2", now=given.at(3))
        knows = told.last(tx, *TO, development_id=1)
        assert (knows.development_number, knows.message_uid, knows.thread_uid) == (2, "m2", "m1")
        assert told.last(tx, "desk", "b@example.org", development_id=1) is None
        assert told.last(tx, *TO, development_id=2) is None
        assert told.of_development(tx, 1) == (knows,)
        assert told.alerts_in(tx, "m2") == (2,)


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"development_id": 1}, True), ({"rule": "r"}, True), ({"channel": "desk"}, True),
        ({"development_id": 1, "rule": "other"}, False), ({"channel": "hook"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_silence_covers_what_it_names_until_it_ends(store, given, fields, covered):
    with store.write() as tx:
        alert = add(tx, given)
        silence = silences.add(
            tx, **{"development_id": None, "rule": None, "channel": None} | fields,
            reason="known", now=given.at(0), until=given.at(60),
        )  # fmt: skip
        assert silence.covers(alert, "desk", given.at(59)) is covered
        assert not silence.covers(alert, "desk", given.at(60))
        assert not silence.covers(alert, "desk", given.at(-1))
        assert silences.standing(tx, now=given.at(59)) == (silence,)
        ended = silences.end(tx, silence.id, now=given.at(10))
        assert not ended.covers(alert, "desk", given.at(11))
        assert silences.end(tx, silence.id, now=given.at(20)).ended_at == given.at(10)
        assert silences.standing(tx, now=given.at(11)) == ()


def test_a_silence_of_nothing_is_refused(store, given):
    with store.write() as tx:
        with pytest.raises(NotFoundError, match="D9"):
            silences.add(tx, development_id=9, rule=None, channel=None, reason="x", now=given.noon, until=given.at(1))
        with pytest.raises(NotFoundError, match="S9"):
            silences.end(tx, 9, now=given.noon)


def test_a_digest_is_leased_by_one_and_sent_once(store, given):
    with store.write() as tx:
        for _ in range(2):
            digests.add(
                tx, uid="d1", watch="mali", period="daily", start_at=given.at(0), end_at=given.at(1440),
                channel="desk", recipient="a@example.org",
            )  # fmt: skip
        (digest,) = digests.due(tx, watch="mali", now=given.noon)
        assert digests.due(tx, watch="niger", now=given.noon) == ()
        assert digests.lease(tx, digest.id, now=given.noon, for_s=60)
        assert digests.lease(tx, digest.id, now=given.at(0.5), for_s=60) is None
        again = digests.lease(tx, digest.id, now=given.at(1), for_s=60)
        assert (again.attempts, again.possible_repeat) == (2, True)
        digests.finish(tx, digest.id, outcome="retry", now=given.at(1), error="busy", next_attempt_at=given.at(5))
        assert digests.due(tx, watch="mali", now=given.at(4)) == ()
        assert digests.lease(tx, digest.id, now=given.at(5), for_s=60)
        digests.finish(tx, digest.id, outcome="sent", now=given.at(5))
        assert digests.due(tx, watch="mali", now=given.at(999)) == ()
        with pytest.raises(NotFoundError, match="9"):
            digests.finish(tx, 9, outcome="sent", now=given.noon)
