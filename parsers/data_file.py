"""The data files of the project (lexicon, watch, catalogue): TOML in, plain or validated values out.

A file that cannot be used is a LexiconError that names it and what is wrong in it, never a traceback.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from parsers.errors import LexiconError

M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; LexiconError where it cannot be read or is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LexiconError(str(path), f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LexiconError(str(path), f"is no TOML: {error}") from error


def validated(model: type[M], content: dict[str, Any], *, name: str) -> M:
    """Return the content as a value of the model; LexiconError names the file or source and the field at fault."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise LexiconError(name, f"{field}: {first['msg']}") from error
