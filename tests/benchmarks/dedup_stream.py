"""One stream of made-up texts through one finder of duplicates, in a process of its own; prints its figures as JSON.

    python -m tests.benchmarks.dedup_stream product|copies|datasketch|rensa COUNT [DATABASE]

In: the finder (`copies` is the product without its paraphrases), how many texts, and for the product a database URL.
Out: seconds of CPU and of wall clock without the making of the texts, cost a text in the last part before each
mark, what was found of the copies, memory at its peak, and for the product the plans of its queries and the size of
the database.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from flows.stages.deduplicate import expect, find_original, past_of, prints_of, remember
from storage.engine import Store, open_store
from tests.benchmarks.dedup_peers import PERMUTATIONS, passages
from tests.benchmarks.dedup_texts import Made, make_up

BATCH = 500  # texts a transaction
MARKS = (1_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
LAST = 2_000  # texts before a mark, over which its cost is taken
THRESHOLD = 0.5
STAGES = {"product": ("exact", "near", "paraphrase"), "copies": ("exact", "near")}
PARAMETER = r"(?:\?|%s|%\(\w+\)s)(?:::\w+)?"
WIDEST = 180  # characters of a line of a plan; Postgres repeats all values in it
Spent = tuple[int, float, float, float]  # texts, seconds of CPU and of wall clock, MB of memory at its peak
Take = Callable[[list[Made]], list[int | None]]


def product(store: Store, stages: tuple[str, ...]) -> Take:
    """Return what finds and remembers a batch in one committed transaction."""

    def take(batch: list[Made]) -> list[int | None]:
        found: list[int | None] = []
        with store.write() as tx:
            printed = [prints_of(made.headline, made.text) for made in batch]
            expect(tx, [(told, made.at) for told, made in zip(printed, batch, strict=True)], stages)
            for made, told in zip(batch, printed, strict=True):
                number, known = made.number, {"at": made.at, "past": past_of(tx, told, stages), "stages": stages}
                verdict = find_original(tx, told, **known)
                remember(tx, told, article_id=number, version_id=number, copy=verdict, **known)
                found.append(verdict.original if verdict else None)
        return found

    return take


def datasketch() -> Take:
    """Return MinHashLSH in memory; the oldest hit is what a text repeats."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)

    def take(batch: list[Made]) -> list[int | None]:
        found: list[int | None] = []
        for made in batch:
            sketch = MinHash(num_perm=PERMUTATIONS)
            sketch.update_batch([p.encode() for p in passages(made.text)])
            found.append(min(index.query(sketch), default=None))
            index.insert(made.number, sketch)
        return found

    return take


def rensa() -> Take:
    """Return rensa's LSH in memory; the oldest hit is what a text repeats."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=32)

    def take(batch: list[Made]) -> list[int | None]:
        found: list[int | None] = []
        for made in batch:
            sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
            sketch.update(list(passages(made.text)))
            found.append(min(index.query(sketch), default=None))
            index.insert(made.number, sketch)
        return found

    return take


def measure(take: Take, count: int) -> dict[str, Any]:
    """Feed the stream batch by batch; only what `take` does is measured."""
    spent: list[Spent] = [(0, 0.0, 0.0, 0.0)]
    parents: dict[int, int] = {}
    found = {kind: [0, 0] for kind in ("new", "reprint", "cut", "rewrite")}
    for batch in _batches(make_up(count)):
        cpu, wall = time.process_time(), time.perf_counter()
        told = take(batch)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        done, spent_cpu, spent_wall, _ = spent[-1]
        spent.append((done + len(batch), spent_cpu + cpu, spent_wall + wall, _peak_mb()))
        for made, parent in zip(batch, told, strict=True):
            parents[made.number] = parents.get(parent, parent) if parent is not None else made.number
            found[made.kind][0] += parents[made.number] == (made.original or made.number)
            found[made.kind][1] += 1
    return {
        "count": count,
        "cpu_s": spent[-1][1],
        "wall_s": spent[-1][2],
        "marks": {mark: _cost(spent, mark) for mark in MARKS if mark <= count},
        "right": found,
        "rss_mb": spent[-1][3],
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _batches(texts: Iterable[Made]) -> Iterator[list[Made]]:
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _cost(spent: list[Spent], mark: int) -> dict[str, float]:
    """Return milliseconds a text over the last LAST texts, at most half of them all, before a mark; memory at it."""
    end = next(now for now in spent if now[0] >= mark)
    start = next(now for now in spent if now[0] >= mark - min(LAST, mark // 2))
    texts = end[0] - start[0]
    return {
        "cpu_ms": (end[1] - start[1]) / texts * 1000,
        "wall_ms": (end[2] - start[2]) / texts * 1000,
        "rss_mb": end[3],
    }


def size_mb(store: Store) -> float:
    """Return the size of the database."""
    with store.read() as tx:
        connection = tx.connection()
        asked = {
            "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            "postgresql": "SELECT pg_database_size(current_database())",
        }
        size: int = connection.exec_driver_sql(asked[connection.dialect.name]).scalar_one()
    return size / 2**20


def plans(store: Store, count: int) -> list[str]:
    """Return the statements of one more text, each with the plan that the database has for it."""
    seen: dict[str, Any] = {}

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        seen.setdefault(statement, parameters)

    made = next(islice(make_up(count), count - 1, None))
    lines: list[str] = []
    with store.read() as tx:
        event.listen(Engine, "before_cursor_execute", note)
        told = prints_of(made.headline, made.text)
        expect(tx, [(told, made.at)])
        find_original(tx, told, at=made.at)
        event.remove(Engine, "before_cursor_execute", note)
        connection = tx.connection()
        explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        for statement, parameters in seen.items():
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
                lines += [_brief(statement), *(f"    {row[-1]}"[:WIDEST] for row in rows)]
    return lines


def _brief(statement: str) -> str:
    """Return a statement in one line, with lists of parameters shortened."""
    return re.sub(rf"({PARAMETER})(?:, ?{PARAMETER})+", r"\1, …", " ".join(statement.split()))


def main(finder: str, count: int, database: str = "") -> None:
    """Measure, and print the figures as one line of JSON."""
    if finder not in STAGES:
        told = measure({"datasketch": datasketch, "rensa": rensa}[finder](), count)
    else:
        store = open_store(database)
        told = measure(product(store, STAGES[finder]), count)
        told["plans"] = plans(store, count)
        told["database_mb"] = size_mb(store)
        store.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
