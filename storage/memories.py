"""What a transaction holds in memory, to be written in one go: before it ends, and before a savepoint is set.

In: a transaction and a class of memory. Out: its memory of that class. A savepoint that is undone takes it away: all
that was held before the savepoint is written by then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar, cast

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from storage.engine import Transaction

_KEY = "memories"  # of Session.info
M = TypeVar("M", bound="Memory")


class Memory(ABC):
    """What one transaction holds of one kind."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @abstractmethod
    def write(self) -> None:
        """Write what is not written yet."""


def memory_of(tx: Transaction, kind: type[M]) -> M:
    """Return what the transaction holds of this kind."""
    held: dict[type[Memory], Memory] = tx.info.setdefault(_KEY, {})
    if kind not in held:
        held[kind] = kind(tx.connection())
    return cast(M, held[kind])


@event.listens_for(Session, "before_commit")
@event.listens_for(Session, "after_transaction_create")
def _write(session: Session, *_: object) -> None:
    for memory in session.info.get(_KEY, {}).values():
        memory.write()


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _: object) -> None:
    session.info.pop(_KEY, None)
