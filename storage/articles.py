"""Articles and their versions.

In: a transaction, Article values with what was made of them (keys, hash, relevance). Out: StoredArticle,
with its latest version or the one that stood at an instant. A version is added, never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from parsers.article import Article
from parsers.coding.values import Relevance
from storage.edit_values import Edit
from storage.encoding import digest
from storage.engine import Transaction
from storage.errors import NotFoundError
from storage.tables import ArticleRow, ArticleVersionRow, DocumentRow, SourceRow
from storage.values import StoredArticle, StoredVersion

BATCH = 200  # records in memory at once
IDENTITIES_A_QUERY = 500  # an SQLite before 3.32 takes 999 parameters


def add(
    tx: Transaction,
    article: Article,
    *,
    url_key: str | None,
    document_id: int,
    text_hash: str,
    language: str | None,
    family: str,
    relevance: Relevance,
    relevance_reasons: tuple[str, ...],
    now: datetime,
    edit: Edit | None = None,
) -> StoredArticle:
    """Add an article, or the next version of one whose identity is known; return it with that version."""
    row, last = _row(tx, article, url_key=url_key, now=now)
    version = ArticleVersionRow(
        article_id=row.id,
        number=last + 1,
        document_id=document_id,
        headline=article.headline,
        outlet=article.outlet,
        url=article.url,
        family=family,
        language=language,
        published_at=article.published_at,
        text=article.text,
        text_hash=text_hash,
        relevance=relevance,
        relevance_reasons=relevance_reasons,
        article=article,
        edit=edit,
        seen_at=now,
    )
    tx.add(version)
    tx.flush()
    return stored(row, version)


def find(tx: Transaction, identity: str) -> StoredArticle | None:
    """Return the article with this identity (Article.identity), or None."""
    found = _select(tx, col(ArticleRow.identity) == identity)
    return found[0] if found else None


def known_identities(tx: Transaction, identities: Collection[str]) -> frozenset[str]:
    """Return which of these identities (Article.identity) are known."""
    asked, known = sorted(set(identities)), set[str]()
    for start in range(0, len(asked), IDENTITIES_A_QUERY):
        some = asked[start : start + IDENTITIES_A_QUERY]
        known.update(tx.exec(select(ArticleRow.identity).where(col(ArticleRow.identity).in_(some))))
    return frozenset(known)


def get(tx: Transaction, article_id: int, *, as_of: datetime | None = None) -> StoredArticle:
    """Return an article as it stood; NotFoundError where it was unknown then."""
    found = _select(tx, col(ArticleRow.id) == article_id, as_of=as_of)
    if not found:
        raise NotFoundError(f"no article A{article_id}" + (f" at {as_of.isoformat()}" if as_of else ""))
    return found[0]


def by_external_id(tx: Transaction, external_id: str) -> tuple[StoredArticle, ...]:
    """Return the articles with this external id, one a namespace, oldest first."""
    return _select(tx, col(ArticleRow.external_id_hash) == digest(external_id))


def by_url_key(tx: Transaction, key: str) -> tuple[StoredArticle, ...]:
    """Return the articles with this canonical address, oldest first."""
    return _select(tx, col(ArticleRow.url_key_hash) == digest(key))


def by_text_hash(tx: Transaction, text_hash: str) -> tuple[StoredArticle, ...]:
    """Return the articles that have, or once had, this text, each with its last such version; oldest first."""
    rows = tx.exec(
        select(ArticleRow, ArticleVersionRow)
        .join(ArticleVersionRow, col(ArticleVersionRow.article_id) == ArticleRow.id)
        .where(col(ArticleVersionRow.text_hash) == text_hash)
        .order_by(col(ArticleRow.id), col(ArticleVersionRow.number))
    )
    return tuple({row.id: stored(row, version) for row, version in rows}.values())


def versions(tx: Transaction, article_id: int) -> tuple[StoredVersion, ...]:
    """Return all versions of an article, the first one first; NotFoundError for an unknown article."""
    rows = tx.exec(
        select(ArticleVersionRow)
        .where(ArticleVersionRow.article_id == article_id)
        .order_by(col(ArticleVersionRow.number))
    ).all()
    if not rows:
        raise NotFoundError(f"no article A{article_id}")
    return tuple(stored_version(row) for row in rows)


def versions_by_id(tx: Transaction, ids: Collection[int]) -> tuple[StoredVersion, ...]:
    """Return the versions with these ids, the oldest first."""
    rows = tx.exec(
        select(ArticleVersionRow).where(col(ArticleVersionRow.id).in_(ids)).order_by(col(ArticleVersionRow.id))
    )
    return tuple(stored_version(row) for row in rows)


def arrivals(tx: Transaction) -> Iterator[tuple[StoredVersion, str, str]]:
    """Yield every version in the order in which it was seen, with the source and the name of its document."""
    rows = tx.exec(
        select(ArticleVersionRow, SourceRow.key, DocumentRow.name)
        .join(DocumentRow, col(DocumentRow.id) == ArticleVersionRow.document_id)
        .join(SourceRow, col(SourceRow.id) == DocumentRow.source_id)
        .order_by(col(ArticleVersionRow.seen_at), col(ArticleVersionRow.id))
        .execution_options(yield_per=BATCH)
    )
    for version, source, name in rows:
        yield stored_version(version), source, name


def every(
    tx: Transaction,
    *,
    as_of: datetime | None = None,
    limit: int | None = None,
    relevance: Relevance | None = None,
) -> tuple[StoredArticle, ...]:
    """Return the articles as they stood, those first that came last."""
    condition = [] if relevance is None else [col(ArticleVersionRow.relevance) == relevance]
    return _select(tx, *condition, as_of=as_of, limit=limit, newest_first=True)


def recent_lines(tx: Transaction, *, family: str, limit: int) -> tuple[tuple[str, ...], ...]:
    """Return the paragraphs of the newest articles of a publisher family, as they are now; newest first."""
    newest = (
        select(ArticleVersionRow.id, ArticleVersionRow.article_id)
        .where(col(ArticleVersionRow.family) == family, is_latest(None))
        .order_by(col(ArticleVersionRow.article_id).desc())
        .limit(limit)
        .subquery()
    )
    rows = tx.exec(  # only now the bodies, so that those of all other articles need not be read
        select(col(ArticleVersionRow.article))
        .join(newest, newest.c.id == ArticleVersionRow.id)
        .order_by(newest.c.article_id.desc())
    )
    return tuple(article.paragraphs for article in rows)


def _row(tx: Transaction, article: Article, *, url_key: str | None, now: datetime) -> tuple[ArticleRow, int]:
    """Return the row of an article, made where it is new, and the number of its last version.

    An address may come with a later version.
    """
    last = 0
    row = tx.exec(select(ArticleRow).where(ArticleRow.identity == article.identity)).first()
    if row is None:
        row = ArticleRow(
            identity=article.identity,
            external_id=article.external_id,
            external_id_hash=digest(article.external_id),
            namespace=article.namespace,
            url_key=None,
            url_key_hash=None,
            first_seen_at=now,
        )
    else:
        numbers = select(func.max(ArticleVersionRow.number)).where(ArticleVersionRow.article_id == row.id)
        last = tx.exec(numbers).one() or 0
    if row.url_key is None and url_key is not None:
        row.url_key, row.url_key_hash = url_key, digest(url_key)
    tx.add(row)
    tx.flush()
    return row, last


def _select(
    tx: Transaction,
    *conditions: ColumnElement[bool],
    as_of: datetime | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> tuple[StoredArticle, ...]:
    """Return the articles whose version at that instant meets the conditions."""
    rows = tx.exec(
        select(ArticleRow, ArticleVersionRow)
        .join(ArticleVersionRow, col(ArticleVersionRow.article_id) == ArticleRow.id)
        .where(is_latest(as_of), *conditions)
        .order_by(col(ArticleRow.id).desc() if newest_first else col(ArticleRow.id))
        .limit(limit)
    )
    return tuple(stored(row, version) for row, version in rows)


def is_latest(as_of: datetime | None) -> ColumnElement[bool]:
    """Return the condition that an article_version is its article's latest one at an instant."""
    if as_of is None:
        return _IS_LATEST
    return (col(ArticleVersionRow.seen_at) <= as_of) & ~_SUPERSEDED.where(col(_LATER.seen_at) <= as_of)


# Made once: an alias adapts each column of its table anew, which costs more than the queries that use it.
_LATER = aliased(ArticleVersionRow)
_SUPERSEDED = exists().where(
    col(_LATER.article_id) == ArticleVersionRow.article_id, col(_LATER.number) > ArticleVersionRow.number
)
_IS_LATEST = ~_SUPERSEDED


def stored(row: ArticleRow, version: ArticleVersionRow) -> StoredArticle:
    """Return the value of an article with one of its versions."""
    return StoredArticle(
        id=row.id,
        identity=row.identity,
        url_key=row.url_key,
        first_seen_at=row.first_seen_at,
        version=stored_version(version),
    )


def stored_version(row: ArticleVersionRow) -> StoredVersion:
    """Return the value of a version."""
    return StoredVersion(
        id=row.id,
        article_id=row.article_id,
        number=row.number,
        document_id=row.document_id,
        article=row.article,
        text_hash=row.text_hash,
        language=row.language,
        family=row.family,
        relevance=row.relevance,
        relevance_reasons=row.relevance_reasons,
        seen_at=row.seen_at,
        edit=row.edit,
    )
