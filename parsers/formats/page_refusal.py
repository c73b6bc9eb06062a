"""Why a page is no article, in words for people.

In: the parsed page, its metadata and the lines of its text. Out: a reason, or None. What a site sends instead
of an article, with the code of a success (a login, a challenge, an error), must never pass for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from parsers.formats.furniture import sentence_like
from parsers.formats.linked_data import one_line
from parsers.formats.prose import has_prose
from parsers.text import fold, words

SHORT = 120  # words; what stands on a page beside its notice that it cannot be read
TEASERS_MIN = 4  # headings that are links; an article has at most a few among its text
TEASER_TEXT = 1.5  # sentences a teaser
BLURB_MAX = 400  # characters, white space apart, of the text below a teaser; an article's is longer
OWN_MIN, OWN_WORDS = 2, 40  # sentences and words below no teaser; what introduces a list says less
PARAGRAPH_WORDS = 25  # of a line that is text though nothing closes it; menus and notices are shorter
_HEADINGS = ["h1", "h2", "h3", "h4"]
_KEY = 80  # characters, white space apart, by which a line is found again on its page

# What headings say instead of a headline. Words that headlines have too ("erreur", "connexion") need their company.
_NOTICES = tuple(
    (kind, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for kind, pattern in (
        (
            "a challenge page that asks whether a person reads",
            r"^just a moment|attention required|checking (?:if the site|your browser)|captcha|ddos.guard"
            r"|enable javascript"
            r"|verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:human|robot)|not a robot|pas un robot"
            r"|êtes un (?:humain|robot)|activer javascript|vérification de votre navigateur|pardon our interruption",
        ),
        (
            "an error page",
            r"\b(?:error|erreur)\s[45]\d\d\b|\b404\b(?=\W*(?:$|not|page|error|erreur))|page (?:not found"
            r"|introuvable|non trouvée)"
            r"|access denied|accès refusé|^(?:403 )?forbidden|internal server error|service unavailable"
            r"|bad gateway|^ou?ps\b|^oops\b"
            r"|(?:page|article)\b.{0,40}n['’]existe (?:pas|plus)|site\b.{0,20}(?:under|en) maintenance"
            r"|something went wrong"
            r"|une erreur (?:s['’]est produite|est survenue)|account suspended",
        ),
        (
            "a consent page",
            r"before you continue|avant de continuer|your privacy (?:choices|matters)|^consent(?:ement)?\W*$"
            r"|(?:we|nous) (?:use|value|respect\w*|utilisons)\b.{0,40}(?:cookies|privacy|vie privée)"
            r"|(?:accept|accepter|manage|gérer)\b.{0,20}\bcookies",
        ),
        (
            "a login page",
            r"^(?:log|sign) ?in\b|^se connecter|connectez-vous|^connexion\s*(?:$|[-–|:])|identifiez-vous|mot de passe"
            r"|^password|subscribers only|create an? account|créer un compte",
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What tells an article from other pages, noted before the page's boxes are taken away."""

    heading: str  # title and first headings, a line each
    text: str  # the beginning of what readers see
    words: int
    password: bool
    teasers: int
    own: str  # the text below no teaser, without white space


def signs_of(soup: BeautifulSoup) -> Signs:
    """Note what tells what kind of page this is."""
    headings = [one_line(element.get_text(" ")) for element in soup.find_all(["title", "h1", "h2"], limit=4)]
    teasers = [heading for heading in soup.find_all(_HEADINGS) if _is_link(heading)]
    pieces = [one_line(str(piece)) for piece in (soup.body or soup).find_all(string=True)]
    text = " ".join(piece for piece in pieces if piece)
    return Signs(
        heading="\n".join(headings),
        text=text[:2_000],
        words=len(words(text)),
        password=soup.find("input", type="password") is not None,
        teasers=len(teasers),
        own=_own_text(soup, teasers) if len(teasers) >= TEASERS_MIN else "",
    )


def refusal(signs: Signs, lines: Sequence[str], *, is_article: bool) -> str | None:
    """Return why a page with these lines of text is no article."""
    if not signs.words:
        return "an empty page: there is no text on it"
    said = sentence_like(lines)
    short = len(words("\n".join(said))) < SHORT
    if short and not is_article and (notice := _notice(signs)):
        return f"{notice}, not an article"
    few = len(said) <= TEASER_TEXT * signs.teasers
    if not is_article and signs.teasers >= TEASERS_MIN and few and not _mostly_own(signs, said):
        return f"a page of links to {signs.teasers} articles, not an article"
    told = is_article and any(len(words(line)) >= PARAGRAPH_WORDS for line in lines)
    if not said and not told and not has_prose("\n".join(lines)):
        return f"no article: no sentences among {signs.words} words of menus and links"
    return None


def _own_text(soup: BeautifulSoup, teasers: Sequence[Tag]) -> str:
    """Return the text that no teaser stands above; a headline that is a link to its own page is none."""
    title = fold(soup.title.get_text(" ")) if soup.title else ""
    links = {id(heading) for heading in teasers if fold(heading.get_text(" ")) not in title}
    pieces: list[str] = []
    below = 0  # characters that may still be the teaser's
    for node in (soup.body or soup).descendants:
        if isinstance(node, Tag):
            if node.name in _HEADINGS:
                below = BLURB_MAX if id(node) in links else 0
            continue
        piece = "".join(str(node).split())
        if below <= 0:
            pieces.append(piece)
        below -= len(piece)
    return "".join(pieces)


def _mostly_own(signs: Signs, said: Sequence[str]) -> bool:
    """Tell whether most sentences are a text of the page's own, beside which the teasers stand."""
    own = [line for line in said if "".join(line.split())[:_KEY] in signs.own]
    return len(own) >= max(OWN_MIN, len(said) / 2) and len(words("\n".join(own))) >= OWN_WORDS


def _notice(signs: Signs) -> str | None:
    for kind, pattern in _NOTICES:
        if pattern.search(signs.heading):
            return kind
    if signs.password:
        return "a login page"
    if signs.words < SHORT:
        return next((kind for kind, pattern in _NOTICES if pattern.search(signs.text)), None)
    return None


def _is_link(heading: Tag) -> bool:
    return heading.find("a", href=True) is not None or heading.find_parent("a", href=True) is not None
