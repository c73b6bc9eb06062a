"""The watch: whom we follow, where, and what is worth a message. Data, read from a TOML file.

In: seeds/watch.toml or another file of its form. Out: frozen values. A second watch is a second file;
nothing in the code names an actor or a country.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from parsers.data_file import read_toml, validated

Change = Literal["new", "update", "contradiction", "corroboration", "correction"]
SeverityName = Literal["critical", "high", "normal", "low"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeverityTable(_Strict):
    """From how many deaths, and by which kinds, a development is how grave."""

    killed: dict[SeverityName, int] = {}
    watched_killed: dict[SeverityName, int] = {}
    kinds: dict[SeverityName, tuple[str, ...]] = {}


class AlertRule(_Strict):
    """Which changes of which developments are told to which channels ("*": all of them)."""

    id: str
    title: str
    changes: tuple[Change, ...] = ("new", "update", "contradiction", "corroboration", "correction")
    watched: bool = True
    kinds: tuple[str, ...] = ()  # none given: every kind
    min_severity: SeverityName = "low"
    channels: tuple[str, ...] = ("*",)


class Watch(_Strict):
    """The actors watched, the theatre, and the rules of relevance and alerting."""

    id: str
    title: str
    theatre: tuple[str, ...] = Field(min_length=1)
    capital: str | None = None  # id of a place: where the acts of the theatre's government are coded (ACLED)
    watched: tuple[str, ...] = Field(min_length=1)
    horizon_days: int = Field(default=60, ge=1)
    severity: SeverityTable = SeverityTable()
    rules: tuple[AlertRule, ...] = Field(default=(), alias="rule")


def load_watch(path: Path) -> Watch:
    """Read a watch; LexiconError names the file and what is wrong in it."""
    return validated(Watch, read_toml(path), name=str(path))
