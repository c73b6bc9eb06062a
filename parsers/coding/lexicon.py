"""The words of the coder: actors, event words, kinds and cues, read from seeds/lexicon/*.toml.

In: a folder of TOML files. Out: one frozen `Lexicon` with compiled patterns. Patterns are matched on flattened
text, which has the length of the original, so that their spans are spans of the article. No rule stands here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from parsers.coding.beginnings import Beginnings
from parsers.coding.values import Modality
from parsers.data_file import read_toml
from parsers.errors import LexiconError

Form = Literal["verb", "noun"]  # of an event word
Naming = Literal["names", "cautious", "company", "strangers", "not_with", "generic", "acronyms"]  # patterns of an actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An actor of the lexicon and the ways it is named."""

    id: str
    name: str
    camp: str
    country: str | None  # whose army or government it is: of the theatre, its camp stands; else it is a foreign one
    unnamed: bool  # a word for some of a camp, not a name: it gives way to a name of the same camp
    voice: bool  # a body that speaks and judges; it is never a side of a fight
    names: re.Pattern[str]
    cautious: re.Pattern[str] | None
    company: re.Pattern[str] | None
    strangers: re.Pattern[str] | None  # words of the namesakes of a cautious name
    not_with: re.Pattern[str] | None
    generic: re.Pattern[str] | None
    acronyms: re.Pattern[str] | None  # matched on the text as written: "UN" is no French article
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The conditions under which an event word means a kind; an empty condition always holds."""

    kind: str
    agent: frozenset[str]
    agent_ids: frozenset[str]
    target: frozenset[str]
    not_target: frozenset[str]
    needs_actor: frozenset[str]
    object: frozenset[str]
    modality: frozenset[Modality]
    needs: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An event word in its forms, and what it can mean."""

    id: str
    verb: re.Pattern[str] | None
    noun: re.Pattern[str] | None
    weak: bool
    of_agent: bool  # "the departure of X": X departs; else "the killing of X": X is killed
    agent_after: bool  # "fell to X": X acts
    victims: frozenset[str]  # camps that suffer it even as its subject: "a Wagner truck hit a mine"
    any_order: bool  # the agent may stand anywhere: "…, a UN report finds"
    violent: bool  # all its readings are violence
    of_words: bool  # all its readings are deeds of words: a report, a row, a denial
    readings: tuple[Reading, ...]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of development and its ACLED type."""

    id: str
    event_type: str
    sub_event_type: str
    family: str
    rank: int
    phrase: str  # of the summary; the first of these whose slots are filled is used
    otherwise: tuple[str, ...] = ()
    contested: str = ""  # where sources do not agree who attacked whom

    @property
    def local(self) -> bool:
        """Tell whether it happens at one place; a sanction or an exit from a country does not."""
        return self.violent or self.family in {"base", "site", "mass_grave", "looting", "report", "blockade", "arrest"}

    @property
    def concerns(self) -> bool:
        """Tell whether whoever is named beside it is concerned: a row, a report, a sanction is about somebody."""
        return self.family in {"diplomacy", "report", "sanction", "denial", "mass_grave", "statement", "claim"}

    @property
    def violent(self) -> bool:
        """Tell whether ACLED counts it as violence."""
        return self.event_type in {"Battles", "Explosions/Remote violence", "Violence against civilians"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All words of the coder."""

    actors: tuple[Actor, ...]
    triggers: tuple[Trigger, ...]
    kinds: Mapping[str, Kind]
    cues: Mapping[str, re.Pattern[str]]
    trigger_words: Beginnings[tuple[int, Form]] = field(init=False, compare=False)  # by the number of the trigger
    actor_words: Beginnings[tuple[int, Naming]] = field(init=False, compare=False)  # by the number of the actor

    def __post_init__(self) -> None:
        """Derive how the patterns begin, so that it is always true of the words."""
        object.__setattr__(self, "trigger_words", Beginnings(_patterns_of(self.triggers, get_args(Form))))
        object.__setattr__(self, "actor_words", Beginnings(_patterns_of(self.actors, get_args(Naming))))


def _patterns_of(rows: Sequence[Any], fields: Sequence[str]) -> dict[tuple[int, Any], re.Pattern[str]]:
    return {(n, name): found for n, row in enumerate(rows) for name in fields if (found := getattr(row, name))}


def words_pattern(patterns: Sequence[str]) -> re.Pattern[str]:
    """Compile alternatives that stand between word ends."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")


def load_lexicon(folder: Path) -> Lexicon:
    """Read the lexicon of a folder; LexiconError names the file and what is wrong in it."""
    kinds = {name: _kind(folder, name, row) for name, row in _table(folder / "kinds.toml", "kind").items()}
    triggers = tuple(_trigger(folder, row, kinds) for row in _table(folder / "events.toml", "trigger"))
    actors = tuple(_actor(folder, row) for row in _table(folder / "actors.toml", "actor"))
    cues = {name: _pattern(folder / "cues.toml", rows) for name, rows in read_toml(folder / "cues.toml").items()}
    return Lexicon(
        actors=actors,
        triggers=triggers,
        kinds=kinds,
        cues={k: v for k, v in cues.items() if v},
    )


def in_theatre(lexicon: Lexicon, theatre: Sequence[str]) -> Lexicon:
    """Return the lexicon as it reads in a theatre: armies and governments of other countries are foreign there."""
    actors = tuple(
        a if a.country is None or a.country in theatre else replace(a, camp="foreign", generic=None)
        for a in lexicon.actors
    )
    return replace(lexicon, actors=actors)


def _table(path: Path, name: str) -> Any:
    content = read_toml(path)
    if name not in content:
        raise LexiconError(str(path), f"has no {name}")
    return content[name]


def _pattern(path: Path, patterns: Sequence[str] | None) -> re.Pattern[str] | None:
    if not patterns:
        return None
    try:
        return words_pattern(patterns)
    except re.error as error:
        raise LexiconError(str(path), f"{error.msg} in {error.pattern!r}") from error


def _kind(folder: Path, name: str, row: dict[str, Any]) -> Kind:
    try:
        return Kind(id=name, **(row | {"otherwise": tuple(row.get("otherwise", ()))}))
    except TypeError as error:
        raise LexiconError(str(folder / "kinds.toml"), f"kind {name}: {error}") from error


def _actor(folder: Path, row: dict[str, Any]) -> Actor:
    path = folder / "actors.toml"
    if missing := {"id", "name", "camp", "patterns", "example"} - row.keys():
        raise LexiconError(str(path), f"actor {row.get('id')} lacks {', '.join(sorted(missing))}")
    return Actor(
        id=row["id"],
        name=row["name"],
        camp=row["camp"],
        country=row.get("country"),
        unnamed=row.get("unnamed", False),
        voice=row.get("voice", False),
        names=words_pattern(row["patterns"]),
        cautious=_pattern(path, row.get("cautious")),
        company=_pattern(path, row.get("company")),
        strangers=_pattern(path, row.get("strangers")),
        not_with=_pattern(path, row.get("not_with")),
        generic=_pattern(path, [*row.get("generic", []), *row.get("weak", [])]),
        acronyms=_pattern(path, row.get("acronyms")),
        example=row["example"],
    )


def _trigger(folder: Path, row: dict[str, Any], kinds: Mapping[str, Kind]) -> Trigger:
    path = folder / "events.toml"
    readings = tuple(_reading(path, reading) for reading in row.get("reading", []))
    for reading in readings:
        if reading.kind not in kinds:
            raise LexiconError(str(path), f"trigger {row['id']} names the unknown kind {reading.kind}")
    return Trigger(
        id=row["id"],
        verb=_pattern(path, row.get("verb")),
        noun=_pattern(path, row.get("noun")),
        weak=row.get("weak", False),
        of_agent=row.get("of_agent", False),
        agent_after=row.get("agent_after", False),
        victims=frozenset(row.get("victims", ())),
        any_order=row.get("any_order", False),
        violent=bool(readings) and all(kinds[r.kind].violent for r in readings),
        of_words=bool(readings) and all(kinds[r.kind].concerns for r in readings),
        readings=readings,
        examples=tuple((example["text"], example["kind"]) for example in row.get("example", [])),
    )


def _reading(path: Path, row: dict[str, Any]) -> Reading:
    sets = {
        name: frozenset(row.pop(name, ()))
        for name in ("agent", "agent_ids", "target", "not_target", "needs_actor", "object", "modality")
    }
    needs, kind = row.pop("needs", None), row.pop("kind", None)
    if row or kind is None:
        raise LexiconError(str(path), f"a reading has no kind, or the unknown field {', '.join(row)}")
    return Reading(kind=kind, needs=re.compile(needs) if needs else None, **sets)
