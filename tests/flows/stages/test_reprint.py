"""Texts that were recorded under another version of the prints are found again after they were printed anew."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from flows.stages.reprint import reprint
from storage.engine import open_store
from tests.flows.runs import SEED_0, SEEDS, exported, run


def test_after_another_version_of_the_prints_a_copy_is_found_again(database: str, tmp_path: Path) -> None:
    run(database, SEEDS)
    store = open_store(database)
    with store.write() as tx:
        for table in ("print", "print_key", "anchor_frequency"):
            tx.execute(text(f"DELETE FROM {table}"))
    assert reprint(store) == 2
    assert reprint(store) == 0
    store.close()
    copied = tmp_path / "copied.txt"
    copied.write_text(SEED_0.read_text(encoding="utf-8"), "utf-8")
    run(database, copied)
    (row,) = [a for a in exported(database, "articles") if a["external_id"] == copied.name]
    assert row["duplicate_of"] == SEED_0.name
