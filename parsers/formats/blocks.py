"""Serialised HTML to lines, one a block element.

In: markup without scripts and styles. Out: cleaned lines. Linear in its length and blind to depth: what a tree
parser loses below hundreds of open elements is kept.
"""

from __future__ import annotations

import html
import re

from parsers.text import clean

_BREAK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|caption|center|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|td|th|tr|ul)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<![^<>]*>")


def block_lines(markup: str) -> tuple[str, ...]:
    """Return the lines of text that the block elements of some markup part."""
    flat = clean(markup).replace("\n", " ")
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", flat)))
    return tuple(line for raw in clean(text).split("\n") if (line := " ".join(raw.split())))
