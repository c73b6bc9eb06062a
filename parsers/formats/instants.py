"""Instants as web pages write them: ISO 8601, seconds since 1970, words of ten languages, digits.

In: a string, and whether day stands before month in it. Out: an aware instant in UTC with what was missing
in it. A date without a time is 00:00 UTC of that day, a time without a zone is taken as UTC; both are told.
It must never guess which of two numbers is the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from parsers.formats.feed import AHEAD_MAX, EARLIEST

_LENGTH_MAX = 200  # characters; no date is longer
_ZONES = {"gmt": 0, "utc": 0, "tu": 0, "z": 0, "cet": 1, "cest": 2, "edt": -4, "est": -5, "bst": 1}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv januar jänner enero ene "
            "gennaio gen janeiro stycznia января янв січня يناير جانفي",
            "february feb février fevrier févr fév februar "
            "febrero febbraio fevereiro fev lutego февраля фев лютого "
            "فبراير فيفري",
            "march mar mars märz maerz mär marzo março marco marca марта березня مارس",
            "april apr avril avr abril abr aprile kwietnia апреля апр квітня أبريل ابريل إبريل أفريل",
            "may mai mayo maggio mag maio maja мая травня مايو ماي",
            "june jun juin juni junio giugno giu junho czerwca июня червня يونيو جوان",
            "july jul juillet juil juli julio luglio lug julho lipca июля липня يوليو جويلية",
            "august aug août aout agosto ago sierpnia августа авг серпня أغسطس اغسطس أوت",
            "september sept sep septembre septiembre setiembre settembre "
            "set setembro września сентября сен сент вересня سبتمبر",
            "october oct octobre oktober okt octubre ottobre ott "
            "outubro out października октября окт жовтня أكتوبر اكتوبر",
            "november nov novembre noviembre novembro listopada ноября ноя листопада نوفمبر",
            "december dec décembre decembre déc dezember dez diciembre "
            "dic dicembre dezembro grudnia декабря дек грудня ديسمبر",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_TIME = (
    r"(?:(?:\s*,|\s*[-–—|•·])?\s*(?:à|at|T|um|a las|às|alle|ore|o|в|о)?\s*"
    r"(?P<hour>\d{1,2})\s?(?:h|:|H|\.)\s?(?P<minute>\d{2})(?::\d{2})?"
    r"\s*(?P<half>[ap]\.?m\b\.?)?\s*\(?(?P<zone>GMT|UTC|TU|CEST|CET|EDT|EST|BST|[+-]\d{2}:?\d{2})?)?"
)
_WORDS = tuple(
    re.compile(pattern + _TIME, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d/.-])(?P<day>\d{{1,2}})(?:er|st|nd|rd|th|[.º°])?\s+(?:de\s+)?{_MONTH},?\s+(?:del?\s+)?"
        r"(?P<year>\d{4})(?!\d)",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?!\d)",
        r"(?<![\d/.-])(?P<year>\d{4})(?:[-/.]|年\s?)(?P<month>\d{1,2})(?:[-/.]|月\s?)(?P<day>\d{1,2})日?(?![\d/-])",
        r"(?<![\d/.-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\d/-])",
        r"(?<![\d/.-])(?P<first>\d{1,2})(?P<mark>\.)(?P<second>\d{1,2})\.(?P<year>\d{2})(?![\d.:/-])",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """An instant in UTC, and what its text left open."""

    at: datetime
    has_time: bool = True
    has_zone: bool = True

    def remarks(self, name: str) -> tuple[str, ...]:
        """Return what was missing, in words for the operator."""
        if not self.has_time:
            return (f"{name}: a date without a time",)
        return () if self.has_zone else (f"{name}: a time without a zone, taken as UTC",)


def read_instant(text: str, *, day_first: bool | None = None) -> Instant | None:
    """Return the instant that a string as a whole, or its first date in words or digits, stands for.

    `day_first` tells how 03/04/2024 is meant; None leaves it unread. None for what is no date.
    """
    plain = " ".join(text[:_LENGTH_MAX].split())
    return _iso(plain) or _epoch(plain) or next(instants_in(plain, day_first=day_first), None)


def instants_in(text: str, *, day_first: bool | None = None) -> Iterator[Instant]:
    """Yield the dates that stand in a text in words or digits, each pattern's in their order."""
    for pattern in _WORDS:
        for match in pattern.finditer(text):
            if found := _written(match.groupdict(), day_first):
                yield found


def believable(found: Instant | None, retrieved_at: datetime) -> bool:
    """Tell whether an instant can be that of a page fetched then."""
    return found is not None and EARLIEST <= found.at <= retrieved_at + AHEAD_MAX


def most_precise(found: Iterable[Instant]) -> Instant | None:
    """Return the first of several instants, or one with a time if it is of the same day."""
    known = list(found)
    if not known:
        return None
    first = known[0]
    timed = (other for other in known if other.has_time and other.at.date() == first.at.date())
    return first if first.has_time else next(timed, first)


def _iso(text: str) -> Instant | None:
    if not text[:4].isdigit():
        return None
    try:
        found = datetime.fromisoformat(text)
        at = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return Instant(at=at, has_time=len(text) > len("2024-03-12"), has_zone=found.tzinfo is not None)


def _epoch(text: str) -> Instant | None:
    if not (text.isascii() and text.isdigit() and len(text) in (10, 13)):
        return None
    return Instant(at=datetime.fromtimestamp(int(text[:10]), UTC))


def _written(parts: dict[str, str | None], day_first: bool | None) -> Instant | None:
    day, month = _day_and_month(parts, day_first)
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    if half := parts["half"]:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    try:
        at = datetime(_year(parts["year"] or ""), month, day, hour, minute, tzinfo=UTC) - _offset(parts["zone"])
    except (ValueError, OverflowError):
        return None
    return Instant(at=at, has_time=parts["hour"] is not None, has_zone=parts["zone"] is not None)


def _year(digits: str) -> int:
    """Return a year; two digits are of this century, the one that the web has been in."""
    return int(digits) if len(digits) > 2 else 2000 + int(digits or 0)


def _day_and_month(parts: dict[str, str | None], day_first: bool | None) -> tuple[int, int]:
    """Return day and month, zeros where two numbers leave open which is which."""
    if "first" not in parts:
        month = (parts["month"] or "").casefold()
        return int(parts["day"] or 0), int(month) if month.isdigit() else _MONTHS.get(month, 0)
    first, second = int(parts["first"] or 0), int(parts["second"] or 0)
    if day_first or first > 12 or first == second or parts["mark"] == ".":
        return first, second
    if day_first is False or second > 12:
        return second, first
    return 0, 0


def _offset(zone: str | None) -> timedelta:
    if not zone:
        return timedelta()
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return size if zone[0] == "+" else -size
    return timedelta(hours=_ZONES.get(zone.casefold(), 0))
