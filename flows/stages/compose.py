"""From an alert to the message that a person reads.

In: an alert, its development as it stood at that version, the reports, what the receiver was told before. Out: a
`Message` with subject, plain text, HTML and the JSON of the webhook, of one development or of several. Pure. Foreign
words are data: escaped in HTML, never a template, never a header.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from flows.stages.alert import GRAVITY
from flows.stages.deliver.message import Message, MessageType
from flows.stages.follow_up import FollowUp, version_of
from flows.stages.wording import (
    change_words,
    changes_in_order,
    date_words,
    day_words,
    figures,
    independent_words,
    news_quotes,
    sources_of,
    standing_words,
    web_address,
    where_words,
)
from storage.values import Alert, Development, DevelopmentVersion, Report

_TYPES: dict[str, MessageType] = {
    "new": "development.new",
    "update": "development.updated",
    "corroboration": "development.updated",
    "contradiction": "development.contradicted",
    "correction": "development.corrected",
}
_HEADS = {
    "new": "New",
    "update": "Update",
    "corroboration": "Confirmed",
    "contradiction": "Disputed",
    "correction": "Correction",
}
SHOWN = 20  # developments in one message to a person
_MOST_SOURCES = 6  # in one message; the rest is counted


@cache
def templates() -> Environment:
    """Return the templates of the messages, loaded once a process."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a message tells of one development: its newest alert, as it is told to this receiver."""

    alert: Alert
    alerts: tuple[Alert, ...]  # all that it tells of at once
    development: Development
    version: DevelopmentVersion
    follow: FollowUp
    quotes: tuple[Report, ...]

    @property
    def line(self) -> str:
        """Return the development in one line."""
        return " ".join(f"{_HEADS[self.follow.change]}: {self.version.state.summary}".split())


def part_of(alert: Alert, development: Development, *, follow: FollowUp, alerts: tuple[Alert, ...] = ()) -> Part:
    """Return what is told of a development by one alert, and by those that came before it unsent."""
    version = version_of(development, alert.development_number)
    known = tuple(r for r in development.reports if (r.development_version_id or version.id) <= version.id)
    return Part(
        alert=alert,
        alerts=alerts or (alert,),
        development=development,
        version=version,
        follow=follow,
        quotes=tuple(news_quotes(known)),
    )


def compose(
    alert: Alert, development: Development, *, follow: FollowUp | None = None, possible_repeat: bool = False
) -> Message:
    """Return the message of one alert; without `follow` it tells the version's own changes."""
    own = FollowUp(change=alert.change, changes=version_of(development, alert.development_number).changes)
    part = part_of(alert, development, follow=follow or own)
    return compose_part(part, uid=alert.uid, possible_repeat=possible_repeat)


def compose_part(part: Part, *, uid: str, notes: Sequence[str] = (), possible_repeat: bool = False) -> Message:
    """Return the message of one development; `notes` say why it comes late."""
    facts = facts_of(part) | {"possible_repeat": possible_repeat, "notes": notes}
    return Message(
        uid=uid,
        type=_TYPES[part.follow.change],
        created_at=part.alert.created_at,
        subject=part.line,
        text=templates().get_template("alert.txt.j2").render(facts),
        html=templates().get_template("alert.html.j2").render(facts),
        data=_data(part, uid),
        thread=part.follow.thread,
        previous=part.follow.previous,
        possible_repeat=possible_repeat,
    )


def compose_group(
    parts: Sequence[Part], *, uid: str, notes: Sequence[str] = (), possible_repeat: bool = False
) -> Message:
    """Return one message of several developments: the gravest are shown, and of the rest it says how many.

    The data, which machines read, hold all of them.
    """
    order = sorted(parts, key=lambda part: -GRAVITY[part.alert.severity])
    subject = f"{len(parts)} developments: {order[0].line}"
    facts = {
        "subject": subject,
        "count": len(parts),
        "parts": [facts_of(part) for part in order[:SHOWN]],
        "more": max(0, len(parts) - SHOWN),
        "uid": uid,
        "notes": notes,
        "possible_repeat": possible_repeat,
    }
    return Message(
        uid=uid,
        type="developments.grouped",
        created_at=max(part.alert.created_at for part in parts),
        subject=subject,
        text=templates().get_template("group.txt.j2").render(facts),
        html=templates().get_template("group.html.j2").render(facts),
        data={"developments": [_data(part, uid) for part in parts]},
        possible_repeat=possible_repeat,
    )


def facts_of(part: Part) -> dict[str, Any]:
    """Return what the templates tell of a development: what is new to its receiver first."""
    state, follow = part.version.state, part.follow
    fresh, known = _divided(part)
    new, earlier = sources_of(fresh), sources_of(known)
    heading = "What was wrong → what holds now" if follow.change == "correction" else "What changed"
    return {
        "head": _HEADS[follow.change],
        "line": part.line,
        "alert": part.alert,
        "development": part.development,
        "state": state,
        "changed": f"{heading} (you were last told {_minute(follow.since)})" if follow.since else heading,
        "changes": [change_words(c) for c in changes_in_order(follow.changes)],
        "where": where_words(state),
        "when": date_words(state),
        "standing": standing_words(state),
        "independent": independent_words(state.independent_sources, [*new, *earlier]),
        "figures": figures(state),
        "new": new[:_MOST_SOURCES],
        "earlier": earlier[: max(0, _MOST_SOURCES - len(new))],
        "more": max(0, len(new) + len(earlier) - _MOST_SOURCES),
    }


def _divided(part: Part) -> tuple[list[Report], list[Report]]:
    """Return the quotes that a receiver has not had, and those that it has, the latest first in a follow-up."""
    since = part.follow.since_number
    if since is None:
        return [*part.quotes], []
    later = {version.id for version in part.development.history if version.number > since}
    latest = part.quotes[::-1]
    fresh = [quote for quote in latest if quote.development_version_id in later]
    return fresh, [quote for quote in latest if quote not in fresh]


def _minute(at: datetime) -> str:
    return f"{day_words(at.date())}, {at:%H:%M} UTC"


def _data(part: Part, uid: str) -> dict[str, Any]:
    alert, state, quotes = part.alert, part.version.state, part.quotes
    return {
        "alert": {
            "id": alert.public_id,
            "uid": alert.uid,
            "change": part.follow.change,
            "rule": alert.rule,
            "severity": alert.severity,
            "reasons": list(alert.reasons),
            "created_at": alert.created_at.isoformat(),
        },
        "development": {
            "id": part.development.public_id,
            "version": alert.development_number,
            "summary": state.summary,
            "kind": state.kind,
            "event_type": state.event_type,
            "sub_event_type": state.sub_event_type,
            "modality": state.modality,
            "status": state.status,
            "watched": state.watched,
            "actors": [{"name": p.name, "role": p.role} for p in state.participants],
            "place": state.place.name if state.place else None,
            "date": state.when.start.isoformat() if state.when.start else None,
            "time_precision": state.when.precision,
            "fatalities": asdict(state.fatalities),
        },
        "changes": [asdict(change) for change in part.follow.changes],
        "evidence": [_evidence(quote) for quote in quotes],
        "since": {"version": part.follow.since_number, "told_at": part.follow.since.isoformat()}
        if part.follow.since
        else None,
        "thread": {"id": part.follow.thread or uid, "previous": part.follow.previous},
        "alerts": [{"id": one.public_id, "uid": one.uid} for one in part.alerts],
        "url": next(filter(None, (web_address(r.url) for r in quotes)), None),
    }


def _evidence(quote: Report) -> dict[str, Any]:
    return {
        "external_id": quote.external_id,
        "outlet": quote.outlet,
        "claimant": quote.claimant,
        "quote": quote.quote,
        "url": web_address(quote.url),
    }
