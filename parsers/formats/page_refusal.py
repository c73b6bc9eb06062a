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
from parsers.text import words

SHORT = 120  # words; what stands on a page beside its notice that it cannot be read
TEASERS_MIN = 4  # headings that are links; an article has at most a few among its text
TEASER_TEXT = 1.5  # sentences a teaser

_NOTICES = (
    (
        "a challenge page that asks whether a person reads",
        re.compile(
            r"just a moment|attention required|checking (?:if the site|your browser)"
            r"|verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:human|robot)|not a robot|pas un robot|êtes un (?:humain|robot)|captcha|ddos.guard|enable javascript"
            r"|activer javascript|vérification (?:de sécurité|de votre navigateur)|unusual traffic|pardon our interruption",
            re.IGNORECASE,
        ),
    ),
    (
        "an error page",
        re.compile(
            r"\b(?:404|403|410|500|502|503|504)\b|page (?:not found|introuvable|non trouvée)|(?:not|n['’]est pas) (?:found|disponible)"
            r"|access denied|accès (?:refusé|interdit)|forbidden|internal server error|service unavailable|bad gateway"
            r"|n['’]existe (?:pas|plus)|under maintenance|en maintenance|erreur|oops|something went wrong|account suspended",
            re.IGNORECASE,
        ),
    ),
    (
        "a consent page",
        re.compile(
            r"before you continue|avant de continuer"
            r"|(?:we|nous) (?:use|value|respect\w*|utilisons)\b.{0,40}(?:cookies|privacy|vie privée)"
            r"|(?:accept|accepter|manage|gérer)\b.{0,20}\bcookies|your privacy (?:choices|matters)|consent(?:ement)?\b",
            re.IGNORECASE,
        ),
    ),
    (
        "a login page",
        re.compile(
            r"(?:log|sign) ?in|se connecter|connectez-vous|connexion|identifiez-vous|mot de passe|password"
            r"|subscribers only|create an? account|créer un compte",
            re.IGNORECASE,
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What tells an article from other pages, noted before the page's boxes are taken away."""

    heading: str  # title and first headings
    text: str  # the beginning of what readers see
    words: int
    password: bool
    teasers: int


def signs_of(soup: BeautifulSoup) -> Signs:
    """Note what tells what kind of page this is."""
    headings = [element.get_text(" ") for element in soup.find_all(["title", "h1", "h2"], limit=4)]
    pieces = [one_line(str(piece)) for piece in (soup.body or soup).find_all(string=True)]
    text = " ".join(piece for piece in pieces if piece)
    return Signs(
        heading=one_line(" ".join(headings)),
        text=text[:2_000],
        words=len(words(text)),
        password=soup.find("input", type="password") is not None,
        teasers=sum(_is_link(heading) for heading in soup.find_all(["h1", "h2", "h3", "h4"])),
    )


def refusal(signs: Signs, lines: Sequence[str], *, is_article: bool) -> str | None:
    """Return why a page with these lines of text is no article."""
    if not signs.words:
        return "an empty page: there is no text on it"
    said = sentence_like(lines)
    short = len(words("\n".join(said))) < SHORT
    if short and not is_article and (notice := _notice(signs)):
        return f"{notice}, not an article"
    if not is_article and signs.teasers >= TEASERS_MIN and len(said) <= TEASER_TEXT * signs.teasers:
        return f"a page of links to {signs.teasers} articles, not an article"
    if not said and not has_prose("\n".join(lines)):
        return f"no article: no sentences among {signs.words} words of menus and links"
    return None


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
