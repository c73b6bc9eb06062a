"""Several senders on one database: each alert reaches each receiver once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from flows.stages.deliver.dispatch import dispatch
from flows.stages.deliver.message import Message, Receipt
from flows.stages.deliver.policy import Policy
from storage.engine import open_store
from tests.flows.stages.receivers_told import NOON, SENT, Desk, states, tell

SENDERS = 4


@pytest.mark.parametrize("group_over", [1, 100], ids=["grouped", "one by one"])
def test_fault_64_senders_at_once_send_nothing_twice(group_over: int, database: str) -> None:
    told: Counter[tuple[str, str]] = Counter()
    lock, begin = threading.Lock(), threading.Barrier(SENDERS)

    def slow(message: Message, recipient: str) -> Receipt:
        time.sleep(0.005)
        with lock:
            for part in message.data.get("developments", [message.data]):
                told.update((one["uid"], recipient) for one in part["alerts"])
        return SENT

    desk = Desk(to=("first", "second", "third"), answer=slow)
    with closing(open_store(database)) as store:
        for number in range(8):
            tell(store, desk, place=f"Village {number}", severity="critical" if number % 4 == 0 else "normal")

        def sender(_number: int) -> int:
            with closing(open_store(database)) as own:
                begin.wait(30)
                policy = Policy(group_over=group_over)
                return dispatch(own, {"desk": desk}, clock=lambda: NOON, policy=policy).sent

        with ThreadPoolExecutor(SENDERS) as pool:
            sent = sum(pool.map(sender, range(SENDERS)))
        dispatch(store, {"desk": desk}, clock=lambda: NOON, policy=Policy(group_over=group_over))
        assert set(states(store)) == {"sent"}
    assert set(told.values()) == {1}
    assert len(told) == 24
    assert sent <= 24
