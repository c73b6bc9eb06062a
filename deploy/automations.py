"""Makes the one automation that tells an operator of runs that failed or crashed; run again, it changes nothing.

    python deploy/automations.py slack-webhook/operators

In: a notification block of the Prefect server, as type/name. Out: the automation, made or brought up to date. Product
alerts never depend on it: they go out of the outbox.
"""

from __future__ import annotations

import sys

from prefect.automations import Automation
from prefect.blocks.core import Block
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture

NAME = "sahelwatch: tell the operator of runs that failed or crashed"
FLOWS = ("monitor", "digest", "upkeep", "backfill")
SUBJECT = "sahelwatch: {{ flow_run.name }} {{ flow_run.state.name }}"
BODY = "Run {{ flow_run.name }} of {{ flow.name }} ended as {{ flow_run.state.name }}: {{ flow_run.state.message }}"


def automation_of(block: Block) -> Automation:
    """Return the automation that notifies through a block that the server knows."""
    if block._block_document_id is None:
        raise SystemExit(f"the block {block} was never saved")
    return Automation(
        name=NAME,
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
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(f"{NAME}: {ensure(automation_of(Block.load(sys.argv[1])))}")
