"""The language of a text, and that none is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.language import detect_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The army said on Monday that it had left the camp after an attack in which nine of its men were killed.",
        ),
        (
            "fr",
            "L’armée a dit lundi avoir quitté le camp après une attaque dans laquelle neuf de ses hommes ont été tués.",
        ),
        (
            "de",
            "Die Armee hat am Montag mitgeteilt, dass sie das Lager nach einem Angriff mit neun Toten verlassen hat.",
        ),
        (
            "es",
            "El ejército dijo el lunes que había dejado el campamento tras un ataque en el que murieron nueve hombres.",
        ),
        (
            "it",
            "L'esercito ha detto lunedì di aver lasciato il campo dopo un attacco nel quale sono morti nove uomini.",
        ),
        (
            "pt",
            "O exército disse na segunda-feira que deixou o campo depois de um ataque em que morreram nove homens.",
        ),
        (
            "pl",
            "Wojsko podało w poniedziałek, że opuściło obóz po ataku, w którym zginęło jego dziewięciu ludzi.",
        ),
        (
            "ru",
            "Армия сообщила в понедельник, что покинула лагерь после нападения, в котором были убиты девять человек.",
        ),
        ("uk", "Армія повідомила в понеділок, що залишила табір після нападу, в якому загинули дев'ять її бійців."),
        ("ar", "قال الجيش يوم الاثنين إنه غادر المعسكر بعد هجوم قتل فيه تسعة من رجاله في شمال البلاد"),
    ],
)
def test_language(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The army left.",
        "UN base in Mali: four dead, two wounded, seven missing, Wagner silent",
        "Gao Kidal Timbuktu Segou Mopti Sevare Menaka Ansongo Tessalit Aguelhok Ber",
        "Het leger zei maandag dat het kamp was verlaten na een aanval waarbij negen mannen omkwamen.",
        "Jeshi lilisema Jumatatu kwamba limeondoka kambini baada ya shambulio lililoua watu tisa wake.",
        "Ο στρατός είπε τη Δευτέρα ότι έφυγε από το στρατόπεδο μετά από επίθεση με εννέα νεκρούς.",
        "ارتش روز دوشنبه گفت که پس از حمله‌ای که نه نفر را کشت پایگاه را ترک کرده است",
        "Војска је у понедељак саопштила да је напустила логор после напада у коме је погинуло девет људи.",
        "12 34 56 78 90 12 34 56 78 90",
    ],
)
def test_no_guess(text: str) -> None:
    assert detect_language(text) is None


@given(st.text())
def test_any_text(text: str) -> None:
    assert detect_language(text) in {None, "en", "fr", "de", "es", "it", "pt", "pl", "ru", "uk", "ar"}
