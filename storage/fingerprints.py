"""The keys by which articles that share passages, or rare names, find each other.

In: a transaction and sets of signed 64-bit keys. Out: candidates with how many keys they share, found by
one query. The index grows by what arrives and is never rebuilt; whether a candidate is a duplicate is
not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, insert
from sqlmodel import col, select

from storage.engine import Transaction
from storage.tables import ArticleVersionRow, FingerprintRow

KEY_RANGE = range(-(2**63), 2**63)  # BIGINT of both databases


def add(tx: Transaction, version_id: int, *, kind: str, keys: Iterable[int]) -> None:
    """Keep the keys of an article version; ValueError for a key outside 64 signed bits."""
    rows = [{"kind": kind, "key": key, "article_version_id": version_id} for key in _checked(keys)]
    if rows:
        tx.execute(insert(FingerprintRow), rows)


def candidates(
    tx: Transaction, *, kind: str, keys: Iterable[int], since: datetime | None, limit: int
) -> tuple[tuple[int, int, int, int], ...]:
    """Return (article id, version id, keys shared, keys it has) of the versions that share a key.

    Those first that share most; among equals the one with fewer keys, then the older one. `since` is
    compared with the day a version was published, or first seen where it is undated.
    """
    size = (
        select(func.count())
        .where(
            FingerprintRow.kind == kind,
            col(FingerprintRow.article_version_id) == ArticleVersionRow.id,
        )
        .correlate(ArticleVersionRow)
        .scalar_subquery()
    )
    hits = (
        select(col(FingerprintRow.article_version_id).label("version_id"), func.count().label("shared"))
        .where(FingerprintRow.kind == kind, col(FingerprintRow.key).in_(_checked(keys)))
        .group_by(col(FingerprintRow.article_version_id))
        .subquery()
    )
    query = (
        select(ArticleVersionRow.article_id, ArticleVersionRow.id, hits.c.shared, size.label("size"))
        .join(hits, hits.c.version_id == ArticleVersionRow.id)
        .order_by(hits.c.shared.desc(), size, col(ArticleVersionRow.id))
        .limit(limit)
    )
    if since is not None:
        query = query.where(func.coalesce(ArticleVersionRow.published_at, ArticleVersionRow.seen_at) >= since)
    return tuple((article_id, version_id, shared, size) for article_id, version_id, shared, size in tx.exec(query))


def _checked(keys: Iterable[int]) -> list[int]:
    found = sorted(set(keys))
    for key in found:
        if key not in KEY_RANGE:
            raise ValueError(f"fingerprint {key} does not fit 64 signed bits")
    return found
