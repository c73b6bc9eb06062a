"""What sort of edit made a version: trivial, wording, fact or retraction; and which facts it changed.

In: two versions of an article and the coder's tools. Out: an `Edit` with its reasons. Pure. A fact counts as changed
where one stands in the place of another, or where the whole article lost or gained it: what was only moved is no
change. The gravest sort that holds is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from flows.stages.difference import Difference, difference
from flows.stages.edit_facts import Fact, facts_by_part, is_frame
from parsers.article import Article
from parsers.coding.tools import Coder
from parsers.text import fold, words
from storage.edit_values import Edit, FactChange, FactKind

REPLACED = 0.3  # of the old text's words that are left where a notice stands in its place
_KINDS: tuple[FactKind, ...] = ("number", "date", "place", "name")

NOTICE_WORDS = 50  # a text of no more words may be a notice; in a longer one "the post was deleted" is news

_NOUN_EN = r"(?:article|story|report|post|page|dispatch|item|piece)"
_OWN_EN = rf"(?:this|our) {_NOUN_EN}"
_GONE_EN = r"(?:withdrawn|retracted|removed|deleted|taken down|unpublished|pulled|no longer available)"
_TAKE_BACK_EN = r"(?:withdraw(?:s|n|ing)?|retract(?:s|ed|ing)?)"
_OWN_FR = r"(?:cet article|cette (?:depeche|publication|information|page)|ce (?:texte|papier|reportage))"
_GONE_FR = r"(?:retiree?|supprimee?|depubliee?|annulee?|n est plus disponible|plus disponible)"
_TAKE_BACK_FR = r"(?:retir|supprim|depubli|annul)(?:er?|ons)"
_WHO_FR = r"(?:nous|la redaction|l agence|afp|reuters)"
_BEEN = r"(?:has been|was|is|have been|is now|a ete|est|n est)"
_UNTIL_EN = r"(?:(?!\b(?:and|but|that)\b)\w+ ){0,6}?"
_NOTICE = re.compile(  # an article speaks of itself; of folded text: no case, no accents, no punctuation
    rf"\b{_OWN_EN} {_UNTIL_EN}{_BEEN} (?:\w+ )?{_GONE_EN}\b"
    rf"|\b{_OWN_EN} is no longer available\b"
    rf"|\beditor(?:s| s)? note the {_NOUN_EN} {_UNTIL_EN}{_BEEN} (?:\w+ )?{_GONE_EN}\b"
    rf"|\bwe (?:have |had )?(?:withdraw|{_GONE_EN}|retract) (?:the|this|our) {_NOUN_EN}\b"
    rf"|\b(?:{_TAKE_BACK_EN}|disregard|do not use) {_OWN_EN}\b"
    rf"|\b{_OWN_FR} (?:\w+ ){{0,6}}?{_BEEN} (?:\w+ )?{_GONE_FR}\b"
    rf"|\b{_WHO_FR} (?:\w+ ){{0,4}}?{_TAKE_BACK_FR} (?:{_OWN_FR}|l article|la depeche)\b"
    r"|\bafp (?:annule|retire)\b|\bpriere d annuler\b"
)
_ALONE = re.compile(  # what may speak of another article too, but not where nothing else is told
    rf"\bthe {_NOUN_EN} {_UNTIL_EN}{_BEEN} (?:\w+ )?{_GONE_EN}\b"
    rf"|\b(?:{_TAKE_BACK_EN}|disregard|do not use) (?:the|its) {_NOUN_EN}\b"
    rf"|\b(?:content|{_NOUN_EN}) (?:\w+ ){{0,6}}?is no longer available\b"
    rf"|\b(?:l article|la depeche) (?:\w+ ){{0,6}}?{_BEEN} (?:\w+ )?{_GONE_FR}\b"
    r"|\b(?:contenu|article|page) (?:\w+ ){0,6}?n est plus disponible\b"
    r"|\bne (?:pas|plus) (?:utiliser|tenir compte de) (?:cette|notre|la) depeche\b"
)
_LABEL = re.compile(
    r"^(?:retracted|retraction|withdrawn|retracte|retractation|article retire|depeche annulee|annulation) "
)


def judge_edit(old: Article, new: Article, coder: Coder) -> Edit:
    """Return what sort of edit leads from one version to the next, with its reasons and the facts it changed."""
    found = difference(old, new)
    facts = changed_facts(found, facts_by_part(old, coder), facts_by_part(new, coder))
    if why := _withdrawn(old, new):
        return Edit(kind="retraction", reasons=(why,), facts=facts)
    if facts:
        return Edit(kind="fact", reasons=tuple(fact_words(f) for f in facts), facts=facts)
    if _essence(old) == _essence(new):
        return Edit(kind="trivial", reasons=_trivial_reasons(old, new))
    return Edit(kind="wording", reasons=_wording_reasons(found))


def is_withdrawal(article: Article) -> bool:
    """Tell whether an article says of itself that it was withdrawn."""
    alone = len(words(article.text)) <= NOTICE_WORDS and _ALONE.search(_said(article))
    return bool(alone) or _says_so(article)


def _says_so(article: Article) -> bool:
    return bool(_LABEL.match(fold(article.headline) + " ") or _NOTICE.search(_said(article)))


def _said(article: Article) -> str:
    return fold(f"{article.headline} . {article.text}")


def fact_words(change: FactChange) -> str:
    """Return a changed fact as a person would say it: "number: 30 → 13"."""
    if change.old is None:
        return f"{change.what} added: {change.new}"
    return (
        f"{change.what} removed: {change.old}" if change.new is None else f"{change.what}: {change.old} → {change.new}"
    )


def _withdrawn(old: Article, new: Article) -> str | None:
    """Return why the new version withdraws the old one; a notice that stood there before is none."""
    if not words(new.text) and words(old.text):
        return "the text is gone"
    if is_withdrawal(old) or not is_withdrawal(new):
        return None
    before, after = Counter(words(old.text)), Counter(words(new.text))
    replaced = sum((before & after).values()) < REPLACED * sum(before.values())
    if not replaced and not _says_so(new):
        return None
    how = "a notice stands in place of the text" if replaced else "a notice says so"
    return f"withdrawn: {how}"


def _essence(article: Article) -> str:
    """Return what an article says, without furniture and time stamps, white space, case and punctuation."""
    return fold(" . ".join(text for _, text in article.parts() if not is_frame(text)))


def _trivial_reasons(old: Article, new: Article) -> tuple[str, ...]:
    frames = [[fold(t) for _, t in a.parts() if is_frame(t)] for a in (old, new)]
    plain = ["".join(t for _, t in a.parts() if not is_frame(t)) for a in (old, new)]
    reasons = []
    if frames[0] != frames[1]:
        reasons.append("time stamps or furniture")
    if plain[0] != plain[1]:
        only_space = re.sub(r"\s", "", plain[0]) == re.sub(r"\s", "", plain[1])
        reasons.append("white space" if only_space else "punctuation, case or accents")
    return tuple(reasons) or ("paragraph breaks or the order of furniture",)


def _wording_reasons(found: Difference) -> tuple[str, ...]:
    heads = [b.part for b in found.blocks if b.part != "paragraph" and b.kind != "same"]
    body = Counter[str](b.kind for b in found.blocks if b.part == "paragraph" and b.kind != "same")
    if moved := _moved(found):
        body = body - Counter(added=moved, removed=moved) + Counter(moved=moved)
    reasons = [f"{part} reworded" for part in heads]
    reasons += [f"{n} paragraph{'s' if n > 1 else ''} {kind}" for kind, n in sorted(body.items())]
    return tuple(reasons)


def _moved(found: Difference) -> int:
    """Return how many paragraphs only stand elsewhere."""
    gone, come = (
        Counter(" ".join(b.pieces[0].text.split()) for b in found.blocks if b.kind == kind and b.part == "paragraph")
        for kind in ("removed", "added")
    )
    return (gone & come).total()


_ByPart = Sequence[Sequence[Fact]]
_Gone = list[tuple[Fact | None, Fact | None]]


def changed_facts(found: Difference, old: _ByPart, new: _ByPart) -> tuple[FactChange, ...]:
    """Return the facts that differ, in reading order of their sorts; a fact that only moved is none of them."""
    changes: list[FactChange] = []
    for what in _KINDS:
        before, after = _of_kind(old, what), _of_kind(new, what)
        had, has = ({f.key for part in side for f in part} for side in (before, after))
        pairs: _Gone = []
        lost: list[Fact] = []
        gained: list[Fact] = []
        for block in found.blocks:
            if block.kind == "same":
                continue
            mine = before[block.old] if block.old is not None else []
            other = after[block.new] if block.new is not None else []
            here, gone, come = _replaced(mine, other)
            pairs += here
            lost += [f for f in gone if f.key not in has]
            gained += [f for f in come if f.key not in had]
        pairs += _side_by_side(_once(lost), _once(gained))
        changes += [
            FactChange(what=what, old=a.surface if a else None, new=b.surface if b else None) for a, b in _told(pairs)
        ]
    return tuple(changes)


def _told(pairs: _Gone) -> _Gone:
    """Return each change once: in digits where some part of the text has them, else in the words that come first."""
    digits = sorted(pairs, key=lambda pair: not any(f and f.surface.isdecimal() for f in pair))
    best = {(a and a.key, b and b.key): (a, b) for a, b in reversed(digits)}
    return list(dict.fromkeys(best[a and a.key, b and b.key] for a, b in pairs))


def _of_kind(parts: _ByPart, what: FactKind) -> list[list[Fact]]:
    return [[f for f in part if f.what == what] for part in parts]


def _replaced(old: Sequence[Fact], new: Sequence[Fact]) -> tuple[_Gone, list[Fact], list[Fact]]:
    """Return which facts of a part stand in the place of which, and those that are gone or came without a partner."""
    lost, gained = _without(old, new), _without(new, old)
    pairs: _Gone = []
    for fact in list(lost):  # "30 killed" -> "13 killed": the same thing is counted
        partner = next((f for f in gained if f.counted and f.counted == fact.counted and f.key != fact.key), None)
        if partner:
            pairs.append((fact, partner))
            lost.remove(fact)
            gained.remove(partner)
    for fact in list(lost):  # "30 soldiers" -> "30 troops": the figure is the same
        partner = next((f for f in gained if f.key == fact.key), None)
        if partner:
            lost.remove(fact)
            gained.remove(partner)
    both = min(len(lost), len(gained))
    pairs += zip(lost[:both], gained[:both], strict=True)
    return pairs, lost[both:], gained[both:]


def _without(facts: Sequence[Fact], others: Sequence[Fact]) -> list[Fact]:
    """Return the facts that the others do not have as often."""
    left = Counter((f.key, f.counted) for f in others)
    found = []
    for fact in facts:
        if left[fact.key, fact.counted]:
            left[fact.key, fact.counted] -= 1
        else:
            found.append(fact)
    return found


def _once(facts: Iterable[Fact]) -> list[Fact]:
    return list({f.key: f for f in facts}.values())


def _side_by_side(lost: Sequence[Fact], gained: Sequence[Fact]) -> _Gone:
    """Pair what was lost in one paragraph with what came in another, where it is one for one."""
    if len(lost) == len(gained) == 1:
        return [(lost[0], gained[0])]
    return [*((f, None) for f in lost), *((None, f) for f in gained)]
