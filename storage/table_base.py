"""What all tables have in common: one registry, the names of constraints, numbers in the order of arrival.

In: nothing. Out: the classes that the tables of storage are made of; no other room sees them.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel

from storage.columns import Id

NAMES = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Table(SQLModel):
    """A table of the store."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class Numbered(Table):
    """A table whose rows are numbered."""

    id: int = Field(default=None, primary_key=True, sa_type=Id)  # in the order of arrival
