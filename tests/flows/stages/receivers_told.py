"""Developments, alerts and channels as the tests of delivery need them: put into a store without any article.

In: a store. Out: rows, and channels that keep the messages they were given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.stages.alert import AlertVerdict
from flows.stages.deliver.dispatch import Dispatched, dispatch
from flows.stages.deliver.message import Message, Receipt
from flows.stages.deliver.policy import Policy
from flows.stages.raising import raise_alerts
from parsers.coding.values import Participant
from parsers.coding.watch import AlertRule
from storage import developments, outbox
from storage.engine import Store
from storage.values import Alert, Change, DecisionKind, Delivery, DevelopmentState, Fatalities, Severity

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)
RULE = AlertRule(id="all", title="All of the watched")
SENT = Receipt(outcome="sent", code=200)
Answer = Callable[[Message, str], Receipt]


@dataclass
class Desk:
    """A channel that keeps what it was given, and answers as it is told."""

    name: str = "desk"
    to: tuple[str, ...] = ("first",)
    answer: Answer = lambda _message, _recipient: SENT
    kind: str = "desk"
    got: list[tuple[str, Message]] = field(default_factory=list)

    def recipients(self) -> tuple[str, ...]:
        return self.to

    def send(self, message: Message, recipient: str) -> Receipt:
        self.got.append((recipient, message))
        return self.answer(message, recipient)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """The ids of the messages, and who got them."""
        return [(message.uid, recipient) for recipient, message in self.got]

    def messages(self, recipient: str = "first") -> list[Message]:
        return [message for to, message in self.got if to == recipient]

    def subjects(self, recipient: str = "first") -> list[str]:
        return [message.subject for message in self.messages(recipient)]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def state(place: str = "Gao", killed: int = 30, **fields: Any) -> DevelopmentState:
    given: dict[str, Any] = {
        "watch": "mali", "kind": "ambush", "event_type": "Battles", "sub_event_type": "Armed clash",
        "family": "fighting", "modality": "asserted", "status": "reported", "watched": True,
        "summary": f"Ambush near {place}, {killed} killed",
        "participants": (Participant(id="wagner_group", name="Wagner Group", camp="watched", role="target"),),
        "fatalities": Fatalities(low=killed, best=killed, high=killed),
    }  # fmt: skip
    return DevelopmentState(**given | fields)


def tell(
    store: Store,
    *desks: Desk,
    place: str = "Gao",
    killed: int = 30,
    development: int | None = None,
    decision: DecisionKind = "new",
    severity: Severity = "normal",
    fires: bool = True,
    changes: tuple[Change, ...] = (),
    now: datetime = NOON,
    **fields: Any,
) -> tuple[Alert, ...]:
    """Add a development, or a version of one, and raise its alerts for the desks."""
    with store.write() as tx:
        of = state(place, killed, **fields)
        if development is not None and not changes:
            before = developments.get(tx, development).state
            changes = tuple(
                Change(field=name, old=old, new=new, reason="told by a report")
                for name, old, new in (
                    ("fatalities", _toll(before), _toll(of)), ("status", before.status, of.status),
                )
                if old != new
            )  # fmt: skip
        given: dict[str, Any] = {
            "state": of, "decision": decision, "changes": changes, "alert_reasons": (), "now": now,
        }  # fmt: skip
        version = (
            developments.create(tx, watch="mali", **given)
            if development is None
            else developments.add_version(tx, development, **given)
        )
        verdict = AlertVerdict(rules=(RULE,) if fires else (), severity=severity, why=())
        return raise_alerts(tx, version, verdict, recipients={d.name: d.to for d in desks}, quiet=False)


def _toll(of: DevelopmentState) -> dict[str, int | None]:
    return {"low": of.fatalities.low, "best": of.fatalities.best, "high": of.fatalities.high}


def send(store: Store, *desks: Desk, now: datetime = NOON, **policy: Any) -> Dispatched:
    return dispatch(store, {d.name: d for d in desks}, clock=lambda: now, policy=replace(Policy(), **policy))


def deliveries(store: Store) -> list[Delivery]:
    with store.read() as tx:
        return [d for alert in reversed(outbox.alerts(tx)) for d in outbox.deliveries(tx, alert.id)]


def states(store: Store) -> list[str]:
    return [delivery.state for delivery in deliveries(store)]
