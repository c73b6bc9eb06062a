"""The console channel: readable, and deaf to what a headline tells a terminal."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from flows.stages.deliver.console import ConsoleChannel, ConsoleSettings
from flows.stages.deliver.message import Message, Receipt


def printed(message: Message, *, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding=encoding, write_through=True), force_terminal=True, width=100)
    receipt = ConsoleChannel(ConsoleSettings(), console=console).send(message, "console")
    assert receipt == Receipt(outcome="sent")
    return raw.getvalue().decode(encoding)


def test_a_message_stands_under_a_rule_and_its_subject(message: Message) -> None:
    rule, top, *rest = printed(message).splitlines()
    assert "─" in rule
    assert "Mali: toll of the Boulkessi attack rises to 40" in top
    assert any("Toll raised: 30 -> 40" in line for line in rest)
    assert any("Source: «Journal»" in line for line in rest)


def test_a_possible_repeat_says_so(message: Message) -> None:
    assert "(possible repeat) Mali" in printed(replace(message, possible_repeat=True))


def test_what_is_printed_holds_no_control_of_the_headline(hostile: Message) -> None:
    shown = printed(hostile)
    assert "\x1b[2J" not in shown
    assert "\x1b]" not in shown  # neither a window title nor a hyperlink
    assert not set(shown) & set("\x07\x00\x9b\x85\x0b\x1c\u202e\u2066\u2069\u200f\u200b\u2028")


def test_controls_are_shown_and_markup_is_text(message: Message) -> None:
    shown = printed(replace(message, text="\x1b[2J \u202e \ud800 \x00 [bold]x[/bold] [/] :bomb:"))
    assert r"\x1b[2J \u202e \ud800 \x00 [bold]x[/bold] [/] :bomb:" in shown


def test_a_terminal_without_unicode_gets_escapes(message: Message) -> None:
    shown = printed(replace(message, subject="Ségou", text="« bilan »"), encoding="ascii")
    assert r"S\xe9gou" in shown
    assert r"\xab bilan \xbb" in shown


def test_a_full_disk_is_a_passing_fault(message: Message) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("no space left")

    receipt = ConsoleChannel(ConsoleSettings(), console=Console(file=Full())).send(message, "console")
    assert receipt == Receipt(outcome="retry", error="console: no space left")


ROOT = Path(__file__).parents[4]
BROKEN_PIPE = """
import os, sys
from datetime import UTC, datetime
from flows.stages.deliver.console import ConsoleChannel, ConsoleSettings
from flows.stages.deliver.message import Message

reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
channel = ConsoleChannel(ConsoleSettings())
for uid in ("a", "b"):
    message = Message(uid=uid, type="test", created_at=datetime.now(UTC), subject="s", text="t", html="", data={})
    print(channel.send(message, "console").error, file=sys.stderr)
"""


def test_a_broken_pipe_neither_ends_the_program_nor_counts_as_sent() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", BROKEN_PIPE], capture_output=True, text=True, timeout=30, check=False, cwd=ROOT
    )
    assert ran.stderr.splitlines() == [
        "console: nobody reads the output",
        "console: the output is closed or silenced",
    ]
    assert ran.returncode == 0
