"""Who says it, who prints it, and how it is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parsers.article import Article
from parsers.coding.attribution import find_claimant, find_press, is_plural_or_many, judge
from parsers.coding.coder import read_sentences
from parsers.coding.events import find_hits
from parsers.coding.roles import Hit, assign_roles
from parsers.coding.sentence import Sentence
from parsers.coding.tools import load_coder
from parsers.coding.watch import load_watch

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
CODER = load_coder(SEEDS, load_watch(SEEDS / "watch.toml"))
LEXICON = CODER.lexicon


def sentence(text: str) -> Sentence:
    article = Article(
        external_id="case",
        namespace="test",
        format="test",
        headline="Case",
        headline_derived=True,
        paragraphs=("News from Mali.", text),
        published_at=datetime(2025, 6, 10, tzinfo=UTC),
    )
    return read_sentences(article, CODER)[-1]


def hit(of: Sentence, trigger: str) -> Hit:
    return next(h for h in find_hits(of, LEXICON) if h.trigger.id == trigger)


def saying(text: str, trigger: str, *, claimant: str | None = None) -> tuple[str, str]:
    of = sentence(text)
    word = hit(of, trigger)
    agents = assign_roles(of, word, LEXICON, subject=()).agents
    said = judge(of, word, agents, LEXICON, claimant=claimant, year=2025)
    return said.modality, said.role


@pytest.mark.parametrize(
    ("text", "claimant"),
    [
        ("Ten soldiers died near Gao, JNIM said.", "JNIM"),
        ("JNIM said that ten soldiers died near Gao.", "JNIM"),
        ("The Malian army said on Sunday that ten jihadists died near Gao.", "Malian army"),
        ("Ten soldiers died near Gao, according to the FLA.", "Azawad Liberation Front"),
        ("Ten soldiers died near Gao, a security source told Reuters.", "a security source"),
        ("Ten soldiers died near Gao, witnesses said.", "witnesses"),
        ("Two officials told AFP that ten soldiers died near Gao.", "officials"),
        ("Dix soldats sont morts près de Gao, selon le JNIM.", "JNIM"),
        ("Dix soldats sont morts près de Gao, selon des témoins.", "témoins"),
        ("Le JNIM affirme que dix soldats sont morts près de Gao.", "JNIM"),
        ("Ten soldiers died near Gao on Sunday.", None),
        ("Ten soldiers died near Gao, according to Reuters.", None),
    ],
)
def test_claimant(text: str, claimant: str | None) -> None:
    assert find_claimant(sentence(text), LEXICON) == claimant


@pytest.mark.parametrize(
    ("text", "press"),
    [
        ("Ten soldiers died, according to BBC, Al Jazeera, and Africa News.", ("BBC", "Al Jazeera", "Africa News")),
        ("Ten soldiers died, as reported by Reuters.", ("Reuters",)),
        ("RFI reported that ten soldiers died.", ("RFI",)),
        ("Dix soldats sont morts, selon l'AFP et RFI.", ("AFP", "RFI")),
        ("Dix soldats sont morts, d'après Reuters.", ("Reuters",)),
        ("Ten soldiers died, according to residents.", ()),
        ("A reporter of Reuters was arrested in Gao.", ()),
    ],
)
def test_press_is_a_source_and_never_the_claimant(text: str, press: tuple[str, ...]) -> None:
    found = sentence(text)
    assert find_press(found, LEXICON) == press
    assert find_claimant(found, LEXICON) not in press


@pytest.mark.parametrize(
    ("text", "trigger", "modality"),
    [
        ("The last Wagner fighters left Mali.", "leave", "asserted"),
        ("Wagner will leave Mali.", "leave", "announced"),
        ("Wagner plans to leave Mali.", "leave", "announced"),
        ("Wagner said it would leave Mali.", "leave", "announced"),
        ("Wagner has not left Mali.", "leave", "denied"),
        ("Wagner never attacked Gao.", "attack", "denied"),
        ("The army denied that JNIM attacked Gao.", "attack", "denied"),
        ("JNIM attacked Gao.", "attack", "asserted"),
        ("JNIM will attack Gao.", "attack", "announced"),
        ("JNIM might attack the town of Gao.", "attack", "hypothetical"),
        ("JNIM reportedly attacked Gao.", "attack", "claimed"),
        ("Wagner va quitter le Mali.", "leave", "announced"),
        ("Wagner n'a pas quitté le Mali.", "leave", "denied"),
        ("Le JNIM aurait attaqué Gao.", "attack", "claimed"),
    ],
)
def test_modality(text: str, trigger: str, modality: str) -> None:
    assert saying(text, trigger) == (modality, "news")


def test_what_its_own_agent_tells_is_claimed() -> None:
    text = "JNIM said it had attacked Gao."
    assert saying(text, "attack", claimant="JNIM") == ("claimed", "news")
    assert saying(text, "attack", claimant="residents") == ("asserted", "news")


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("Wagner has been active in Mali since 2021.", "deploy"),
        ("In 2022, Wagner attacked Gao.", "attack"),
        ("JNIM attacked Gao three years ago.", "attack"),
        ("Last year, JNIM attacked Gao.", "attack"),
        ("En 2022, Wagner a attaqué Gao.", "attack"),
        ("L'an dernier, Wagner a attaqué Gao.", "attack"),
    ],
)
def test_history_is_background(text: str, trigger: str) -> None:
    assert saying(text, trigger) == ("historical", "background")


def test_a_deed_named_as_known_is_recalled_and_a_new_one_is_not() -> None:
    assert saying("After the attack on Gao, the army closed the road.", "attack")[1] == "background"
    assert saying("After an attack on Gao, the army closed the road.", "attack")[1] == "news"


@pytest.mark.parametrize(
    ("text", "many"),
    [
        ("A series of attacks shook Gao.", True),
        ("The attacks shook Gao.", True),
        ("Two attacks shook Gao.", False),
        ("An attack shook Gao.", False),
        ("Plusieurs attaques ont secoué Gao.", True),
    ],
)
def test_several_deeds_told_as_one(text: str, many: bool) -> None:
    of = sentence(text)
    assert bool(is_plural_or_many(of, hit(of, "attack"), LEXICON)) is many
