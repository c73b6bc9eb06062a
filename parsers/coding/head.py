"""The head of an article: headline and standfirst, and the lead, where a reporter says what is new.

In: an article. Out: the characters at which they end. Pure; what stands in the head is not judged here.
"""

from __future__ import annotations

from parsers.article import Article
from parsers.text import sentences

_LEAD_SENTENCES = 3  # of the body: where a reporter says what is new
_BULLETS = "-•*–·"  # points set before the text sum it up, as a standfirst does
SENTENCE = 30  # characters; what is shorter is a byline, a date or a button


def head_of(article: Article) -> tuple[int, int]:
    """Return the characters at which an article's headline and standfirst, and its lead, end."""
    text, title = article.text, article.headline.casefold().strip()
    title_end, end, told = 0, 0, 0
    for segment in article.segments():
        if segment.kind != "paragraph" or text[segment.start : segment.end].casefold().strip() == title:
            title_end = end = segment.end
            continue
        for start, stop in sentences(text, segment.start, segment.end):
            counts = stop - start >= SENTENCE and text[start] not in _BULLETS
            end, told = stop, told + counts
            if told == _LEAD_SENTENCES:
                return title_end, end
    return title_end, end
