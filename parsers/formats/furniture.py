"""Lines of a page that are no part of its article: links to others, credits, invitations, bylines.

In: lines of text. Out: those that the article says. Pure: the same lines give the same answer. A line that
is a full sentence is dropped only when it can be nothing else; what credits the text to someone is handed
back, not lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parsers.text import fold, words

SHARE = 0.5  # of an outlet's pages; what stands on every second of them is not about the day's news
PAGES_MIN = 4  # fewer pages of one outlet may well be about one story
LINK_MAX = 220  # characters of "Read more: HEADLINE"; a longer line is a paragraph
SENTENCE_CHARACTERS, SENTENCE_WORDS = 40, 7  # a shorter line is a heading, a caption or a button
TOP_LINES = 6  # lines in which bylines and dates stand

_CLOSED = re.compile(r"[.!?…][\"”’»)\]]*$")
_STOP = re.compile(r"(?<!\.)\.[\"”’»)\]]*$")

# What begins a line that leads elsewhere. With a colon or without a full stop it is no sentence of the article.
_LINK = re.compile(
    r"(?:[►▶▸»→➡•*🔴\[(]\s*)*"
    r"(?:read (?:more|also|next|the full|our)|also read|see also|watch(?: also| more)?|listen(?: also)?|more on|more from"
    r"|keep reading|related(?: (?:stories|articles|topics|content|news|reading))?|recommended(?: stories| for you)?"
    r"|you may also like|you might also like|don['’]t miss|most read|trending|editor['’]s picks?|top stories"
    r"|(?:à|a) (?:lire|voir|écouter|relire)|(?:re)?lire (?:aussi|également|la suite|plus|l['’]article)|lisez (?:aussi|également)"
    r"|voir (?:aussi|également)|écouter (?:aussi|l['’]article)|sur le même (?:sujet|thème)|dans la même (?:rubrique|catégorie)"
    r"|(?:articles?|sujets?|contenus?) (?:similaires?|liés?|connexes?|associés?|recommandés?)|pour aller plus loin"
    r"|en savoir plus|les plus lus|vous aimerez aussi|continuer la lecture)\b(?P<colon>\s*[:…»>|–—-])?",
    re.IGNORECASE,
)
_DROPPED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # invitations
        r"(?:sign up|subscribe|register)\b.{0,60}\b(?:newsletter|e-?mail|inbox|channel|alerts?|updates?|briefing|account|now|here)\b.*",
        r"(?:get|receive|join|download|install)\b.{0,80}\b(?:newsletter|inbox|app|whatsapp|telegram|notifications?|alerts)\b.*",
        r"(?:abonnez[- ]vous|inscrivez[- ]vous|je m['’](?:abonne|inscris)|téléchargez|rejoignez|recevez)\b.{0,160}",
        r"(?:follow|like|find|join) us\b.*|follow @?\w+ on .{0,60}|suivez[- ](?:nous|.{2,40} sur)\b.*|retrouvez[- ]nous\b.*",
        r"(?:share|partager|partagez|tweet(?:er)?|imprimer|print|e-?mail|envoyer|copy link|copier le lien|whatsapp|facebook"
        r"|twitter|telegram|linkedin|x|save|listen|écouter|advertisement|advertising|publicité|annonce|sponsored)"
        r"(?:\s+(?:this|cet|l['’]|sur|on|par|via|article|story|page|link|facebook|twitter|x|whatsapp|linkedin|telegram|e-?mail|now"
        r"|the|le|la|et|and|:|/|,))*",
        r"(?:leave a (?:reply|comment)|laisser un commentaire|\d* ?comments?|\d* ?commentaires?|post a comment|log ?in|sign in"
        r"|se connecter|s['’]inscrire|view comments?|voir les commentaires)\W*",
        r"(?:we|this (?:site|website)|nous|ce site) (?:uses?|utilis\w+)\b.{0,30}\bcookies\b.*",
        r"(?:your email address will not be published|votre adresse e-?mail ne sera pas publiée)\b.*",
        r"(?:all rights reserved|tous droits réservés)\b.*|.{0,80}\b(?:all rights reserved|tous droits réservés)\W*",
        r"The post .+ (?:appeared first|first appeared) on .+|L['’]article .+ est apparu en premier sur .+",
        r"(?:tags?|mots[- ]clés?|keywords|topics|sujets|filed under|catégories?|rubriques?)\s*:.{0,200}",
        # pictures
        r"(?:©|\(c\)|&copy;).{0,120}|.{3,60}\s©\s.{2,60}",
        r"(?:crédits?(?:[ -]photos?)?|photo(?:s|graphie)?(?: credit)?|image(?: (?:source|credit|caption))?|picture|légende|caption"
        r"|illustration|file photo|file picture|photo d['’](?:archives?|illustration))\s*[:/].{0,200}",
        r"(?:file photo|photo d['’](?:archives?|illustration)|getty images|image source|image caption)\W*",
        r"(?:[A-ZÀ-Ý][\w.'’ -]{1,50}\s?/\s?)?(?:AFP|AP|Reuters|EPA|Getty(?: Images)?|Anadolu)(?:\s?/\s?[\w.'’ -]{2,50}|"
        r"\s+via\s+[\w ]{2,30}){1,2}",
        r"[\w.'’ -]{2,50}\s?/\s?(?:AFP|AP|Reuters|EPA|Getty Images|Anadolu)(?: via .{2,30})?",
        # counters and clocks
        r"\d{1,3}\s?(?:min(?:utes?)?|mn)(?:\s+(?:read|de lecture|listen))?|(?:temps de )?lecture\s*:?\s*\d{1,3}\s?(?:min\w*|mn)\.?",
        r"(?:reading time|durée de lecture)\b.{0,20}|\d[\d ,.]*\s?(?:shares?|partages?|views?|vues?|lectures)",
    )
)
_CREDIT = re.compile(
    r"[(\[]?\s*(?:(?:additional |with additional )?(?:reporting|writing|editing|compiled|edited|translated) by\b.{2,200}"
    r"|(?:sources?|avec|with|via)\s*:?\s+(?:agences?|agencies|l['’]?\s?AFP|(?:[A-ZÀ-Ý][\w.'’&-]*[ ,/]*){1,6}(?:(?:et|and|with|avec) .{2,40})?)"
    r"|(?:rédaction|traduction|propos recueillis par)\s*:?.{2,80}"
    r"|(?:AFP|Reuters|AP|APA|Xinhua|Anadolu|AA|RFI|VOA)(?:\s?[/,&]\s?[A-Za-z .]{2,30})?)\s*[)\]]?\.?"
)  # fmt: skip
_BYLINE = re.compile(
    r"(?:(?:par|by|de notre correspondante?|reported by|rédigé par|written by)\s*:?\s+(?:[\w.'’-]+[ ,&|]*){1,8}"
    r"|(?:(?:first |last )?(?:published|updated|posted|modified)|publi(?:é|ée)|modifi(?:é|ée)|mis(?:e)? (?:à jour|en ligne)|posté)\b.{0,100}"
    r"|(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day|le)\b,?\s*)?"
    r"(?:\d{1,2}(?:er|st|nd|rd|th)?\s+[a-zûéèà.]{3,9},?\s+\d{4}|[a-zûéèà.]{3,9}\s+\d{1,2},?\s+\d{4}|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4})"
    r"(?:\W*(?:à|at|de)?\s*\d{1,2}\s?[h:]\s?\d{0,2}.{0,20})?)\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The lines of an article, and the lines that credit its text to someone."""

    lines: tuple[str, ...]
    credits: tuple[str, ...] = ()


def without_furniture(lines: Sequence[str], *, headline: str | None = None) -> Cleaned:
    """Return the lines without furniture, and without the headline and the bylines at their beginning."""
    kept = [line for line in lines if not is_furniture(line)]
    credits = tuple(line for line in kept if is_credit(line))
    kept = [line for line in kept if not is_credit(line)]
    title = fold(headline or "")
    while kept and (fold(kept[0]) == title or not fold(kept[0])):
        kept.pop(0)
    top = [line for line in kept[:TOP_LINES] if not is_byline(line)]
    return Cleaned(tuple(line for line in (*top, *kept[TOP_LINES:]) if fold(line)), credits)


def is_furniture(line: str) -> bool:
    """Tell whether a line as a whole leads elsewhere, invites to something, or belongs to a picture."""
    link = _LINK.match(line) if len(line) <= LINK_MAX else None
    if link and (link["colon"] or not _STOP.search(line)):
        return True
    return len(line) <= LINK_MAX and any(pattern.fullmatch(line) for pattern in _DROPPED)


def is_credit(line: str) -> bool:
    """Tell whether a line as a whole credits the article: to its reporters, editors or an agency."""
    return len(line) <= LINK_MAX and bool(_CREDIT.fullmatch(line))


def is_byline(line: str) -> bool:
    """Tell whether a line as a whole is a byline or a date."""
    return len(line) <= LINK_MAX and bool(_BYLINE.fullmatch(line))


def sentence_like(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines by which versions of a page are told apart: those of some length that end as sentences do."""
    return tuple(
        line
        for line in lines
        if len(line) >= SENTENCE_CHARACTERS and _CLOSED.search(line) and len(words(line)) >= SENTENCE_WORDS
    )


def recurring_lines(pages: Sequence[Sequence[str]], share: float = SHARE) -> frozenset[str]:
    """Return the folded lines that stand on at least that share of an outlet's pages; of few pages, none."""
    if len(pages) < PAGES_MIN:
        return frozenset()
    counts = Counter(line for page in pages for line in {fold(text) for text in page})
    return frozenset(line for line, times in counts.items() if line and times >= share * len(pages))


def without(lines: Iterable[str], recurring: frozenset[str]) -> tuple[str, ...]:
    """Return the lines that are not among the recurring ones."""
    return tuple(line for line in lines if fold(line) not in recurring)
