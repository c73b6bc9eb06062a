"""Copies: containment of word triples, windows of time, short texts with like headlines, notices that recur."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from flows.stages.copies import SHORT_WORDS, judge_copy
from parsers.prints import Prints, prints_of

VOCABULARY = [f"{a}{b}{c}" for a in "bdfglmnprst" for b in "aeiou" for c in ("ko", "li", "ma", "ndé", "ra", "sse")]
TITLE = "Soldiers leave a base"


def prose(count: int, seed: int = 0) -> str:
    """Return so many words, always the same ones for a seed."""
    chance = random.Random(seed)
    return " ".join(chance.choice(VOCABULARY) for _ in range(count))


def judged(one: str, other: str, *, title: str = TITLE, days: float = 0) -> float | None:
    found = judge_copy(prints_of(title, one), prints_of(TITLE, other), apart=timedelta(days=days))
    return found[0] if found else None


WHOLE = prose(400)


def mixed(share: float) -> str:
    """Return a text of which this share stands in WHOLE."""
    cut = round(400 * share)
    return f"{' '.join(WHOLE.split()[:cut])} {prose(400 - cut, seed=1)}"


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE.upper().replace(" ", ",  "),  # case and punctuation are nothing
        " ".join(WHOLE.split()[100:300]),
        f"{prose(300, seed=2)} {WHOLE} {prose(300, seed=3)}",
    ],
    ids=["same", "other marks", "cut", "framed"],
)
def test_a_copy_is_told_by_how_much_of_the_shorter_text_it_holds(text: str) -> None:
    assert judged(text, WHOLE) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "text", [prose(400, seed=9), "", "…", mixed(0.4)], ids=["other", "empty", "marks", "too little"]
)
def test_what_shares_too_little_is_a_text_of_its_own(text: str) -> None:
    assert judged(text, WHOLE) is None


@pytest.mark.parametrize(
    ("share", "days", "copy"),
    [
        (0.7, 0, True), (0.7, 4, True), (0.7, -4, True), (0.7, 4.01, False), (0.7, -4.01, False),
        (1.0, 4.01, True), (1.0, 30, True), (1.0, -30, True), (1.0, 30.01, False), (0.85, 10, False),
    ],
)  # fmt: skip
def test_the_more_is_shared_the_farther_apart_copies_may_be(share: float, days: float, copy: bool) -> None:
    assert (judged(mixed(share), WHOLE, days=days) is not None) is copy


@pytest.mark.parametrize(
    ("title", "copy"),
    [
        (TITLE, True),
        ("SOLDIERS LEAVE A BASE!", True),
        ("Soldiers leave a base in Mali, residents say", True),
        ("Price of rice rises in Bamako", False),
        ("", False),
    ],
)
def test_short_texts_are_copies_only_under_like_headlines(title: str, copy: bool) -> None:
    short, long = prose(SHORT_WORDS - 1), prose(SHORT_WORDS)
    assert (judged(short, short, title=title) is not None) is copy
    assert judged(long, long, title=title) is not None


NOTICE = (
    "The river at Koulikoro stood at {a} centimetres on {day}, the water office says, {b} less than a year before. "
    "Boats may carry {c} tonnes. Ferries leave {d} times a day as long as the level keeps above the mark, and the "
    "market quay is open to traders from all villages of the bank. The office tells the level to the radio daily."
)


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "day", "copy"),
    [
        (214, 31, 40, 6, "Monday", True),
        (215, 31, 40, 6, "Monday", True),  # one figure was corrected
        (187, 44, 35, 5, "Monday", False),
        (214, 31, 40, 6, "Thursday", False),
    ],
    ids=["same", "corrected", "other figures", "another day"],
)
def test_a_notice_that_recurs_is_no_copy(a: int, b: int, c: int, d: int, day: str, copy: bool) -> None:
    first = NOTICE.format(a=214, b=31, c=40, d=6, day="Monday")
    again = NOTICE.format(a=a, b=b, c=c, d=d, day=day)
    assert (judged(again, first, days=3) is not None) is copy


def test_a_long_quotation_that_both_print_makes_no_copy() -> None:
    said = f"“{prose(90, seed=4)}”"
    one, other = f"{prose(70, seed=5)} {said}", f"{prose(70, seed=6)} {said}"
    assert judged(one, other) is None
    assert judged(f"{one} {prose(5, seed=7)}", one) is not None


FRAME = (
    "Our reporters travel all regions of the country. Read what they saw, every morning before seven, in your mailbox, "
    "free of charge and without obligation. By signing up you agree to receive messages of our partners, which can be "
    "ended at any time by a line to the editors. All rights reserved, also those of reproduction and of translation."
)
FOUND = (
    "Boats with {bags} bags of rice were stopped at {place} by customs officers, who fined {men} men "
    "and kept {boats} boats."
)


@pytest.mark.parametrize(
    ("place", "bags", "men", "boats", "copy"),
    [
        ("Konna", 90, 7, 4, True),
        ("Konna", 80, 7, 4, True),  # one figure was corrected
        ("Konna", 80, 12, 9, False),
        ("Youwarou", 90, 7, 3, False),
    ],
    ids=["same", "corrected", "other figures", "another place"],
)
def test_the_frame_of_a_site_makes_no_copy_of_a_notice(place: str, bags: int, men: int, boats: int, copy: bool) -> None:
    def prints(place: str, **counts: int) -> Prints:
        return prints_of(f"Customs stop boats at {place}", f"{FOUND.format(place=place, **counts)}\n{FRAME}")

    first, again = prints("Konna", bags=90, men=7, boats=4), prints(place, bags=bags, men=men, boats=boats)
    assert (judge_copy(again, first, apart=timedelta(days=2)) is not None) is copy


def test_a_copy_under_another_headline_is_a_copy() -> None:
    text = FOUND.format(place="Konna", bags=90, men=7, boats=4) + " " + prose(80)
    one, other = prints_of("Rice stopped on the Niger", text), prints_of("Customs at Konna keep boats", text[:400])
    assert judge_copy(one, other, apart=timedelta(hours=3)) is not None


BACKGROUND = (
    "Mali has been ruled by the military since coups in 2020 and 2021. The junta ended its alliance with France and "
    "turned to Russia, first to the mercenaries of Wagner, then to Africa Corps, which answers to the Russian defence "
    "ministry. Jihadists of the Group for the Support of Islam and Muslims and of the Islamic State group control "
    "large parts of the north and centre of the country, and thousands of people have been killed since the war began."
)
CLAIM = "The army said that it had killed about twenty fighters in the bush near Hombori and seized their motorcycles."
CURFEW = (
    "A night curfew in the capital will last ten days longer, the governor decided after riots at filling stations."
)


def test_two_stories_on_one_shared_background_are_no_copies() -> None:
    told = prints_of("Army says it killed twenty near Hombori", f"{CLAIM}\n{BACKGROUND}")
    others = prints_of("Night curfew extended after riots", f"{CURFEW}\n{BACKGROUND}")
    assert judge_copy(others, told, apart=timedelta(hours=5)) is None
    retitled = prints_of("What we know of the raid", f"{BACKGROUND}\n{CLAIM}\n{prose(60)}")
    assert judge_copy(retitled, told, apart=timedelta(hours=5)) is not None


COMMUNIQUE = (
    "Dans le cadre de la surveillance du territoire, les vecteurs aériens ont traité un regroupement de terroristes "
    "dans la forêt de {one}, non loin de {other}. Le bilan provisoire fait état de plusieurs terroristes neutralisés "
    "et d'un lot important de matériels récupéré. Aucune perte n'est à déplorer côté ami. La hiérarchie salue les "
    "populations, les invite à garder leur calme et à ne donner aucun crédit à la propagande des réseaux sociaux."
)


@pytest.mark.parametrize(
    ("one", "other", "copy"),
    [("Kolongo", "Macina", True), ("Kolongo", "Massina", True), ("Tessit", "Ansongo", False)],
    ids=["same", "one name in another spelling", "other places"],
)
def test_a_communique_that_names_other_places_is_no_copy(one: str, other: str, copy: bool) -> None:
    title = "Communiqué de l'état-major des armées"
    first = prints_of(title, COMMUNIQUE.format(one="Kolongo", other="Macina"))
    again = prints_of(title, COMMUNIQUE.format(one=one, other=other))
    assert (judge_copy(again, first, apart=timedelta(days=3)) is not None) is copy


BOMB = (
    "Two soldiers died and four were injured on Monday when their vehicle struck a bomb on the road between {here} and "
    "Sokolo, a local official said. No group has claimed responsibility."
)


@pytest.mark.parametrize(("here", "copy"), [("Diabaly", True), ("Nampala", False)])
def test_a_brief_under_another_headline_is_a_copy_where_it_names_the_same(here: str, copy: bool) -> None:
    first = prints_of("Two soldiers killed by roadside bomb", BOMB.format(here="Diabaly"))
    again = prints_of("Mali: deadly blast", f"Mali: deadly blast\n{BOMB.format(here=here)}")
    assert (judge_copy(again, first, apart=timedelta(hours=3)) is not None) is copy


def test_a_day_that_stands_further_down_is_no_other_day() -> None:
    first, last = f"On 12 May it began. {prose(80)}", f"On 20 June it ended. {prose(80, seed=1)}"
    assert judged(f"{last} {first}", f"{first} {last}") is not None
    assert judged(first.replace("12 May", "19 May"), first) is None
