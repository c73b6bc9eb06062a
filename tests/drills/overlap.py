"""Shows that a second run at once is cancelled, and that a crash of all does not hold the slot for ever.

    python -m tests.drills overlap

In: nothing. Out: lines that say what was done and what came of it; exit code 1 where the slot stays taken. A run hangs
on a source that never answers; then what serves it and the Prefect server are killed with SIGKILL and started again.
"""

from __future__ import annotations

import socket
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.drills.processes import ROOT, Api, Child, free_port, prefect_server, wait_until

MONITOR = "monitor/scheduled"
LEASE_S = 300  # of a slot, as Prefect sets it; a run renews it while it lives
LATE_S = 120  # beyond it: the server looks for ended leases now and then
SOON_S = 60  # a run is fetched by what serves it every 10 s
OVER = {"Completed", "Degraded", "Failed"}


def main() -> int:
    """Do both drills; return the exit code."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        _killed(Path(one), own_server=True)
        _killed(Path(two), own_server=False)
    print("No slot stayed taken.")
    return 0


def _killed(folder: Path, *, own_server: bool) -> None:
    """Kill all in the middle of a run, start all again, and wait for a run that is not cancelled."""
    print("`sahelwatch serve` with its own server:" if own_server else "`sahelwatch serve` beside a Prefect server:")
    port, env = free_port(), {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_API_URL": "", "DO_NOT_TRACK": "1"}
    if own_server:
        del env["PREFECT_API_URL"]
    api = Api(port)
    server = None if own_server else prefect_server(port, folder, env)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        config = _config(folder, silent.getsockname()[1])
        words = ["flows.cli", "serve", "--every-minutes", "600", "--port", str(port), "--config", str(config)]
        serve = Child(words, folder / "serve.log", env if own_server else {**env, "PREFECT_API_URL": api.url})
        try:
            wait_until(lambda: api.has_deployment("digest/weekly"), f"the flows are served, see {folder}/serve.log")
            _overlap(api)
            serve.kill()
            if server:
                server.kill()
            print("  killed with SIGKILL: what serves, its run, and the server")
        except BaseException:
            serve.kill()
            if server:
                server.kill()
            raise
    _again(api, serve, server)


def _overlap(api: Api) -> None:
    first = api.run(MONITOR)
    wait_until(lambda: api.state(first)[0] == "Running", "the first run runs", within_s=SOON_S)
    second = api.run(MONITOR)
    wait_until(lambda: api.state(second)[0] == "Cancelled", "the second run is cancelled", within_s=SOON_S)
    print(f"  a second run at once: {': '.join(api.state(second))} (the first one: {api.state(first)[0]})")


def _again(api: Api, serve: Child, server: Child | None) -> None:
    start = time.monotonic()
    cancelled = 0
    try:
        if server:
            server.start()
            wait_until(api.is_up, "the server is there again")
        serve.start()
        wait_until(api.is_up, "the server is there again")
        while time.monotonic() - start < LEASE_S + LATE_S:
            run = api.run(MONITOR)
            wait_until(lambda run=run: api.state(run)[0] in OVER | {"Cancelled"}, "a run ends", within_s=2 * SOON_S)
            if api.state(run)[0] in OVER:
                took = time.monotonic() - start
                print(f"  {took:.0f} s after the new start a run went through ({cancelled} cancelled before it)")
                return
            cancelled += 1
            time.sleep(10)
        raise SystemExit(f"  the slot stayed taken: {cancelled} runs cancelled")
    finally:
        serve.stop()
        if server:
            server.stop()


def _config(folder: Path, port: int) -> Path:
    """Write settings with a source that never answers, and one that does."""
    path = folder / "sahelwatch.toml"
    path.write_text(
        f'database = "sqlite:///{folder}/watch.db"\n'
        f'sources = ["{ROOT}/seeds/articles", "http://127.0.0.1:{port}/feed"]\n'
        '[http]\nallow_hosts = ["127.0.0.1"]\ntimeout_s = 60\n',
        encoding="utf-8",
    )
    return path
