"""What a matched time expression means in days: a match and a publication date in, a `When` out.

The resolvers of times.py, one for each form of expression. They know no pattern and read no text beyond the
named groups of their match (d, m, y, d2, m2, y2; w, w2; n, u; part). Without a base a time stays unknown,
never today.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

from parsers.coding.numbers import number_value
from parsers.coding.values import When

Unit = Literal["day", "week", "month", "year"]
Resolve = Callable[[re.Match[str], date | None, str | None], When | None]

_MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
_ENGLISH_MONTHS = {"feb": 2, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mar", "mer", "jeu", "ven", "sam", "dim")
_UNITS: dict[str, Unit] = {
    "d": "day", "j": "day", "w": "week", "s": "week", "mo": "month", "y": "year", "a": "year",
}  # fmt: skip
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}  # for offsets: months and years are only near
_AHEAD = timedelta(days=1)  # where time zones differ, a text may be dated a day before its event
_LEAP_CYCLE = 9  # years back in which every day of the calendar, 29 February too, has occurred
_DEADLINE = re.compile(r"(?:until|till|by|before|jusqu['’]au|d['’]ici(?: le| au)?|avant le)(?: the)? $", re.IGNORECASE)
_BACKWARDS = frozenset({"earlier", "before", "previously", "plus tôt", "auparavant", "avant"})


def explicit_days(match: re.Match[str], published_on: date | None, _language: str | None) -> When | None:
    """Resolve a day, or a range of days, with or without a year."""
    parts = {"y": None, "y2": None, "m2": None, "d2": None, **match.groupdict()}
    month, day = _month_number(match["m"]), _day_number(match["d"])
    month2 = _month_number(parts["m2"]) if parts["m2"] else month
    day2 = _day_number(parts["d2"]) if parts["d2"] else day
    year2 = parts["y2"] or parts["y"]
    if year2 is None and published_on is None:
        return When(basis="explicit") if _date(2024, month, day) and _date(2024, month2, day2) else None
    last = _date(int(year2), month2, day2) if year2 else _past(month2, day2, published_on)
    if (
        last
        and published_on
        and not year2
        and _DEADLINE.search(match.string[max(0, match.start() - 16) : match.start()])
    ):
        last = _near(last, published_on)
    if last is None:
        return None
    first = _date(int(parts["y"]) if parts["y"] else last.year, month, day)
    if first and first > last:
        first = _date(last.year - 1, month, day)
    return When(start=first, end=last, precision="day", basis="explicit") if first else None


def iso_day(match: re.Match[str], _published_on: date | None, _language: str | None) -> When | None:
    """Resolve "2024-07-27"."""
    day = _date(int(match["y"]), int(match["m"]), int(match["d"]))
    return When(start=day, end=day, precision="day", basis="explicit") if day else None


def numeric_day(match: re.Match[str], _published_on: date | None, language: str | None) -> When | None:
    """Resolve "27/07/2024"; "04/07/2024" is 4 July in French, and in English known to the year only."""
    year, first, second = int(match["y"]), int(match["d"]), int(match["m"])
    if language == "en" and first != second and first <= 12 and second <= 12:
        return When(start=date(year, 1, 1), end=date(year, 12, 31), precision="year", basis="explicit")
    day = _date(year, second, first) or _date(year, first, second)
    return When(start=day, end=day, precision="day", basis="explicit") if day else None


def month_span(match: re.Match[str], published_on: date | None, _language: str | None) -> When:
    """Resolve a month, or a third of one ("early June"); without a year the latest begun one."""
    parts = {"y": None, "part": None, **match.groupdict()}
    month = _month_number(match["m"])
    if not parts["y"] and published_on is None:
        return When(basis="explicit")
    year = int(parts["y"]) if parts["y"] else published_on.year - (month > published_on.month)  # type: ignore[union-attr]
    length = monthrange(year, month)[1]
    first, last = ((1, 10), (11, 20), (21, length), (1, length))[_third(parts["part"])]
    return When(start=date(year, month, first), end=date(year, month, last), precision="month", basis="explicit")


def year_span(match: re.Match[str], _published_on: date | None, _language: str | None) -> When | None:
    """Resolve a year, a third of one ("late 2021"), or a span of years."""
    parts = {"y2": None, "part": None, **match.groupdict()}
    year = int(match["y"])
    year2 = int(match["y"][: 4 - len(parts["y2"])] + parts["y2"]) if parts["y2"] else year
    if year2 < year:
        return None
    first, last = ((1, 4), (5, 8), (9, 12), (1, 12))[_third(parts["part"])]
    end = date(year2, last, monthrange(year2, last)[1])
    return When(start=date(year, first, 1), end=end, precision="year", basis="explicit")


def weekday(match: re.Match[str], published_on: date | None, _language: str | None) -> When:
    """Resolve a weekday to the latest one not after publication; "last Friday" lies before it, "next Friday" after."""
    if published_on is None:
        return When(basis="weekday")
    words = f"{match['lead'] or ''} {match['trail'] or ''}".casefold()
    day = _latest(match["w"], published_on)
    if re.search(r"\b(?:last|dernier)\b", words) and day == published_on:
        day -= timedelta(weeks=1)
    if re.search(r"\b(?:next|prochain)\b", words):
        day += timedelta(weeks=1)
    return When(start=day, end=day, precision="day", basis="weekday")


def weekday_span(match: re.Match[str], published_on: date | None, _language: str | None) -> When:
    """Resolve "from Friday to Sunday", "dans la nuit de lundi à mardi"."""
    if published_on is None:
        return When(basis="weekday")
    last = _latest(match["w2"], published_on)
    return When(start=_latest(match["w"], last), end=last, precision="day", basis="weekday")


def relative(unit: Unit, steps: int) -> Resolve:
    """Return the resolver of the day, week, month or year `steps` away from publication."""

    def resolve(_match: re.Match[str], published_on: date | None, _language: str | None) -> When:
        if published_on is None:
            return When(basis="relative")
        first, last = _calendar(unit, steps, published_on)
        return When(start=first, end=last, precision=unit, basis="relative")

    return resolve


def vague(_match: re.Match[str], _published_on: date | None, _language: str | None) -> When:
    """Resolve "recently": relative, and no day known."""
    return When(basis="relative")


def overnight(_match: re.Match[str], published_on: date | None, _language: str | None) -> When:
    """Resolve the night before publication: two days."""
    if published_on is None:
        return When(basis="relative")
    return When(start=published_on - timedelta(days=1), end=published_on, precision="day", basis="relative")


def ago(match: re.Match[str], published_on: date | None, _language: str | None) -> When:
    """Resolve "three days ago", "il y a deux semaines"; weeks are three days wide on either side."""
    if published_on is None:
        return When(basis="relative")
    count, unit = _count(match["n"]), _unit(match["u"])
    if unit == "week":
        day = published_on - timedelta(weeks=count)
        return When(start=day - timedelta(days=3), end=day + timedelta(days=3), precision="week", basis="relative")
    first, last = _calendar(unit, -count, published_on)
    return When(start=first, end=last, precision=unit, basis="relative")


def past_span(match: re.Match[str], published_on: date | None, _language: str | None) -> When:
    """Resolve "over the past two weeks": the days up to publication."""
    if published_on is None:
        return When(basis="relative")
    days = _DAYS[_unit(match["u"])] * (_count(match["n"]) if match["n"] else 1)
    width: Unit = "week" if days <= 7 else "month" if days <= 31 else "year"
    return When(start=published_on - timedelta(days=days), end=published_on, precision=width, basis="relative")


def anchored(days: int, unit: Unit = "day") -> Resolve:
    """Return the resolver of a time told by its distance from the event before."""

    def resolve(_match: re.Match[str], _published_on: date | None, _language: str | None) -> When:
        return When(basis="anchored", offset_days=days, precision=unit)

    return resolve


def anchored_by(match: re.Match[str], _published_on: date | None, _language: str | None) -> When | None:
    """Resolve "two days later", "trois jours plus tôt"; years tie no two events of one report."""
    unit = _unit(match["u"])
    if unit == "year":
        return None
    days = _count(match["n"]) * _DAYS[unit]
    back = match["way"].casefold() in _BACKWARDS
    return When(basis="anchored", offset_days=-days if back else days, precision=unit)


def after_unknown(_match: re.Match[str], _published_on: date | None, _language: str | None) -> When:
    """Resolve "the following Monday": after an event, at a distance that is not told."""
    return When(basis="anchored")


def _month_number(name: str) -> int:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalpha())
    known = next((i + 1 for i, month in enumerate(_MONTHS) if plain.startswith(month)), None)
    return known or _ENGLISH_MONTHS[plain[:3]]


def _day_number(value: str) -> int:
    return int(re.sub(r"\D", "", value))


def _date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] else None


def _past(month: int, day: int, published_on: date | None) -> date | None:
    """Return the latest such day not after publication."""
    if published_on is None:
        return None
    found = (_date(published_on.year + 1 - back, month, day) for back in range(_LEAP_CYCLE + 1))
    return next((day for day in found if day and day <= published_on + _AHEAD), None)


def _near(day: date, published_on: date) -> date:
    """Return a deadline: the same day of the next year where that is nearer to publication."""
    following = _date(day.year + 1, day.month, day.day)
    return following if following and following - published_on < published_on - day else day


def _third(part: str | None) -> int:
    """Return which third of a span "early", "mi-", "fin" mean; 3 is the whole."""
    if not part:
        return 3
    if re.search("early|start|begin|début", part, re.IGNORECASE):
        return 0
    return 1 if re.match("mi", part.removeprefix("the "), re.IGNORECASE) else 2


def _latest(name: str, published_on: date) -> date:
    plain = name.casefold()
    number = 1 if plain == "mardi" else _WEEKDAYS.index(plain[:3]) % 7
    return published_on - timedelta(days=(published_on.weekday() - number) % 7)


def _unit(name: str) -> Unit:
    plain = name.casefold()
    return _UNITS[plain[:2] if plain.startswith("mo") else plain[0]]


def _count(words: str) -> int:
    """Return the number before a unit; "a", "une" and "a single" are one."""
    return number_value(words) or 1


def _calendar(unit: Unit, steps: int, published_on: date) -> tuple[date, date]:
    """Return first and last day of the unit `steps` away; the running one ends with publication."""
    if unit == "day":
        first = last = published_on + timedelta(days=steps)
    elif unit == "week":
        first = published_on - timedelta(days=published_on.weekday()) + timedelta(weeks=steps)
        last = first + timedelta(days=6)
    elif unit == "month":
        year, month = divmod(published_on.year * 12 + published_on.month - 1 + steps, 12)
        first, last = date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])
    else:
        first, last = date(published_on.year + steps, 1, 1), date(published_on.year + steps, 12, 31)
    return first, published_on if steps == 0 else last
