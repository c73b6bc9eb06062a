"""The public page of a Telegram channel (t.me/s/NAME): each message an article.

In: the parsed page. Out: articles whose ids are the messages' own addresses, and a line for what has no text.
Channels are publishers of their own, and an article is known within its channel. A message has no headline:
one is made from its first sentence.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from parsers.article import Article, Document
from parsers.formats.attribution import attributed_outlets
from parsers.formats.blocks import block_lines
from parsers.formats.entries import derived_headline, newest_distinct
from parsers.formats.instants import Instant, believable, read_instant
from parsers.formats.linked_data import one_line
from parsers.formats.reading import Reading
from parsers.language import detect_language
from parsers.text import fold
from parsers.urls import canonical_url

MESSAGES_MAX = 100  # a page shows 20
_HOSTS = frozenset({"t.me", "telegram.me"})
_POST = re.compile(r"[A-Za-z0-9_]{3,40}/[0-9]{1,12}")


def is_channel(soup: BeautifulSoup, document: Document) -> bool:
    """Tell whether a page is that of a Telegram channel, rather than one that quotes a message."""
    address = canonical_url(document.url or document.name)
    site = soup.find("meta", property="og:site_name", content="Telegram")
    at_home = urlsplit(address).hostname in _HOSTS if address else site is not None
    return at_home and soup.find(_is_message) is not None


def read_channel(soup: BeautifulSoup, document: Document, *, name: str) -> Reading:
    """Read the messages of a channel's page; `name` is the format's."""
    channel = _text(soup.find(class_="tgme_channel_info_header_title"))
    found: list[Article] = []
    silent = 0
    for message in soup.find_all(_is_message, limit=MESSAGES_MAX):
        article = _article(message, document, channel=channel, name=name)
        if article:
            found.append(article)
        silent += article is None
    problems = [f"{silent} messages without a text"] if silent else []
    return Reading(articles=newest_distinct(found, problems), problems=tuple(problems))


def _is_message(element: Tag) -> bool:
    post = str(element.get("data-post") or "")
    return "tgme_widget_message" in element.get_attribute_list("class") and bool(_POST.fullmatch(post))


def _article(message: Tag, document: Document, *, channel: str | None, name: str) -> Article | None:
    post = str(message["data-post"])
    paragraphs = _paragraphs(message)
    if not fold("".join(paragraphs)):
        return None
    published = _published(message, document)
    url = f"https://t.me/{post}"
    forwarded = _text(message.find(class_="tgme_widget_message_forwarded_from_name"))
    text = "\n".join(paragraphs)
    return Article(
        external_id=url,
        namespace=f"page:t.me/{post.partition('/')[0].casefold()}",
        format=name,
        headline=derived_headline(text),
        headline_derived=True,
        paragraphs=paragraphs,
        url=url,
        outlet=channel or _text(message.find(class_="tgme_widget_message_owner_name")),
        credited_to=(forwarded,) if forwarded else (),
        attributed_to=attributed_outlets(paragraphs),
        language=detect_language(text),
        published_at=published.at if published else None,
        remarks=published.remarks("published") if published else ("no date",),
    )


def _paragraphs(message: Tag) -> tuple[str, ...]:
    """Return the message's own text, not that of the one which it answers."""
    for text in message.find_all(class_="tgme_widget_message_text"):
        if text.find_parent(class_="tgme_widget_message_reply") is None:
            return tuple(line for line in block_lines(str(text)) if fold(line))
    return ()


def _published(message: Tag, document: Document) -> Instant | None:
    link = message.find(class_="tgme_widget_message_date")
    time = link.find("time", datetime=True) if isinstance(link, Tag) else None
    found = read_instant(str(time["datetime"])) if isinstance(time, Tag) else None
    return found if believable(found, document.retrieved_at) else None


def _text(element: object) -> str | None:
    return one_line(element.get_text(" ")) or None if isinstance(element, Tag) else None
