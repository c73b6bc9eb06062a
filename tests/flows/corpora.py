"""Corpora of hostile input that stand beside the repository, and what must hold of a database that took them.

In: the name of an archive in ../shared/corpora; a database. Out: its files by name; the texts that a database holds.
An archive that is not there skips the test: nothing of a corpus is copied into this repository.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect

from parsers.article import Document
from storage import documents
from storage.engine import open_store
from storage.values import StoredDocument
from tests.flows.runs import ROOT

CORPORA = ROOT.parent / "shared" / "corpora"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def files_of(archive: str, *suffixes: str) -> dict[str, bytes]:
    """Return the files of an archive by their path, or skip the test where the archive is absent."""
    path = CORPORA / archive
    if not path.is_file():
        pytest.skip(f"{archive} is not there")
    with tarfile.open(path) as tar:
        members = [member for member in tar if member.isfile() and member.name.endswith(suffixes)]
        return {member.name: _content(tar, member) for member in members}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None, member.name
    return file.read()


def texts_of(database: str) -> Iterator[str]:
    """Yield every text of a database, those inside JSON as well, as another program would read them."""
    engine = create_engine(database)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"'):
                for value in row:
                    yield from _texts(value)
    engine.dispose()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value.startswith(("{", "[")):  # SQLite gives JSON as it stands
            with suppress(ValueError):
                yield from _texts(json.loads(value))
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


def assert_storable(database: str) -> None:
    """Fail where a database holds a NUL or half a surrogate pair, in whatever place."""
    texts = list(texts_of(database))
    assert texts
    assert not [text for text in texts if UNSTORABLE.search(text)]


def stored_of(database: str, given: Sequence[Document]) -> dict[Document, StoredDocument]:
    """Return what a database keeps of each document; fails for one that it does not know."""
    with closing(open_store(database)) as store, store.read() as tx:
        found = {document: documents.find(tx, document.source, document.sha256) for document in given}
    missing = [document.name for document, kept in found.items() if kept is None]
    assert not missing, f"neither stored nor quarantined: {missing[:5]}"
    return {document: kept for document, kept in found.items() if kept is not None}
