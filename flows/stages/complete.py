"""Completes feed entries that hold a summary only: fetches their pages where the source asks for it.

In: a document that was read, its source, the door, and which articles are known. Out: the same with the
pages' text. An entry whose page fails keeps the feed's text and says so; entries that are known are not
fetched again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from flows.stages.fetch import Door, document_of
from flows.stages.http_values import Failure, Fetched, Request
from flows.stages.read import Read
from parsers.article import Article
from parsers.errors import ParseError
from parsers.formats import page
from storage.source_values import Source

MOST_PAGES = 50  # of one feed in one run


def complete(read: Read, source: Source, door: Door, known: Collection[str], *, now: datetime) -> Read:
    """Return a document whose new entries hold the text of their pages."""
    articles: list[Article] = []
    problems = list(read.reading.problems)
    fetched = 0
    for article in read.reading.articles:
        if article.identity in known:
            continue  # its page was taken when it was new; the summary must not become its next version
        if article.url is None or fetched >= MOST_PAGES:
            articles.append(article)
            continue
        fetched += 1
        full, problem = _completed(article, source, door, now)
        articles.append(full)
        problems += [problem] if problem else []
    reading = replace(read.reading, articles=tuple(articles), problems=tuple(problems))
    entries = len(read.reading.articles)
    return replace(read, reading=reading, entries=entries if entries != len(articles) else None)


def _completed(article: Article, source: Source, door: Door, now: datetime) -> tuple[Article, str | None]:
    answer = door.get(Request(url=article.url or ""))
    if not isinstance(answer, Fetched):
        reason = answer.message if isinstance(answer, Failure) else "not modified"
        return _kept(article, reason)
    try:
        found = page.read(document_of(source, answer, now)).articles[0]
    except ParseError as error:
        return _kept(article, str(error))
    if sum(map(len, found.paragraphs)) <= sum(map(len, article.paragraphs)):
        return article, None
    return (
        replace(
            article,
            paragraphs=found.paragraphs,
            standfirst=article.standfirst or found.standfirst,
            authors=article.authors or found.authors,
            published_at=article.published_at or found.published_at,
            modified_at=found.modified_at or article.modified_at,
            attributed_to=found.attributed_to or article.attributed_to,
        ),
        None,
    )


def _kept(article: Article, reason: str) -> tuple[Article, str]:
    remark = f"its page could not be read, the feed's text is kept: {reason}"
    return replace(article, remarks=(*article.remarks, remark)), f"{article.external_id}: {remark}"
