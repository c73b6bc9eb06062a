"""The events that Prefect is told: one for each alert and each fault an operator should know of.

In: what a run did. Out: Prefect events with stable ids, for whoever wants to automate more. The product's own alerts go
out of the outbox and never depend on these: a server that is not there costs nothing but the events.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.flows import Flow
from prefect.logging.loggers import flow_run_logger

from flows.stages.deliver.dispatch import Dead
from storage.source_values import NoticeKind, SourceNotice
from storage.values import Alert, DevelopmentVersion

_NAMESPACE = uuid.UUID("b7a3f1de-4f0e-5c5b-8e39-1d2c7a1f9e04")  # of event ids: the same event, the same id
DEVELOPMENT_EVENTS = {
    "new": "sahelwatch.development.new",
    "update": "sahelwatch.development.updated",
    "corroboration": "sahelwatch.development.updated",
    "contradiction": "sahelwatch.development.contradicted",
    "correction": "sahelwatch.development.corrected",
}
SOURCE_EVENTS: dict[NoticeKind, str] = {
    "failed": "sahelwatch.source.failed",
    "recovered": "sahelwatch.source.recovered",
    "silent": "sahelwatch.source.silent",
    "collapsed": "sahelwatch.source.collapsed",
    "moved": "sahelwatch.source.moved",
}
DEAD_EVENT = "sahelwatch.delivery.dead"


def tell_alerts(alerts: Iterable[Alert], versions: Sequence[DevelopmentVersion]) -> None:
    """Emit one event an alert."""
    summaries = {version.id: version.state.summary for version in versions}
    for alert in alerts:
        _emit(
            DEVELOPMENT_EVENTS[alert.change],
            f"development.D{alert.development_id}",
            key=alert.uid,
            payload={
                "alert": alert.public_id,
                "uid": alert.uid,
                "development": f"D{alert.development_id}",
                "version": alert.development_number,
                "rule": alert.rule,
                "severity": alert.severity,
                "summary": summaries.get(alert.development_version_id),
                "reasons": list(alert.reasons),
            },
        )


def tell_notices(notices: Iterable[SourceNotice]) -> None:
    """Emit one event a notice of a source."""
    for notice in notices:
        _emit(
            SOURCE_EVENTS[notice.kind],
            f"source.{notice.source}",
            key=f"{notice.source}/{notice.kind}/{notice.noticed_at.isoformat()}",
            payload={"source": notice.source, "reason": notice.reason, "at": notice.noticed_at.isoformat()},
        )


def tell_dead(dead: Iterable[Dead]) -> None:
    """Emit one event a delivery that is given up."""
    for one in dead:
        _emit(
            DEAD_EVENT,
            f"channel.{one.channel}",
            key=f"{one.uid}/{one.channel}/{one.error}",
            payload={"alert": f"L{one.alert_id}", "uid": one.uid, "channel": one.channel, "error": one.error},
        )


def tell_failed_run(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tell the operator of a run that failed or crashed; the hook of the flows."""
    words = "%s: %s. What it had recorded and sent stays; the next run takes up the rest."
    flow_run_logger(flow_run, flow).error(words, state.name, (state.message or "no reason given").rstrip("."))
    _emit(
        f"sahelwatch.run.{'crashed' if state.is_crashed() else 'failed'}",
        f"flow.{flow.name}",
        key=f"{flow_run.id}/{state.type}",
        payload={"flow": flow.name, "run": str(flow_run.id), "state": state.name, "message": state.message},
        related=[{"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.role": "flow-run"}],
    )


def _emit(
    event: str, resource: str, *, key: str, payload: dict[str, Any], related: list[dict[str, str]] | None = None
) -> None:
    emit_event(
        event,
        resource={"prefect.resource.id": f"sahelwatch.{resource}", "prefect.resource.name": resource},
        payload=payload,
        related=related,
        id=uuid.uuid5(_NAMESPACE, f"{event}/{key}"),
    )
