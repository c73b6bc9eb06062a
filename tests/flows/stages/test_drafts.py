"""Drafts: of whole articles (tests/cases/coding/articles), and what is gathered and what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.stages.detect import FOUNDING
from flows.stages.drafts import Draft, Frame
from flows.stages.figures import fatalities
from flows.stages.gather import Gathered, gather
from parsers.article import Article, Document
from parsers.coding.coder import code
from parsers.coding.tools import load_coder
from parsers.coding.values import Mention, Participant, PlaceMention, Quantity, Span, When
from parsers.coding.watch import load_watch
from parsers.formats.registry import read
from storage.values import StoredMention

ROOT = Path(__file__).resolve().parents[3]
SEEDS = ROOT / "seeds"
CODER = load_coder(SEEDS, load_watch(SEEDS / "watch.toml"))
KINDS = CODER.lexicon.kinds
FOLDERS = [f.parent for f in sorted((ROOT / "tests/cases/coding/articles").glob("*/expected.json"))]
JUDGED = [f for f in FOLDERS if "developments" in json.loads((f / "expected.json").read_text("utf-8"))]
NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)

GAO = PlaceMention(
    id="gao", name="Gao", kind="town", country="Mali", region="Gao", latitude=16.27, longitude=-0.04,
    geo_precision=1, surface="Gao", start=0, end=3,
)  # fmt: skip
KIDAL = replace(GAO, id="kidal", name="Kidal", region="Kidal", latitude=18.44, longitude=1.41)
JNIM = Participant(id="jnim", name="JNIM", camp="jihadist", role="agent")
ARMY = Participant(id="malian_army", name="Malian army", camp="state", role="target")
SUNDAY = When(start=date(2025, 6, 8), end=date(2025, 6, 8), precision="day", basis="weekday")


def mention(ordinal: int = 0, **fields: Any) -> StoredMention:
    given: dict[str, Any] = {
        "ordinal": ordinal,
        "kind": "attack_on_forces",
        "modality": "asserted",
        "role": "news",
        "rule": "attack.verb",
        "quote": "JNIM attacked Gao.",
        "start": 0,
        "end": 18,
        "trigger": Span(5, 13),
        "participants": (JNIM, ARMY),
        "place": GAO,
        "when": SUNDAY,
    }
    return StoredMention(id=ordinal + 1, version_id=1, mention=Mention(**given | fields))


def killed(low: int, **fields: Any) -> Quantity:
    given: dict[str, Any] = {"group": "army", "low": low, "best": low, "high": low, "surface": str(low)}
    return Quantity(measure="killed", start=0, end=2, **given | fields)


def gathered(*mentions: StoredMention, published_at: datetime | None = NOON) -> Gathered:
    return gather(mentions, KINDS, Frame(published_at=published_at))


def told(draft: Draft, field: str) -> Any:
    slots, toll = draft.slots, fatalities(draft.slots.quantities)
    values = {
        "kind": draft.kind.id,
        "modality": draft.modality,
        "place": slots.place and slots.place.id,
        "date": slots.when.start and slots.when.start.isoformat(),
        "agents": sorted(slots.ids("agent")),
        "targets": sorted(slots.ids("target")),
        "killed": [toll.low, toll.best, toll.high],
    }
    return values[field]


def article_faults(folder: Path, rows: list[dict[str, Any]]) -> list[str]:
    path = next(folder.glob("input.*"))
    document = Document(
        source="test", name=path.name, body=path.read_bytes(), retrieved_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    (article,) = read(document).articles
    mentions = [StoredMention(id=n, version_id=1, mention=m) for n, m in enumerate(code(article, CODER).mentions)]
    free = list(gather(mentions, KINDS, Frame(published_at=article.published_at)).drafts)
    faults = []
    for row in rows:
        wanted = {k: sorted(v) if k in {"agents", "targets"} else v for k, v in row.items()}
        hit = next((d for d in free if all(told(d, k) == v for k, v in wanted.items())), None)
        if hit:
            free.remove(hit)
        else:
            faults.append(f"no draft is {wanted}")
    fields = ("kind", "modality", "place", "date", "agents", "targets", "killed")
    return faults + [f"told: { {f: told(d, f) for f in fields} }" for d in free]


@pytest.mark.parametrize("folder", JUDGED, ids=lambda f: f.name)
def test_an_article_tells_these_developments(folder: Path) -> None:
    case = json.loads((folder / "expected.json").read_text("utf-8"))
    faults = article_faults(folder, case["developments"])
    if "open" in case:
        assert faults, "it holds now: take open out"
    else:
        assert faults == []


def test_mentions_of_one_event_are_one_draft_with_the_slots_of_both() -> None:
    first = mention(0, when=When(), participants=(ARMY,))
    second = mention(1, kind="base_lost", quantities=(killed(5),))
    (draft,) = gathered(first, second).drafts
    assert draft.kind.id == "base_lost"
    assert (draft.slots.ids("agent"), draft.slots.ids("target")) == ({"jnim"}, {"malian_army"})
    assert draft.slots.when == SUNDAY
    assert draft.slots.quantities == (killed(5, phrase=second.id),)
    assert draft.mentions == (first, second)
    assert draft.slots.ordinals == {0, 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"place": KIDAL},
        {"when": replace(SUNDAY, start=date(2025, 6, 1), end=date(2025, 6, 1))},
        {"kind": "abduction"},
        {"when": When(basis="anchored", offset_days=1, anchor=0, surface="the following day")},
    ],
    ids=["other place", "other day", "other family", "the day after"],
)
def test_what_differs_is_a_draft_of_its_own(fields: dict[str, Any]) -> None:
    assert len(gathered(mention(0), mention(1, **fields)).drafts) == 2


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": None, "role": "background"}, "a toll of no single event"),
        ({"role": "background", "reasons": ("older history: in 2022",)}, "older history: in 2022"),
        ({"modality": "hypothetical", "reasons": ("hypothetical: may",)}, "hypothetical: may"),
        ({"scope": "aggregate", "reasons": ("several deeds: attacks",)}, "several deeds: attacks"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_loose_with_its_reason(fields: dict[str, Any], why: str) -> None:
    loose = mention(0, **fields)
    found = gathered(loose)
    assert found.drafts == ()
    assert found.loose == ((loose, why),)


def test_a_set_of_bases_given_up_is_one_development() -> None:
    (draft,) = gathered(mention(0, kind="base_abandoned", scope="aggregate")).drafts
    assert draft.slots.scope == "aggregate"


def test_a_denied_mention_is_kept_as_a_denied_draft() -> None:
    (draft,) = gathered(mention(0, modality="denied")).drafts
    assert draft.modality == "denied"


def test_what_is_told_as_done_goes_before_what_is_announced_whatever_the_order() -> None:
    done, plan = mention(0, kind="withdrawal_completed"), mention(1, kind="withdrawal_announced", modality="announced")
    for order in ((done, plan), (plan, done)):
        (draft,) = gathered(*order).drafts
        assert (draft.kind.id, draft.modality) == ("withdrawal_completed", "asserted")


def test_an_undated_event_counts_from_publication_and_says_so() -> None:
    (fight,) = gathered(mention(0, when=When())).drafts
    (exit_,) = gathered(mention(0, kind="withdrawal_announced", when=When())).drafts
    assert (fight.slots.when.start, fight.slots.when.basis) == (NOON.date(), "publication")
    assert (fight.slots.when.precision, exit_.slots.when.precision) == ("week", "day")


def test_without_a_publication_date_the_time_stays_unknown() -> None:
    (draft,) = gathered(mention(0, when=When()), published_at=None).drafts
    assert draft.slots.when == When()


def test_an_anchored_event_is_not_dated_by_publication() -> None:
    after = When(basis="anchored", offset_days=1, anchor=0, surface="the following day")
    (draft,) = gathered(mention(1, when=after)).drafts
    assert draft.slots.when == after


def test_no_mention_is_lost() -> None:
    mentions = [mention(0), mention(1, place=KIDAL), mention(2, kind=None), mention(3, when=When())]
    found = gathered(*mentions)
    kept = [m for d in found.drafts for m in d.mentions] + [m for m, _ in found.loose]
    assert sorted(m.id for m in kept) == [1, 2, 3, 4]


def drafts_of(headline: str, *paragraphs: str) -> dict[str, Draft]:
    """Return the drafts of a text of ours by their kinds."""
    article = Article(
        external_id="x", namespace="own", headline=headline, paragraphs=paragraphs, published_at=NOON, language="en",
        format="feed",
    )  # fmt: skip
    coding = code(article, CODER)
    stored = [StoredMention(id=n + 1, version_id=1, mention=m) for n, m in enumerate(coding.mentions)]
    frame = Frame.of(article, watched_subject=True, seen_on=NOON.date(), horizon_days=60)
    return {d.kind.id: d for d in gather(stored, KINDS, frame).drafts}


FIGHT = (
    "Rebels killed 12 Wagner fighters near Tessit on Sunday, residents said. The fighting went on until the evening."
)


def test_what_is_admitted_in_passing_belongs_to_the_loss() -> None:
    told = drafts_of(
        "Rebels kill 12 Wagner fighters near Tessit",
        FIGHT,
        "The road to Gao was closed on Monday, a driver said. The mayor asked for help.",
        "Wagner conceded heavy losses.",
    )
    assert "official_statement" not in told
    assert "admit.verb" in {m.mention.rule for m in told["attack_on_forces"].mentions}


def test_an_admission_in_the_head_is_news_and_placed_where_the_loss_was() -> None:
    told = drafts_of("Wagner admits heavy losses in Mali", "The Wagner Group admitted losses.", FIGHT)
    statement = told["official_statement"]
    assert statement.slots.place is not None
    assert (statement.slots.place.id, statement.slots.place.geo_precision) == ("tessit", 2)


def test_a_denial_in_passing_founds_nothing_and_one_in_the_head_does() -> None:
    denial = "Mali denies that Wagner fighters are in the country."
    last = drafts_of("Rebels kill 12 Wagner fighters near Tessit", FIGHT, "The road was closed, a driver said.", denial)
    first = drafts_of("Mali denies presence of Wagner fighters", denial, "Bamako speaks of instructors.")
    assert last["denial"].weight < FOUNDING <= first["denial"].weight
