"""HTML to paragraphs of plain text.

In: a piece of HTML, as it stands in a feed. Out: cleaned paragraphs, one a block element, without scripts,
styles and captions. Parsed by lxml only: the other parsers need quadratic time on hostile input.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from bs4 import BeautifulSoup

from parsers.text import clean, vocabulary

DEPTH_MAX = 200  # open elements; below 255 of them lxml loses all text without a word

_BLOCKS = sorted(
    vocabulary(
        "address article aside blockquote br dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre "
        "section table td th tr ul"
    )
)
_DROPPED = sorted(vocabulary("script style figure figcaption noscript iframe form template svg object"))
_VOID = vocabulary("br hr img input meta link source wbr area col embed param track")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>")
_ANY_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n\s*\n")


def html_paragraphs(markup: str) -> tuple[str, ...]:
    """Return the paragraphs of a piece of HTML; without any tag, those between blank lines."""
    if not _TAG.search(markup):
        return plain_paragraphs(html.unescape(markup))
    if _depth(markup) > DEPTH_MAX:
        return _collapsed(html.unescape(_ANY_TAG.sub("\n", markup)).split("\n"))
    flat = " ".join(clean(markup).split("\n"))
    soup = BeautifulSoup(f"<div>{flat}</div>", "lxml")  # in one element, so that no text is taken for an address
    for element in soup.find_all(_DROPPED):
        element.extract()
    for element in soup.find_all(_BLOCKS):
        element.insert(0, "\n")  # inside, for a place among thousands of siblings costs a search
        element.append("\n")
    return _collapsed(soup.get_text().split("\n"))


def plain_paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of plain text that stand between blank lines."""
    return _collapsed(_BLANK_LINES.split(clean(text)))


def _collapsed(pieces: Iterable[str]) -> tuple[str, ...]:
    return tuple(" ".join(words) for piece in pieces if (words := clean(piece).split()))


def _depth(markup: str) -> int:
    """Return how many elements are open at most; an end tag that is missing counts as depth."""
    depth = deepest = 0
    for closing, name in _TAG.findall(markup):
        if closing:
            depth -= 1
        elif name.lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest
