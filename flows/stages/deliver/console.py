"""The channel of the terminal: prints a message as a panel.

In: a message. Out: text on the given rich console. A headline must never steer the terminal: controls are
shown as escapes, and rich markup, links and emoji codes are not interpreted.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from rich import get_console
from rich.console import Console
from rich.text import Text

from flows.stages.deliver.message import Message, Receipt, failed

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode categories that a terminal may act on


class ConsoleSettings(BaseModel):
    """Settings of the console channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["console"] = "console"
    name: str = Field("console", pattern=r"^[A-Za-z0-9_-]{1,64}$")


class ConsoleChannel:
    """Prints messages; the one recipient is the console itself."""

    kind = "console"

    def __init__(self, settings: ConsoleSettings, *, console: Console | None = None) -> None:
        self.name = settings.name
        self._console = console or get_console()

    def recipients(self) -> tuple[str, ...]:
        """Return the one recipient."""
        return ("console",)

    def send(self, message: Message, recipient: str) -> Receipt:
        """Print the message; an output that cannot be written to is a passing fault."""
        title = "(possible repeat) " * message.possible_repeat + message.subject
        if self._console.quiet:
            return failed("retry", f"{recipient}: the output is closed or silenced")
        try:
            self._console.rule(style="dim", characters="─" if "utf" in self._console.encoding.lower() else "-")
            # soft wrap: a quote stays one line, so that it can be searched for
            self._console.print(self._shown(" ".join(title.split())), style="bold", soft_wrap=True)
            self._console.print(self._shown(message.text), soft_wrap=True)
        except SystemExit:  # what rich makes of a broken pipe; from then on it swallows what it is given
            return failed("retry", f"{recipient}: nobody reads the output")
        except (OSError, ValueError) as error:
            return failed("retry", f"{recipient}: {error}")
        return Receipt(outcome="sent")

    def _shown(self, text: str) -> Text:
        escaped = "".join(map(_escaped, text))
        encoding = self._console.encoding
        return Text(escaped.encode(encoding, "backslashreplace").decode(encoding), overflow="fold")


def _escaped(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in UNSEEN:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
