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

from parsers.text import fold, vocabulary, words
from parsers.urls import is_known_outlet

SHARE = 0.5  # of an outlet's pages; what stands on every second of them is not about the day's news
PAGES_MIN = 4  # fewer pages of one outlet may well be about one story
LINK_MAX = 220  # characters of "Read more: HEADLINE"; a longer line is a paragraph
SENTENCE_CHARACTERS, SENTENCE_WORDS = 40, 7  # a shorter line is a heading, a caption or a button
LABEL_WORDS = 2  # of a section's name: "Africa", "West Africa"
TOP_LINES = 6  # lines in which bylines and dates stand

_CLOSED = re.compile(r"[.!?…؟۔。！？][\"”’»)\]」』）]*$")
_STOP = re.compile(r"(?<!\.)\.[\"”’»)\]]*$")

# What begins a line that leads elsewhere. With a colon or without a full stop it is no sentence of the article.
_LINK = re.compile(
    r"[►▶▸»→➡•*🔴\[(\s]*(?:"
    r"read (?:more|also|next|the full|our)|also read|see also|watch (?:also|more)|more (?:on this|from)|keep reading"
    r"|related (?:stories|articles|topics|content|news|reading)|recommended (?:stories|for you)|you (?:may"
    r"|might) also like"
    r"|don['’]t miss|most read|editor['’]s picks?|top stories"
    r"|[àa] (?:lire|voir|écouter|relire)|(?:re)?lire (?:aussi|également|la suite|plus|l['’]article)"
    r"|lisez (?:aussi|également)"
    r"|voir (?:aussi|également)|écouter (?:aussi|l['’]article)|sur le même (?:sujet|thème)"
    r"|dans la même (?:rubrique|catégorie)"
    r"|(?:articles?|sujets?|contenus?) (?:similaires?|liés?|connexes?|associés?|recommandés?)|pour aller plus loin"
    r"|en savoir plus|les plus lus|vous aimerez aussi|continuer la lecture"
    r"|(?:read|watch|listen|related|recommended|trending)(?=\s?[:…»>|]|\W*$)"
    r")\b(?P<colon>\s*[:…»>|–—-])?",
    re.IGNORECASE,
)
_AGENCY = r"(?:AFP|AP|Reuters|EPA|Getty(?: Images)?|Anadolu)"
_SHARED = (
    "share|partager|partagez|tweet|tweeter|imprimer|print|e-?mail|envoyer|copy link|copier le lien|whatsapp"
    "|facebook|twitter"
    "|telegram|linkedin|x|save|listen|écouter|advertisement|advertising|publicité|annonce|sponsored"
)
_DROPPED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # invitations
        r"(?:sign up|subscribe|register)\b.{0,60}\b(?:newsletter|e-?mail|inbox|channel|alerts?|updates?|briefing"
        r"|account|here)\b.*",
        r"(?:get|receive|join|download|install)\b.{0,80}\b(?:newsletter|inbox|app|whatsapp|telegram"
        r"|notifications?)\b.*",
        r"(?:abonnez[- ]vous|inscrivez[- ]vous|je m['’](?:abonne|inscris)|téléchargez|rejoignez|recevez)\b.{0,160}",
        r"(?:follow|like|find|join) us\b.*|follow @?\w+ on .{0,60}|suivez[- ](?:nous|.{2,40} sur)\b.*"
        r"|retrouvez[- ]nous\b.*",
        rf"(?:{_SHARED})(?:\s+(?:this|cet|l['’]|sur|on|par|via|article|story|page|link|now|the|le|la|et|and|:|/|,"
        rf"|{_SHARED}))*",
        r"(?:leave a (?:reply|comment)|laisser un commentaire|\d* ?comments?|\d* ?commentaires?|post a comment)\W*",
        r"(?:log ?in|sign in|se connecter|s['’]inscrire|view comments?|voir les commentaires)\W*",
        r"(?:we|this (?:site|website)|nous|ce site) (?:uses?|utilis\w+)\b.{0,30}\bcookies\b.*",
        r"(?:your email address will not be published|votre adresse e-?mail ne sera pas publiée)\b.*",
        r".{0,80}\b(?:all rights reserved|tous droits réservés)\b.{0,120}",
        r"our standards\s*:.*|loading\b.{0,60}…|article réservé aux abonnés\W*",
        r"The post .+ (?:appeared first|first appeared) on .+|L['’]article .+ est apparu en premier sur .+",
        r"(?:tags?|mots[- ]clés?|keywords|topics|sujets|filed under|catégories?|rubriques?)\s*:.{0,200}",
        # pictures
        r"(?:©|\(c\)).{0,120}|.{3,60}\s©\s.{2,60}",
        r"(?:crédits?(?:[ -]photos?)?|photo(?:s|graphie)?(?: credit)?|image(?: (?:source|credit|caption))?"
        r"|picture|légende"
        r"|caption|illustration|file (?:photo|picture)|photo d['’](?:archives?|illustration))\s*[:/].{0,200}",
        r"(?:file photo|photo d['’](?:archives?|illustration)|getty images|image (?:source|caption)\b.{0,80})\W*",
        r"list \d+ of \d+|list of \d+ items|end of list",
        rf"{_AGENCY}\s?/\s?[\w.'’ -]{{2,50}}|[\w.'’ -]{{2,50}}\s?/\s?{_AGENCY}(?: via .{{2,30}})?",
        # counters and clocks
        r"\d{1,3}\s?(?:min(?:utes?)?|mn)(?:\s+(?:read|de lecture|listen))?|(?:reading time|durée de lecture)\b.{0,20}",
        r"(?:temps de )?lecture\s*:?\s*\d{1,3}\s?(?:min\w*|mn)\.?|\d[\d ,.]*\s?(?:shares?|partages?|views?|vues?"
        r"|lectures)",
    )
)
_REPORTED_BY = re.compile(
    r"\W*(?:(?:with )?additional )?(?:reporting|writing|editing|edited|compiled|translated|traduction"
    r"|propos recueillis)"
    r" (?:by|par)\b.{2,}|\W*sources?\s?:\s?[^.!?]{2,80}\W?",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"sources?\s?:\s?", re.IGNORECASE)
_WITH = re.compile(r"^(?:avec|with|via|by|par)\s+(?:l['’])?", re.IGNORECASE)
_AND = re.compile(r"\s*(?:[,/&]|\b(?:et|and|avec|with)\b)\s*", re.IGNORECASE)
_AGENCIES = frozenset({"agence", "agences", "agencies", "wires", "les agences", "news agencies"})
_BY = re.compile(
    r"(?:Par|PAR|By|BY|De notre correspondante?|Reported by|Rédigé par|Written by)\s*:?\s+(?P<names>[^,|]+).*"
)
_PARTICLES = vocabulary("ag ould de du la le el al ben bin and et with avec for pour in à")
_DAY = (
    r"(?:\d{1,2}(?:er|st|nd|rd|th|\.)?\s[a-zûéèàä.]{3,9},?\s\d{4}|[a-zûéèà.]{3,9}\s\d{1,2},?\s\d{4}"
    r"|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4})"
)
_DATE = re.compile(_DAY, re.IGNORECASE)
_WHEN = re.compile(
    r"(?:(?:first |last )?(?:published|updated|posted|modified|issued)|publiée?|modifiée?|mise? (?:à jour"
    r"|en ligne)|postée?)"
    rf"\b\W*(?:on|le|at|:)?\W*(?:[a-z]{{2,9}}\W{{1,3}})?(?:{_DAY}|\d).{{0,60}}"
    rf"|(?:[a-z]{{2,9}}\W{{1,3}})?{_DAY}(?:\W{{0,4}}(?:à|at|de)?\s?\d{{1,2}}\s?[h:].{{0,25}})?\W?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The lines of an article, and the lines that credit its text to someone."""

    lines: tuple[str, ...]
    credits: tuple[str, ...] = ()


def without_furniture(lines: Sequence[str], *, headline: str | None = None, authors: Sequence[str] = ()) -> Cleaned:
    """Return the lines without furniture, the headline with all menus above it, and the names of the authors."""
    kept = [line for line in lines if not is_furniture(line)]
    credits = tuple(line for line in kept if is_credit(line))
    kept = [line for line in kept if not is_credit(line)]
    kept = _below_headline(kept, fold(headline or ""))
    names = {fold(name) for name in authors}
    top = [line for line in kept[:TOP_LINES] if not is_byline(line) and not _begins_with_name(line, names)]
    while top and _is_label(top[0]):
        top.pop(0)
    kept = [line for line in (*top, *kept[TOP_LINES:]) if fold(line) and fold(line) not in names]
    while kept and _is_heading(kept[-1]):  # with nothing below it, it leads elsewhere
        kept.pop()
    return Cleaned(tuple(kept), credits)


def _below_headline(lines: list[str], headline: str) -> list[str]:
    """Return the lines without the headline, and of those above it only what are sentences."""
    at = next((at for at, line in enumerate(lines) if headline and fold(line) == headline), None)
    if at is None:
        return lines
    below = [line for line in lines[at + 1 :] if fold(line) != headline]
    return [*sentence_like(lines[:at]), *below]


def _begins_with_name(line: str, names: set[str]) -> bool:
    """Tell whether a line is an author's name with a date."""
    folded = fold(line) if len(line) <= LINK_MAX and _DATE.search(line) else ""
    return not is_sentence(line) and any(name and folded.startswith(name) for name in names)


def _is_label(line: str) -> bool:
    """Tell whether a line above the first sentence is the name of a section, and no dateline."""
    return len(line.split()) <= LABEL_WORDS and line.replace(" ", "").isalpha() and not line.isupper()


def is_sentence(line: str) -> bool:
    """Tell whether a line ends as sentences do."""
    return _CLOSED.search(line) is not None


def _is_heading(line: str) -> bool:
    return not is_sentence(line) and len(words(line)) < SENTENCE_WORDS


def is_furniture(line: str) -> bool:
    """Tell whether a line as a whole leads elsewhere, invites to something, or belongs to a picture."""
    link = _LINK.match(line) if len(line) <= LINK_MAX else None
    if link and (link["colon"] or not _STOP.search(line)):
        return True
    return len(line) <= LINK_MAX and any(pattern.fullmatch(line) for pattern in _DROPPED)


def is_credit(line: str) -> bool:
    """Tell whether a line as a whole credits the article: to its reporters, editors or an agency."""
    if len(line) > LINK_MAX:
        return False
    return bool(_REPORTED_BY.fullmatch(line)) or bool(credited_names(line))


def credited_names(line: str) -> tuple[str, ...]:
    """Return the outlets of a line that names nothing else ("(Avec AFP et Reuters)"), else nothing."""
    if len(line) > LINK_MAX:
        return ()
    plain = _SOURCE.sub("", line.strip("()[] .*–—-"))
    names = _AND.split(_WITH.sub("", plain))
    return tuple(names) if all(is_known_outlet(name) or name.casefold() in _AGENCIES for name in names) else ()


def is_byline(line: str) -> bool:
    """Tell whether a line as a whole is a byline or a date."""
    if len(line) > LINK_MAX:
        return False
    by = _BY.fullmatch(line)
    named = by is not None and not _CLOSED.search(line) and all(_is_name(word) for word in by["names"].split())
    return named or bool(_WHEN.fullmatch(line))


def _is_name(word: str) -> bool:
    return word[0].isupper() or word in _PARTICLES


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
