"""Replays over what is stored: the same tools tell the same, others gain and lose alerts with their reasons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.stages.replay import replay
from flows.stages.run import coder_of
from storage.engine import Store, open_store
from tests.flows.commands import sahelwatch
from tests.flows.runs import NOON, SEED_0, SEED_1, exported_from, run

CODER = coder_of(Settings().seeds, Settings().watch)
AGE = 14
ATTACK = (
    "Credited from: SAHELPOST\nAt least 30 Africa Corps fighters were killed near Gao on 8 June 2025 when JNIM "
    "attacked their convoy, two officials said.\nThe road to the border stayed closed until the evening.\n"
)


@pytest.fixture
def seeded(database: str, tmp_path: Path) -> Iterator[Store]:
    """Give a store with the seeds and an article on an attack; see at the end that nothing was changed in it."""
    attack = tmp_path / "gao.txt"
    attack.write_text(ATTACK, encoding="utf-8")
    run(database, SEED_0, SEED_1, attack, as_of=NOON)
    with closing(open_store(database)) as store:
        before = [exported_from(store, what) for what in ("articles", "developments", "alerts", "changes")]
        yield store
        assert [exported_from(store, what) for what in ("articles", "developments", "alerts", "changes")] == before


def test_the_same_tools_tell_the_same(seeded: Store) -> None:
    done = replay(seeded, CODER, max_age_days=AGE)
    assert (done.articles, done.gained, done.lost) == (3, (), ())
    assert done.before == done.after > 0


def test_a_narrower_rule_loses_what_it_does_not_take(seeded: Store) -> None:
    rules = tuple(r.model_copy(update={"kinds": ("attack_on_forces",)}) for r in CODER.watch.rules)
    narrow = CODER.watch.model_copy(update={"rules": rules})
    done = replay(seeded, replace(CODER, watch=narrow), max_age_days=AGE)
    lost = {told.kind: told for told in done.lost}
    assert "withdrawal_announced" in lost
    assert "attack_on_forces" not in lost
    told = lost["withdrawal_announced"]
    assert (told.rule, told.change) == ("watched-development", "new")
    assert any("withdrawal_announced" in line and "rule " in line and "by “" in line for line in told.evidence)
    assert any("watched-development: not for withdrawal_announced" in line for line in told.otherwise)


def test_what_was_recorded_without_a_word_is_gained(database: str) -> None:
    run(database, SEED_1, as_of=NOON, alerts=False)
    with closing(open_store(database)) as store:
        done = replay(store, CODER, max_age_days=AGE)
    assert (done.before, done.lost) == (0, ())
    assert done.gained
    told = done.gained[0]
    assert told.reasons[0].startswith("rule watched-development")
    assert any("alerts are switched off for this run" in line for line in told.otherwise)


def test_other_words_find_other_events(seeded: Store, tmp_path: Path) -> None:
    kept = [t for t in CODER.lexicon.triggers if not any(r.kind == "attack_on_forces" for r in t.readings)]
    assert len(kept) < len(CODER.lexicon.triggers)
    other = replace(CODER, lexicon=replace(CODER.lexicon, triggers=tuple(kept)))
    changed = replay(seeded, other, max_age_days=AGE)
    assert any(told.article == "gao.txt" for told in changed.lost)


def test_the_command(tmp_path: Path) -> None:
    database = ("--database", "sqlite:///kept.db")
    sahelwatch("run", "--direct", SEED_1, "--as-of", "2025-06-10T12:00", *database, folder=tmp_path)
    same = sahelwatch("replay", "--json", *database, folder=tmp_path)
    assert (same.code, same.json["gained"], same.json["lost"]) == (0, [], [])
    watch = tmp_path / "narrow.toml"
    watch.write_text('id = "other"\ntitle = "Nobody"\ntheatre = ["Mali"]\nwatched = ["prigozhin"]\n', encoding="utf-8")
    none = sahelwatch("replay", "--watch", watch, *database, folder=tmp_path)
    assert none.code == 0
    assert "0 now" in none.out
    assert "watched-development: no watched actor takes part" in none.out
    missing = sahelwatch("replay", "--lexicon", tmp_path / "none", *database, folder=tmp_path)
    assert (missing.code, "none" in missing.one_line()) == (1, True)
