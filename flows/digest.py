"""The digest flow: what a day or a week brought, in one message, for those who asked for it in the watch.

In: the period and the logical date. Out: a flow run whose state message says how many were sent. Safe to run again:
each digest is sent once, and what could not be sent is tried again.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal

from prefect import flow, get_run_logger
from prefect.client.schemas import State
from prefect.states import Completed

from flows.events import tell_failed_run
from flows.settings import load_settings
from flows.stages import run as stages
from flows.stages.digest import Digested
from storage.engine import open_store


@flow(
    name="digest",
    flow_run_name="digest {period}",
    description="Sends what the last day or week brought to the channels that the watch names for it.",
    on_failure=[tell_failed_run],
    on_crashed=[tell_failed_run],
)
def digest(
    period: Literal["daily", "weekly"] = "daily",
    as_of: datetime | None = None,
    database: str | None = None,
    config: Path | None = None,
    watch: Path | None = None,
) -> State[Digested]:
    """Send the digest of the last whole day or week.

    Args:
        period: The last whole day, or the last whole week from Monday on.
        as_of: The logical date: the period is the one before it. Leave empty for now.
        database: URL without a password, such as sqlite:////srv/watch.db. Leave empty for the configured one.
        config: A settings file in place of sahelwatch.toml. Leave empty for that one.
        watch: A watch file. Leave empty for the configured one.

    """
    settings = load_settings(config, database=database, watch=watch)
    stages.check_setup(settings)
    with closing(open_store(settings.database)) as store:
        done = stages.send_digest(store, settings, period=period, now=stages.logical_date(as_of))
    for error in done.errors:
        get_run_logger().warning("%s", error)
    message = f"{done.sent} sent, {done.waiting} waiting" if done.sent or done.waiting else "nothing to send"
    return Completed(message=message, data=done)
