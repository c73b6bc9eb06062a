"""The running text of a web page.

In: the parsed page, which is changed, and what its JSON-LD gives as the text. Out: lines, one a paragraph, not
yet free of every furniture. trafilatura finds the text; pages that it must not be given (deep ones lose text
in lxml) or in which it finds nothing are read block by block.
"""

from __future__ import annotations

import html
import logging
from collections import Counter
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from parsers.formats.blocks import block_lines
from parsers.formats.furniture import sentence_like
from parsers.formats.page_source import Markup
from parsers.formats.page_structure import prune
from parsers.text import clean, words

DEPTH_MAX = 120  # open elements; news pages have up to 40, and below 255 lxml loses all text without a word
TAGS_MAX = 15_000  # start tags; trafilatura takes 1 s for these, and ever more for each beyond them
SAME = 0.95  # of the words; JSON-LD and page differ by a caption or a kicker
KEY = 80  # characters, white space apart, by which a line is found again on its page
ROW = "|"  # begins what trafilatura takes for a row of a table; old pages are laid out in these
_ALL_HIDDEN = ["script", "style", "template", "noscript", "svg"]


@dataclass(frozen=True, slots=True)
class Body:
    """The lines of a page's text, and remarks on how they were found."""

    lines: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def page_body(soup: BeautifulSoup, markup: Markup, *, linked: str | None) -> Body:
    """Return the lines of a page's text: from its JSON-LD where that says at least as much as the page."""
    remarks: tuple[str, ...] = ()
    if markup.depth > DEPTH_MAX or markup.tags > TAGS_MAX:
        lines = _blocks(soup)
        remarks = (f"read block by block: {markup.tags} tags, {markup.depth} elements deep",)
    else:
        prune(soup)
        lines = _in_page_order(_main_text(str(soup)), soup)
        if not sentence_like(lines):
            lines = _saying_more(_blocks(soup), lines)
    return Body(_fuller(_linked_lines(linked or ""), lines), remarks)


def _linked_lines(linked: str) -> tuple[str, ...]:
    """Return the paragraphs of the text that JSON-LD gives, as HTML or with a line each."""
    text = linked if "</" in linked else html.unescape(linked)
    if "</" in text or "<br" in text:
        return block_lines(text)
    return tuple(" ".join(line.split()) for line in clean(text).split("\n") if line.strip())


def _main_text(markup: str) -> tuple[str, ...]:
    from trafilatura import bare_extraction  # here, for it costs 0.6 s

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # that it finds nothing is told by the reader
    try:
        found = bare_extraction(markup, include_comments=False, with_metadata=False)
    except Exception:  # whatever it stumbles over, the blocks remain
        return ()
    text = getattr(found, "text", None) or ""
    lines = (" ".join(line.removeprefix("- ").split()) for line in clean(text).split("\n"))
    return tuple(line for line in lines if line)


def _in_page_order(lines: tuple[str, ...], soup: BeautifulSoup) -> tuple[str, ...]:
    """Return the lines as they follow each other on the page, which trafilatura sometimes loses (lists)."""
    page = "".join(soup.get_text().split())
    position = 0
    placed: list[tuple[int, str]] = []
    for line in lines:
        found = page.find("".join(line.split())[:KEY])
        position = found if found >= 0 else position  # what was changed stays behind the line before it
        placed.append((position, line))
    return tuple(line for _, line in sorted(placed, key=lambda pair: pair[0]))


def _saying_more(blocks: tuple[str, ...], lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return all blocks where their sentences are longer than what was found, rows of tables apart."""
    running = [line for line in lines if not line.startswith(ROW)]
    longer = len(words("\n".join(sentence_like(blocks)))) > len(words("\n".join(running)))
    return blocks if longer or not lines else lines


def _blocks(soup: BeautifulSoup) -> tuple[str, ...]:
    """Return every block of text, of the article's own element where one holds sentences."""
    for hidden in soup.find_all(_ALL_HIDDEN):
        hidden.extract()
    for home in (soup.find(itemprop="articleBody"), soup.find("article"), soup.find("main")):
        lines = block_lines(str(home)) if isinstance(home, Tag) else ()
        if sentence_like(lines):
            return lines
    return block_lines(str(soup.body or soup))


def _fuller(said: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """Return what JSON-LD says if it is no less than what the page shows.

    Where it is the same text without its paragraphs, those of the page are taken.
    """
    in_said, in_shown = Counter(words("\n".join(said))), Counter(words("\n".join(shown)))
    if not in_said or in_said.total() < in_shown.total():
        return shown
    flattened = len(said) < len(shown) and (in_said & in_shown).total() >= SAME * in_said.total()
    return shown if flattened else said
