"""Makes the automations for an operator; run again, it changes nothing.

    python deploy/automations.py [slack-webhook/operators]

In: a notification block of the Prefect server, as type/name, if any. Out: one automation that marks runs as crashed
whose process ended with its worker, so that nobody was left to say so; with a block, one that tells of runs that failed
or crashed. Product alerts depend on neither: they go out of the outbox.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from prefect.automations import Automation
from prefect.blocks.core import Block
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.settings import get_current_settings

TOLD = "sahelwatch: tell the operator of runs that failed or crashed"
ENDED = "sahelwatch: mark runs as crashed that nobody runs any more"
FLOWS = ("monitor", "digest", "upkeep", "backfill")
SUBJECT = "sahelwatch: {{ flow_run.name }} {{ flow_run.state.name }}"
BODY = "Run {{ flow_run.name }} of {{ flow.name }} ended as {{ flow_run.state.name }}: {{ flow_run.state.message }}"
BEAT_S = get_current_settings().flows.heartbeat_frequency or 180  # between two signs of life of a run
BEATS_MISSED = 3


def telling(block: Block) -> Automation:
    """Return the automation that notifies through a block that the server knows."""
    if block._block_document_id is None:
        raise SystemExit(f"the block {block} was never saved")
    return Automation(
        name=TOLD,
        description=f"Sends a message when a run of {', '.join(FLOWS)} fails or crashes; alerts do not need it.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": [*FLOWS]},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[SendNotification(block_document_id=block._block_document_id, subject=SUBJECT, body=BODY)],
    )


def ending() -> Automation:
    """Return the automation that marks a run as crashed when it gave a sign of life and then no more."""
    silent_s = BEATS_MISSED * BEAT_S
    over = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
    return Automation(
        name=ENDED,
        description=f"A run of {', '.join(FLOWS)} without a sign of life for {silent_s} s has ended with its worker.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *over},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": [*FLOWS]},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=silent_s),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"No sign of life for {silent_s} s: its process has ended. The next run takes up the rest.",
            )
        ],
    )


def ensure(automation: Automation) -> str:
    """Make the automation, or bring the one of its name up to date; return which."""
    try:
        automation.id = Automation.read(name=automation.name).id
    except ValueError:
        automation.create()
        return "made"
    automation.update()
    return "up to date"


if __name__ == "__main__":
    if len(sys.argv) > 2:
        raise SystemExit(__doc__)
    for wanted in (ending(), *(telling(Block.load(name)) for name in sys.argv[1:])):
        print(f"{wanted.name}: {ensure(wanted)}")
