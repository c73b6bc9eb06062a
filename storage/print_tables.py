"""The tables of the memory of deduplication.

Rows of all of them name the version of the prints that they belong to. None refers to an article: what
deduplication remembers outlives whatever else is kept of one. Read and written by storage/fingerprints.py.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import LargeBinary
from sqlmodel import Field

from storage.columns import Id, Words
from storage.table_base import Table


class PrintRow(Table, table=True):
    """The prints of an article version."""

    __tablename__ = "print"

    algorithm: str = Field(primary_key=True, sa_type=Words)
    version_id: int = Field(primary_key=True, sa_type=Id)
    article_id: int = Field(sa_type=Id)
    at_s: int = Field(sa_type=Id)  # published, else first seen; seconds since 1970
    words: int
    text_key: int = Field(sa_type=Id)  # 63 bits
    traits: str = Field(sa_type=Words)  # a line of words each: see storage/fingerprints.py
    triples: bytes = Field(sa_type=LargeBinary)  # 32 bits each, the lowest byte first


class PrintKeyRow(Table, table=True):
    """A key under which a text is found, on the day of the text."""

    __tablename__ = "print_key"
    # The primary key is the index that finds candidates, and on SQLite the table itself.
    __table_args__: ClassVar[dict[str, bool]] = {"sqlite_with_rowid": False}

    kind: str = Field(primary_key=True, sa_type=Words)
    key: int = Field(primary_key=True, sa_type=Id)
    day: int = Field(primary_key=True)  # proleptic ordinal, so that a window is one range of the index
    version_id: int = Field(primary_key=True, sa_type=Id)


class AnchorFrequencyRow(Table, table=True):
    """In how many articles an anchor stood."""

    __tablename__ = "anchor_frequency"
    __table_args__: ClassVar[dict[str, bool]] = {"sqlite_with_rowid": False}

    algorithm: str = Field(primary_key=True, sa_type=Words)
    anchor: str = Field(primary_key=True, sa_type=Words)  # empty: all articles
    articles: int = Field(sa_type=Id)
