"""The parts of a page's tree that are no article: menus, boxes of links, forms, pictures, notices.

In: the parsed page, which is changed. Out: nothing; the boxes are gone from the tree. What holds a good part
of the page's prose stays whatever it is called: some sites wrap all they have in a form or a "widget".
"""

from __future__ import annotations

import re
from collections import defaultdict

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from parsers.text import vocabulary

SHARE = 0.3  # of the page's prose; a box of teasers holds less, an article more
PROSE_MIN = 40  # characters of a piece of text outside links; labels and menus are shorter

NAME_MAX = 200  # characters of a class or id
HEADLINES_MAX = 3  # first headings of a page; lists of articles have more

_ELEMENTS = vocabulary(
    "nav aside footer figure figcaption form button select dialog menu template svg iframe noscript object video audio "
    "picture canvas script style amp-sidebar amp-social-share amp-consent amp-ad amp-img amp-iframe "
    "amp-user-notification"
)
_UNREAD = frozenset({"a", "noscript", "template"})  # links, and what browsers do not show
_ROLES = vocabulary("navigation complementary contentinfo search dialog alertdialog banner menu menubar toolbar")
_NAMES = re.compile(
    r"(?:^|-)(?:share|sharing|shares|social|socials|partage|partager|related|recommended|recommendations?|outbrain|taboola"
    r"|newsletters?|sign-?up|subscribe|subscription|abonnement|cookies?|consent|gdpr|rgpd|didomi|onetrust|banner|promo|promoted"
    r"|advert|advertisement|advertising|ads?|publicite|pub|sponsored|breadcrumbs?|comments?|commentaires?|respond|author-(?:bio|box)"
    r"|about-author|tags?|tag-(?:list|links)|tags-links|post-tags|toolbar|trending|most-(?:read|popular)|popular|read-(?:more|also|next)"
    r"|readmore|more-(?:on|from|stories)|see-also|(?:a-)?lire-aussi|a-lire|voir-aussi|sidebar|pagination|pager|skip-link|copyright"
    r"|captions?|wp-caption-text|legende|credits?|topic-list|links-block|jp-relatedposts|sharedaddy|addtoany|yarpp"
    r"|inline-links?|rubrique|forum|repondre|menu|notice|login|modal|popup|overlay)(?:$|-)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_LETTER = re.compile(r"[^a-z]+")
_SPARED = frozenset({"html", "body", "head", "article", "main", "h1"})


def prune(soup: BeautifulSoup) -> None:
    """Take the boxes that are no article out of a tree; it must not be a deep one."""
    prose = _prose(soup)
    limit = SHARE * prose[id(soup)]
    homes = {id(parent) for headline in soup.find_all("h1", limit=HEADLINES_MAX) for parent in headline.parents}
    for element in soup.find_all(True):
        spared = prose[id(element)] > limit or id(element) in homes
        if not element.decomposed and not spared and _is_box(element, prose[id(element)]):
            element.decompose()


def in_box(element: PageElement) -> bool:
    """Tell whether something stands in what is no article by its name: comments, menus, boxes of links."""
    return any(_is_box(parent, 1) for parent in element.parents)


def _is_box(element: Tag, prose: int) -> bool:
    if element.name in _ELEMENTS:
        return True
    if element.name in _SPARED or (element.name == "p" and prose):
        return False
    if str(element.get("role", "")) in _ROLES or str(element.get("aria-hidden", "")) == "true":
        return True
    names = [*element.get_attribute_list("class"), element.get("id"), element.get("data-component")]
    return any(name and _NAMES.search(_dashed(str(name)[:NAME_MAX])) for name in names)


def _dashed(name: str) -> str:
    """Return a class or id as words between dashes: "RelatedStories" -> "related-stories"."""
    return _NO_LETTER.sub("-", _CAMEL.sub("-", name).lower())


def _prose(soup: BeautifulSoup) -> defaultdict[int, int]:
    """Return how much text stands in each element outside links, labels left aside, by the element's id()."""
    found: defaultdict[int, int] = defaultdict(int)
    for node in reversed(list(soup.descendants)):  # children before their parents
        if isinstance(node, Tag):
            size = 0 if node.name in _UNREAD else found[id(node)]
        else:
            text = str(node)
            size = len(text) if len(text.strip()) >= PROSE_MIN else 0
        found[id(node.parent)] += size
    return found
