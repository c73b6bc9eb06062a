"""When a web page says that its article was published and changed.

In: the parsed page, its meta elements and JSON-LD. Out: two instants and remarks on what they lack. What
cannot be true is left out. A date in the running text is never taken for the article's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from parsers.article import Document
from parsers.formats.furniture import sentence_like
from parsers.formats.instants import Instant, believable, instants_in, most_precise, read_instant
from parsers.formats.linked_data import LinkedData, one_line
from parsers.formats.page_structure import in_box
from parsers.text import fold
from parsers.urls import canonical_url

NEAR_STRINGS = 60  # pieces of text after the headline in which its dates are looked for
LABEL_MAX = 90  # characters of a piece that may be a date line; a longer one is a sentence
BEFORE_STRINGS = 6  # pieces before it: a site may put the date above its headlines
LONG_MAX = 1  # sentences before the date: the standfirst
AFTER_LABEL = 50  # characters after "Published on" in which the date stands

H1_MAX = 10  # headings tried; lists have dozens
TITLE_MIN = 15  # characters; a shorter heading stands in too many titles to be known by one

_ANYWHERE = "http://site.invalid/"  # where relative links lead does not matter
_TITLE = re.compile(r"^(?:entry|post|article)[_-]?title$")
_PUBLISHED_META = (
    "article:published_time", "og:published_time", "datepublished", "pubdate", "publishdate", "publish-date",
    "publication_date", "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.created", "dc.date.created",
    "dc.date", "dcterms.issued", "dcterms.date", "date", "published_time", "published", "article.published",
    "rnews:datepublished", "originalpublicationdate", "citation_publication_date", "cxenseparse:recs:publishtime",
    "vr:published_time", "bt:pubdate", "displaydate", "article_date_original", "pdate", "publish_date", "pub_date",
    "publication-date", "dc.created", "datecreated", "creation_date", "og:release_date", "release_date",
    "article:published", "article:publicationdate", "og:article:published_time",
)  # fmt: skip
_MODIFIED_META = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
)
_DATE_MARK = re.compile(
    r"^(?:date(?:Published|Created|-header)|(?:entry|post|article|publish(?:ed|ing)?|publication)[_-]?(?:date|time)"
    r"|published|posted-on)$"
)
_MODIFIED = re.compile(r"modif|updated|mis(?:e)? à jour|màj\b|last edited", re.IGNORECASE)
_PUBLISHED = re.compile(r"publi(?:é|ée|shed|cation)|posted|mis(?:e)? en ligne|\bdate\s*:", re.IGNORECASE)
_TEXT = re.compile(r"\S")
_HAS_DATE = re.compile(r"\d\D{1,12}\d\d(?!\d)|\d{4}")
_ADDRESS_DATE = re.compile(r"/(20\d\d)/?-?(0[1-9]|1[0-2])/?-?(0[1-9]|[12]\d|3[01])(?=[/-])")

Dates = tuple[datetime | None, datetime | None, tuple[str, ...]]


def page_dates(
    soup: BeautifulSoup,
    meta: Mapping[str, str],
    linked: LinkedData,
    *,
    url: str | None,
    day_first: bool | None,
    document: Document,
) -> Dates:
    """Return when the article was published and changed, each None where it is not told or impossible."""
    read = [
        (_told(linked, "datePublished", meta, _PUBLISHED_META, day_first), "published"),
        (_told(linked, "dateModified", meta, _MODIFIED_META, day_first), "modified"),
    ]
    shown = _shown(soup, day_first)
    remarks: list[str] = []
    found: list[datetime | None] = []
    for told, name in read:
        candidates = [*told, *shown[name]]
        possible = [instant for instant in candidates if believable(instant, document.retrieved_at)]
        if candidates and not possible:
            remarks.append(f"impossible date left out: {name} {candidates[0].at.date().isoformat()}")
        chosen = most_precise(possible)
        if chosen is None and name == "published" and (chosen := _of_address(url, document)):
            remarks.append("published: dated by its address")
        elif chosen is None and name == "published" and (chosen := _only_date(soup, day_first, document)):
            remarks.append("published: the only date below its headline")
        elif chosen:
            remarks.extend(chosen.remarks(name))
        elif name == "published":
            remarks.append("no date")
        found.append(chosen.at if chosen else None)
    return found[0], found[1], tuple(remarks)


def headline_of(soup: BeautifulSoup) -> Tag | None:
    """Return the element of a page's headline.

    That is the h1 that the page's title repeats, else the first that does not lead home, else what is marked as
    a title or stands in the page's title.
    """
    headings = [element for element in soup.find_all("h1", limit=H1_MAX) if not leads_home(element)]
    if len(headings) == 1:
        return headings[0]
    title = fold(soup.title.get_text(" ")) if soup.title else ""
    if headings:
        return _named(headings, title) or headings[0]
    marked = soup.find(["h2", "h3"], class_=_TITLE) or soup.find(itemprop="headline")
    return marked or _named(soup.find_all(["h2", "h3"]), title)


def _named(headings: Iterable[Tag], title: str) -> Tag | None:
    """Return the longest of some headings that stand in a folded title, short ones apart."""
    texts = ((fold(element.get_text(" ")), element) for element in headings)
    named = [
        (len(text), element)
        for text, element in texts
        if text and (text == title or (len(text) >= TITLE_MIN and text in title))
    ]
    return max(named, key=lambda pair: pair[0])[1] if named else None


def leads_home(element: Tag) -> bool:
    """Tell whether a heading is the site's name, a link to its first page."""
    link = element.find("a", href=True) or element.find_parent("a", href=True)
    address = canonical_url(str(link["href"]), _ANYWHERE) if link else None
    return address is not None and is_home(address)


def is_home(address: str) -> bool:
    """Tell whether an address is that of a site's first page, or of one of its languages."""
    parts = urlsplit(address)
    return len(parts.path.strip("/")) <= len("fr") and not parts.query


def _told(
    linked: LinkedData, name: str, meta: Mapping[str, str], names: tuple[str, ...], day_first: bool | None
) -> list[Instant]:
    texts = (linked.text(name), *(meta.get(key) for key in names), linked.of_page(name))
    return [found for text in texts if text and (found := read_instant(text, day_first=day_first))]


def _shown(soup: BeautifulSoup, day_first: bool | None) -> dict[str, list[Instant]]:
    """Return the dates that readers see about the headline: marked ones, then date lines.

    Of a page without a headline, the only date that is marked as such.
    """
    found: dict[str, list[Instant]] = {"published": [], "modified": []}
    headline = headline_of(soup)
    if headline is None:
        only = {_marked(element, day_first) for element in soup.find_all(_is_dated)} - {None}
        found["published"].extend(instant for instant in only if instant and len(only) == 1)
        return found
    pieces = _pieces(headline)
    marked = list(_times(headline))
    near = [element for element in marked if _is_near(element, headline, pieces)]
    _add_marked(found, near, day_first)
    lines = [one_line(str(piece)) for piece in pieces]
    joined = " ".join(lines)
    for name, label in (("published", _PUBLISHED), ("modified", _MODIFIED)):
        for match in label.finditer(joined):
            after = joined[match.end() : match.end() + AFTER_LABEL]
            other = (_MODIFIED if label is _PUBLISHED else _PUBLISHED).search(after)
            found[name].extend(instants_in(after[: other.start()] if other else after, day_first=day_first))
    if not found["published"]:
        plain = (line for line in lines if not _MODIFIED.search(line))
        found["published"].extend(instant for line in plain for instant in instants_in(line, day_first=day_first))
    _add_marked(found, [element for element in marked if element not in near], day_first)
    return found


def _add_marked(found: dict[str, list[Instant]], elements: Iterable[Tag], day_first: bool | None) -> None:
    for element in elements:
        if instant := _marked(element, day_first):
            found["modified" if _is_change(_label(element)) else "published"].append(instant)


def _is_near(element: Tag, headline: Tag, pieces: list[PageElement]) -> bool:
    """Tell whether a time element is about the headline, not of another article: one without a text may be."""
    texts = {id(text) for text in element.find_all(string=_TEXT)}
    above = headline.find_all_previous(string=_TEXT, limit=BEFORE_STRINGS)
    return not texts or any(id(piece) in texts for piece in (*pieces, *above))


def _times(headline: Tag) -> Iterator[Tag]:
    """Yield the time elements near a headline: those of its own header or article, the nearest ones."""
    near = [*headline.find_all_previous(_is_dated, limit=1), *headline.find_all_next(_is_dated, limit=2)]
    home = headline.find_parent(["article", "main"])
    yield from (element for element in near if home is None or home in element.parents)


def _is_dated(element: Tag) -> bool:
    """Tell whether an element is marked as a date: as a time, in microdata, or by a class that blogs have for it."""
    if element.name == "time":
        return True
    if element.name == "meta":
        return False
    marks = (*element.get_attribute_list("class"), element.get("itemprop"))
    return any(mark and _DATE_MARK.search(str(mark)) for mark in marks) and len(element.get_text()) <= LABEL_MAX


def _marked(element: Tag, day_first: bool | None) -> Instant | None:
    """Return the instant of an element marked as a date: of its attribute, else of its text.

    Where its text says when it was published, that is believed: some sites put the last change in the attribute.
    """
    shown = one_line(element.get_text(" "))
    said = shown if _PUBLISHED.search(shown) and any(instants_in(shown, day_first=day_first)) else None
    texts = (said, element.get("datetime"), element.get("content"), element.get("title"), shown)
    found = (read_instant(str(text), day_first=day_first) for text in texts if text)
    return next((instant for instant in found if instant), None)


def _is_change(label: str) -> bool:
    """Tell whether a label means the change; WordPress calls the date of an unchanged post both."""
    return bool(_MODIFIED.search(label)) and "entry-date" not in label


def _label(element: Tag) -> str:
    """Return what tells the meaning of a time element: its marks, and a short text about it."""
    marks = [*element.get_attribute_list("class"), element.get("itemprop"), element.get("data-testid")]
    about = one_line(element.parent.get_text(" ")) if element.parent else ""
    before = element.find_previous(string=True)
    near = (
        about
        if len(about) <= LABEL_MAX and len(element.parent.find_all("time") if element.parent else []) == 1
        else before
    )
    return " ".join(str(mark) for mark in (*marks, near) if mark)


def _pieces(headline: Tag) -> list[PageElement]:
    """Return the short pieces of text about a headline, down to where the article has begun."""
    before = headline.find_all_previous(string=True, limit=BEFORE_STRINGS)[::-1]
    pieces: list[PageElement] = [
        piece for piece in before if 0 < len(one_line(str(piece))) <= LABEL_MAX and not _is_of_sentence(piece)
    ]
    long = 0
    for piece in headline.find_all_next(string=True, limit=NEAR_STRINGS):
        if headline in piece.parents:
            continue
        size, said = len(one_line(str(piece))), _is_of_sentence(piece)
        long += size > LABEL_MAX or said
        if long > LONG_MAX:
            break
        if 0 < size <= LABEL_MAX and not said:
            pieces.append(piece)
    return pieces


def _is_of_sentence(piece: PageElement) -> bool:
    """Tell whether a piece of text belongs to a paragraph of prose: a date in it is not the page's."""
    paragraph = piece.find_parent(["p", "li", "blockquote"])
    return paragraph is not None and bool(sentence_like([one_line(paragraph.get_text())]))


def _of_address(url: str | None, document: Document) -> Instant | None:
    match = _ADDRESS_DATE.search(url or "")
    found = read_instant("-".join(match.groups())) if match else None
    return found if believable(found, document.retrieved_at) else None


def _only_date(soup: BeautifulSoup, day_first: bool | None, document: Document) -> Instant | None:
    """Return the date that stands by itself below the headline, if it is the only one: under a text, or in a corner."""
    found = [
        instant
        for piece in (headline_of(soup) or soup).find_all_next(string=_HAS_DATE)
        if len(line := one_line(str(piece))) <= LABEL_MAX and not _MODIFIED.search(line)
        if not _is_of_sentence(piece) and not in_box(piece)
        for instant in instants_in(line, day_first=day_first)
    ]
    only = most_precise(found) if len({instant.at.date() for instant in found}) == 1 else None
    return only if believable(only, document.retrieved_at) else None
