"""The watch: whom we follow, where, and what is worth a message, to whom and when. Data, read from a TOML file.

In: seeds/watch.toml or another file of its form. Out: frozen values. A second watch is a second file;
nothing in the code names an actor or a country.
"""

from __future__ import annotations

from collections import Counter
from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from parsers.data_file import read_toml, validated

Change = Literal["new", "update", "contradiction", "corroboration", "correction"]
SeverityName = Literal["critical", "high", "normal", "low"]
CORRECTION = "correction"  # the rule of alerts to those who were told the wrong thing; not for a watch to use


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone such as Africa/Bamako") from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class SeverityTable(_Strict):
    """From how many deaths, and by which kinds, a development is how grave."""

    killed: dict[SeverityName, int] = {}
    watched_killed: dict[SeverityName, int] = {}
    kinds: dict[SeverityName, tuple[str, ...]] = {}


class AlertRule(_Strict):
    """Which changes of which developments are told to which channels ("*": all of them).

    An empty list stands for everything. `places` are ids or names of places, regions or countries; `languages` are
    those of the article that caused the change; `min_sources` is how many independent sources must tell it.
    """

    id: str
    title: str
    changes: tuple[Change, ...] = ("new", "update", "contradiction", "corroboration", "correction")
    watched: bool = True
    kinds: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_severity: SeverityName = "low"
    min_sources: int = Field(default=1, ge=1)
    channels: tuple[str, ...] = ("*",)


DEFAULT_RULE = AlertRule(id="watched-development", title="A new or changed development of a watched actor")


class QuietHours(_Strict):
    """Hours of the day in which channels are left alone: all waits till their end, or all but the critical."""

    start: time
    end: time
    zone: Zone = "UTC"
    mode: Literal["critical_only", "hold"] = "critical_only"
    channels: tuple[str, ...] = ("*",)


class DigestPlan(_Strict):
    """Who gets the digests: days begin at midnight of the zone, weeks on Monday."""

    zone: Zone = "UTC"
    min_severity: SeverityName = "low"
    daily: tuple[str, ...] = ()  # channels; none given: no daily digest
    weekly: tuple[str, ...] = ()


class Watch(_Strict):
    """The actors watched, the theatre, and the rules of relevance and alerting."""

    id: str
    title: str
    theatre: tuple[str, ...] = Field(min_length=1)
    capital: str | None = None  # id of a place: where the acts of the theatre's government are coded (ACLED)
    watched: tuple[str, ...] = Field(min_length=1)
    horizon_days: int = Field(default=60, ge=1)
    severity: SeverityTable = SeverityTable()
    rules: tuple[AlertRule, ...] = Field(default=(DEFAULT_RULE,), alias="rule")
    group_over: int = Field(default=3, ge=1)  # alerts for one receiver at once, beyond which they go in one message
    cooldown_minutes: int = Field(default=30, ge=0)  # between two messages on one development, unless it grows graver
    quiet: tuple[QuietHours, ...] = ()
    digest: DigestPlan = DigestPlan()

    @model_validator(mode="after")
    def _check(self) -> Watch:
        ids = Counter(rule.id for rule in self.rules)
        if twice := [name for name, count in ids.items() if count > 1]:
            raise ValueError(f"rule: {', '.join(twice)}: two rules of one id")
        if CORRECTION in ids:
            raise ValueError(f"rule: the id {CORRECTION} is taken")
        return self


def load_watch(path: Path) -> Watch:
    """Read a watch; LexiconError names the file and what is wrong in it."""
    return validated(Watch, read_toml(path), name=str(path))
