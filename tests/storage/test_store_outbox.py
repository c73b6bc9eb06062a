"""What storage promises of outbox, on SQLite and on Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from storage import outbox, queue
from storage.errors import NotFoundError

RECIPIENTS = [("email", "desk@example.org"), ("webhook", "https://example.org/" + "x" * 5000)]


def add(tx, given, version=None, **fields):
    known = {
        "uid": "msg_1",
        "change": "new",
        "rule": "watched",
        "severity": "high",
        "reasons": ("rule watched",),
        "recipients": RECIPIENTS,
        "now": given.noon,
    }
    return outbox.add_alert(tx, version=version or given.add_development(tx), **known | fields)


def states(tx, alert_id: int = 1) -> list[str]:
    return [delivery.state for delivery in outbox.deliveries(tx, alert_id)]


def test_an_alert_is_kept_with_its_deliveries(store, given):
    with store.write() as tx:
        alert = add(tx, given)
    with store.read() as tx:
        assert outbox.get(tx, 1) == alert
        assert (alert.public_id, alert.uid, alert.development_number) == ("L1", "msg_1", 1)
        assert [(one.channel, one.recipient, one.state) for one in outbox.deliveries(tx, 1)] == [
            (*recipient, "pending") for recipient in RECIPIENTS
        ]
        assert outbox.alerts_of_development(tx, alert.development_id) == (alert,)
        with pytest.raises(NotFoundError, match="no alert L2"):
            outbox.get(tx, 2)


def test_one_version_and_rule_make_one_alert(store, given):
    with store.write() as tx:
        version = given.add_development(tx)
        first = add(tx, given, version, recipients=[*RECIPIENTS, RECIPIENTS[0]])
        assert add(tx, given, version, uid="msg_2", now=given.at(9)) == first
        other = add(tx, given, version, uid="msg_3", rule="critical", now=given.at(9))
        assert outbox.alerts(tx) == (other, first)
        assert outbox.alerts(tx, since=given.at(1)) == outbox.alerts(tx, limit=1) == (other,)
        assert len(outbox.deliveries(tx, first.id)) == 2


def test_what_is_due_comes_in_the_order_of_its_alerts(store, given):
    with store.write() as tx:
        for uid in "abc":
            add(tx, given, uid=uid)
        outbox.lease(tx, 2, by="me", now=given.at(0), for_s=60)
        outbox.lease(tx, 3, by="me", now=given.at(0), for_s=60)
        outbox.finish(tx, 3, outcome="retry", now=given.at(0.5), next_attempt_at=given.at(10))
        outbox.lease(tx, 5, by="me", now=given.at(0), for_s=60)
        outbox.finish(tx, 5, outcome="dead", now=given.at(0.5))

        def due(minutes: float, to: tuple[str, str] = RECIPIENTS[0], limit: int = 9) -> list[int]:
            return [delivery.id for _, delivery in queue.waiting(tx, *to, now=given.at(minutes), limit=limit)]

        assert due(0) == [1]
        assert due(0, RECIPIENTS[1]) == [4, 6]
        assert due(1, RECIPIENTS[1]) == [2, 4, 6]  # the lease of 2 ran out
        assert due(10) == [1, 3]
        assert due(10, limit=1) == [1]
        assert queue.receivers(tx, now=given.at(0), channels=["email", "webhook"]) == (*RECIPIENTS,)
        assert queue.receivers(tx, now=given.at(0), channels=["webhook"]) == (RECIPIENTS[1],)


def test_of_two_threads_one_gets_the_lease(store, given):
    with store.write() as tx:
        for number in range(10):
            add(tx, given, uid=str(number), recipients=[("console", "")])
    barrier = Barrier(2)

    def take(by: str) -> list[bool]:
        taken = []
        for delivery_id in range(1, 11):
            barrier.wait(30)
            with store.write() as tx:
                taken.append(outbox.lease(tx, delivery_id, by=by, now=given.noon, for_s=60))
        return taken

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(take, ["first", "second"])
    assert [one + two for one, two in zip(first, second, strict=True)] == [1] * 10
    with store.read() as tx:
        assert all(outbox.deliveries(tx, alert_id)[0].attempts == 1 for alert_id in range(1, 11))


def test_a_try_that_succeeds(store, given):
    with store.write() as tx:
        add(tx, given)
        assert outbox.lease(tx, 1, by="me", now=given.at(0), for_s=60)
        assert not outbox.lease(tx, 1, by="you", now=given.at(0.9), for_s=60)
        assert states(tx) == ["sending", "pending"]
        outbox.finish(tx, 1, outcome="sent", now=given.at(0.5), code=250, duration_s=12.5)
        delivery = outbox.deliveries(tx, 1)[0]
        (attempt,) = outbox.attempts(tx, 1)
        assert (delivery.state, delivery.sent_at, delivery.attempts) == ("sent", given.at(0.5), 1)
        assert (attempt.number, attempt.outcome, attempt.code, attempt.duration_s) == (1, "sent", 250, 12.5)
        assert (given.at(0.5) - attempt.started_at).total_seconds() == 12.5
        assert not outbox.lease(tx, 1, by="me", now=given.at(99), for_s=60)
        assert outbox.retry(tx, 1, now=given.at(99)) == 0


def test_a_try_that_is_to_be_repeated(store, given):
    with store.write() as tx:
        add(tx, given)
        outbox.lease(tx, 1, by="me", now=given.at(0), for_s=60)
        outbox.finish(tx, 1, outcome="retry", now=given.at(1), code=503, error="busy", next_attempt_at=given.at(5))
        assert not outbox.lease(tx, 1, by="me", now=given.at(4), for_s=60)
        delivery = outbox.deliveries(tx, 1)[0]
        assert (delivery.state, delivery.error, delivery.next_attempt_at) == ("retry", "busy", given.at(5))
        assert outbox.lease(tx, 1, by="me", now=given.at(5), for_s=60)
        outbox.finish(tx, 1, outcome="sent", now=given.at(6))
        delivery = outbox.deliveries(tx, 1)[0]
        assert (delivery.state, delivery.error, delivery.attempts, delivery.possible_repeat) == ("sent", None, 2, False)
        assert [(one.number, one.outcome, one.started_at) for one in outbox.attempts(tx, 1)] == [
            (1, "retry", given.at(0)),
            (2, "sent", given.at(5)),
        ]


def test_a_sender_that_vanished_leaves_a_possible_repeat(store, given):
    with store.write() as tx:
        add(tx, given)
        outbox.lease(tx, 1, by="gone", now=given.at(0), for_s=60)
        assert outbox.lease(tx, 1, by="next", now=given.at(1), for_s=60)
        delivery = outbox.deliveries(tx, 1)[0]
        assert (delivery.attempts, delivery.possible_repeat) == (2, True)
        (lost,) = outbox.attempts(tx, 1)
        assert (lost.outcome, lost.started_at) == ("unknown", given.at(0))
        assert "gone" in (lost.error or "")
        outbox.finish(tx, 1, outcome="sent", now=given.at(1))
        outbox.finish(tx, 1, outcome="retry", now=given.at(2), next_attempt_at=given.at(3))  # the vanished one is back
        assert states(tx)[0] == "sent"
        assert [one.outcome for one in outbox.attempts(tx, 1)] == ["unknown", "sent", "retry"]


@pytest.mark.parametrize(("outcome", "repeats"), [("dead", False), ("retry", False), ("unknown", True)])
def test_a_person_may_revive_what_failed(store, given, outcome, repeats):
    with store.write() as tx:
        add(tx, given)
        outbox.lease(tx, 1, by="me", now=given.at(0), for_s=60)
        outbox.finish(tx, 1, outcome=outcome, now=given.at(1), error="refused", next_attempt_at=given.at(500))
        assert not outbox.lease(tx, 1, by="me", now=given.at(2), for_s=60)
        assert outbox.retry(tx, 1, now=given.at(3)) == 1
        assert outbox.deliveries(tx, 1)[0].possible_repeat is repeats
        assert states(tx) == ["pending", "pending"]
        assert outbox.lease(tx, 1, by="me", now=given.at(3), for_s=60)


def test_what_is_unknown_is_named(store, given):
    with store.write() as tx:
        assert not outbox.lease(tx, 7, by="me", now=given.noon, for_s=60)
        with pytest.raises(NotFoundError, match="no delivery 7"):
            outbox.finish(tx, 7, outcome="sent", now=given.noon)
        with pytest.raises(NotFoundError, match="no alert L7"):
            outbox.retry(tx, 7, now=given.noon)
