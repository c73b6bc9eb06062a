"""From the developments of a period to the digest that a person reads.

In: the digest, the developments as they stood at its end with their severity. Out: a `Message`. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from flows.stages.alert import GRAVITY
from flows.stages.compose import templates, when_words, where_words
from flows.stages.deliver.message import Message
from storage.alert_values import Digest
from storage.values import Development, Severity


def compose_digest(digest: Digest, title: str, told: Sequence[tuple[Development, Severity]], *, zone: str) -> Message:
    """Return the message of a period: each development as it stood at its end, the gravest first."""
    first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (digest.start_at, digest.end_at))
    days = (
        f"{first:%Y-%m-%d}" if digest.period == "daily" else f"{first:%Y-%m-%d} to {last - timedelta(days=1):%Y-%m-%d}"
    )
    order = sorted(told, key=lambda one: -GRAVITY[one[1]])
    subject = f"{title}, {days}: {len(order)} {'development' if len(order) == 1 else 'developments'}"
    rows = [
        {
            "id": development.public_id,
            "head": "New" if development.first_seen_at >= digest.start_at else "Changed",
            "severity": severity,
            "summary": development.state.summary,
            "where": where_words(development.state),
            "when": when_words(development.state),
            "status": development.state.status,
            "sources": development.state.independent_sources,
        }
        for development, severity in order
    ]
    facts = {"subject": subject, "rows": rows, "possible_repeat": digest.possible_repeat}
    return Message(
        uid=digest.uid,
        type="digest",
        created_at=digest.end_at,
        subject=subject,
        text=templates().get_template("digest.txt.j2").render(facts),
        html=templates().get_template("digest.html.j2").render(facts),
        data={
            "period": digest.period,
            "start_at": digest.start_at.isoformat(),
            "end_at": digest.end_at.isoformat(),
            "developments": rows,
        },
        possible_repeat=digest.possible_repeat,
    )
