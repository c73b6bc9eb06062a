"""Measures deduplication beside its peers, all on the same texts in one run.

    python -m tests.benchmarks.dedup [quality] [speed] [postgres] [SIZE ...] [FINDER ...]

In: which parts (all but postgres unless named), and for the speed the sizes of streams (10000 unless named) and the
finders (all unless named; `product` alone takes ten minutes for 300000). Out: tables. Peers are in the extra
`benchmarks`; one that is not installed is left out with a line that says so. Thresholds of peers are their users', and
once more the best ones for these very texts, which flatters them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import log10
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from storage.engine import open_store
from tests import postgres
from tests.benchmarks.dedup_clusters import adjusted_rand, b_cubed, labelled, streamed, united
from tests.benchmarks.dedup_peers import installed
from tests.benchmarks.dedup_stream import STAGES
from tests.pair_cases import Pair, pairs, stories, text_of
from tests.pair_verdicts import SAME_EVENT, confusion, figures, judge_all

PARAPHRASES = Path(__file__).parents[3] / "shared" / "eval" / "paraphrase"
MILLION = 1_000_000
FINDERS = ("datasketch", "rensa", *reversed(STAGES))
Joined = Sequence[bool]


def quality(console: Console) -> None:
    """Show what each finder says of the pairs, and of the rewritten articles where these are present."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/pairs.db")
        outcomes = judge_all(store)
        store.close()
    console.print(confusion(outcomes), figures(outcomes))
    table = Table("pairs.csv", "at", "P", "R", "F1", "copies found", "rewrites found", "same event apart", box=None)
    table.add_row("product", "", *_row([o.joined and (o.right or not o.pair.duplicate) for o in outcomes]))
    asked = pairs()
    names = sorted({n for p in asked for n in (p.left_name, p.right_name)} | {f"{s}/base" for s in stories()})
    for peer, likeness in installed([text_of(name).body for name in names]):
        scores = [likeness(names.index(p.left_name), names.index(p.right_name)) for p in asked]
        usual = [score >= peer.threshold for score in scores]
        best = max((dict.fromkeys(scores, 0)), key=lambda t: _f1([score >= t for score in scores]))
        table.add_row(peer.name, f"{peer.threshold:.2f}", *_row(usual))
        table.add_row("", f"best {best:.2f}", *_row([score >= best for score in scores]))
    console.print(table)
    rewritten(console)


def _row(joined: Joined) -> Iterator[str]:
    precision, recall = _rates(joined)
    yield from (f"{precision:.3f}", f"{recall:.3f}", f"{_f1(joined):.3f}")
    groups: tuple[tuple[Callable[[Pair], bool], bool], ...] = (
        (lambda p: p.copy, True),
        (lambda p: p.category == "paraphrase", True),
        (lambda p: p.category in SAME_EVENT, False),
    )
    for group, wanted in groups:
        told = [j for pair, j in zip(pairs(), joined, strict=True) if group(pair)]
        yield f"{sum(j == wanted for j in told)} of {len(told)}"


def _rates(joined: Joined) -> tuple[float, float]:
    right = sum(j and pair.duplicate for pair, j in zip(pairs(), joined, strict=True))
    return right / max(1, sum(joined)), right / sum(pair.duplicate for pair in pairs())


def _f1(joined: Joined) -> float:
    precision, recall = _rates(joined)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def rewritten(console: Console) -> None:
    """Show how well each finder groups articles with their machine rewrites."""
    if not PARAPHRASES.exists():
        console.print("Rewritten articles are not at hand: left out.")
        return
    texts, truth = labelled(PARAPHRASES)
    table = Table("rewritten articles", "at", "adjusted Rand", "B3 F", box=None)

    def add(name: str, at: str, groups: Sequence[int]) -> None:
        table.add_row(name, at, f"{adjusted_rand(groups, truth):.3f}", f"{b_cubed(groups, truth):.3f}")

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/rewritten.db")
        add("product", "", streamed(store, texts))
        store.close()
    for peer, likeness in installed([body for _, body in texts]):
        edges = sorted(((likeness(a, b), a, b) for a, b in combinations(range(len(texts)), 2)), reverse=True)
        add(peer.name, f"{peer.threshold:.2f}", united(edges, peer.threshold, len(texts)))
        tried = [(at / 50, united(edges, at / 50, len(texts))) for at in range(1, 50)]
        at, groups = max(tried, key=lambda trial: adjusted_rand(trial[1], truth))
        add("", f"best {at:.2f}", groups)
    console.print(table)


def speed(console: Console, size: int, database: Callable[[str], str], finders: Sequence[str], where: str) -> None:
    """Show what a stream of this size costs each finder; CPU of this process, so of Postgres the client's alone."""
    table = Table(
        f"{size:,} texts, {where}", "texts/CPU s", "x datasketch", "wall s", "ms a text before 10k, 100k … (CPU)",
        "x 10k", "copies found", "new kept", "MB", box=None,
    )  # fmt: skip
    peer = 0.0
    for finder in finders:
        told = _measured(finder, size, database(finder))
        if told is None:
            console.print(f"{finder}: left out, it is not installed (extra `benchmarks`)")
            continue
        rate = size / told["cpu_s"]
        peer = rate if finder == "datasketch" else peer
        marks = [
            mark["cpu_ms" if where == "SQLite" else "wall_ms"] for n, mark in told["marks"].items() if int(n) >= 10_000
        ]
        found = [told["right"][kind] for kind in ("reprint", "cut")]
        table.add_row(
            finder, f"{rate:,.0f}", f"{rate / peer:.2f}" if peer else "", f"{told['wall_s']:.0f}",
            " ".join(f"{mark:.3f}" for mark in marks), f"{marks[-1] / marks[0]:.2f}" if marks else "",
            f"{sum(f[0] for f in found) / sum(f[1] for f in found):.3f}",
            f"{told['right']['new'][0] / told['right']['new'][1]:.3f}", f"{told['rss_mb']:.0f}",
        )  # fmt: skip
        if finder == "product":
            _show_plans(console, told, where)
    console.print(table)


def _show_plans(console: Console, told: dict[str, Any], where: str) -> None:
    lines = (f"Plans, {where}, {told['count']:,} texts:", *told["plans"])
    console.print(*lines, sep="\n", highlight=False, markup=False, soft_wrap=True)
    points = [(int(n), mark["wall_ms"]) for n, mark in told["marks"].items() if int(n) >= 10_000]
    costs = ", ".join(
        f"{mark['wall_ms']:.2f} ms at {int(n):,} ({mark['rss_mb']:.0f} MB)" for n, mark in told["marks"].items()
    )
    console.print(f"A text costs, wall clock (memory): {costs}; the database has {told['database_mb']:.0f} MB.")
    if len(points) > 1:
        (n0, c0), (n1, c1) = points[0], points[-1]
        by_log = c1 + (c1 - c0) * log10(MILLION / n1) / log10(n1 / n0)
        by_size = c1 + (c1 - c0) * (MILLION - n1) / (n1 - n0)
        seconds = [MILLION * (c0 + cost) / 2 / 1000 for cost in (by_log, by_size)]
        gigabytes = told["database_mb"] / told["count"] * MILLION / 1024
        console.print(
            f"One million texts, from {n0:,} and {n1:,}: the last one {by_log:.2f} ms if cost grows with the "
            f"logarithm, {by_size:.2f} ms if with the number; in all {seconds[0]:,.0f} to {seconds[1]:,.0f} s, "
            f"and {gigabytes:.1f} GB in the database."
        )


def _measured(finder: str, size: int, database: str) -> dict[str, Any] | None:
    command = [sys.executable, "-m", "tests.benchmarks.dedup_stream", finder, str(size), database]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise RuntimeError(f"{finder}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main(*arguments: str) -> None:
    """Measure what is asked for."""
    console = Console(width=160)
    sizes = [int(a) for a in arguments if a.isdigit()]
    named = [a for a in arguments if a in FINDERS] or list(FINDERS)
    parts = [a for a in arguments if not a.isdigit() and a not in FINDERS] or (
        ["speed"] if sizes else ["quality", "speed"]
    )
    if "quality" in parts:
        quality(console)
    for size in sizes or [10_000]:
        if "speed" in parts:
            with tempfile.TemporaryDirectory() as folder:
                speed(console, size, lambda finder, at=folder: f"sqlite:///{at}/{finder}.db", named, "SQLite")
        if "postgres" in parts:
            _on_postgres(console, size, [finder for finder in named if finder in STAGES])


def _on_postgres(console: Console, size: int, finders: Sequence[str]) -> None:
    from sqlalchemy import create_engine, make_url, text

    address = make_url(postgres.start().get_uri(driver="psycopg"))

    def database(finder: str) -> str:
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {finder}"))
        engine.dispose()
        return address.set(database=finder).render_as_string(hide_password=False)

    speed(console, size, database, finders, "Postgres")


if __name__ == "__main__":
    main(*sys.argv[1:])
