"""The tools of coding, loaded once: lexicon, gazetteer, quantities and watch.

In: the seeds folder and a watch. Out: a frozen `Coder`. A fault of a data file names the file and what is wrong in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parsers.coding.lexicon import Lexicon, in_theatre, load_lexicon
from parsers.coding.places import Gazetteer, Place, load_gazetteer
from parsers.coding.quantities import QuantityLexicon, load_quantity_lexicon
from parsers.coding.watch import Watch
from parsers.errors import LexiconError


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder:
    """The tools of coding, loaded once."""

    lexicon: Lexicon
    gazetteer: Gazetteer
    quantities: QuantityLexicon
    watch: Watch
    capital: Place | None  # where acts of the theatre's government are coded


def load_coder(seeds: Path, watch: Watch, *, words: Path | None = None) -> Coder:
    """Load the coder's data from the seeds folder, its lexicon from `words` where given; LexiconError names a fault."""
    folder = words or seeds / "lexicon"
    lexicon = in_theatre(load_lexicon(folder), watch.theatre)
    _check_names(watch, lexicon)
    gazetteer = load_gazetteer(seeds / "places.csv", theatre=watch.theatre)
    capital = gazetteer.get(watch.capital) if watch.capital else None
    if watch.capital and capital is None:
        raise LexiconError(f"watch {watch.id}", f"names the unknown place {watch.capital} as its capital")
    return Coder(
        lexicon=lexicon,
        gazetteer=gazetteer,
        quantities=load_quantity_lexicon(folder / "quantities.toml"),
        watch=watch,
        capital=capital,
    )


def _check_names(watch: Watch, lexicon: Lexicon) -> None:
    """Refuse a watch that names an actor or a kind which the lexicon does not have."""
    actors = {actor.id for actor in lexicon.actors}
    kinds = {kind for kinds in watch.severity.kinds.values() for kind in kinds} | {
        k for r in watch.rules for k in r.kinds
    }
    named = {*watch.watched, *(a for r in watch.rules for a in r.actors)}
    for what, unknown in (("actor", named - actors), ("kind", kinds - lexicon.kinds.keys())):
        if unknown:
            raise LexiconError(f"watch {watch.id}", f"names the unknown {what} {', '.join(sorted(unknown))}")
