"""Records what one document says: its articles, whose copies they are, and all that follows from what they tell.

In: a document that was read, and the tools. Out: a `Recorded`. All that one document causes is one
transaction: a crash leaves all of it or nothing. Deciding is left to the pure stages; nothing is sent from
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.stages.credit import agency_of
from flows.stages.deduplicate import ALGORITHM, Verdict, expect, find_original, past_of, remember
from flows.stages.detect import Origin
from flows.stages.editions import NextVersion, fingerprint_text, is_page, next_version
from flows.stages.edits import is_withdrawal
from flows.stages.read import Read
from flows.stages.versions import Told, Tools, record_mentions, record_withdrawal
from parsers.article import Article
from parsers.coding.coder import code
from parsers.coding.tools import Coder
from parsers.coding.values import Coding, Relevance
from parsers.formats.furniture import recurring_lines, without
from parsers.formats.registry import FEEDS, READERS_VERSION
from parsers.prints import Prints, prints_of
from parsers.text import fold, normalised_hash, shingles, words
from parsers.urls import publisher_family, url_key
from storage import articles, documents, duplicates
from storage.engine import Store, Transaction
from storage.source_values import Source
from storage.values import Alert, DevelopmentVersion, Judgement, StoredArticle

STORY_WORDS = 3  # in a row
SAME_STORY = 0.25  # of the shorter text's word triples: below, one id names two stories
_PAGES_SEEN = 20  # of an outlet, in which a line must recur to be furniture


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something that led to no new version of a development, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """An article with what was made of it before anything is recorded."""

    article: Article
    coding: Coding
    prints: Prints


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What one document caused."""

    name: str
    articles: int = 0  # new articles and new versions of known ones
    relevance: tuple[Relevance, ...] = ()
    versions: tuple[DevelopmentVersion, ...] = ()
    alerts: tuple[Alert, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def record(store: Store, read: Read, tools: Tools) -> Recorded:
    """Record one document in one transaction; a document that another run recorded meanwhile is left alone."""
    source = tools.sources.get(read.document.source)
    coded = code_all(_without_recurring(store, articles_of(read, source), source), tools.coder)
    with store.write() as tx:
        return record_coded(tx, read, coded, tools)


def articles_of(read: Read, source: Source | None) -> list[Article]:
    """Return the articles of a document in order of time, with what their source is known for."""
    return [_as_of_source(article, source) for article in sorted(read.reading.articles, key=_order)]


def code_all(told: Sequence[Article], coder: Coder) -> tuple[Coded, ...]:
    """Code and print articles; needs no database."""
    return tuple(Coded(article=a, coding=code(a, coder), prints=print_article(a)) for a in told)


def record_coded(tx: Transaction, read: Read, coded: Sequence[Coded], tools: Tools) -> Recorded:
    """Record one document whose articles were coded before, unless it is known, within a transaction."""
    source = tools.sources.get(read.document.source)
    known = documents.find(tx, read.document.source, read.document.sha256)
    if known and not read.returned and known.outcome == read.outcome and known.reader == READERS_VERSION:
        return Recorded(name=read.document.name, dropped=(Dropped(name=read.document.name, reason="known"),))
    stored = documents.add_reading(
        tx, read.document, known, outcome=read.outcome, reason=read.reason, reader=READERS_VERSION, now=tools.now
    )
    own = {one.article.identity for one in coded}  # of this document: one address may serve several entries
    expect(tx, [(one.prints, one.article.published_at or tools.now) for one in coded])
    parts = [_record_article(tx, one, stored.id, source, own, tools) for one in coded]
    problems = tuple(Dropped(name=read.document.name, reason=p) for p in read.reading.problems)
    return Recorded(
        name=read.document.name,
        articles=sum(p.articles for p in parts),
        relevance=tuple(r for p in parts for r in p.relevance),
        versions=tuple(v for p in parts for v in p.versions),
        alerts=tuple(a for p in parts for a in p.alerts),
        dropped=(*problems, *(d for p in parts for d in p.dropped)),
    )


def _order(article: Article) -> tuple[bool, datetime | None, str]:
    return article.published_at is None, article.published_at, article.external_id


def _without_recurring(store: Store, told: Sequence[Article], source: Source | None) -> list[Article]:
    """Drop lines of web pages that stand in many pages of their outlet: they are its furniture, not news."""
    if not any(is_page(article) for article in told):
        return list(told)
    with store.read() as tx:
        seen = {
            family: articles.recent_lines(tx, family=family, limit=_PAGES_SEEN)
            for family in {_family(a, source) for a in told}
        }
    recurring = {family: recurring_lines(pages) for family, pages in seen.items()}
    return [
        replace(a, paragraphs=without(a.paragraphs, recurring[_family(a, source)])) if is_page(a) else a for a in told
    ]


def print_article(article: Article) -> Prints:
    """Return the prints of an article: of a page only of its sentences."""
    return prints_of(article.headline, fingerprint_text(article), published_at=article.published_at)


def _as_of_source(article: Article, source: Source | None) -> Article:
    """Fill what an article does not say of itself with what its source is known for."""
    if source is None:
        return article
    return replace(article, outlet=article.outlet or source.outlet, language=article.language or source.language)


def _record_article(
    tx: Transaction, one: Coded, document_id: int, source: Source | None, own: set[str], tools: Tools
) -> Recorded:
    coding, prints = one.coding, one.prints
    text_hash = normalised_hash(fingerprint_text(one.article))
    article, known = _known_identity(tx, one.article, text_hash, own)
    own.add(article.identity)
    edition = next_version(tx, known, article, text_hash, document_id, tools) if known else None
    if edition and edition.edit is None:
        return Recorded(name=article.external_id, dropped=(Dropped(name=article.external_id, reason=edition.reason),))
    at = article.published_at or tools.now
    past = past_of(tx, prints)
    verdict = None if known else find_original(tx, prints, at=at, past=past)
    stored = articles.add(
        tx,
        article,
        url_key=url_key(article.url) if article.url else None,
        document_id=document_id,
        text_hash=text_hash,
        language=article.language,
        family=_voice(article, source),
        relevance=coding.relevance,
        relevance_reasons=coding.relevance_reasons,
        now=tools.now,
        edit=edition.edit if edition else None,
    )
    ids = (stored.id, stored.version.id)
    remember(tx, prints, article_id=ids[0], version_id=ids[1], at=at, copy=verdict, past=past, counted=not known)
    if verdict:
        _record_copy(tx, stored, verdict, tools.now)
    told = _tell(tx, stored, coding, _origin(tx, stored, verdict, source, coding), edition, tools)
    copied = (f"{verdict.kind} copy of A{verdict.original}",) if verdict else ()
    if edition and not told.versions:
        copied = (f"v{stored.version.number}, {edition.reason}", *copied)
    return Recorded(
        name=article.external_id,
        articles=1,
        relevance=(coding.relevance,),
        versions=told.versions,
        alerts=told.alerts,
        dropped=tuple(Dropped(name=article.external_id, reason=r) for r in dict.fromkeys((*copied, *told.dropped))),
    )


def _tell(
    tx: Transaction, stored: StoredArticle, coding: Coding, origin: Origin, edition: NextVersion | None, tools: Tools
) -> Told:
    """Record what a version tells, or withdraws; an edit that is to be quiet alerts nobody."""
    if edition and edition.edit and edition.edit.kind == "retraction":
        return record_withdrawal(tx, stored, coding, tools)
    return record_mentions(tx, stored, coding, origin, replace(tools, quiet=edition.quiet if edition else None))


def _origin(
    tx: Transaction, stored: StoredArticle, copy: Verdict | None, source: Source | None, coding: Coding
) -> Origin:
    article = stored.version.article
    return Origin(
        article_id=stored.id,
        family=_voice(article, source),
        partisan=source is not None and source.provenance == "actor_network",
        attributed_to=article.attributed_to or article.credited_to,
        duplicate_of=frozenset({duplicates.leader(tx, stored.id)} if copy else ()),
        reworded=copy is not None and copy.kind == "paraphrase",
        edited=stored.version.number > 1,
        told=tuple(q for m in coding.mentions for q in m.quantities),
        published_on=article.published_at.date() if article.published_at else None,
    )


def _known_identity(
    tx: Transaction, article: Article, text_hash: str, own: set[str]
) -> tuple[Article, StoredArticle | None]:
    """Return the known article that this one is a version of: by its id, else by its address, else by its words.

    An article that another entry of the same document is (`own`) is not taken by its address.

    An id that was given to another story (a guid used again, a file name in two folders) makes an article of its own.
    """
    known = articles.find(tx, article.identity)
    if known and not _same_story(known.version.article, article):
        article = replace(article, namespace=f"{article.namespace}#{text_hash[-12:]}")
        known = articles.find(tx, article.identity)
    key = url_key(article.url) if article.url else None
    if known:
        return article, known
    if key is None or "/" not in key.rstrip("/"):  # a bare host is the address of many articles
        same = _same_entries(tx, article, text_hash, own)[:1]
    else:
        found = [a for a in articles.by_url_key(tx, key) if a.version.article.namespace == article.namespace]
        same = [a for a in found if a.identity not in own]
    if len(same) != 1 or not _same_story(same[0].version.article, article):
        return article, None
    namesake = same[0].version.article
    return replace(article, external_id=namesake.external_id, namespace=namesake.namespace), same[0]


def _same_entries(tx: Transaction, article: Article, text_hash: str, own: set[str]) -> list[StoredArticle]:
    """Return the entries of the same feed with these very words and date: it made its guids anew."""
    if article.format not in FEEDS:
        return []
    return [
        known
        for known in articles.by_text_hash(tx, text_hash)
        if known.version.article.namespace == article.namespace
        and known.version.article.published_at == article.published_at
        and known.identity not in own
    ]


def _same_story(known: Article, article: Article) -> bool:
    """Tell whether two texts under one id are one article: they share words in a row, or a headline.

    A notice that the article was withdrawn shares nothing with it, and is its next version; so is the text restored.
    """
    if fold(known.headline) == fold(article.headline) or is_withdrawal(article) or is_withdrawal(known):
        return True
    mine, other = shingles(words(article.text), STORY_WORDS), shingles(words(known.text), STORY_WORDS)
    return len(mine & other) >= SAME_STORY * min(len(mine), len(other))


def _voice(article: Article, source: Source | None) -> str:
    """Return the circle of independence of an article: of a reprint that of its agency, so that reprints are one."""
    return agency_of(article) or _family(article, source)


def _family(article: Article, source: Source | None) -> str:
    """Return who publishes an article: the publisher's family, else the credited source, else the article alone."""
    for name in (article.url, article.outlet, *article.credited_to):
        if family := publisher_family(name):
            return family
    return (source.family if source else None) or f"article:{article.external_id}"


def _record_copy(tx: Transaction, stored: StoredArticle, verdict: Verdict, now: datetime) -> None:
    duplicates.add(
        tx,
        Judgement(
            left=stored.id,
            right=verdict.original,
            kind=verdict.kind,
            score=verdict.score,
            reasons=verdict.reasons,
            algorithm=ALGORITHM,
            judged_at=now,
        ),
    )
