"""The message of an alert: what it holds, in three forms, and that foreign words stay words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup

from flows.stages.compose import compose
from flows.stages.follow_up import FollowUp
from flows.stages.wording import (
    change_words,
    date_words,
    figures,
    independent_words,
    news_quotes,
    source_of,
    sources_of,
    standing_words,
    when_words,
    where_words,
)
from parsers.coding.values import Description, When
from storage.values import Change, Fatalities
from tests.flows.stages.told_samples import GAO, NOON, SUNDAY, TOLL, alert, development, report, state, version

HOSTILE = '<script>alert("x")</script> & {{ 7 * 7 }} {% raw %} </blockquote>'


def test_a_message_holds_all_that_is_known_in_all_its_forms() -> None:
    message = compose(alert(), development())
    assert (message.uid, message.created_at, message.thread) == ("alert_00ff", NOON, None)
    assert message.subject == f"New: {state().summary}"
    page = BeautifulSoup(message.html, "html.parser").get_text(" ")
    for told in (
        "Gao, Mali", "Sunday 8 June 2025", "reported; a claim of JNIM",
        "Battles / Armed clash", "killed: over 30 men (JNIM)",
        "backed by Moscow", "Ambush number 1.", "River Daily", "citing AFP", "said by JNIM",
        "rule watched-development: All of the watched", "sahelwatch show D12", "sahelwatch why L3",
    ):  # fmt: skip
        assert told in message.text
        assert told in page
    assert state().summary in page
    assert "https://www.river-daily.example/1" in message.text
    assert 'href="https://www.river-daily.example/1"' in message.html


@pytest.mark.parametrize(
    ("change", "kind", "head"),
    [
        ("new", "development.new", "New"),
        ("update", "development.updated", "Update"),
        ("corroboration", "development.updated", "Confirmed"),
        ("contradiction", "development.contradicted", "Disputed"),
        ("correction", "development.corrected", "Correction"),
    ],
)
def test_the_kind_of_change_is_the_first_word(change: str, kind: str, head: str) -> None:
    message = compose(alert(change=change), development())
    assert message.type == kind
    assert message.subject.startswith(f"{head}: ")
    assert head in message.html


def test_fault_86_foreign_words_are_no_markup_and_no_template() -> None:
    hostile = report(quote=HOSTILE, outlet=HOSTILE, attributed_to=(HOSTILE,), claimant=HOSTILE, url=f'x"><{HOSTILE}')
    of = state(
        summary=HOSTILE,
        place=replace(GAO, name=HOSTILE),
        quantities=(replace(TOLL, surface=HOSTILE, claimant=HOSTILE),),
        descriptions=(Description(actor_id="wagner_group", text=HOSTILE, start=0, end=9),),
    )
    changes = (Change(field="place", old=HOSTILE, new="Gao", reason=HOSTILE),)
    held = development(version(of=of, changes=changes), reports=(hostile,))
    message = compose(alert(reasons=(HOSTILE,)), held)
    page = BeautifulSoup(message.html, "html.parser")
    assert page.find_all("script") == []
    assert len(page.find_all("blockquote")) == 1
    assert page.get_text().count(HOSTILE) >= 9
    assert "{{ 7 * 7 }}" in message.text
    assert "49" not in message.text
    assert HOSTILE in message.text


@pytest.mark.parametrize("words", ["{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "{0.__class__}", "${7*7}", "%(x)s"])
def test_fault_88_what_looks_like_a_template_is_words(words: str) -> None:
    held = development(version(of=state(summary=words)), reports=(report(quote=words),))
    message = compose(alert(), held)
    assert message.subject == f"New: {words}"
    assert message.text.count(words) == 1
    assert BeautifulSoup(message.html, "html.parser").get_text().count(words) == 3  # title, headline, quote


def test_a_link_of_a_report_is_an_address_of_the_web() -> None:
    held = development(reports=(report(url="https://www.river-daily.example/?a=1&b=2"),))
    (link,) = BeautifulSoup(compose(alert(), held).html, "html.parser").find_all("a")
    assert link["href"] == "https://www.river-daily.example/?a=1&b=2"


def test_a_script_for_an_address_is_no_link() -> None:
    held = development(reports=(report(url="javascript:alert(1)"),))
    page = BeautifulSoup(compose(alert(), held).html, "html.parser")
    assert [a["href"] for a in page.find_all("a")] == []


def test_the_subject_is_one_line() -> None:
    assert compose(alert(), development()).subject.splitlines() == [f"New: {state().summary}"]


def test_a_hostile_claimant_adds_no_line_to_the_subject() -> None:
    of = state(summary="JNIM ambushes Wagner Group, according to a source\r\nBcc: all@example.org")
    assert len(compose(alert(), development(version(of=of))).subject.splitlines()) == 1


def test_data_is_json_with_the_fields_of_the_webhook() -> None:
    change = Change(
        field="fatalities", old={"low": 30, "best": 30, "high": None}, new={"low": 60, "best": 60, "high": None},
        reason="told by RFI",
    )  # fmt: skip
    message = compose(
        alert(change="update"),
        development(version(changes=(change,))),
        follow=FollowUp(change="update", changes=(change,), thread="alert_0001"),
    )
    data = json.loads(json.dumps(dict(message.data)))
    assert set(data) == {"alert", "alerts", "development", "changes", "evidence", "since", "thread", "url"}
    assert data["thread"] == {"id": "alert_0001", "previous": None}
    assert data["alert"] == {
        "id": "L3", "uid": "alert_00ff", "change": "update", "rule": "watched-development", "severity": "high",
        "reasons": list(alert().reasons), "created_at": "2025-06-09T12:00:00+00:00",
    }  # fmt: skip
    assert data["development"] == {
        "id": "D12", "version": 1, "summary": state().summary, "kind": "ambush", "event_type": "Battles",
        "sub_event_type": "Armed clash", "modality": "claimed", "status": "reported", "watched": True,
        "actors": [{"name": "JNIM", "role": "agent"}, {"name": "Wagner Group", "role": "target"}],
        "place": "Gao", "date": "2025-06-08", "time_precision": "day",
        "fatalities": {"low": 30, "best": 30, "high": None},
    }  # fmt: skip
    assert data["changes"][0]["field"] == "fatalities"
    assert data["evidence"] == [
        {
            "external_id": "a1.txt", "outlet": "River Daily", "claimant": "JNIM", "quote": "Ambush number 1.",
            "url": "https://www.river-daily.example/1",
        }
    ]  # fmt: skip
    assert data["url"] == "https://www.river-daily.example/1"
    assert message.thread == "alert_0001"


def test_a_message_speaks_of_the_version_that_was_alerted() -> None:
    later = version(2, state(summary="Later", fatalities=Fatalities(low=60, best=60)), decision="update")
    message = compose(alert(1), development(version(1), later))
    assert message.subject == f"New: {state().summary}"
    assert message.data["development"]["fatalities"] == {"low": 30, "best": 30, "high": None}


def test_changes_are_told_from_old_to_new() -> None:
    toll = Change(
        field="fatalities", old={"low": None, "best": None, "high": None}, new={"low": 60, "best": 60, "high": 60},
        reason="told by RFI",
    )  # fmt: skip
    assert change_words(toll) == "killed: none told → 60 (told by RFI)"
    place = Change(field="place", old=None, new="Gao", reason="told by a report")
    assert change_words(place) == "place: unknown → Gao"
    actors = Change(field="independent_sources", old=1, new=2, reason="another source")
    assert change_words(actors) == "independent sources: 1 → 2 (another source)"
    names = Change(field="actors", old=[], new=["JNIM", "Wagner Group"], reason="told by a report")
    assert change_words(names) == "actors: none → JNIM, Wagner Group"
    day = Change(field="date", old="2025-06-07", new=None, reason="told by a report")
    assert change_words(day) == "date: 7 June 2025 → unknown"
    watched = Change(field="watched", old=False, new=True, reason="told by a report")
    assert change_words(watched) == "watched: no → yes"


def test_quotes_are_of_news_once_each_and_the_rest_is_counted() -> None:
    reports = (*(report(n) for n in range(1, 9)), report(1), report(20, role="background"))
    assert [r.article_id for r in news_quotes(reports)] == list(range(1, 9))
    message = compose(alert(), development(reports=reports))
    assert "Ambush number 6." in message.text
    assert "Ambush number 7." not in message.text
    assert "… and 2 more" in message.text


def test_a_possible_repeat_says_so() -> None:
    told = compose(alert(), development(), possible_repeat=True)
    assert "You may have had this message before" in told.text
    assert "You may have had this message before" in told.html
    assert told.possible_repeat
    assert "before" not in compose(alert(), development()).text


@pytest.mark.parametrize(
    ("when", "anchor", "words"),
    [
        (SUNDAY, None, "2025-06-08 (day)"),
        (replace(SUNDAY, end=date(2025, 6, 10)), None, "2025-06-08 to 2025-06-10 (day)"),
        (replace(SUNDAY, basis="publication"), None, "not told; reported on 2025-06-08"),
        (When(), None, "not told"),
        (When(basis="anchored", offset_days=1), 7, "1 day after D7; no date told"),
    ],
)
def test_when_words(when: When, anchor: int | None, words: str) -> None:
    assert when_words(state(when=when, anchor_development=anchor)) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (SUNDAY, "Sunday 8 June 2025"),
        (replace(SUNDAY, end=date(2025, 6, 10)), "8 June 2025 to 10 June 2025"),
        (replace(SUNDAY, end=date(2025, 6, 14), precision="week"), "8 June 2025 to 14 June 2025"),
        (replace(SUNDAY, end=date(2025, 6, 30), precision="month"), "June 2025"),
        (replace(SUNDAY, end=date(2025, 12, 31), precision="year"), "2025"),
        (replace(SUNDAY, basis="publication"), "not told; reported on 8 June 2025"),
        (When(basis="anchored", offset_days=0), "the same day as D7; no date told"),
        (When(basis="anchored", offset_days=-2), "2 days before D7; no date told"),
        (When(), "not told"),
    ],
)
def test_date_words(when: When, words: str) -> None:
    anchor = 7 if when.basis == "anchored" else None
    assert date_words(state(when=when, anchor_development=anchor)) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"modality": "asserted", "status": "confirmed"}, "confirmed"),
        ({"modality": "claimed", "status": "disputed"}, "disputed; a claim of JNIM"),
        ({"modality": "claimed", "claimant": None}, "reported; a claim"),
        ({"modality": "announced"}, "reported; announced"),
        ({"modality": "denied", "status": "denied"}, "denied"),
    ],
)
def test_how_sure_it_is(fields: dict[str, Any], words: str) -> None:
    assert standing_words(state(**fields)) == words


def test_where_words() -> None:
    assert where_words(state(place=None)) == "not told"
    assert where_words(state()) == "Gao, Mali"
    assert where_words(state(place=replace(GAO, name="Ansongo"))) == "Ansongo, Gao, Mali"
    assert where_words(state(place=replace(GAO, name="Mali", region=None))) == "Mali"


def test_figures_and_sources_are_told_with_who_says_them() -> None:
    aggregate = replace(TOLL, surface="84 men", claimant=None, scope="aggregate")
    assert figures(state(quantities=(TOLL, aggregate))) == ["killed: over 30 men (JNIM)", "killed: 84 men, aggregate"]
    assert source_of(report()) == "River Daily, citing AFP"
    assert source_of(report(outlet=None, attributed_to=())) == "a1.txt"
    assert source_of(report(outlet="AFP")) == "AFP"


def test_a_figure_is_told_once_with_all_who_say_it() -> None:
    headline = replace(TOLL, surface="Over 30 men", claimant=None)
    other = replace(TOLL, surface="more than 30 Russians", claimant="residents")
    fewer = replace(TOLL, low=5, best=5, surface="five men", claimant=None)
    assert figures(state(quantities=(headline, TOLL, other, fewer))) == [
        "killed: over 30 men (JNIM and residents)", "killed: five men",
    ]  # fmt: skip


def test_what_one_article_says_stands_together() -> None:
    said = report(1, mention_id=2, start=20, end=40, quote="They came at dawn.", claimant="residents")
    other = report(2, outlet="Sahel Wire", url="javascript:alert(1)", attributed_to=(), published_at=None)
    first, second = sources_of([said, report(1), other])
    assert (first.quotes, first.credit) == (
        ("Ambush number 1.", "They came at dawn."), "9 June 2025, citing AFP, said by residents and JNIM",
    )  # fmt: skip
    assert (second.name, second.url, second.credit) == ("Sahel Wire", None, "undated, said by JNIM")
    assert independent_words(2, [first, second]) == "2 independent: River Daily, Sahel Wire"
    assert independent_words(1, [first, second]) == "1 independent, printed by River Daily, Sahel Wire"


def test_a_follow_up_tells_the_new_reports_first() -> None:
    later = version(2, state(fatalities=Fatalities(low=60, best=60)), decision="update")
    reports = (report(1, development_version_id=1), report(2, development_version_id=2))
    held = development(version(1), later, reports=reports)
    known = FollowUp(change="update", changes=(), since=NOON, since_number=1)
    message = compose(alert(2, change="update"), held, follow=known)
    parts = ("New reports", "Ambush number 2.", "Reports of what you were told before", "Ambush number 1.")
    for told in (message.text, BeautifulSoup(message.html, "html.parser").get_text()):
        places = [told.index(part) for part in parts]
        assert places == sorted(places)
