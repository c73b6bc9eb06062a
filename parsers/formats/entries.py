"""What readers of several articles share: ids, headlines from texts, and no article twice.

In: values of one entry. Out: values of an article. A document's entries that repeat an id are told, not lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from parsers.article import Article
from parsers.formats.feed import DERIVED_MAX, ID_MAX
from parsers.formats.newest import left_out, newest
from parsers.text import clean, sentences, shortened, words

SENTENCE_MIN = 5  # words of a sentence that can serve as a headline


def derived_headline(text: str) -> str:
    """Return the first sentence of some length of a text, cut; the text must not be empty."""
    spoken = [text[start:end] for start, end in sentences(text)]
    telling = (sentence for sentence in spoken if len(words(sentence)) >= SENTENCE_MIN)
    return shortened(next(telling, spoken[0]), DERIVED_MAX)


def entry_id(named: str | None, content: str) -> str:
    """Return an id fit for a key: the named one, or a hash of one that is too long or missing."""
    found = " ".join(clean(named or "").split())
    if found and len(found) <= ID_MAX:
        return found
    return f"sha256:{hashlib.sha256((found or content).encode()).hexdigest()}"


def newest_distinct(articles: Iterable[Article], problems: list[str]) -> tuple[Article, ...]:
    """Return the articles in their order, each id once, and the newest ones where there are too many."""
    found: dict[str, Article] = {}
    for article in articles:
        if found.setdefault(article.identity, article) is not article:
            problems.append(f"the id {article.external_id} stands twice; the first is kept")
    distinct = tuple(found.values())
    kept = newest(distinct, lambda article: article.published_at)
    problems.extend(left_out(len(distinct) - len(kept)))
    return tuple(kept)
