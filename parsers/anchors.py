"""What an article is anchored to in the world: its names, numbers and telling words, its days and figures.

In: a text and its folded words. Out: sets of short strings that stay the same when a text is told in other
words, and by which two texts can be told apart. Pure and without a model: English and French tables, and
whatever language is written with spaces. Texts without capitals have anchors, but no names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, chain

from parsers.text import fold, vocabulary

STEM = 5  # letters of a word that are kept: "attacked", "attaque" and "attackers" share them
SHORTEST = 3  # letters of a telling word
NUMBER = "#"  # begins the anchor of a number, so that a number is no word
LONGEST_NUMBER = 9  # digits; longer ones are telephone numbers and ids

# Words that stand in any article, whatever it tells: function words and the verbs of reporting.
_COMMON = vocabulary(
    "a about above across after again against ago all almost along already also although always am among an and "
    "another any anyone are around as at away back be became because been before began behind being below between "
    "both but by came can cannot come could did do does doing done down during each either else end enough even ever "
    "every far few first for former from further get give go going got had has have having he held her here him his "
    "how however i if in including instead into is it its itself just kept key know known last late later latest "
    "least left less let like likely long made main make many may me might more most much must my near nearly need "
    "never new next no nor not now of off often on once one only or other others our out over own part past people per "
    "place put rather recent recently remain right same saw see seen several shall she should side since so some soon "
    "still such take taken than that the their them themselves then there these they thing this those though through "
    "thus time times to today together too took toward towards under until up upon us use used very via was way we "
    "week weeks well went were what when where whether which while who whom whose why will with within without work "
    "would year years yet yesterday you your month months day days time "
    "said say says tell told according added adding asked called announced reported reportedly report reports "
    "statement stated claimed confirmed described explained expressed noted following despite due group groups "
    "significant various additional "
    "le la les des du de l et en au aux dans sur pour par pas plus ne se ce cet cette ces son sa ses leur leurs il "
    "elle ils elles on nous vous je qui que quoi dont ou mais donc car avec sans sous entre vers chez depuis apres "
    "avant pendant lors selon contre comme aussi ainsi alors tres tout tous toute toutes autre autres meme est sont "
    "etait etaient ete etre ont avait avaient avoir sera fait faire dit peut jour jours mois annee annees semaine "
    "der die das und den von zu mit im ist des auf fur als auch es werden aus er hat dass sie nach wird bei einer um "
    "sind noch wie einem uber zum war haben nur oder aber vor zur bis durch ein eine "
    "el los las y con una su lo como pero sus che di non della del nel alla una il gli per sono dal"
)
# Words of most news of politics and war, so that a database that has read little does not take them for rare.
_USUAL = vocabulary(
    "military army armed forces force soldiers troops fighters militants insurgents insurgency jihadist jihadists "
    "terrorist terrorism islamist rebels rebel mercenaries mercenary paramilitary security defense defence war "
    "conflict violence attack attacks fighting battle killed deaths dead died wounded injured civilians victims "
    "operation operations mission base camp weapons arms government president minister ministry officials "
    "official authorities state states country countries nation national international region regional north "
    "northern south southern east eastern west western central capital city town village area border leader "
    "leaders head chief commander spokesman members support power control rule coup junta transition election "
    "party parliament foreign relations agreement partners partner presence role influence withdrawal departure "
    "exit leave united nations european union france french russia russian american ukraine ukrainian africa "
    "african mali malian niger burkina faso sahel bamako wagner corps moscow washington paris situation crisis "
    "concerns increased continue decision announcement responsible human rights population local residents "
    "witnesses sources social media channel armee militaire militaires forces soldats combattants jihadistes "
    "terroristes rebelles mercenaires securite defense guerre conflit violences attaque attaques combats tues "
    "morts blesses civils operation base camp gouvernement president ministre autorites etat pays nord sud est "
    "ouest centre capitale ville village region frontiere chef porte parole presence retrait depart russes russe "
    "francais francaise maliens malienne nigerien afrique pouvoir accord situation population habitants sources"
)
_COUNTED = {
    word: str(value)
    for value, names in {
        2: "two deux", 3: "three trois", 4: "four quatre", 5: "five cinq", 6: "six", 7: "seven sept", 8: "eight huit",
        9: "nine neuf", 10: "ten dix", 11: "eleven onze", 12: "twelve douze", 13: "thirteen treize",
        14: "fourteen quatorze", 15: "fifteen quinze", 16: "sixteen seize", 17: "seventeen", 18: "eighteen",
        19: "nineteen", 20: "twenty vingt", 30: "thirty trente", 40: "forty quarante", 50: "fifty cinquante",
        60: "sixty soixante", 70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred cent", 1000: "thousand mille",
    }.items()
    for word in names.split()
}  # fmt: skip
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "january jan janvier", "february feb fevrier", "march mar mars", "april apr avril", "may mai",
            "june jun juin", "july jul juillet", "august aug aout", "september sept sep septembre",
            "october oct octobre", "november nov novembre", "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: names.split()[0]
    for names in (
        "monday lundi", "tuesday mardi", "wednesday mercredi", "thursday jeudi", "friday vendredi", "saturday samedi",
        "sunday dimanche",
    )
    for name in names.split()
}  # fmt: skip
_GROUPED = re.compile(r"\b\d{1,3}(?:[,.\u202f\xa0 ]\d{3})+\b")
_THOUSANDS = re.compile(r"\d[,.\u202f\xa0 ]\d{3}")  # found at once, where _GROUPED looks at every word
# A capital that no sentence begins with: after a small letter, a digit or a comma; or several capitals in a row.
# It is looked behind from the capital on, as a pattern that begins with that visits every character.
_NAME = re.compile(r"[A-ZÀ-Þ](?:(?<=[a-zß-ÿ0-9,;)’'] .)[^\W\d_]+|(?<!\w.)[A-ZÀ-Þ]+\b)")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_CASED = 3  # small letters to a capital: below, capitals tell nothing


def plain_numbers(text: str) -> str:
    """Return the text with "11,600" and "11 600" written as "11600"."""
    return _GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), text) if _THOUSANDS.search(text) else text


USUAL = frozenset(word[:STEM] for word in _USUAL)


_NO_STEM = _COMMON | _COUNTED.keys()


def anchor(word: str) -> str:
    """Return the anchor of a folded word, empty where it tells nothing."""
    number = _COUNTED.get(word, word)
    if number.isdecimal():
        return f"{NUMBER}{int(number)}" if len(number) <= LONGEST_NUMBER and int(number) > 1 else ""
    return "" if word in _COMMON or len(word) < SHORTEST else word[:STEM]


def anchors(words: Iterable[str]) -> frozenset[str]:
    """Return the anchors of folded words."""
    distinct = set(words)
    numerals = {word for word in distinct if word.isdecimal()} | (_COUNTED.keys() & distinct)
    stems = (word[:STEM] for word in distinct - _NO_STEM - numerals if len(word) >= SHORTEST)
    return frozenset(filter(None, chain(stems, map(anchor, numerals))))


def numbers(anchored: Iterable[str]) -> frozenset[str]:
    """Return those of some anchors that are numbers."""
    return frozenset(a for a in anchored if a[0] == NUMBER)


def names(text: str) -> frozenset[str]:
    """Return the anchors of the names in a text: what is written with a capital inside a sentence."""
    capitals = _CASED * sum(map(text.count, "AEIOU"))
    if all(small < capitals for small in accumulate(map(text.count, "aeiou"))):
        return frozenset()
    return anchors(fold(" ".join(set(_NAME.findall(text)))).split())


def weekdays(words: Collection[str]) -> frozenset[str]:
    """Return the days of the week that folded words name."""
    return frozenset(_WEEKDAYS[word] for word in _WEEKDAYS.keys() & words)


def days(words: Sequence[str]) -> frozenset[str]:
    """Return the days of the year that folded words name, as "8-13" for 13 August."""
    return frozenset(f"{_MONTHS[words[at]]}-{int(words[day])}" for at, day in _dates(words))


def years(words: Iterable[str]) -> frozenset[str]:
    """Return the years that folded words name."""
    return frozenset(word for word in words if len(word) == 4 and _YEAR.fullmatch(word))


def figures(words: Sequence[str]) -> frozenset[str]:
    """Return what folded words count, as "soldi=30" for "30 of the soldiers"; dates and years are no counts."""
    numerals = [at for at, word in enumerate(words) if word.isdecimal() or word in _COUNTED]
    dated = {day for _, day in _dates(words)} if numerals else set()
    found = set()
    for at in numerals:
        number = anchor(words[at])
        if number and at not in dated and not _YEAR.fullmatch(words[at]):
            beside = (mark for mark in map(anchor, words[at + 1 : at + 4]) if mark and mark[0] != NUMBER)
            if thing := next(beside, None):
                found.add(f"{thing}={number.removeprefix(NUMBER)}")
    return frozenset(found)


def _dates(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where months stand and where their days do: before them, else after them."""
    if _MONTHS.keys().isdisjoint(words):
        return
    for at, word in enumerate(words):
        if word in _MONTHS:
            beside = (i for i in (at - 1, at + 1) if 0 <= i < len(words) and _is_day(words[i]))
            if (day := next(beside, None)) is not None:
                yield at, day


def _is_day(word: str) -> bool:
    return word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= 31
