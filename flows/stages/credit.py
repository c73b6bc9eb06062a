"""Agency copy: whether an article is printed from a news agency, and from which.

In: an article. Out: the publisher family of the agency ("afp"), or None. Pure. What an outlet's own sentences say
after an agency ("…, a source told AFP") is no reprint: only a credit, a byline, a dateline or a closing line is.
"""

from __future__ import annotations

import re

from parsers.agencies import FAMILIES, NAME
from parsers.article import Article
from parsers.urls import publisher_family

_NAME = rf"(?P<name>{NAME})"
_FAMILIES = {name.casefold(): family for name, family in FAMILIES.items()}
_OPENINGS = (
    re.compile(rf"[^().]{{0,60}}\((?:[^()]{{0,30}}[/, ])?{_NAME}(?:[/, ][^()]{{0,30}})?\)"),  # "BAMAKO, Mali (AP) —"
    re.compile(rf"(?:[\w,. ]{{0,40}}[–—/-] *)?{_NAME} *[–—:/-] "),  # "AFP - …", "Bamako — Reuters — …"
    re.compile(rf"(?:By|Par|Von|Por|Di)\b[^.]{{0,60}}\b{_NAME}$"),  # a byline
)
_CLOSINGS = (
    re.compile(rf"\((?:[^()]{{0,40}}\b)?{_NAME}(?:\b[^()]{{0,30}})?\)\W*$"),  # "(avec AFP)", "(AFP, Bamako)"
    re.compile(
        rf"(?:\b(?:avec|with|source|sources|crédit|credit|mit|con|via)\b *:? *|[©–—] *){_NAME}\W*$", re.IGNORECASE
    ),
    re.compile(rf"^\W*{_NAME}(?: *[/,&-] *[\w .]{{2,30}})?\W*$"),  # a line of its own
)
_EDGE = 2  # paragraphs at each end in which a credit stands


def agency_of(article: Article) -> str | None:
    """Return the agency whose copy an article is; of several the first that is credited."""
    for name in (*article.credited_to, *article.authors):
        if (family := publisher_family(name)) in FAMILIES.values():
            return family
    told = article.paragraphs
    edges = [(p, _OPENINGS) for p in told[:_EDGE]] + [(p, _CLOSINGS) for p in (*told[:1], *told[-_EDGE:])]
    for paragraph, marks in edges:
        for mark in marks:
            found = mark.match(paragraph) if marks is _OPENINGS else mark.search(paragraph)
            if found:
                return _FAMILIES[found["name"].casefold()]
    return None
