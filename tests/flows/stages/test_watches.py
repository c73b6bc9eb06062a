"""Two watches over the same articles: what is followed, and where, is data alone."""

from __future__ import annotations

import ast
import re
from contextlib import closing
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.replay import replay
from parsers.coding.lexicon import load_lexicon
from parsers.coding.tools import load_coder
from parsers.coding.watch import load_watch
from storage.engine import open_store
from tests.flows.runs import NOON, Row, exported

ROOT = Path(__file__).resolve().parents[3]
SEEDS = ROOT / "seeds"
MALI, NIGER_BURKINA = SEEDS / "watch.toml", SEEDS / "watch-niger-burkina.toml"
ARTICLES = {
    "gao.txt": "JNIM ambushed a convoy of Africa Corps and the army near Gao on 8 June 2025, killing 12 soldiers, a "
    "resident said.\nThe soldiers of the garrison in Gao, Mali, did not leave their camp that day.",
    "niamey.txt": "About 100 fighters of Africa Corps arrived in Niamey on 7 June 2025.\nNiger's junta said they "
    "would train the army; in the north of the country nothing changed.",
    "djibo.txt": "JNIM ambushed a convoy of Africa Corps and the army near Djibo on 9 June 2025, killing nine "
    "soldiers, a trader said.\nThe soldiers of the garrison in Djibo, Burkina Faso, closed the market.",
    "bakhmut.txt": "Wagner Group fighters left Bakhmut on 6 June 2025.\nUkraine said that its army had shelled them.",
}


def recorded(watch: Path, database: str, folder: Path) -> tuple[list[Row], dict[str, str]]:
    """Return the developments that a watch makes of the articles, and the relevance of each."""
    for name, told in ARTICLES.items():
        (folder / name).write_text(f"Credited from: SAHELPOST\n{told}\n", encoding="utf-8")
    settings = Settings(database=database, watch=watch)
    stages.run_direct(settings, [str(folder / name) for name in ARTICLES], as_of=NOON)
    relevance = {row["external_id"]: row["relevance"] for row in exported(database, "articles")}
    return exported(database, "developments"), relevance


@pytest.mark.parametrize(
    ("watch", "places", "army", "relevant"),
    [
        (MALI, {"Gao"}, "malian_army", {"gao.txt"}),
        (NIGER_BURKINA, {"Djibo", "Niamey"}, "burkina_faso", {"djibo.txt", "niamey.txt"}),
    ],
)
def test_each_watch_follows_its_own_theatre(
    tmp_path: Path, watch: Path, places: set[str], army: str, relevant: set[str]
) -> None:
    database = f"sqlite:///{tmp_path}/kept.db"
    developments, relevance = recorded(watch, database, tmp_path)
    assert {d["place"] for d in developments if d["watched"]} == places
    assert {name for name, verdict in relevance.items() if verdict == "relevant"} == relevant
    (ambush,) = [d for d in developments if d["kind"] == "ambush"]
    assert {(a["id"], a["camp"]) for a in ambush["actors"] if a["role"] == "target"} == {
        ("africa_corps", "watched"),
        (army, "state"),
    }
    assert {a["development_id"] for a in exported(database, "alerts")} == {
        d["id"] for d in developments if d["watched"]
    }


def test_a_replay_with_the_other_watch_tells_its_own(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/kept.db"
    recorded(MALI, database, tmp_path)
    with closing(open_store(database)) as store:
        done = replay(store, load_coder(SEEDS, load_watch(NIGER_BURKINA)), max_age_days=14)
    assert {told.article for told in done.gained} == {"djibo.txt", "niamey.txt"}
    assert {told.article for told in done.lost} == {"gao.txt"}


def constants(module: Path) -> set[str]:
    """Return the texts that stand in a module, without its docstrings."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    told = {
        ast.get_docstring(n, clean=False)
        for n in ast.walk(tree)
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return texts - {t for t in told if t}


def test_no_theatre_and_no_actor_stands_in_the_code() -> None:
    watches = [load_watch(path) for path in sorted(SEEDS.glob("watch*.toml"))]
    assert len(watches) >= 2
    names = {country for watch in watches for country in watch.theatre} | {w.capital for w in watches if w.capital}
    actors = load_lexicon(SEEDS / "lexicon").actors
    # a camp is a part in the war ("russia": whoever stands behind the watched), no actor
    names |= {word for a in actors if not a.unnamed for word in (a.id, a.name)} - {a.camp for a in actors}
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
    modules = [*(ROOT / "parsers" / "coding").glob("*.py"), *(ROOT / "flows" / "stages").rglob("*.py")]
    assert len(modules) > 30
    found = {f"{m.name}: {match[0]}" for m in modules for text in constants(m) if (match := named.search(text))}
    assert found == set()
