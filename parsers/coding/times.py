"""The time expressions of one sentence: text and a publication date in, `When` values with their spans out.

English and French, by own patterns (what each means: dates.py): explicit dates, weekdays, relative words,
and words anchored to another event. A date without a year is the nearest past one. Numbers that merely look
like years are none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from parsers.coding import dates
from parsers.coding.beginnings import Beginnings, matches
from parsers.coding.flat import flatten
from parsers.coding.values import When

# English months need their capital ("may", "march" are words); French ones have none in prose.
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|March|Mar(?=\.)|April|Apr|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?|JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER"
    r"|[Jj]anv(?:ier)?|[Ff][ée]vr(?:ier)?|[Mm]ars|[Aa]vr(?:il)?|[Mm]ai|[Jj]uin|[Jj]uil(?:let)?|[Aa]o[ûu]t|[Ss]eptembre"
    r"|[Oo]ctobre|[Nn]ovembre|[Dd][ée]c(?:embre)?)(?!\w)(?:\.(?=,|\s+\d))?"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th|er)?(?![\w%])(?![.,]\d)"
_YEAR = r"(?:19|20)\d\d(?![\w%])(?![.,]\d)"
_WEEKDAY = (
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:MON|TUES|WEDNES|THURS|FRI|SATUR|SUN)DAY"
    r"|[Ll]undi|[Mm]ardi|[Mm]ercredi|[Jj]eudi|[Vv]endredi|[Ss]amedi|[Dd]imanche)(?!\w)"
)
_N = (
    r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|une?|deux|trois|quatre|cinq|sept"
    r"|huit|neuf|dix|onze|douze|quinze|vingt|\d{1,2})"
)
_FEW = r"(?:a few|several|some|a couple of|quelques|plusieurs)"
_UNIT = r"(?:days?|weeks?|months?|years?|jours?|semaines?|mois|ans?|années?)"
_TO = r"(?:\s*[-–—]\s*|\s+(?i:to|until|through|au|à)\s+(?:(?i:the|le)\s+)?)"
_AND = r"\s+(?i:and|et)\s+(?:(?i:the|le)\s+)?"
_PART = (
    r"(?i:(?P<part>early|mid|late|(?:the )?(?:start|beginning|middle|end)|début|mi|fin)(?:\s+|-)"
    r"(?:in\s+|of\s+|de\s+|d['’])?)"
)
_IN_MONTH = r"(?i:in|since|last|this|during|until|by|from|of|throughout|en|depuis|dès|de|d['’]|du mois de|courant)"
_COMMA = r"(?:,?\s+|,)"
_IN_YEAR_ONLY = r"(?i:in|since|en|depuis)"
_NEAR_YEAR = (
    r"(?i:during|until|by|before|after|throughout|from|of|the|a|year|and"
    r"|et|de|du|dès|avant|après|courant|année|l['’]an)"
)
# "the departure of 2000 soldiers" holds no year
_NOT_COUNTING = (
    r"(?!\s+(?:[^\W\d]+\s+)?(?:men|soldiers|troops|people|civilians|fighters|mercenaries|militants|refugees|hommes|soldats"
    r"|militaires|personnes|civils|combattants|mercenaires|réfugiés|victimes|morts|dead|deaths)(?!\w))"
)
_NIGHT = r"(?i:overnight(?: from)?|(?:in |during |on )?the night (?:of|from)|(?:dans )?la nuit (?:de|du))"
_NO_WEEKDAY = r"(?<![Ee]very )(?<![Ee]ach )(?<![Cc]haque )(?<!Black )(?<!Good )(?<!Bloody )(?<!The )"
_TRAIL = r"(?:morning|afternoon|evening|night|matin|soir|après-midi|nuit)(?: dernier)?|dernier|prochain"
_WAY = r"later|after(?:wards?)?|earlier|before|previously|plus tard|plus tôt|auparavant|après|avant"
_ABOUT = r"environ|près de|presque|à peine|plus de"
_W, _W2 = rf"(?P<w>{_WEEKDAY})", rf"(?P<w2>{_WEEKDAY})"
_SINCE = re.compile(r"(?:since|depuis)(?: at least| au moins)?(?: the| a| le| la)? ?$", re.IGNORECASE)
_NAMED_DAY = rf"(?:{_WEEKDAY},?\s+(?:(?i:the|le)\s+)?)?"
_D, _M, _Y = rf"(?P<d>{_DAY})", rf"(?P<m>{_MONTH})", rf"(?P<y>{_YEAR})"
_D2, _M2, _Y2 = rf"(?P<d2>{_DAY})", rf"(?P<m2>{_MONTH})", rf"(?P<y2>{_YEAR})"
_BETWEEN = r"(?:(?<!\w)(?P<between>(?i:between|entre))\s+(?:(?i:the|le)\s+)?)"


def _cased(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/])(?:{pattern})")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?!\w)", re.IGNORECASE)


# Tried in this order; a later rule never reads what an earlier one has taken.
_RULES: tuple[tuple[re.Pattern[str], dates.Resolve], ...] = (
    (re.compile(r"(?<![\d-])(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?![\d-])"), dates.iso_day),
    (re.compile(r"(?<![\d/.])(?P<d>\d\d?)([/.])(?P<m>\d\d?)\2(?P<y>(?:19|20)\d\d)(?!\d)"), dates.numeric_day),
    (_cased(rf"{_BETWEEN}{_D}\s+{_M}(?:{_COMMA}{_Y})?{_AND}{_D2}\s+{_M2}(?:{_COMMA}{_Y2})?"), dates.explicit_days),
    (_cased(rf"{_BETWEEN}{_M}\s+{_D}(?:{_COMMA}{_Y})?{_AND}{_M2}\s+{_D2}(?:{_COMMA}{_Y2})?"), dates.explicit_days),
    (_cased(rf"{_D}\s+{_M}(?:{_COMMA}{_Y})?{_TO}{_D2}\s+{_M2}(?:{_COMMA}{_Y2})?"), dates.explicit_days),
    (_cased(rf"{_M}\s+{_D}(?:{_COMMA}{_Y})?{_TO}{_M2}\s+{_D2}(?:{_COMMA}{_Y2})?"), dates.explicit_days),
    (_cased(rf"{_D}(?:{_TO}|{_AND}){_D2}(?:\s+of)?\s+{_M}(?:{_COMMA}{_Y})?"), dates.explicit_days),
    (_cased(rf"{_M}\s+{_D}(?:{_TO}|{_AND}){_D2}(?:{_COMMA}{_Y})?"), dates.explicit_days),
    (_cased(rf"{_NAMED_DAY}{_D}(?:\s+of)?\s+{_M}(?:{_COMMA}{_Y})?"), dates.explicit_days),
    (_cased(rf"{_NAMED_DAY}{_M}\s+{_D}(?:{_COMMA}{_Y})?"), dates.explicit_days),
    (_cased(rf"(?:{_PART})?{_M}{_COMMA}(?:of\s+|de\s+)?{_Y}"), dates.month_span),
    (_cased(rf"{_IN_MONTH}\s*(?<=[\s'’])(?P<t>(?:{_PART})?{_M})"), dates.month_span),
    (_cased(rf"{_PART}{_M}"), dates.month_span),
    (_cased(rf"{_BETWEEN}{_Y}{_AND}(?P<y2>{_YEAR})"), dates.year_span),
    (_cased(rf"(?<!-){_Y}(?:\s*[-–—]\s*|\s+(?i:to|à)\s+)(?P<y2>(?:(?:19|20)\d)?\d\d?)(?![\w-])"), dates.year_span),
    (_cased(rf"{_IN_YEAR_ONLY}(?:\s+|-)(?P<t>(?:{_PART})?{_Y})"), dates.year_span),
    (_cased(rf"{_NEAR_YEAR}(?:\s+|-)(?P<t>(?:{_PART})?{_Y}){_NOT_COUNTING}"), dates.year_span),
    (_cased(rf"{_PART}{_Y}"), dates.year_span),
    (re.compile(rf"\((?P<t>{_Y})\)"), dates.year_span),
    (re.compile(rf"^\W{{0,3}}(?P<t>{_Y})(?=\s+[^\W\d]){_NOT_COUNTING}"), dates.year_span),
    (re.compile(rf",\s+(?P<t>{_Y})(?=[.,;:)]|$)"), dates.year_span),
    # weekdays
    (_cased(rf"(?i:the (?:following|next))\s+{_WEEKDAY}|{_WEEKDAY}\s+(?:suivant|après)"), dates.after_unknown),
    (_cased(rf"(?:{_NIGHT}\s+)?{_W}(?:{_TO}){_W2}"), dates.weekday_span),
    (_cased(rf"{_BETWEEN}{_W}{_AND}{_W2}"), dates.weekday_span),
    (_cased(rf"{_NO_WEEKDAY}(?P<lead>(?i:last|next|this)\s+)?{_W}(?P<trail>\s+(?i:{_TRAIL})(?!\w))?"), dates.weekday),
    # anchored to the event before
    (_words(r"the day before yesterday|avant-hier"), dates.relative("day", -2)),
    (
        _words(r"the (?:following|next) day|the day after|le lendemain|le jour suivant|dès le lendemain"),
        dates.anchored(1),
    ),
    (_words(r"(?:the|that) same day|le même jour|(?:earlier|later) that day|ce jour-là|that day"), dates.anchored(0)),
    (_words(r"the day before|the previous day|la veille|le jour précédent"), dates.anchored(-1)),
    (_words(r"le surlendemain"), dates.anchored(2)),
    (_words(r"l['’]avant-veille"), dates.anchored(-2)),
    (_words(r"the (?:following|next) week|la semaine suivante"), dates.anchored(7, "week")),
    (_words(r"the (?:previous week|week before)|la semaine précédente"), dates.anchored(-7, "week")),
    (
        _words(rf"(?:{_N}|{_FEW}) ?(?:hours?|minutes?|heures?) (?:later|afterwards?|earlier|plus tard|plus tôt)"),
        dates.anchored(0),
    ),
    (_words(r"(?:hours|minutes) (?:later|afterwards?|earlier)"), dates.anchored(0)),
    (_words(rf"(?P<n>{_N}) (?P<u>{_UNIT}) (?P<way>{_WAY})"), dates.anchored_by),
    # relative to publication
    (_words(rf"{_FEW} {_UNIT} ago|il y a (?:{_FEW} {_UNIT}|peu)"), dates.vague),
    (_words(rf"(?P<n>{_N}) (?P<u>{_UNIT}) ago"), dates.ago),
    (_words(rf"il y a (?:{_ABOUT} )?(?P<n>{_N}) (?P<u>{_UNIT})"), dates.ago),
    (_words(r"(?:days|weeks|months|years) ago"), dates.vague),
    (
        _words(r"today|(?:earlier )?this (?:morning|afternoon|evening)|tonight|aujourd['’]hui|ce (?:matin|soir|jour)"),
        dates.relative("day", 0),
    ),
    (
        _words(r"yesterday(?: (?:morning|afternoon|evening))?|last night|hier(?: (?:matin|soir))?"),
        dates.relative("day", -1),
    ),
    (_words(r"tomorrow|demain"), dates.relative("day", 1)),
    (_words(r"overnight|dans la nuit(?! d[eu'’])|la nuit dernière|cette nuit"), dates.overnight),
    (_words(r"last week|la semaine (?:dernière|passée)"), dates.relative("week", -1)),
    (_words(r"(?:earlier |later )?this week|cette semaine"), dates.relative("week", 0)),
    (_words(r"next week|la semaine prochaine"), dates.relative("week", 1)),
    (_words(r"last month|le mois (?:dernier|passé)"), dates.relative("month", -1)),
    (_words(r"(?:earlier |later )?this month|ce mois(?:-ci)?"), dates.relative("month", 0)),
    (_words(r"next month|le mois prochain"), dates.relative("month", 1)),
    (_words(r"last year|l['’](?:an|année) (?:derni(?:er|ère)|passée?)"), dates.relative("year", -1)),
    (_words(r"(?:earlier |later )?this year|cette année"), dates.relative("year", 0)),
    (_words(r"next year|l['’](?:an|année) prochaine?"), dates.relative("year", 1)),
    (
        _words(r"(?:the|in|over|during) (?:past|last|recent) (?:(?:few|several) )?(?:days|weeks|months|years)"),
        dates.vague,
    ),
    (_words(r"(?:ces|les|des) derni(?:ers|ères) (?:jours|semaines|mois|années|temps)"), dates.vague),
    (_words(rf"the (?:past|last) (?:(?P<n>{_N}) )?(?P<u>{_UNIT})"), dates.past_span),
    (_words(rf"(?:ces|les|des) (?P<n>{_N}) derni(?:ers|ères) (?P<u>{_UNIT})"), dates.past_span),
    (_words(r"recently|lately|récemment|dernièrement"), dates.vague),
)


_DIGIT = re.compile(r"\d")
_DATED = {number for number, (pattern, _) in enumerate(_RULES) if {"d", "y"} & pattern.groupindex.keys()}
_WITH_DIGITS = Beginnings({number: _RULES[number][0] for number in sorted(_DATED)})
_OF_WORDS = Beginnings({number: pattern for number, (pattern, _) in enumerate(_RULES) if number not in _DATED})


def find_times(
    text: str, *, start: int, end: int, published_on: date | None, language: str | None
) -> tuple[tuple[When, int, int], ...]:
    """Return the times of the sentence `text[start:end]` with their spans, in text order; offsets are those of `text`.

    `language` settles numeric dates only: "04/07/2024" is 4 July in French, and may be April in English.
    """
    sentence = text[start:end]
    begun = _OF_WORDS.among(flatten(text), start, end)
    if _DIGIT.search(sentence):
        begun |= _WITH_DIGITS.among(flatten(text), start, end)
    found: list[tuple[When, int, int]] = []
    for rule, starts in sorted(begun.items()):
        pattern, resolve = _RULES[rule]
        for match in matches(pattern, sentence, [at - start for at in starts] if starts else None, end=end - start):
            first, last = match.span("t") if "t" in pattern.groupindex else match.span()
            if any(first < other_last and other_first < last for _, other_first, other_last in found):
                continue
            when = resolve(match, published_on, language)
            if when is None:
                continue
            if when.start is not None and _SINCE.search(sentence[max(0, first - 24) : first]):
                when = replace(when, end=None)  # a state begins: it is no day's event
            found.append((replace(when, surface=sentence[first:last]), first, last))
    found.sort(key=lambda item: item[1])
    return tuple((when, start + first, start + last) for when, first, last in found)
