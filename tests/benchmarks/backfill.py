"""Measures a backfill beside the monitor run on the same articles, all at once.

    python -m tests.benchmarks.backfill [ARTICLES] [DATABASE-URL ...]

In: how many made-up articles, spread over two years; databases that are empty (default: SQLite in a temporary folder).
Out: a table: articles a second with one process and with two, the ratio to the monitor in the same run, the cost of the
last fifth of the articles beside that of the first, and the greatest memory of the recording process.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows import runner
from flows.settings import Settings
from flows.stages import run as stages
from flows.stages.archives import as_feed
from flows.stages.backfill import Progress
from flows.stages.windows import Span
from tests.benchmarks.articles import MadeUp, make_up

ARTICLES = 2_000
START = datetime(2023, 1, 1, tzinfo=UTC)
SPREAD = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How long it took, and how the cost grew: seconds of the last fifth for one of the first."""

    seconds: float
    growth: float | None = None


def archive(articles: Sequence[MadeUp], path: Path) -> None:
    """Write the articles as lines of an archive, in an order of their own: not that of their dates."""
    step = SPREAD / len(articles)
    with path.open("w", encoding="utf-8") as file:
        for number in sorted(range(len(articles)), key=lambda n: articles[n].name[::-1]):
            article = articles[number]
            item = {
                "id": article.name,
                "title": article.paragraphs[0],
                "content_text": "\n\n".join(article.paragraphs),
                "date_published": (START + step * number).isoformat(),
                "_feed": {"title": article.outlet},
            }
            file.write(json.dumps(item) + "\n")


def backfilled(path: Path, database: str, processes: int) -> Measured:
    """Backfill an archive into an empty database."""
    points: list[tuple[int, float]] = []

    def tell(progress: Progress) -> None:
        points.append((progress.done, time.perf_counter()))

    start = time.perf_counter()
    settings = Settings(database=database, channels=())
    done = runner.backfill_directly(settings, [str(path)], Span(), processes=processes, alerts=False, tell=tell)
    seconds = time.perf_counter() - start
    if done.done != done.documents or done.failed:
        raise RuntimeError(f"{path}: {done.message}")
    tenth = done.documents / 10
    first, last = _pace(points, 0.0, 2 * tenth), _pace(points, 8 * tenth, done.documents)
    return Measured(seconds=seconds, growth=last / first if first and last else None)


def _pace(points: Sequence[tuple[int, float]], low: float, high: float) -> float | None:
    """Return the seconds a document between two counts of recorded ones; None where too few points lie there."""
    inside = [(done, at) for done, at in points if low <= done <= high]
    if len(inside) < 2:
        return None
    return (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])


def monitored(path: Path, folder: Path, database: str) -> Measured:
    """Run the monitor once on the same lines, each a file."""
    for number, line in enumerate(path.read_bytes().splitlines()):
        (folder / f"{number:07}.json").write_bytes(as_feed(line))
    start = time.perf_counter()
    stages.run_direct(Settings(database=database, channels=()), [str(folder)], alerts=False)
    return Measured(seconds=time.perf_counter() - start)


def main(count: int, databases: Sequence[str]) -> None:
    """Measure, and print the table."""
    rows: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as temporary:
        path, folder = Path(temporary, "archive.jsonl"), Path(temporary, "files")
        folder.mkdir()
        archive(list(make_up(count)), path)
        stages.coder_of(Settings().seeds, Settings().watch)
        given = databases or [f"sqlite:///{temporary}/{processes}.db" for processes in (1, 2)]
        for processes, database in zip((1, 2), given, strict=False):
            rows[f"backfill, {processes} process(es)"] = backfilled(path, database, processes)
        rows["monitor, all at once"] = monitored(path, folder, f"sqlite:///{temporary}/monitor.db")
    peer = rows["monitor, all at once"].seconds
    table = Table("", "s", "articles/s", "x monitor", "last fifth / first", title=f"{count} articles", box=None)
    for name, took in rows.items():
        growth = "" if took.growth is None else f"{took.growth:.2f}"
        table.add_row(name, f"{took.seconds:.1f}", f"{count / took.seconds:.0f}", f"{took.seconds / peer:.2f}", growth)
    Console().print(table)
    Console().print(
        f"Greatest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES, sys.argv[2:])
