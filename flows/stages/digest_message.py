"""From the developments of a period to the digest that a person reads.

In: the digest, the developments as they stood at its end with their severity. Out: a `Message`. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flows.stages.alert import GRAVITY
from flows.stages.compose import templates
from flows.stages.deliver.message import Message
from flows.stages.wording import (
    date_words,
    day_words,
    independent_words,
    news_quotes,
    sources_of,
    standing_words,
    where_words,
)
from storage.alert_values import Digest
from storage.values import Development, Severity


def compose_digest(digest: Digest, title: str, told: Sequence[tuple[Development, Severity]], *, zone: str) -> Message:
    """Return the message of a period: each development as it stood at its end, the gravest first."""
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (digest.start_at, digest.end_at))
    until = last - timedelta(days=1)
    days = day_words(first) if digest.period == "daily" else f"{day_words(first)} to {day_words(until)}"
    order = sorted(told, key=lambda one: -GRAVITY[one[1]])
    subject = f"{title}, {days}: {len(order)} {'development' if len(order) == 1 else 'developments'}"
    rows = [_row(development, severity, digest) for development, severity in order]
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


def _row(development: Development, severity: Severity, digest: Digest) -> dict[str, Any]:
    """Return a development as the digest tells it, with its latest source."""
    state, found = development.state, sources_of(news_quotes(development.reports))
    latest = found[-1] if found else None
    return {
        "id": development.public_id,
        "head": "New" if development.first_seen_at >= digest.start_at else "Changed",
        "severity": severity,
        "summary": state.summary,
        "where": where_words(state),
        "when": date_words(state),
        "status": standing_words(state),
        "sources": state.independent_sources,
        "independent": independent_words(state.independent_sources, found),
        "quote": latest.quotes[-1] if latest else None,
        "outlet": latest.name if latest else None,
        "url": latest.url if latest else None,
    }
