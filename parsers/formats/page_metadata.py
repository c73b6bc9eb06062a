"""What a web page says of its article apart from the text: headline, authors, dates, outlet, address.

In: the parsed page, its JSON-LD and the document. Out: `Metadata`. JSON-LD is believed first, then meta
elements, then what readers see. It must never take an address of another site, nor an outlet's name in a
title for a part of the headline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bs4 import BeautifulSoup, Tag

from parsers.article import Document
from parsers.formats.linked_data import LinkedData, linked_data, one_line
from parsers.formats.page_dates import H1_MAX, LABEL_MAX, LONG_MAX, headline_of, is_home, leads_home, page_dates
from parsers.formats.page_source import Markup
from parsers.text import clean, fold, vocabulary, words
from parsers.urls import canonical_url, publisher_family, url_key

HOUSE_MIN = 6  # letters; a shorter name may end any word
AUTHOR_MAX = 80  # characters; what is longer is a biography
SHOWN_MIN = 15  # characters; a shorter heading may be a section's name
STANDFIRST_MIN, STANDFIRST_MAX = 5, 1_200  # words, characters

_SEPARATOR = re.compile(r"\s+(?:[-–—|·•»:]|::)\s+|\s*[|»]\s*")
_TAIL = re.compile(r"\s*[-–—|·•»›_]")  # no colon: what follows one is said of the same thing
_KICKER = re.compile(r"(?:\s[-–—|·•»:]|:)\s+$")
_CUT = re.compile(r"\s*(?:…|\.\.\.)$")
_AFTER_NAME = re.compile(r"\s*[:|–—-]\s+(?=\S)")
_BY = re.compile(
    r"^(?:par|by|rédigé par|written by|reported by|de notre (?:correspondant|envoyée? spéciale?))\s*:?\s+",
    re.IGNORECASE,
)
_NO_AUTHORS = vocabulary("admin administrator administrateur webmaster editor root")
_KINDS = vocabulary("article news newsarticle video video.other")  # of og:type
_DATES_OF_ARTICLES = ("article:published_time", "dc.date.issued", "parsely-pub-date", "sailthru.date", "publishdate")
_TEMPLATES = vocabulary("single single-post node-type-article page-node-type-article")  # of WordPress and Drupal
_LEADS = vocabulary("p div h2 section span")
_STANDFIRST = re.compile(
    r"(?:^|[_-])(?:chapo|chapeau|standfirst|dek|subhead|subtitle|strapline|desc|summary)(?:$|[_-])", re.IGNORECASE
)
_AUTHOR = re.compile(
    r"(?<!comment)(?:^|[_-])(?:author|byline|auteur|signature)(?:[_-]+(?:names?|link|item|title))?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page says of its article. `lead` stands on the page, `description` only in its head."""

    headline: str | None
    lead: str | None
    description: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    url: str | None
    language: str | None
    outlet: str | None
    linked: LinkedData
    is_article: bool
    remarks: tuple[str, ...]


def page_metadata(soup: BeautifulSoup, markup: Markup, document: Document) -> Metadata:
    """Read what a page says of its article; what it does not say is None."""
    meta = _meta(soup)
    visible = _text(headline_of(soup))
    shown = _first(meta, "og:title", "twitter:title") or visible
    url = _address(soup, meta, document)
    linked = linked_data(markup.linked, url, shown)
    title = _text(soup.find("title"))
    outlet = _outlet(meta, linked, title, url) or _name_on_page(soup)
    language = _language(soup, meta, linked)
    headline = linked.text("headline") or shown or linked.text("name") or title
    if headline and visible:
        headline = _as_shown(headline, visible)
    published, modified, remarks = page_dates(
        soup, meta, linked, url=url, day_first=None if language in (None, "en") else True, document=document
    )
    return Metadata(
        headline=_without_outlet(headline, outlet, url) if headline else None,
        lead=_lead(soup),
        description=linked.text("description") or _first(meta, "og:description", "description", "twitter:description"),
        authors=_authors(soup, meta, linked),
        published_at=published,
        modified_at=modified,
        url=url,
        language=language,
        outlet=outlet,
        linked=linked,
        is_article=linked.article is not None or _calls_itself_one(soup, meta),
        remarks=(*linked.remarks, *remarks, *(("behind a paywall",) if linked.is_paid() else ())),
    )


def own_address(document: Document) -> str | None:
    """Return the address that a document came from."""
    return canonical_url(document.url or document.name)


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    """Return the first content of each meta element by its name in lower case."""
    found: dict[str, str] = {}
    for element in soup.find_all("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        content = one_line(str(element.get("content") or ""))
        if name and content:
            found.setdefault(str(name).casefold().strip(), content)
    return found


def _calls_itself_one(soup: BeautifulSoup, meta: dict[str, str]) -> bool:
    """Tell whether a page without JSON-LD says that it is one article: by its kind, its date, or its template."""
    kind = meta.get("og:type", "").casefold()
    template = soup.body.get_attribute_list("class") if soup.body else []
    dated = _first(meta, *_DATES_OF_ARTICLES) is not None
    return kind in _KINDS or dated or not _TEMPLATES.isdisjoint(str(name) for name in template)


def _first(meta: dict[str, str], *names: str) -> str | None:
    return next((meta[name] for name in names if name in meta), None)


def _text(element: object) -> str | None:
    return one_line(element.get_text(" ")) or None if isinstance(element, Tag) else None


def _address(soup: BeautifulSoup, meta: dict[str, str], document: Document) -> str | None:
    """Return the canonical address when it is one of the same site, else that of the document."""
    own = own_address(document)
    links = [str(link.get("href") or "") for link in soup.find_all("link", rel="canonical")]
    for named in (*links, _first(meta, "og:url") or ""):
        found = canonical_url(named, own) if named else None
        if found and (own is None or (_same_site(found, own) and not is_home(found))):
            return found
    return own


def _same_site(left: str, right: str) -> bool:
    """Tell whether two addresses are of one publisher; a cache of AMP pages is its publisher's."""
    return publisher_family(url_key(left)) == publisher_family(url_key(right))


def _outlet(meta: dict[str, str], linked: LinkedData, title: str | None, url: str | None) -> str | None:
    named = _first(meta, "og:site_name") or linked.text("publisher") or _first(meta, "application-name")
    if named and not named.startswith(("http://", "https://")):
        return named
    tail = (_SEPARATOR.split(title or "") or [""])[-1].strip()
    return tail if tail and _names_house(tail, publisher_family(url)) else None


def _name_on_page(soup: BeautifulSoup) -> str | None:
    """Return the heading that is a link home, as old blogs have it."""
    return next((_text(element) for element in soup.find_all("h1", limit=H1_MAX) if leads_home(element)), None)


def _names_house(name: str, house: str | None) -> bool:
    """Tell whether a part of a title is the name of the house whose address the page has."""
    word = fold(name).replace(" ", "")
    return house is not None and (publisher_family(name) == house or (len(house) >= HOUSE_MIN and word.endswith(house)))


def _without_outlet(title: str, outlet: str | None, url: str | None) -> str:
    """Return a title without the outlet's name at its end or its beginning."""
    houses = (publisher_family(outlet), publisher_family(url))
    if outlet and title.startswith(outlet) and (rest := _AFTER_NAME.match(title, len(outlet))):
        return title[rest.end() :]
    separators = list(_SEPARATOR.finditer(title))
    end = len(title)
    while separators and any(_names_house(title[separators[-1].end() : end], house) for house in houses):
        end = separators.pop().start()
    for separator in separators[:1]:
        if any(_names_house(title[: separator.start()], house) for house in houses):
            return title[separator.end() : end]
    return title[:end]


def _as_shown(title: str, visible: str) -> str:
    """Return the headline that readers see where a title says it with more about it, or cut short."""
    stem = _CUT.sub("", title)
    if stem != title and visible.startswith(stem):
        return visible
    before = title.endswith(visible) and _KICKER.search(title.removesuffix(visible))
    more = before or (title.startswith(visible) and _TAIL.match(title, len(visible)))
    return visible if more and len(visible) >= SHOWN_MIN else title


def _language(soup: BeautifulSoup, meta: dict[str, str], linked: LinkedData) -> str | None:
    root = soup.find("html")
    declared = (root.get("lang") or root.get("xml:lang")) if isinstance(root, Tag) else None
    for named in (declared, _first(meta, "content-language"), _first(meta, "og:locale"), linked.text("inLanguage")):
        code = str(named or "").strip().casefold().replace("_", "-").partition("-")[0]
        if len(code) == 2 and code.isascii() and code.isalpha():
            return code
    return None


def _authors(soup: BeautifulSoup, meta: dict[str, str], linked: LinkedData) -> tuple[str, ...]:
    named = linked.texts("author", "creator")
    if not named:
        names = ("author", "article:author", "byl", "parsely-author", "dc.creator", "sailthru.author")
        named = tuple(name for key in names if (name := _first(meta, key)) and "://" not in name)[:1]
    found = [_BY.sub("", clean(name)).strip(" ,;|–-") for name in named or _visible_authors(soup)]
    return tuple(dict.fromkeys(name for name in found if _is_author(name)))


def _is_author(name: str) -> bool:
    return 1 < len(name) <= AUTHOR_MAX and not re.search(r"[@/]\S*\.\w", name) and fold(name) not in _NO_AUTHORS


def _visible_authors(soup: BeautifulSoup) -> Iterator[str]:
    """Yield what is marked as an author after the headline, the inner ones of nested marks."""
    start = headline_of(soup) or soup
    marked = start.find_all_next(_marks_author, limit=3)
    for element in marked:
        if not any(inner in marked for inner in element.find_all(True)) and (text := _text(element)):
            yield text


def _marks_author(element: Tag) -> bool:
    if element.get("rel") and "author" in element.get_attribute_list("rel"):
        return True
    classes = [*element.get_attribute_list("class"), element.get("itemprop")]
    return any(name and _AUTHOR.search(str(name)) for name in classes)


def _lead(soup: BeautifulSoup) -> str | None:
    """Return the standfirst that stands on the page after its headline."""
    headline = headline_of(soup)
    if headline is None:
        return None
    marked = (element for element in _above_text(headline) if element.name in _LEADS and _marks_lead(element))
    for element in islice(marked, 3):
        text = _text(element) or ""
        if len(text) <= STANDFIRST_MAX and len(words(text)) >= STANDFIRST_MIN and not element.find(["h1", "form"]):
            return text
    return None


def _marks_lead(element: Tag) -> bool:
    return any(_STANDFIRST.search(str(name)) for name in element.get_attribute_list("class") if name)


def _above_text(headline: Tag) -> Iterator[Tag]:
    """Yield the elements after a headline, down to where a paragraph has ended that is not its caption."""
    long = 0
    for node in headline.next_elements:
        if isinstance(node, Tag):
            yield node
            continue
        long += len(str(node).strip()) > LABEL_MAX
        if long > LONG_MAX:
            return
