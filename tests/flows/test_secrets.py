"""Five secrets of the settings, and all that a run leaves behind: none of them is found in any of it.

Each receiver fails in turn, the mail server so that it says what it was given. The run logs at DEBUG; the database, the
files, the artifacts, the exports, the terminal and the tracebacks are searched as bytes.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows import exporting
from flows.settings import load_settings
from flows.stages import run as stages
from flows.stages.deliver.trial import trial
from flows.stages.report import as_json, as_markdown
from storage.engine import open_store
from storage.errors import StorageError
from tests.flows.runs import EXPORTS, NOON, ROOT, SEEDS

CANARIES = {
    "mail": "c4nary-Mail-passw0rd",
    "hook": base64.b64encode(b"c4nary-hook-key-of-24-by").decode(),
    "token": "c4nary-url-t0ken",
    "database": "c4nary-database-passw0rd",
    "chat": "c4nary-chat-t0ken",
    "heartbeat": "c4nary-heartbeat-k3y",
}
FAILING = ("mail", "hook", "chat", "heartbeat")


SETTINGS = """
heartbeat = "env:WATCH_HEARTBEAT"
[http]
allow_hosts = ["localhost"]
allow_ports = [{web}]
[logs]
file = "{folder}/log.jsonl"
[metrics]
file = "{folder}/metrics.prom"
[[channels]]
kind = "email"
name = "mail"
host = "127.0.0.1"
port = {mail}
security = "none"
username = "watch"
password = "env:WATCH_MAIL"
sender = "watch@example.org"
recipients = ["desk@example.org"]
timeout_s = 5
[[channels]]
kind = "webhook"
name = "hook"
url = "env:WATCH_HOOK_URL"
secrets = ["env:WATCH_HOOK"]
allow_hosts = ["localhost"]
[[channels]]
kind = "chat"
name = "chat"
url = "env:WATCH_CHAT"
allow_hosts = ["localhost"]
"""


def forms(secret: str) -> set[bytes]:
    """Return the forms in which a secret may leak."""
    raw = secret.encode()
    plain = {raw, raw[::-1], raw.hex().encode(), secret.replace("-", "%2D").encode()}
    login = (raw, b"\0watch\0" + raw, b"watch:" + raw)
    return plain | {base64.b64encode(one).rstrip(b"=") for one in login}


SOUGHT = {form: name for name, secret in CANARIES.items() for form in forms(secret)}


def found_in(what: str, content: bytes) -> list[str]:
    return [f"{name} in {what}" for form, name in SOUGHT.items() if form in content]


@contextmanager
def telling_mail_server() -> Iterator[int]:
    """Serve a mail server that refuses each login and says with which line."""

    def serve() -> None:
        while not ended.is_set():
            with suppress(OSError):
                visitor, _ = listener.accept()
                with visitor, visitor.makefile("rwb") as lines:
                    lines.write(b"220 hi\r\n")
                    lines.flush()
                    for line in lines:
                        known = line.upper().startswith(b"EHLO")
                        lines.write(b"250-hi\r\n250 AUTH PLAIN\r\n" if known else b"535 5.7.8 not " + line)
                        lines.flush()

    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port
        finally:
            ended.set()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
            thread.join(5)


@contextmanager
def web_server(failing: str) -> Iterator[tuple[int, list[str]]]:
    """Serve the webhook, the chat and the heartbeat; one of them answers 503."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self.path)
            fails = {"/hook": "hook", "/beat": "heartbeat"}.get(self.path[:5], "chat") == failing
            self.send_response(503 if fails else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


def written(folder: Path, *, mail: int, web: int) -> tuple[Path, dict[str, str]]:
    """Write a settings file that names its secrets, and return it with the variables that hold them."""
    settings = SETTINGS.format(folder=folder, mail=mail, web=web)
    (folder / "sahelwatch.toml").write_text(settings, encoding="utf-8")
    variables = {
        "WATCH_HEARTBEAT": f"http://localhost:{web}/beat/{CANARIES['heartbeat']}",
        "WATCH_MAIL": CANARIES["mail"],
        "WATCH_HOOK_URL": f"http://localhost:{web}/hook?token={CANARIES['token']}",
        "WATCH_HOOK": f"whsec_{CANARIES['hook']}",
        "WATCH_CHAT": f"ntfy://user:{CANARIES['chat']}@localhost:{web}/desk",
    }
    return folder / "sahelwatch.toml", variables


def left_in(folder: Path) -> list[str]:
    """Return what is found in the files of a folder, at whatever depth."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [found for path in files for found in found_in(str(path.relative_to(folder)), path.read_bytes())]


@pytest.fixture
def served() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("failing", FAILING)
def test_fault_96_no_secret_in_what_a_run_leaves(
    failing: str, served: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    web, asked = served.enter_context(web_server(failing))
    config, variables = written(tmp_path, mail=served.enter_context(telling_mail_server()), web=web)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(config, database=f"sqlite:///{tmp_path}/kept.db")
    report = stages.run_direct(settings, [str(SEEDS)], as_of=NOON)
    assert {path[:5] for path in asked} >= {"/hook", "/beat"}, "the receivers were never asked"
    assert any("535" in error for error in report.dispatched.errors)
    receipts = [trial(channel, now=NOON) for channel in stages.open_channels(settings).values()]
    with closing(open_store(settings.database)) as store, store.read() as tx:
        exports = {what: exporting.render(tx, what, format="jsonl") for what in EXPORTS}
    told: dict[str, Any] = {
        "log": caplog.text, "records": [vars(record) for record in caplog.records], "terminal": capsys.readouterr(),
        "settings": [repr(settings), str(settings), settings.model_dump_json()], "receipts": receipts,
        "report": [as_markdown(report), json.dumps(as_json(report)), repr(report.dispatched)], "exports": exports,
    }  # fmt: skip
    assert [found for name, value in told.items() for found in found_in(name, repr(value).encode())] == []
    assert left_in(tmp_path) == []


def test_fault_96_no_password_of_a_database_in_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"postgresql+psycopg://watch:{CANARIES['database']}@127.0.0.1:9/watch"
    settings = load_settings(None, database=url)
    with pytest.raises(StorageError) as caught:
        stages.run_direct(settings, [str(SEEDS)], as_of=NOON)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(capsys.readouterr())
    cause = caught.value.__cause__
    assert cause is not None
    told += f"{cause!r} {cause.args!r} {vars(cause)!r}"
    assert found_in("the traceback", told.encode()) == []


def test_fault_96_no_secret_in_what_prefect_keeps_of_a_run(served: ExitStack, tmp_path: Path) -> None:
    web, asked = served.enter_context(web_server("hook"))
    config, variables = written(tmp_path, mail=served.enter_context(telling_mail_server()), web=web)
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "run", str(SEEDS), "--as-of", "2025-06-10T12:00",
         "--config", str(config), "--database", f"sqlite:///{tmp_path}/kept.db"],
        cwd=ROOT, capture_output=True, check=False, timeout=240,
        env=os.environ | variables | {
            "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_DEBUG_MODE": "true",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert asked
    assert found_in("output", done.stdout) + found_in("errors", done.stderr) == []
    kept = b"".join(path.read_bytes() for path in (tmp_path / "prefect").glob("prefect.db*"))
    assert b"monitor 2025-06-10 12:00" in kept, "Prefect kept nothing of the run"
    assert left_in(tmp_path) == []
