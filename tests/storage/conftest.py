"""Sample values of all rooms, and short ways to put them into a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from parsers.article import Article, Document
from parsers.coding.values import Description, Mention, Participant, PlaceMention, Quantity, Span, When
from storage import articles, developments, documents, mentions, sources
from storage.engine import Transaction
from storage.source_values import Source
from storage.values import (
    Change,
    Decision,
    DevelopmentState,
    DevelopmentVersion,
    Fatalities,
    StoredArticle,
    StoredMention,
)

NOON = datetime(2025, 6, 7, 12, tzinfo=UTC)
SENTENCE = "Gunmen killed at least 12 soldiers near Tessit on Friday, residents said."


class Samples:
    """Makes values; every argument replaces the field of its name."""

    noon = NOON
    sentence = SENTENCE
    inbox = Source(key="inbox", kind="files", address="inbox/")

    def at(self, minutes: float) -> datetime:
        return NOON + timedelta(minutes=minutes)

    def document(self, name: str = "one.txt", body: bytes = b"words", **fields: Any) -> Document:
        return Document(**{"source": "inbox", "name": name, "body": body, "retrieved_at": NOON} | fields)

    def article(self, external_id: str = "one", **fields: Any) -> Article:
        given: dict[str, Any] = {
            "external_id": external_id,
            "namespace": "inbox",
            "format": "test",
            "headline": "Soldiers killed near Tessit",
            "paragraphs": (SENTENCE,),
            "outlet": "Le Courrier du Fleuve",
            "credited_to": ("AFP",),
            "url": "https://example.org/one",
            "published_at": NOON,
        }
        return Article(**given | fields)

    def mention(self, article: Article, ordinal: int = 0, **fields: Any) -> Mention:
        start = article.text.index(SENTENCE)
        given: dict[str, Any] = {
            "ordinal": ordinal,
            "kind": "attack_on_forces",
            "modality": "asserted",
            "role": "news",
            "rule": "attack.killed",
            "quote": SENTENCE,
            "start": start,
            "end": start + len(SENTENCE),
            "trigger": Span(start + 7, start + 13),
            "participants": self.participants,
            "place": self.place,
            "when": self.when,
            "quantities": (self.killed(12),),
            "claimant": "residents",
            "attributed_to": ("AFP",),
        }
        return Mention(**given | fields)

    participants = (
        Participant(id="malian_army", name="Malian army", camp="state", role="target"),
        Participant(id="africa_corps", name="Africa Corps", camp="watched", role="target"),
    )
    place = PlaceMention(
        id="tessit", name="Tessit", kind="town", country="Mali", region="Gao", latitude=15.16, longitude=0.51,
        geo_precision=2, surface="Tessit", start=68, end=74,
    )  # fmt: skip
    when = When(start=date(2025, 6, 6), end=date(2025, 6, 6), precision="day", basis="weekday", surface="Friday")

    def killed(self, best: int, **fields: Any) -> Quantity:
        given: dict[str, Any] = {
            "measure": "killed", "group": "army", "low": best, "best": best, "high": None,
            "surface": f"at least {best} soldiers", "start": 42, "end": 62, "noun": "soldiers",
        }  # fmt: skip
        return Quantity(**given | fields)

    def state(self, **fields: Any) -> DevelopmentState:
        given: dict[str, Any] = {
            "watch": "mali",
            "kind": "attack_on_forces",
            "event_type": "Battles",
            "sub_event_type": "Armed clash",
            "family": "armed",
            "modality": "asserted",
            "status": "reported",
            "watched": True,
            "summary": "Attack on forces near Tessit: at least 12 killed",
            "participants": self.participants,
            "descriptions": (Description(actor_id="africa_corps", text="backed by Moscow", start=3, end=19),),
            "place": self.place,
            "when": self.when,
            "quantities": (self.killed(12),),
            "fatalities": Fatalities(low=12, best=12),
        }
        return DevelopmentState(**given | fields)

    def add_article(self, tx: Transaction, article: Article | None = None, **fields: Any) -> StoredArticle:
        """Keep an article, with a document that is its text; fields of articles.add may be given."""
        article = article or self.article()
        sources.ensure(tx, self.inbox)
        document = documents.add(
            tx,
            self.document(article.external_id, article.text.encode()),
            outcome="parsed",
            reason=None,
            reader="1",
            now=NOON,
        )
        given: dict[str, Any] = {
            "url_key": None,
            "document_id": document.id,
            "text_hash": documents_hash(article),
            "language": "en",
            "family": article.outlet or article.external_id,
            "relevance": "relevant",
            "relevance_reasons": ("actor africa_corps",),
            "now": NOON,
        }
        return articles.add(tx, article, **given | fields)

    def add_mention(self, tx: Transaction, article: Article | None = None, **fields: Any) -> StoredMention:
        """Keep an article with one mention."""
        article = article or self.article()
        kept = self.add_article(tx, article, **fields)
        return mentions.add(tx, kept.version.id, [self.mention(article)])[0]

    def add_development(self, tx: Transaction, **fields: Any) -> DevelopmentVersion:
        """Keep a development of one version, first seen at noon or `now`."""
        now = fields.pop("now", NOON)
        return developments.create(
            tx, watch="mali", state=self.state(**fields), decision="new", changes=(), alert_reasons=("rule r",), now=now
        )

    def add_version(self, tx: Transaction, version: DevelopmentVersion, toll: int, now: datetime) -> DevelopmentVersion:
        """Keep the next version of a development: its toll rises."""
        state = replace(version.state, quantities=(self.killed(toll),), fatalities=Fatalities(low=toll, best=toll))
        change = Change(field="fatalities.best", old=12, new=toll, reason="a higher figure")
        return developments.add_version(
            tx, version.development_id, state=state, decision="update", changes=(change,), alert_reasons=(), now=now
        )

    def decide(self, tx: Transaction, mention: StoredMention, version: DevelopmentVersion, **fields: Any) -> Decision:
        """Keep the decision that a mention made a version."""
        given: dict[str, Any] = {
            "mention_id": mention.id,
            "watch": "mali",
            "decision": "new",
            "role": "news",
            "development_id": version.development_id,
            "development_version_id": version.id,
            "reasons": ("no link",),
            "decided_at": version.recorded_at,
        }
        decision = Decision(**given | fields)
        developments.decide(tx, decision)
        return decision


def documents_hash(article: Article) -> str:
    return Document(source="", name="", body=article.text.encode(), retrieved_at=NOON).sha256


@pytest.fixture(scope="session")
def given() -> Samples:
    return Samples()
