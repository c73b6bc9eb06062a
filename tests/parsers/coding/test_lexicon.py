"""Every example of the lexicon is coded as it says; every kind and actor has one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parsers.article import Article
from parsers.coding.coder import code, read_sentences
from parsers.coding.flat import flatten
from parsers.coding.lexicon import load_lexicon
from parsers.coding.tools import load_coder
from parsers.coding.watch import load_watch
from parsers.errors import LexiconError

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
CODER = load_coder(SEEDS, load_watch(SEEDS / "watch.toml"))
EXAMPLES = [(t.id, text, kind) for t in CODER.lexicon.triggers for text, kind in t.examples]


def article(*paragraphs: str, published: datetime | None = datetime(2024, 9, 20, 12, tzinfo=UTC)) -> Article:
    return Article(
        external_id="example",
        namespace="test",
        format="test",
        headline="Example",
        headline_derived=True,
        paragraphs=paragraphs,
        published_at=published,
    )


IDS = [f"{t}-{k}-{n}" for n, (t, _, k) in enumerate(EXAMPLES)]


@pytest.mark.parametrize(("trigger", "text", "kind"), EXAMPLES, ids=IDS)
def test_example_of_a_trigger_is_coded_as_it_says(trigger: str, text: str, kind: str) -> None:
    kinds = [m.kind for m in code(article("News from Mali.", text), CODER).mentions]
    assert kind in kinds


def test_every_trigger_has_an_example() -> None:
    assert [t.id for t in CODER.lexicon.triggers if not t.examples] == []


@pytest.mark.parametrize("actor", CODER.lexicon.actors, ids=lambda a: a.id)
def test_example_of_an_actor_names_it(actor: object) -> None:
    text = article("Fighting goes on in Mali.", actor.example)  # type: ignore[attr-defined]
    found = {a.id for s in read_sentences(text, CODER) for a in s.actors}
    assert actor.id in found  # type: ignore[attr-defined]


def test_every_kind_maps_to_one_acled_type() -> None:
    types = {
        "Battles": {"Armed clash", "Government regains territory", "Non-state actor overtakes territory"},
        "Explosions/Remote violence": {
            "Chemical weapon", "Air/drone strike", "Suicide bomb", "Shelling/artillery/missile attack",
            "Remote explosive/landmine/IED", "Grenade",
        },
        "Violence against civilians": {"Sexual violence", "Attack", "Abduction/forced disappearance"},
        "Strategic developments": {
            "Agreement", "Arrests", "Change to group/activity", "Disrupted weapons use",
            "Headquarters or base established", "Looting/property destruction", "Non-violent transfer of territory",
            "Other",
        },
    }  # fmt: skip
    for kind in CODER.lexicon.kinds.values():
        assert kind.sub_event_type in types[kind.event_type], kind.id


def test_every_kind_is_reached_by_a_reading() -> None:
    reached = {r.kind for t in CODER.lexicon.triggers for r in t.readings}
    assert set(CODER.lexicon.kinds) - reached == {"prison_break"}


def test_flattening_keeps_every_position() -> None:
    text = "L’armée — « Tinzaouatène » ŒUVRE ß İstanbul 20 000 ﬁn"
    assert len(flatten(text)) == len(text)
    assert flatten(text)[:8] == "l'armee "


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("events.toml", 'trigger = [{id = "x", verb = ["("]}]', "missing ), unterminated subpattern"),
        ("events.toml", "[[trigger]", "is no TOML"),
        ("events.toml", '[[trigger]]\nid = "x"\n[[trigger.reading]]\nkind = "unheard_of"', "unknown kind unheard_of"),
        ("events.toml", '[[trigger]]\nid = "x"\n[[trigger.reading]]\nkind = "clash"\nagnet = ["state"]', "agnet"),
        ("kinds.toml", '[kind.clash]\nevent_type = "Battles"', "kind clash"),
        ("actors.toml", '[[actor]]\nid = "x"', "lacks"),
    ],
)
def test_a_fault_of_a_file_is_told_with_its_name(tmp_path: Path, file: str, content: str, complaint: str) -> None:
    for name in ("actors.toml", "events.toml", "kinds.toml", "cues.toml"):
        (tmp_path / name).write_text((SEEDS / "lexicon" / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=file) as raised:
        load_lexicon(tmp_path)
    assert complaint in str(raised.value)
