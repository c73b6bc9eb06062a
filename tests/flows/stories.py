"""A story in four chapters, each one run of the monitor: what is put to the test by kills, and by monitors at once.

In: a database, channels, a chapter, how much later than planned it is. Out: what was sent; and of a whole story what
arrived and what is remembered, in names that are the same in every database. Alerts go alone and in a group,
are held by quiet hours and by the cooldown, are followed up, corrected and retracted; a digest ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from sqlmodel import col, select

from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.collect import Collected
from flows.stages.deliver.dispatch import LEASE_S, dispatch
from flows.stages.deliver.message import Channel, Message
from flows.stages.deliver.policy import Policy
from flows.stages.digest import send_digests
from flows.stages.settle import settle
from parsers.article import Document
from parsers.coding.watch import DigestPlan, QuietHours, load_watch
from storage.engine import Store, open_store
from storage.integrity import verify
from storage.source_values import Source
from storage.tables import AlertRow, DeliveryRow
from storage.tables_alerts import BundleMemberRow, BundleRow, DigestRow, ToldRow
from tests.flows.runs import NOON, Row, records

INBOX = Source(key="inbox", kind="files", address="inbox")
PAST_LEASE = timedelta(seconds=LEASE_S + 1)
DESK, NIGHT = "desk", "night"  # the second channel is not to be woken before one o'clock but by the gravest
POLICY = Policy(
    cooldown=timedelta(minutes=30),
    quiet=(QuietHours(start=time(11), end=time(13), zone="UTC", mode="critical_only", channels=(NIGHT,)),),
)

CONVOY = (
    "At least {} Africa Corps fighters were killed near Gao on 8 June 2025 when JNIM attacked their convoy, two "
    "security officials said. The attack lasted several hours, and the road was closed for the rest of the day."
)
SHELTER = "Families from the villages around have sought shelter at the school, a teacher told the newspaper."
MINE = (
    "{} Africa Corps fighters were killed near Menaka on 9 June 2025 when their vehicle hit a mine, the governor's "
    "office said. A spokesman in the capital did not answer calls on the matter in the evening."
)
VILLAGE = (
    "Wagner Group mercenaries killed six civilians in a village near Lere on 7 June 2025, residents said. The market "
    "was burnt down, and the dead were buried the next morning beside the mosque."
)
STRIKE = (
    "A drone of the Africa Corps struck a camp near Tessalit on 8 June 2025 and killed four people, a rebel spokesman "
    "said. The sound of the aircraft was heard for an hour before."
)
AMBUSH = (
    "Three Wagner Group mercenaries were killed in an ambush near Bandiagara on 9 June 2025, a hunters' chief said. "
    "Their bodies were brought to Sevare by pickup, past fields that had just been sown."
)
BASE = (
    "The Africa Corps has left its base in Ber, north of Timbuktu, on 10 June 2025, residents said. Trucks carried "
    "off the generators, and the flag over the gate was taken down at dawn."
)
NOTICE = "This article has been withdrawn: its source could not be verified."


class Chapter(NamedTuple):
    """One run of the monitor: when it is planned, and the texts of the inbox by file name."""

    at: datetime
    files: Mapping[str, tuple[str, ...]]  # headline and paragraphs
    digest: bool = False


CHAPTERS = (
    Chapter(
        NOON,
        {
            "gao": ("Thirty Russian fighters killed near Gao", CONVOY.format(30), SHELTER),
            "menaka": ("Mine kills fighters near Menaka", MINE.format("Two")),
            "lere": ("Villagers killed near Lere", VILLAGE),
            "tessalit": ("Drone strikes camp near Tessalit", STRIKE),
            "bandiagara": ("Mercenaries ambushed near Bandiagara", AMBUSH),
        },
    ),
    Chapter(
        NOON + timedelta(minutes=15),
        {
            "gao": ("Thirteen Russian fighters killed near Gao", CONVOY.format(13), SHELTER),
            "menaka": ("Mine kills fighters near Menaka", MINE.format("Five")),
            "lere": ("Villagers killed near Lere", NOTICE),
            "ber": ("Africa Corps leaves Ber", BASE),
        },
    ),
    Chapter(NOON + timedelta(hours=3), {"menaka": ("Mine kills fighters near Menaka", MINE.format("Seven"))}),
    Chapter(NOON + timedelta(hours=18), {}, digest=True),
)


def tell(database: str, channels: Mapping[str, Channel], number: int, *, late: timedelta = timedelta(0)) -> int:
    """Run a chapter, its clock `late`; return how many messages' deliveries and digests were sent."""
    chapter, settings = CHAPTERS[number], Settings(database=database, channels=())
    clock = chapter.at + late
    documents = tuple(
        Document(source=INBOX.key, name=f"{name}.txt", body=_file(*lines), retrieved_at=chapter.at)
        for name, lines in chapter.files.items()
    )
    collected = (Collected(source=INBOX, documents=documents),)
    with closing(open_store(database)) as store:
        read = stages.read_collected(store, settings, collected, now=chapter.at)
        recorded = stages.record_all(
            store, read, settings, channels, planned=(INBOX,), now=chapter.at, alerting=True
        )  # fmt: skip
        settle(store, collected, read, recorded, now=chapter.at)
        sent = dispatch(store, channels, clock=lambda: clock, policy=POLICY).sent
        if chapter.digest:
            watch = load_watch(settings.watch).model_copy(update={"digest": DigestPlan(daily=(DESK,))})
            sent += send_digests(
                store, watch, channels, period="daily", now=chapter.at, clock=lambda: clock
            ).sent  # fmt: skip
    return sent


def _file(headline: str, *paragraphs: str) -> bytes:
    return "\n".join((f"**{headline}**", f"**{headline}**", *paragraphs, "")).encode()


class Arrival(NamedTuple):
    """A message as it came to a receiver."""

    to: str
    uid: str
    kind: str
    alerts: tuple[str, ...]  # their ids
    may_repeat: bool = False


def arrival(to: str, message: Message) -> Arrival:
    """Return what arrives with a message."""
    return Arrival(to, message.uid, message.type, alerts_of(message.data), message.possible_repeat)


def alerts_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the alerts that a message tells of."""
    parts = data.get("developments", [data])
    return tuple(one["uid"] for part in parts for one in part.get("alerts", ()))


def lines(arrivals: Iterable[Arrival]) -> str:
    """Return arrivals as lines of a file."""
    return "".join(json.dumps(one) + "\n" for one in arrivals)


def from_lines(text: str) -> list[Arrival]:
    """Return the arrivals of a file; a last line that was cut off has not arrived."""
    whole = text[: text.rfind("\n") + 1].splitlines()
    return [Arrival(to, uid, kind, tuple(alerts), may) for to, uid, kind, alerts, may in map(json.loads, whole)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a story ended; alerts are called by their rank, for ids differ from database to database."""

    records: Mapping[str, Sequence[Row]]
    told: tuple[tuple[str, int], ...]  # receiver and alert, of all that arrived
    messages: tuple[tuple[str, str, tuple[int, ...]], ...]  # receiver, kind, alerts; each once
    remembered: tuple[tuple[Any, ...], ...]  # what each receiver was told, in which message of which thread
    unsent: tuple[tuple[Any, ...], ...]  # deliveries and digests that are not sent, with their states


def ending(database: str, arrivals: Sequence[Arrival]) -> Ending:
    """Return how a story ended; fails where the database is not sound."""
    with closing(open_store(database)) as store:
        assert verify(store) == ()
        ranks = _ranks(store)
        unique = {(a.to, a.uid): a for a in arrivals}.values()
        return Ending(
            records=records(database),
            told=tuple(sorted({(a.to, ranks[uid]) for a in arrivals for uid in a.alerts})),
            messages=tuple(sorted((a.to, a.kind, tuple(ranks[uid] for uid in a.alerts)) for a in unique)),
            remembered=_remembered(store, ranks),
            unsent=_unsent(store, ranks),
        )


def _ranks(store: Store) -> dict[str, int]:
    with store.read() as tx:
        return {uid: rank for rank, uid in enumerate(tx.exec(select(AlertRow.uid).order_by(col(AlertRow.id))), start=1)}


def _remembered(store: Store, ranks: Mapping[str, int]) -> tuple[tuple[Any, ...], ...]:
    with store.read() as tx:
        rows = tx.exec(
            select(ToldRow, AlertRow.uid)
            .join(DeliveryRow, col(DeliveryRow.id) == ToldRow.delivery_id)
            .join(AlertRow, col(AlertRow.id) == DeliveryRow.alert_id)
        ).all()
        bundles = dict(
            tx.exec(
                select(BundleMemberRow.delivery_id, BundleRow.uid).join(
                    BundleRow, col(BundleRow.id) == BundleMemberRow.bundle_id
                )
            ).all()
        )
    members: dict[tuple[str, str, str], list[int]] = {}
    for row, uid in rows:
        members.setdefault((row.channel, row.recipient, row.message_uid), []).append(ranks[uid])
        assert row.message_uid == bundles.get(row.delivery_id, row.message_uid), f"{uid} was told outside its bundle"
    return tuple(
        sorted(
            (
                *(row.channel, row.recipient, ranks[uid]),
                *(tuple(sorted(members[row.channel, row.recipient, m])) for m in (row.message_uid, row.thread_uid)),
            )
            for row, uid in rows
        )
    )


def _unsent(store: Store, ranks: Mapping[str, int]) -> tuple[tuple[Any, ...], ...]:
    with store.read() as tx:
        deliveries = tx.exec(
            select(AlertRow.uid, DeliveryRow.channel, DeliveryRow.recipient, DeliveryRow.state)
            .join(AlertRow, col(AlertRow.id) == DeliveryRow.alert_id)
            .where(DeliveryRow.state != "sent")
        ).all()
        digests = tx.exec(
            select(DigestRow.period, DigestRow.channel, DigestRow.recipient, DigestRow.state).where(
                DigestRow.state != "sent"
            )
        ).all()
    return (*sorted((ranks[uid], *rest) for uid, *rest in deliveries), *sorted(map(tuple, digests)))
