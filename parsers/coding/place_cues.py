"""What the words around a name say of it: a place or a person, the town or somewhere near it, the river
Niger.

In: a text and the span of a name in it. Out: yes or no. Nothing here knows the gazetteer: the same cues
hold for every place, in English and in French. It must never look beyond the line in which the name stands.
"""

from __future__ import annotations

import re

_WINDOW = 80  # characters looked at on each side: the longest cue with its nouns is about 60

# "the besieged border town of", "la localité de", "the military camp in"
_NOUN = (
    r"(?:\s*(?:the|a|le|la|l['’]|les|un|une)?\s*(?:[\w'’-]+\s+){0,3}?"
    r"(?:towns?|villages?|city|cities|locality|localities|communes?|camps?|bases?|hamlet|garrison|area|region|cercle|"
    r"circle|district|airport|junction|villes?|localités?|hameau|garnison|zone|région|secteur|aéroport)\s+"
    r"(?:of\s+|in\s+|at\s+|de\s+|à\s+|d['’]\s*)?)"
)
_COMPASS = (
    r"(?:(?:north|south|east|west)(?:[ -]?(?:east|west))?(?:ern)?|"
    r"(?:nord|sud)(?:-est|-ouest)?|est|ouest)"
)
_UNIT = r"(?:km|kilomet(?:er|re)s?|kilomètres?|miles?)"
_NEAR_BEFORE = re.compile(
    rf"(?:\b(?:near(?:by)?|close\s+to|next\s+to|outside(?:\s+of)?|around|not\s+far\s+from|in\s+the\s+direction\s+of|"
    rf"(?:vicinity|outskirts|surroundings|environs|edge|area|zone|sector)\s+of|"
    rf"{_COMPASS}\s+(?:of|from)|{_UNIT}\s+(?:\w+\s+)?(?:from|of)|between|on\s+the\s+road\s+to|"
    rf"près\s+(?:de|d['’])|proches?\s+(?:de|d['’])|non\s+loin\s+(?:de|d['’])|autour\s+(?:de|d['’])|"
    rf"(?:environs|alentours|abords|périphérie|zone|secteur|axe|route)\s+(?:de|d['’])|entre|"
    rf"(?:au|à\s+l['’])\s*{_COMPASS}\s+(?:de|d['’])|{_UNIT}\s+(?:(?:au|à\s+l['’])\s*{_COMPASS}\s+)?(?:de|d['’]))"
    rf"\s*){_NOUN}?$"
    r"|\b(?:between|entre)\s+[\w'’ -]{2,40}\s(?:and|et)\s+$|\b(?:axe|route)\s+(?:[\w'’]+\s*[-–]\s*)?$",
    re.IGNORECASE,
)
_STRETCH = re.compile(r"\b(?:between|entre)\s+(?:(?:the|les)\s+\w+\s+(?:of\s+|de\s+|d['’]))?$", re.IGNORECASE)
_STRETCH_GAP = re.compile(r"\s(?:and|et)\s(?:de\s|d['’])?", re.IGNORECASE)
_NEAR_AFTER = re.compile(
    r"(?:\s*[-–]\s*[\w'’]+)?\s+(?:area|zone|sector|surroundings|outskirts|vicinity|road|axis)\b", re.IGNORECASE
)

_LOCATIVE = re.compile(
    rf"(?:^|[\s(\"“«])(?:in|at|near|from|of|to|into|around|outside|towards?|through|between|on|reach(?:ed|ing)?|"
    rf"enter(?:ed|ing)?|left|leaving|seized?|captured?|attack(?:ed|ing|s)?|retook|retaken|recaptured|besieged?|took|"
    rf"à|de|vers|dans|sur|depuis|entre|jusqu['’]à|via|près\s+de|attaqué|quitté|pris|repris|d['’])\s*{_NOUN}?$",
    re.IGNORECASE,
)
_BARE_NOUN = re.compile(
    r"\b(?:town|village|city|locality|commune|camp|base|forest|cercle|ville|localité|forêt)\s+(?:of\s+|de\s+|d['’])?$",
    re.IGNORECASE,
)
_NO_LOCATIVE = re.compile(
    r"\b(?:according|thanks|due|speaking|told|says?|said|grâce|quant|face)\s+(?:to|à)\s*$", re.IGNORECASE
)
_PLACE_NOUN_AFTER = re.compile(
    r"(?:['’]s)?\s+(?:camp|base|garrison|massacre|killings?|region|cercle|circle|district|area|commune|village|market|"
    r"town|airport|attack|ambush|barracks|hospital|forest|events|siege)\b"
    r"|,\s+(?:a|the|une?|la|le)\s+(?:[\w'’-]+\s+){0,2}(?:town|village|city|locality|commune|ville|localité)\b"
    r"|,\s+(?:some\s+|about\s+|à\s+(?:environ\s+)?)?\d+\s?(?:km|kilom|miles)",
    re.IGNORECASE,
)
_WORD_BEFORE = re.compile(r"([^\W\d_][\w'’-]*)[ \u00a0]+$")
_WORD_AFTER = re.compile(r"[ \u00a0]+([^\W\d_][\w'’-]*)")
# Capitalised neighbours that make no longer name: the start of a sentence, a noun of place; a day, a month, an actor.
_NOUNS = frozenset((
    "camp", "base", "village", "town", "commune", "cercle", "circle", "region", "région", "district", "airport",
    "forest",
))  # fmt: skip
_PLAIN_BEFORE = _NOUNS | frozenset((
    "the", "in", "at", "near", "from", "of", "to", "on", "and", "into", "around", "outside", "between",
    "towards", "toward", "through", "la", "le", "les", "à", "a", "de", "dans", "vers", "sur", "entre", "et",
    "depuis",
))  # fmt: skip
_PLAIN_AFTER = _NOUNS | frozenset((
    "massacre", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
))  # fmt: skip

_RIVER_BEFORE = re.compile(
    r"(?:\b(?:rivers?|fleuve|rivière|sur\s+le|long\s+du|bords?\s+du|rives?\s+du|vallée\s+du|"
    r"(?:on|along|across|over)\s+the|"
    r"banks?\s+of\s+the|delta\s+(?:of\s+the|du|intérieur\s+du)|waters\s+of\s+the)\s+)$",
    re.IGNORECASE,
)
_RIVER_AFTER = re.compile(r"\s+(?:river|delta|bend|valley|basin)\b", re.IGNORECASE)
_STATE_AFTER = re.compile(
    r"(?:\s+|-)(?:army|border|junta|government|authorities|coup|regime|military|forces|soldiers|side|case|crisis|state|"
    r"president|capital|frontier|example|model)\b",
    re.IGNORECASE,
)
_ARTICLE_BEFORE = re.compile(r"\bthe\s+$", re.IGNORECASE)


def before(text: str, start: int) -> str:
    """Return the words of the line before a span."""
    return text[max(text.rfind("\n", 0, start) + 1, start - _WINDOW) : start]


def after(text: str, end: int) -> str:
    """Return the words of the line after a span."""
    return text[end : end + _WINDOW].split("\n", 1)[0]


def is_near(text: str, start: int, end: int) -> bool:
    """Tell whether the text speaks of the surroundings of a place, not of the place."""
    return bool(_NEAR_BEFORE.search(before(text, start)) or _NEAR_AFTER.match(after(text, end)))


def is_stretch(text: str, start: int, gap: str) -> bool:
    """Tell whether a place and the next one, behind a gap, are the ends of a stretch: "between Gao and Ansongo"."""
    return bool(_STRETCH.search(before(text, start)) and _STRETCH_GAP.fullmatch(gap))


def is_located(text: str, start: int, end: int) -> bool:
    """Tell whether the words around a name show that it is a place."""
    head, tail = before(text, start), after(text, end)
    if _PLACE_NOUN_AFTER.match(tail):
        return True
    return bool((_LOCATIVE.search(head) or _BARE_NOUN.search(head)) and not _NO_LOCATIVE.search(head))


def is_part_of_name(text: str, start: int, end: int, *, apart: frozenset[str]) -> bool:
    """Tell whether a name stands inside a longer capitalised one ("San Francisco"); words of `apart` make none."""
    head, tail = before(text, start), after(text, end)
    left, right = _WORD_BEFORE.search(head), _WORD_AFTER.match(tail)
    if left and _is_proper(left[1]) and left[1].casefold() not in _PLAIN_BEFORE:
        return not _PLACE_NOUN_AFTER.match(tail)
    return bool(right and _is_proper(right[1]) and right[1].casefold() not in _PLAIN_AFTER | apart)


def _is_proper(word: str) -> bool:
    return word[0].isupper() and not word.isupper()


def is_river(text: str, start: int, end: int) -> bool:
    """Tell whether "Niger" is the river: named as one, or "the Niger" without an army or a border after it."""
    head, tail = before(text, start), after(text, end)
    if _STATE_AFTER.match(tail):
        return False
    return bool(_RIVER_BEFORE.search(head) or _RIVER_AFTER.match(tail) or _ARTICLE_BEFORE.search(head))
