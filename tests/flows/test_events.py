"""The events that Prefect is told: their names, what they carry, and that one is one however often it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from prefect import flow
from prefect.client.schemas.objects import FlowRun
from prefect.events import Event
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.states import Crashed, Failed

from flows import events
from flows.stages.deliver.dispatch import Dead
from storage.source_values import SourceNotice
from storage.values import Alert

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)


@pytest.fixture
def told() -> Iterator[Callable[[], list[Event]]]:
    """Return a function that gives the events told so far, as a client in place of the server's got them."""
    AssertingEventsClient.reset()
    EventsWorker.set_client_override(AssertingEventsClient)

    def found() -> list[Event]:
        EventsWorker.instance().drain()
        return [event for client in AssertingEventsClient.all for event in client.events]

    yield found
    EventsWorker.drain_all()
    EventsWorker.set_client_override(None)  # type: ignore[arg-type]
    AssertingEventsClient.reset()


def alert(change: str) -> Alert:
    return Alert(
        id=3, uid=f"alert_{change}", development_id=12, development_number=2, development_version_id=5, change=change,
        rule="all", severity="high", reasons=("rule all: All",), created_at=NOON,
    )  # fmt: skip


def test_each_alert_is_an_event(told: Callable[[], list[Event]]) -> None:
    events.tell_alerts([alert(change) for change in events.DEVELOPMENT_EVENTS], ())
    found = told()
    assert [event.event.rpartition(".")[2] for event in found] == [
        "new", "updated", "updated", "contradicted", "corrected",
    ]  # fmt: skip
    assert {event.resource.id for event in found} == {"sahelwatch.development.D12"}
    assert found[0].payload["alert"] == "L3"


def test_an_event_that_is_told_twice_has_one_id(told: Callable[[], list[Event]]) -> None:
    for _ in range(2):
        events.tell_alerts([alert("new")], ())
    assert len({event.id for event in told()}) == 1


def test_faults_for_the_operator_are_events(told: Callable[[], list[Event]]) -> None:
    events.tell_notices(
        [SourceNotice(source="wire", kind=kind, reason="HTTP 503", noticed_at=NOON) for kind in events.SOURCE_EVENTS]
    )
    events.tell_dead([Dead(alert_id=3, uid="alert_x", channel="desk", error="HTTP 410")])
    names = [event.event for event in told()]
    assert {"sahelwatch.source.failed", "sahelwatch.source.recovered", "sahelwatch.delivery.dead"} <= set(names)
    assert len(names) == len(events.SOURCE_EVENTS) + 1


@pytest.mark.parametrize(("state", "name"), [(Failed(message="x"), "failed"), (Crashed(message="x"), "crashed")])
def test_a_run_that_ends_badly_is_an_event(state: object, name: str, told: Callable[[], list[Event]]) -> None:
    @flow
    def nothing() -> None:
        """Do nothing."""

    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
        events.tell_failed_run(nothing, FlowRun(flow_id="00000000-0000-0000-0000-000000000001", name="run"), state)  # type: ignore[arg-type]
    assert [event.event for event in told()] == [f"sahelwatch.run.{name}"]
