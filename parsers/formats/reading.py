"""What a reader hands back for one document: its articles, and what could not be read.

Imports no reader, so that each of them can return it.
"""

from __future__ import annotations

from dataclasses import dataclass

from parsers.article import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The articles of one document, in its order, and what went wrong with others, one line each."""

    articles: tuple[Article, ...]
    problems: tuple[str, ...] = ()
