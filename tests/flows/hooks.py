"""A receiver of webhooks in a process of its own, and the channels of the story that post to it.

In: a file. Out: the address of a server on 127.0.0.1 that appends a line to the file before it answers, whoever is
killed on the other side.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flows.stages.deliver.message import Channel
from flows.stages.deliver.webhook import WebhookChannel, WebhookSettings
from tests.flows.stories import DESK, NIGHT, Arrival, alerts_of, from_lines, lines

SECRET = f"whsec_{base64.b64encode(b'k' * 24).decode()}"


@contextmanager
def running_hooks(file: Path) -> Iterator[str]:
    """Run the server; yield its address."""
    server = Server(("127.0.0.1", 0), handler(file))
    if not (child := os.fork()):
        server.serve_forever()
    server.server_close()  # the child has it
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class Server(ThreadingHTTPServer):
    """A server that says nothing of clients that were killed."""

    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


def handler(file: Path) -> type[BaseHTTPRequestHandler]:
    """Return a handler that appends what it gets to a file."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                told = json.loads(body)
            except ValueError:  # its sender was killed before the end of it
                return
            may_repeat = bool(told["data"].get("possible_repeat"))
            came = Arrival(self.path, self.headers["webhook-id"], told["type"], alerts_of(told["data"]), may_repeat)
            with lock, file.open("a", encoding="utf-8") as out:
                out.write(lines([came]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def hooks(address: str, name: object) -> dict[str, Channel]:
    """Return the channels of one telling of the story, each with a path of its own."""
    given = [
        WebhookSettings.model_validate(
            {"name": channel, "url": f"{address}/{name}/{channel}", "secrets": [SECRET], "allow_hosts": ["127.0.0.1"]}
        )
        for channel in (DESK, NIGHT)
    ]
    return {settings.name: WebhookChannel(settings) for settings in given}


def posted(file: Path, name: object) -> list[Arrival]:
    """Return what arrived in one telling of the story, by channel."""
    prefix = f"/{name}/"
    found = from_lines(file.read_text(encoding="utf-8")) if file.exists() else []
    return [one._replace(to=one.to.removeprefix(prefix)) for one in found if one.to.startswith(prefix)]
