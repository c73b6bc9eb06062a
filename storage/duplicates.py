"""Judgements that one article repeats another: rows that can be undone, never removed.

In: a transaction and Judgement values. Out: the same, and the leader of a group: the article that was last named
(storage/leads.py), else its first one. A group is the chains of standing judgements, from an article to the one it
repeats, that end at one article; nothing is joined over its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from storage import leads
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import DuplicateRow
from storage.values import Judgement


def add(tx: Transaction, judgement: Judgement) -> None:
    """Keep a judgement, unless the same one stands already, or one on the two articles was undone.

    What a person undid never comes back by itself, whichever algorithm judges again; `redo` brings it back.
    """
    pair = select(DuplicateRow).where(
        DuplicateRow.left_article_id == judgement.left, DuplicateRow.right_article_id == judgement.right
    )
    for row in tx.exec(pair):
        same = (row.kind, row.score, row.algorithm) == (judgement.kind, judgement.score, judgement.algorithm)
        if row.undone_at is not None or same:
            return
    tx.add(
        DuplicateRow(
            left_article_id=judgement.left,
            right_article_id=judgement.right,
            kind=judgement.kind,
            score=judgement.score,
            reasons=judgement.reasons,
            algorithm=judgement.algorithm,
            judged_at=judgement.judged_at,
        )
    )
    tx.flush()


def judgements(tx: Transaction, article_id: int | None = None) -> tuple[Judgement, ...]:
    """Return all judgements, or those on one article as either side, undone ones included; oldest first."""
    query = select(DuplicateRow).order_by(col(DuplicateRow.id))
    if article_id is not None:
        query = query.where(
            or_(DuplicateRow.left_article_id == article_id, DuplicateRow.right_article_id == article_id)
        )
    return tuple(_judgement(row) for row in tx.exec(query))


def standing(tx: Transaction, *, as_of: datetime | None = None) -> dict[int, Judgement]:
    """Return the judgement that stands, or stood, on each article that repeats another: the last one not undone."""
    rows = tx.exec(select(DuplicateRow).where(_stands(as_of)).order_by(col(DuplicateRow.id)))
    return {row.left_article_id: _judgement(row) for row in rows}


def leader(tx: Transaction, article_id: int) -> int:
    """Return the leader of the group that an article belongs to: itself where it repeats none."""
    return leaders(tx, [article_id])[article_id]


def leaders(tx: Transaction, article_ids: Collection[int], *, as_of: datetime | None = None) -> dict[int, int]:
    """Return the leader of each article's group."""
    named = [lead.article for lead in leads.named(tx, as_of=as_of)]
    return led(article_ids, _chains(tx, {*article_ids, *named}, as_of), named)


def named_leaders(tx: Transaction, article_ids: Collection[int], *, as_of: datetime | None = None) -> dict[int, int]:
    """Return the leader of those articles that another one was named to lead."""
    named = {lead.article for lead in leads.named(tx, as_of=as_of)}
    found = leaders(tx, article_ids, as_of=as_of) if named else {}
    return {article: leading for article, leading in found.items() if leading in named and leading != article}


def led(article_ids: Iterable[int], repeats: Mapping[int, int], named: Iterable[int]) -> dict[int, int]:
    """Return the leader of each article's group, where each repeats at most one; of those named the last one counts."""
    chosen = {follow(article, repeats.get): article for article in named}
    first = {article: follow(article, repeats.get) for article in article_ids}
    return {article: chosen.get(root, root) for article, root in first.items()}


def _chains(tx: Transaction, article_ids: Collection[int], as_of: datetime | None) -> dict[int, int]:
    """Return which article each one repeats, for these and for all that their chains pass."""
    repeats: dict[int, int] = {}
    asked, seen = set(article_ids), set[int]()
    while asked:
        query = select(DuplicateRow.left_article_id, DuplicateRow.right_article_id).where(
            col(DuplicateRow.left_article_id).in_(asked), _stands(as_of)
        )
        seen |= asked
        asked = set[int]()
        for left, right in tx.exec(query.order_by(col(DuplicateRow.id))):
            repeats[left] = right
            asked |= {right} - seen
    return repeats


def _stands(as_of: datetime | None) -> ColumnElement[bool]:
    """Return the condition that a judgement stands, or stood at an instant."""
    stands: ColumnElement[bool] = col(DuplicateRow.undone_at).is_(None)
    if as_of is None:
        return stands
    return (col(DuplicateRow.judged_at) <= as_of) & (stands | (col(DuplicateRow.undone_at) > as_of))


def follow(article_id: int, repeats: Callable[[int], int | None]) -> int:
    """Return the end of the chain that starts at an article; of a ring, its oldest article."""
    seen = [article_id]
    while (older := repeats(seen[-1])) is not None:
        if older in seen:
            return min(seen[seen.index(older) :])
        seen.append(older)
    return seen[-1]


def undo(tx: Transaction, left: int, right: int, *, reason: str, now: datetime) -> None:
    """Undo what stands between two articles; NotFoundError where nothing does."""
    rows = tx.exec(
        select(DuplicateRow).where(
            DuplicateRow.left_article_id == left,
            DuplicateRow.right_article_id == right,
            col(DuplicateRow.undone_at).is_(None),
        )
    ).all()
    if not rows:
        raise NotFoundError(f"nothing says that A{left} repeats A{right}")
    for row in rows:
        row.undone_at, row.undone_reason = now, reason
    tx.flush()


def redo(tx: Transaction, left: int, right: int, *, now: datetime) -> None:
    """Judge two articles again as they were judged before it was undone; NotFoundError where nothing was.

    The undone row stays: a new one stands beside it.
    """
    pair = select(DuplicateRow).where(DuplicateRow.left_article_id == left, DuplicateRow.right_article_id == right)
    rows = tx.exec(pair.order_by(col(DuplicateRow.id))).all()
    if not rows or rows[-1].undone_at is None:
        raise NotFoundError(f"nothing was undone that says that A{left} repeats A{right}")
    last = rows[-1]
    tx.add(
        DuplicateRow(
            left_article_id=left,
            right_article_id=right,
            kind=last.kind,
            score=last.score,
            reasons=last.reasons,
            algorithm=last.algorithm,
            judged_at=now,
        )
    )
    tx.flush()


def _judgement(row: DuplicateRow) -> Judgement:
    return Judgement(
        left=row.left_article_id,
        right=row.right_article_id,
        kind=row.kind,
        score=row.score,
        reasons=row.reasons,
        algorithm=row.algorithm,
        judged_at=row.judged_at,
        undone_at=row.undone_at,
        undone_reason=row.undone_reason,
    )
