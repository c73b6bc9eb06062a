"""A listing page: the links to articles on the front page of an outlet or of a rubric.

In: an HTML document. Out: addresses on the same site that look like articles, in the order of the page, each once.
Strict about the site, generous about the form: what is no article is refused when its page is read.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from parsers.article import Document
from parsers.encodings import charset_of
from parsers.errors import ParseError
from parsers.text import clean, decode
from parsers.urls import canonical_url, url_key

_FEWEST_WORDS = 4  # of a link's text: headlines are longer than the words of a menu
_RUBRIC = re.compile(
    r"/(?:tag|tags|category|categorie|rubrique|author|auteur|page|search|login|about|contact)(?:/|$)", re.IGNORECASE
)
_NAMED = re.compile(r"(?:-[^/-]+){3,}|\d{4,}|article\d+", re.IGNORECASE)  # slugs of several words, numbers, SPIP


def article_links(document: Document) -> tuple[str, ...]:
    """Return the addresses of the articles that a page lists; ParseError where it lists none."""
    try:
        text, _ = decode(document.body, named=charset_of(document.media_type))
    except ValueError as error:
        raise ParseError(document.name, str(error)) from error
    base = document.url or document.name
    try:
        soup = BeautifulSoup(clean(text), "lxml")
    except (ParserRejectedMarkup, ValueError, RecursionError) as error:
        raise ParseError(document.name, f"markup that cannot be read: {error}") from error
    found: dict[str, str] = {}
    for anchor in soup.find_all("a", href=True):
        link = canonical_url(str(anchor["href"]), base)
        if link and _is_article(link, base, anchor.get_text(" ", strip=True)):
            found.setdefault(url_key(link) or link, link)
    if not found:
        raise ParseError(document.name, "a listing without links to articles")
    return tuple(found.values())


def _is_article(link: str, base: str, words: str) -> bool:
    site, own = urlsplit(link).hostname or "", urlsplit(base).hostname or ""
    if site.removeprefix("www.") != own.removeprefix("www."):
        return False
    path = urlsplit(link).path
    if _RUBRIC.search(path) or (path.count("/") == 1 and not _NAMED.search(path)):
        return False
    return len(words.split()) >= _FEWEST_WORDS or bool(_NAMED.search(path))
