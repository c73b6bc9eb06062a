"""The article that a page describes in JSON-LD.

In: the JSON-LD scripts of a page, as they stand. Out: the one node that is the page's article, and readers
for its values, which sites write as strings, lists, or nodes of their own. Broken scripts are told in a
remark; it must never raise, whatever they hold.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parsers.text import clean, fold, vocabulary
from parsers.urls import url_key

Node = Mapping[str, Any]

NODES_MAX = 5_000  # a page of news describes 5 to 50 things
_ARTICLE_TYPES = vocabulary(
    "Article NewsArticle ReportageNewsArticle AnalysisNewsArticle BackgroundNewsArticle OpinionNewsArticle "
    "AskPublicNewsArticle ReviewNewsArticle AdvertiserContentArticle BlogPosting LiveBlogPosting SocialMediaPosting "
    "Report TechArticle ScholarlyArticle"
)
_PAGE_TYPES = vocabulary("WebPage ItemPage AboutPage MedicalWebPage Recipe HowTo")
_LISTING_TYPES = vocabulary("CollectionPage ItemList SearchResultsPage ProfilePage")
_WRAPPINGS = (("//", ";"), ("<![CDATA[", "]]>"), ("<!--", "-->"), ("//", "//"), ("<![CDATA[", "]]>"))
TITLE_MIN = 15  # characters; a shorter title stands in too many headlines to tell one
_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedData:
    """What a page says in JSON-LD: of its article, if it is one, of itself, and whether it is a listing."""

    article: Node | None = None
    page: Node | None = None
    is_listing: bool = False
    by_id: Mapping[str, Node]
    remarks: tuple[str, ...] = ()

    def of_page(self, name: str) -> str | None:
        """Return a text that is said of the page, not of its article."""
        return next(self._texts((self.page or {}).get(name)), None)

    def text(self, *names: str) -> str | None:
        """Return the first of the article's named values that is a text."""
        return next(iter(self.texts(*names)), None)

    def texts(self, *names: str) -> tuple[str, ...]:
        """Return the texts of the article's named values, in order, each once."""
        values = (self._texts((self.article or {}).get(name)) for name in names)
        return tuple(dict.fromkeys(text for found in values for text in found))

    def _texts(self, value: Any) -> Iterator[str]:
        for item in value if isinstance(value, list) else [value]:
            node = self.by_id.get(str(item.get("@id")), item) if isinstance(item, dict) else None
            named = (node.get("name") or item.get("name") or node.get("@value")) if node is not None else item
            named = named[0] if isinstance(named, list) and named else named
            if isinstance(named, str) and (text := one_line(html.unescape(named))):
                yield text

    def body(self) -> str | None:
        """Return the article's full text as it stands, that of a live page from its updates."""
        updates = (self.article or {}).get("liveBlogUpdate")
        parts = [self.article, *(updates if isinstance(updates, list) else [])]
        bodies = [part.get("articleBody") for part in parts if isinstance(part, Mapping)]
        return "\n\n".join(clean(body) for body in bodies if isinstance(body, str)) or None

    def is_paid(self) -> bool:
        """Tell whether the article says that it is not free to read."""
        return str((self.article or {}).get("isAccessibleForFree", "")).casefold() in ("false", "no")


def linked_data(scripts: Sequence[str], url: str | None, title: str | None) -> LinkedData:
    """Return what a page's scripts say; of several articles, the one with the page's address or title."""
    nodes: list[Node] = []
    remarks: list[str] = []
    for script in scripts:
        try:
            nodes.extend(_nodes(_loaded(script)))
        except (ValueError, RecursionError):
            remarks.append("broken JSON-LD")
            nodes.extend(_salvaged(script))
    articles = [node for node in nodes if _types(node) & _ARTICLE_TYPES]
    return LinkedData(
        article=_own(articles, url, title),
        page=_own([node for node in nodes if _types(node) & _PAGE_TYPES and "datePublished" in node], url, title),
        is_listing=any(_types(node) & _LISTING_TYPES for node in nodes),
        by_id={str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 1},
        remarks=tuple(dict.fromkeys(remarks)),
    )


def one_line(text: str) -> str:
    """Return a text cleaned and on one line."""
    return " ".join(clean(text).split())


def _loaded(script: str) -> Any:
    plain = script.strip()
    for opening, closing in _WRAPPINGS:  # what hid scripts from browsers of long ago
        plain = plain.removeprefix(opening).removesuffix(closing).strip()
    try:
        return json.loads(plain, strict=False)
    except ValueError:
        return json.loads(_TRAILING_COMMA.sub("", plain), strict=False)


def _salvaged(script: str) -> Iterator[Node]:
    """Yield a page with the date that a broken script gives, if it gives but one."""
    dates = set(_DATE.findall(script))
    if len(dates) == 1:
        yield {"@type": "WebPage", "datePublished": dates.pop()}


def _nodes(loaded: Any) -> Iterator[Node]:
    """Yield the nodes of a script in their order, nested ones after those that hold them."""
    waiting, seen = [loaded], 0
    while waiting and seen < NODES_MAX:
        value = waiting.pop()
        seen += 1
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            waiting.extend(inner for inner in reversed(value.values()) if isinstance(inner, dict | list))


def _types(node: Node) -> set[str]:
    named = node.get("@type")
    return {str(name).rpartition("/")[2].rpartition(":")[2] for name in (named if isinstance(named, list) else [named])}


def _own(articles: Sequence[Node], url: str | None, title: str | None) -> Node | None:
    """Return the article that is the page's own; a page with several and none of its own has none."""
    key = url_key(url or "")
    for article in articles:
        if key and key in {url_key(address) for address in _addresses(article)}:
            return article
    wanted = fold(title or "")
    for article in articles:
        headline = fold(str(article.get("headline") or article.get("name") or ""))
        if headline and (headline in wanted or (wanted and wanted in headline)):
            return article
    bodies = [article for article in articles if article.get("articleBody")]
    return next((found[0] for found in (articles, bodies) if len(found) == 1), None)


def _addresses(article: Node) -> Iterator[str]:
    for value in (article.get("url"), article.get("mainEntityOfPage"), article.get("@id")):
        address = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(address, str):
            yield address.partition("#")[0]
