"""Shows two workers on one pool and one Postgres: nothing doubled, and a worker killed in the middle costs nothing.

    python -m tests.drills workers [ARTICLES]

In: how many made-up articles. Out: a table beside one run without Prefect on SQLite; exit code 1 where an article or
an alert is lost or doubled. Prefect's server is on the empty Postgres that DRILL_PREFECT_DATABASE names (it needs the
extension pg_trgm; postgresql+asyncpg://…), else on SQLite; its messages go through Redis where redis-server and
prefect-redis are here. The limit of one run at once is lifted, so that runs really meet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.settings import Settings
from flows.stages import run as stages
from storage import exports
from storage.engine import open_store
from tests import postgres
from tests.benchmarks.articles import make_up, write_files
from tests.drills.processes import ROOT, Api, Child, free_port, prefect_server, wait_until
from tests.drills.receiver import receiving

ARTICLES = 120
FOLDERS = 4  # sources, which two runs share
RUNS = 4  # at once, two a worker
KILL_AT = 0.3  # of the articles: then one worker and its runs are killed
RUN_S = 600
OVER = {"Completed", "Degraded", "Failed", "Crashed"}
SECRET = "whsec_c2FoZWx3YXRjaC1kcmlsbC1zZWNyZXQtMDE="
MESSAGING = {
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
    "PREFECT_REDIS_MESSAGING_HOST": "127.0.0.1",
}


def main(count: int = ARTICLES) -> int:
    """Do the drill, print the table, and return the exit code."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        folders = _folders(folder, count)
        alone = f"sqlite:///{folder}/alone.db"
        stages.run_direct(Settings(database=alone, channels=()), folders)
        watch = stack.enter_context(_postgres())
        address, got = stack.enter_context(receiving())
        config = _config(folder, watch, folders, address)
        env, messages = stack.enter_context(_environment(folder))
        print(f"Prefect's server is on {_kept_in(env)}, its messages go through {messages}.")
        for number, state in enumerate(_drill(folder, env, config, watch, round(KILL_AT * count)), start=1):
            print(f"Run {number}: {state}")
        return _show(alone, watch, got)


def _drill(folder: Path, env: dict[str, str], config: Path, watch: str, kill_at: int) -> list[str]:
    """Let two workers do some runs, kill one of them with its runs, and let a last run finish; return the states."""
    port = free_port()
    api = Api(port)
    env = {**env, "PREFECT_API_URL": api.url, "CHECKOUT": str(ROOT), "SAHELWATCH_DATABASE": watch}
    with ExitStack() as stack:
        stack.callback(prefect_server(port, folder, env).stop)
        for words in (["work-pool", "create", "local", "--type", "process"], _DEPLOY):
            child = Child(["prefect", "--no-prompt", *words], folder / "setup.log", env)
            wait_until(lambda child=child: child.process.poll() is not None, " ".join(words))
        found = api.ask("deployments/name/monitor/scheduled")
        api.ask(f"deployments/{found['id']}", {"concurrency_limit": None}, method="PATCH")
        command = ["prefect", "worker", "start", "--pool", "local", "--limit", "2", "--install-policy", "never"]
        workers = [Child([*command, "--name", name], folder / f"{name}.log", env) for name in ("one", "two")]
        for worker in workers:
            stack.callback(worker.kill)
        runs = [api.run("monitor/scheduled", config=str(config)) for _ in range(RUNS)]
        wait_until(lambda: _articles(watch) >= kill_at, "articles are recorded", within_s=RUN_S)
        workers[0].kill()
        print(f"A worker and its runs were killed with SIGKILL after {_articles(watch)} articles.")
        # Its runs stay "Running" for Prefect: nobody is left to say that they have ended.
        wait_until(lambda: sum(api.state(r)[0] in OVER for r in runs) >= RUNS - 2, "the others end", within_s=RUN_S)
        last = api.run("monitor/scheduled", config=str(config))
        wait_until(lambda: api.state(last)[0] in OVER, "the last run ends", within_s=RUN_S)
        return [": ".join(filter(None, api.state(run))) for run in (*runs, last)]


_DEPLOY = ["deploy", "--all", "--prefect-file", "deploy/prefect.yaml"]


def _folders(folder: Path, count: int) -> list[str]:
    """Write the articles into folders, each a source."""
    articles, made = list(make_up(count)), []
    for number in range(FOLDERS):
        made.append(folder / f"source-{number}")
        made[-1].mkdir()
        write_files(articles[number::FOLDERS], made[-1])
    return [str(path) for path in made]


def _config(folder: Path, database: str, folders: list[str], address: str) -> Path:
    path = folder / "sahelwatch.toml"
    path.write_text(
        f'sources = {folders!r}\n[[channels]]\nkind = "webhook"\nname = "hook"\nurl = "{address}"\n'
        f'secrets = ["env:DRILL_SECRET"]\nallow_hosts = ["127.0.0.1"]\n',
        encoding="utf-8",
    )
    return path


@contextmanager
def _postgres() -> Iterator[str]:
    """Start Postgres, and yield the URL of an empty database for sahelwatch."""
    server = postgres.start()
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()


@contextmanager
def _environment(folder: Path) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the environment of server and workers, and what carries the messages; start a Redis if one is here."""
    env = {
        "PREFECT_HOME": str(folder / "prefect"),
        "DO_NOT_TRACK": "1",
        "DRILL_SECRET": SECRET,
    }
    if database := os.environ.get("DRILL_PREFECT_DATABASE"):
        env["PREFECT_API_DATABASE_CONNECTION_URL"] = database
    program = shutil.which("redis-server")
    if program is None or find_spec("prefect_redis") is None:
        yield env, "the server's memory (no redis-server, or no prefect-redis)"
        return
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    redis = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    time.sleep(1)
    docket = {"PREFECT_SERVER_DOCKET_URL": f"redis://127.0.0.1:{port}/1"}
    try:
        yield {**env, **MESSAGING, **docket, "PREFECT_REDIS_MESSAGING_PORT": str(port)}, "Redis"
    finally:
        redis.terminate()
        redis.wait()


def _kept_in(env: dict[str, str]) -> str:
    return "Postgres" if "PREFECT_API_DATABASE_CONNECTION_URL" in env else "SQLite"


def _articles(database: str) -> int:
    with closing(open_store(database)) as store, store.read() as tx:
        return sum(1 for _ in exports.articles(tx))


def _records(database: str) -> dict[str, Counter[Any]]:
    """Return what is in a database, in words that do not depend on numbers of rows."""
    with closing(open_store(database)) as store, store.read() as tx:
        summaries = {d["id"]: d["summary"] for d in exports.developments(tx)}
        return {
            "articles": Counter(a["external_id"] for a in exports.articles(tx)),
            "developments": Counter(summaries.values()),
            "alerts": Counter((summaries[a["development_id"]], a["change"]) for a in exports.alerts(tx)),
        }


def _show(alone: str, watch: str, got: Counter[str]) -> int:
    """Print what came of it; return the exit code."""
    expected, found = _records(alone), _records(watch)
    table = Table("", "one run alone", "two workers", "lost", "doubled", box=None)
    wrong = 0
    for what, wanted in expected.items():
        lost, more = (wanted - found[what]).total(), (found[what] - wanted).total()
        table.add_row(what, str(wanted.total()), str(found[what].total()), str(lost), str(more))
        wrong += lost + more
    with closing(open_store(watch)) as store, store.read() as tx:
        states = Counter(d["state"] for a in exports.alerts(tx) for d in a["deliveries"])
    table.add_row("messages received", "", str(len(got)), "", str(got.total() - len(got)))
    Console().print(table)
    print(f"States of deliveries: {dict(states)}")
    return 1 if wrong or set(states) != {"sent"} else 0
