"""A development, its versions, reports and alert, as the tests of messages need them: each field can be given.

In: fields. Out: frozen values of storage.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from parsers.coding.values import Description, Participant, PlaceMention, Quantity, When
from storage.values import Alert, Development, DevelopmentState, DevelopmentVersion, Fatalities, Report

NOON = datetime(2025, 6, 9, 12, tzinfo=UTC)
GAO = PlaceMention(
    id="gao", name="Gao", kind="town", country="Mali", region="Gao", latitude=16.27, longitude=-0.04,
    geo_precision=1, surface="Gao", start=0, end=3,
)  # fmt: skip
SUNDAY = When(start=date(2025, 6, 8), end=date(2025, 6, 8), precision="day", basis="weekday")
TOLL = Quantity(
    measure="killed", group="watched", low=30, best=30, high=None, surface="over 30 men", start=0, end=11,
    strict=True, claimant="JNIM", by_party=True,
)  # fmt: skip


def state(**fields: Any) -> DevelopmentState:
    given: dict[str, Any] = {
        "watch": "mali", "kind": "ambush", "event_type": "Battles", "sub_event_type": "Armed clash",
        "family": "fighting", "modality": "claimed", "status": "reported", "watched": True,
        "summary": "JNIM ambushes Wagner Group in Gao, over 30 Russian fighters killed, 8 June 2025 (claimed)",
        "participants": (
            Participant(id="jnim", name="JNIM", camp="jihadist", role="agent"),
            Participant(id="wagner_group", name="Wagner Group", camp="watched", role="target"),
        ),
        "descriptions": (Description(actor_id="wagner_group", text="backed by Moscow", start=20, end=36),),
        "place": GAO, "when": SUNDAY, "quantities": (TOLL,), "fatalities": Fatalities(low=30, best=30),
        "claimant": "JNIM",
    }  # fmt: skip
    return DevelopmentState(**given | fields)


def report(number: int = 1, **fields: Any) -> Report:
    given: dict[str, Any] = {
        "mention_id": number, "version_id": number, "article_id": number, "external_id": f"a{number}.txt",
        "outlet": "River Daily", "family": "riverdaily", "url": f"https://www.river-daily.example/{number}",
        "role": "news", "claimant": "JNIM", "attributed_to": ("AFP",), "quote": f"Ambush number {number}.",
        "start": 0, "end": 16, "rule": "ambush.verb", "decision": "new",
        "development_version_id": None, "reasons": (), "modality": "claimed",
        "published_at": NOON, "decided_at": NOON,
    }  # fmt: skip
    return Report(**given | fields)


def version(number: int = 1, of: DevelopmentState | None = None, **fields: Any) -> DevelopmentVersion:
    given: dict[str, Any] = {
        "id": number, "development_id": 12, "number": number, "decision": "new", "changes": (), "alert_reasons": (),
        "recorded_at": NOON, "sequence": number,
    }  # fmt: skip
    return DevelopmentVersion(state=of or state(), **given | fields)


def development(*versions: DevelopmentVersion, reports: tuple[Report, ...] = (report(),)) -> Development:
    history = versions or (version(),)
    return Development(id=12, first_seen_at=NOON, version=history[-1], history=history, reports=reports)


def alert(number: int = 1, **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "id": 3, "uid": "alert_00ff", "development_id": 12, "development_number": number,
        "development_version_id": number, "change": "new", "rule": "watched-development", "severity": "high",
        "reasons": ("rule watched-development: All of the watched", "watched actor: Wagner Group (target)"),
        "created_at": NOON,
    }  # fmt: skip
    return Alert(**given | fields)
