"""Web pages: HTML of one article, or of a Telegram channel.

In: a document. Out: its article. Metadata are read from JSON-LD, meta elements and what readers see, the text
by trafilatura after the boxes about it were taken away. A page that is no article (a login, a challenge, a
list of links, an error) is refused with a reason; hostile markup must neither hang it nor crash it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from parsers.article import Article, Document
from parsers.errors import ParseError
from parsers.formats.attribution import attributed_outlets
from parsers.formats.entries import derived_headline, entry_id
from parsers.formats.furniture import TOP_LINES, Cleaned, credited_names, is_sentence, sentence_like, without_furniture
from parsers.formats.page_body import page_body
from parsers.formats.page_metadata import Metadata, page_metadata
from parsers.formats.page_refusal import refusal, signs_of
from parsers.formats.page_source import Markup, page_markup
from parsers.formats.reading import Reading
from parsers.formats.telegram_page import is_channel, read_channel
from parsers.language import detect_language
from parsers.text import fold, shortened, words
from parsers.urls import is_known_outlet, publisher_family

NAME = "page"
VERSION = "3"
TITLE_MAX = 300  # characters, as in feeds
STANDFIRST_MIN = 5  # words; a shorter description is a slogan
OPENING_WORDS = 8  # of a description that begins with these words of the text; it was cut from it
TELLING_MIN = 4  # letters; shorter words stand in every text
TOLD_SHARE = 0.2  # of a description's words; a summary has a quarter and more from its text, a slogan hardly one
LEAD_LINES = 2  # paragraphs of a standfirst
CREDITS_MAX = 5
CREDIT_MAX = 160  # characters of a credit line in a remark

_MEDIA_TYPES = ("text/html", "application/xhtml+xml")
_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:<\?xml[^>]*>\s*|<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_OPENING_WITHIN = 2_000  # bytes
_CUT = re.compile(r"\s*(?:…|\.\.\.|\[(?:…|\.\.\.|&hellip;)\]|\(\.\.\.\))$")


def recognises(document: Document) -> bool:
    """Tell whether a document is a web page, by its media type or its first element."""
    if (document.media_type or "").partition(";")[0].strip().casefold() in _MEDIA_TYPES:
        return True
    return _OPENING.match(document.body[:_OPENING_WITHIN].replace(b"\0", b"")) is not None


def read(document: Document) -> Reading:
    """Read the article of a page, or a channel's messages. Raises ParseError with the reason when there is none."""
    markup = page_markup(document)
    soup = _soup(markup, document)
    if is_channel(soup, document):
        return read_channel(soup, document, name=NAME)
    signs = signs_of(soup)
    told = page_metadata(soup, markup, document)
    body = page_body(soup, markup, linked=told.linked.body())
    cleaned = without_furniture(body.lines, headline=told.headline, authors=told.authors)
    standfirst, paragraphs = _standfirst(told, cleaned.lines)
    reason = refusal(signs, paragraphs, is_article=told.is_article)
    if told.linked.is_listing and not told.is_article and signs.teasers:
        reason = reason or "a page of links to articles, not an article"
    remarks = (*markup.remarks, *body.remarks)
    if reason and told.is_article and standfirst and not sentence_like(paragraphs):
        paragraphs, remarks = (), (*remarks, "only the standfirst can be read")
    elif reason:
        raise ParseError(document.name, reason)
    return Reading(articles=(_article(document, told, standfirst, Cleaned(paragraphs, cleaned.credits), remarks),))


def _soup(markup: Markup, document: Document) -> BeautifulSoup:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # XHTML and texts that look like a path are read all the same
            return BeautifulSoup(markup.text, "lxml")
    except (ParserRejectedMarkup, ValueError, RecursionError) as error:
        raise ParseError(document.name, f"the page cannot be read: {type(error).__name__}") from error


def _article(
    document: Document, told: Metadata, standfirst: str | None, cleaned: Cleaned, remarks: Sequence[str]
) -> Article:
    text = "\n".join((*([standfirst] if standfirst else []), *cleaned.lines))
    written = detect_language(text)
    credits = tuple(dict.fromkeys(cleaned.credits))[:CREDITS_MAX]
    notes = [f"credit line left out: {shortened(line, CREDIT_MAX)}" for line in credits]
    if written and told.language and written != told.language:
        notes.append(f"calls itself {told.language}, but is written in {written}")
    return Article(
        external_id=entry_id(told.url or document.name.rpartition("/")[2], text),
        namespace=f"page:{publisher_family(told.url) or publisher_family(told.outlet) or document.source}",
        format=NAME,
        headline=shortened(told.headline, TITLE_MAX) if told.headline else derived_headline(text),
        headline_derived=told.headline is None,
        standfirst=standfirst,
        paragraphs=cleaned.lines,
        url=told.url,
        outlet=told.outlet,
        credited_to=_credited(told, cleaned.credits),
        attributed_to=attributed_outlets(cleaned.lines),
        authors=told.authors,
        language=written or told.language,
        published_at=told.published_at,
        modified_at=told.modified_at,
        remarks=(*remarks, *told.remarks, *notes),
    )


def _standfirst(told: Metadata, lines: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the standfirst and the paragraphs without it.

    What stands on the page is taken out of the paragraphs; what only the page's head says is one when the
    text does not begin with it.
    """
    if told.lead:
        said = fold(told.lead)
        others = tuple(line for line in lines if fold(line) not in said or len(words(line)) < STANDFIRST_MIN)
        if len(lines) - len(others) <= LEAD_LINES:  # else it is the text itself that is marked as such
            return told.lead, others
    if not told.description:
        return None, lines
    description = fold(_CUT.sub("", told.description))
    shown = [line for line in lines[:TOP_LINES] if fold(line) == description and not is_sentence(line)]
    if 0 < len(shown) < len(lines):
        return told.description, tuple(line for line in lines if line not in shown)
    headline, text = fold(told.headline or ""), fold("\n".join(lines))
    own = _is_of_text(description, headline, text) and len(description.split()) >= STANDFIRST_MIN
    return told.description if own and not (lines and _CUT.search(told.description)) else None, lines


def _is_of_text(description: str, headline: str, text: str) -> bool:
    """Tell whether a folded description says something of a text that is neither its beginning nor a slogan."""
    opening = " ".join(description.split()[:OPENING_WORDS])
    if opening in text or description in headline or (headline and headline in description):
        return False
    telling = {word for word in description.split() if len(word) >= TELLING_MIN}
    return not text or len(telling & {*headline.split(), *text.split()}) >= TOLD_SHARE * len(telling)


def _credited(told: Metadata, credits: Sequence[str]) -> tuple[str, ...]:
    """Return the outlets of other houses that the credit lines or the authors' names are."""
    own = {publisher_family(told.outlet), publisher_family(told.url)}
    names = [name for line in (*credits, *told.authors) for name in credited_names(line)]
    houses = {publisher_family(name): name for name in names if is_known_outlet(name)}
    return tuple(name for house, name in houses.items() if house not in own)
