"""What the whole pipeline makes of articles that are edited, corrected, withdrawn, or flip between two texts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows.stages.editions import MOST_VERSIONS
from flows.stages.report import RunReport
from storage import articles, outbox, unkept
from storage.engine import open_store
from storage.integrity import verify
from storage.values import StoredVersion
from tests.flows.runs import NOON, Row, exported, of_kind, run

HEADLINE = "Thirty Russian fighters killed near Gao"
TOLD = (
    "At least 30 Africa Corps fighters were killed near Gao on 8 June 2025 when JNIM attacked their convoy, two "
    "security officials said. The attack lasted several hours, and the road was closed for the rest of the day."
)
REST = "Residents of the town heard shooting for most of the night, one of them told the newspaper by telephone."
NOTICE = "This article has been withdrawn: its source could not be verified."


class Page:
    """An article file that is edited, and read again an hour later."""

    def __init__(self, database: str, folder: Path, name: str = "gao.txt") -> None:
        self.database, self._file, self._at = database, folder / name, NOON

    def says(self, *paragraphs: str, headline: str = HEADLINE, after: timedelta = timedelta(hours=1)) -> RunReport:
        self._file.write_text("\n".join((f"**{headline}**", f"**{headline}**", *paragraphs)) + "\n", encoding="utf-8")
        self._at += after
        return run(self.database, self._file, as_of=self._at)

    def versions(self, article_id: int = 1) -> tuple[StoredVersion, ...]:
        with closing(open_store(self.database)) as store, store.read() as tx:
            return articles.versions(tx, article_id)

    def unkept(self) -> dict[str, int]:
        with closing(open_store(self.database)) as store, store.read() as tx:
            return {u.why: u.changes for u in unkept.of_article(tx, 1)}

    def attack(self) -> Row:
        return of_kind(exported(self.database, "developments"), "attack_on_forces")


@pytest.fixture
def page(database: str, tmp_path: Path) -> Iterator[Page]:
    """Give a page that was read once, and see at the end that the database is sound."""
    page = Page(database, tmp_path)
    first = page.says(TOLD, REST)
    assert [a.change for a in first.alerts] == ["new"]
    yield page
    with closing(open_store(database)) as store:
        assert verify(store) == ()


def test_a_corrected_toll_reaches_the_development_and_those_who_were_told(page: Page) -> None:
    report = page.says(TOLD.replace("30", "13"), REST, headline=HEADLINE.replace("Thirty", "Thirteen"))
    assert report.message == "1 updated"
    row = page.attack()
    assert (row["version"], row["fatalities"]["best"], row["independent_sources"]) == (2, 13, 1)
    (change,) = [c for c in row["changes"] if c["field"] == "fatalities"]
    assert (change["decision"], change["old"]["best"], change["new"]["best"]) == ("update", 30, 13)
    assert change["reason"] == "corrected by the same source"
    (alert,) = report.alerts
    assert (alert.change, alert.development_number) == ("correction", 2)
    assert "corrects what you were told by L1" in alert.reasons
    assert report.dispatched.sent == 1
    assert [v.edit and v.edit.kind for v in page.versions()] == [None, "fact"]


def test_a_headline_alone_that_is_corrected_corrects_the_development(database: str, tmp_path: Path) -> None:
    page = Page(database, tmp_path)
    told = TOLD.replace("30", "13")
    page.says(told, REST)
    assert page.attack()["fatalities"]["high"] == 30
    report = page.says(told, REST, headline=HEADLINE.replace("Thirty", "Thirteen"))
    assert [a.change for a in report.alerts] == ["correction"]
    fatalities = page.attack()["fatalities"]
    assert (fatalities["low"], fatalities["best"]) == (13, 13)


def test_a_correction_is_sent_though_the_article_is_old_by_now(page: Page) -> None:
    report = page.says(
        TOLD.replace("30", "13"), REST, headline=HEADLINE.replace("Thirty", "Thirteen"), after=timedelta(days=40)
    )
    assert [a.change for a in report.alerts] == ["correction"]


def test_where_nobody_was_told_nobody_gets_a_correction(database: str, tmp_path: Path) -> None:
    file = tmp_path / "gao.txt"
    for n, at in (("30", 0), ("13", 1)):
        file.write_text(f"**News**\n**News**\n{TOLD.replace('30', n)}\n", encoding="utf-8")
        report = run(database, file, as_of=NOON + timedelta(hours=at), alerts=False)
    assert report.alerts == ()
    assert of_kind(exported(database, "developments"), "attack_on_forces")["fatalities"]["best"] == 13


def test_a_withdrawn_article_retracts_what_rested_on_it(page: Page) -> None:
    report = page.says(NOTICE)
    assert [v.edit and v.edit.kind for v in page.versions()] == [None, "retraction"]
    row = page.attack()
    assert (row["status"], row["version"]) == ("retracted", 2)
    assert row["summary"].startswith("Retracted: ")
    (alert,) = report.alerts
    assert (alert.change, alert.development_id) == ("correction", int(row["id"][1:]))
    changes = exported(page.database, "changes")
    assert changes[-1]["change"] == "deleted"


def test_a_notice_under_another_headline_is_a_version_of_the_article(page: Page) -> None:
    page.says(NOTICE, headline="Retraction")
    assert len(exported(page.database, "articles")) == 1
    assert page.attack()["status"] == "retracted"


def test_what_another_newsroom_told_too_is_not_retracted(page: Page, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(
        "**Convoy hit**\n**Convoy hit**\nJNIM attacked an Africa Corps convoy near Gao on 8 June 2025, killing at "
        "least 30 fighters, a regional governor told Reuters. The bodies were flown out in two helicopters.\n",
        encoding="utf-8",
    )
    run(page.database, other, as_of=NOON + timedelta(hours=2))
    assert page.attack()["status"] == "confirmed"
    page.says(NOTICE, after=timedelta(hours=3))
    row = page.attack()
    assert (row["status"], row["independent_sources"], row["fatalities"]["low"]) == ("reported", 1, 30)


@pytest.mark.parametrize("headline", [HEADLINE, "Retraction"])
def test_what_is_told_again_after_a_retraction_is_new(page: Page, headline: str) -> None:
    page.says(NOTICE, headline=headline)
    report = page.says(TOLD, REST)
    assert [a.change for a in report.alerts] == ["new"]
    statuses = [r["status"] for r in exported(page.database, "developments") if r["kind"] == "attack_on_forces"]
    assert statuses == ["retracted", "reported"]
    assert len(exported(page.database, "articles")) == 1


@pytest.mark.parametrize(
    ("paragraphs", "headline", "kind"),
    [
        ((TOLD, REST.replace(",", ";")), HEADLINE, "trivial"),
        (("Updated 10 June 2025 at 14:05", TOLD, REST), HEADLINE, "trivial"),
        ((TOLD, REST.replace("shooting", "gunfire")), HEADLINE, "wording"),
        ((TOLD, REST), HEADLINE.replace("killed", "were killed"), "wording"),
    ],
    ids=["punctuation", "time stamp", "wording", "headline"],
)
def test_an_edit_of_no_fact_is_kept_and_alerts_nobody(
    page: Page, paragraphs: tuple[str, ...], headline: str, kind: str
) -> None:
    report = page.says(*paragraphs, headline=headline)
    assert (report.message, report.alerts) == ("nothing new", ())
    assert [v.edit and v.edit.kind for v in page.versions()] == [None, kind]
    assert any(f"v2, {kind} edit" in d.reason for d in report.dropped)


def test_a_page_that_flips_between_two_texts_has_three_versions_and_one_correction(page: Page) -> None:
    other = TOLD.replace("30", "13")
    reports = [page.says(text, REST) for text in (other, TOLD, other, TOLD, other, TOLD)]
    assert [[a.change for a in r.alerts] for r in reports] == [["correction"], [], [], [], [], []]
    told = page.versions()
    assert [v.edit and v.edit.returns_to for v in told] == [None, None, 1]
    assert page.unkept() == {"flapping": 2}  # the text of v3 itself is no change
    assert any("flips" in d.reason for d in reports[2].dropped)
    row = page.attack()
    assert row["fatalities"]["best"] == 30
    assert "flips" in row["alert_reasons"][0]


def test_a_page_that_stays_a_week_with_one_of_two_texts_is_believed(page: Page) -> None:
    other = TOLD.replace("30", "13")
    for text in (other, TOLD):
        page.says(text, REST)
    for day in range(9):  # the same article in other bytes, as a feed has it
        page.says(other, REST, *[""] * day, after=timedelta(days=1))
        assert page.unkept() == {"flapping": 1}  # it changed once, however often it was read
        assert page.attack()["fatalities"]["best"] == (30 if day <= 7 else 13)
    assert [v.edit and v.edit.returns_to for v in page.versions()] == [None, None, 1, None]


def test_a_page_that_flips_in_its_punctuation_only_has_two_versions(page: Page) -> None:
    for _ in range(3):
        page.says(TOLD, REST.replace(",", ";"))
        page.says(TOLD, REST)
    assert len(page.versions()) == 2


def test_a_page_that_changes_at_each_fetch_has_so_many_versions_and_the_rest_is_counted(page: Page) -> None:
    with closing(open_store(page.database)) as store, store.write() as tx:
        first = articles.get(tx, 1).version
        for number in range(1, MOST_VERSIONS):
            articles.add(
                tx, replace(first.article, paragraphs=(TOLD, f"{REST} {number}")), url_key=None, document_id=1,
                text_hash=str(number), language=None, family=first.family, relevance="relevant",
                relevance_reasons=(), now=NOON,
            )  # fmt: skip
    last = f"{REST} {MOST_VERSIONS - 1}"
    for words in ("rifle fire", "gunfire"):
        report = page.says(TOLD, last.replace("shooting", words))
        assert report.alerts == ()
    assert len(page.versions()) == MOST_VERSIONS
    assert page.unkept() == {"too many": 2}
    assert report.dropped[-1].reason.startswith("2 further changes not kept")
    assert [a.change for a in page.says(TOLD.replace("30", "13"), last).alerts] == ["correction"]  # a fact is heard
    assert [a.change for a in page.says(NOTICE).alerts] == ["correction"]


def test_every_version_is_still_there_as_it_stood(page: Page) -> None:
    page.says(TOLD.replace("30", "13"), REST)
    with closing(open_store(page.database)) as store, store.read() as tx:
        first = articles.get(tx, 1, as_of=NOON + timedelta(hours=1))
        assert "At least 30" in first.version.article.text
        assert len(outbox.alerts(tx)) == 2
