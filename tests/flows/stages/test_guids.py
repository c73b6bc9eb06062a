"""A feed whose guids are all made anew at once, the stories being the same: no new article, no alert."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.runs import NOON, exported
from tests.flows.stages.test_settle import Monitor, Site, running_site

HOUR = timedelta(hours=1)
STORIES = (
    (
        "Africa Corps convoy ambushed near Tessit",
        "Jihadists ambushed a convoy of the Malian army and of Africa Corps near Tessit on Monday, residents said. "
        "At least three Africa Corps fighters were killed and two vehicles were burnt, according to a local official.",
    ),
    (
        "Drone of the Malian army strikes a market in Ber",
        "A drone of the Malian army hit the weekly market of Ber on Sunday, a trader told us by telephone. "
        "Nine civilians died in the strike, among them two children, the trader said.",
    ),
    (
        "Wagner mercenaries leave their camp at Kidal",
        "The last Wagner mercenaries left the camp at Kidal on Saturday in a column of trucks, witnesses reported. "
        "Nobody knows where they are going; the governor of the region could not be reached.",
    ),
    (
        "Armed men kidnap a merchant in Menaka",
        "Unknown gunmen abducted a livestock merchant from his house in Menaka on Friday night, his brother said. "
        "The family has received no demand for a ransom so far.",
    ),
    (
        "Attack on an army post at Lere repelled",
        "Soldiers repelled an attack by JNIM on their post at Lere on Thursday at dawn, the general staff announced. "
        "It spoke of eleven assailants killed and of weapons seized.",
    ),
)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as made:
        yield made


def telling(site: Site, *, guid: str, links: bool = True) -> str:
    """Return a feed of five stories; {} in `guid` is the number of the story."""
    items = "".join(
        f"<item><title>{title}</title>"
        f'<guid isPermaLink="false">{guid.format(n)}</guid>'
        + (f"<link>{site.address}/mali/{n}-attack</link>" if links else "")
        + f"<description>{text}</description>"
        "<pubDate>Mon, 09 Jun 2025 08:00:00 GMT</pubDate></item>"
        for n, (title, text) in enumerate(STORIES)
    )
    return f'<rss version="2.0"><channel><title>Desk</title>{items}</channel></rss>'


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_fault_44_guids_made_anew_are_no_news(links: bool, site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages["/desk"] = (200, telling(site, guid="story-{}", links=links))
    monitor.run(NOON)
    before = exported(monitor.database, "developments")
    assert before
    site.pages["/desk"] = (200, telling(site, guid="post-9{}", links=links))
    report = monitor.run(NOON + HOUR)
    assert (report.message, report.alerts) == ("nothing new", ())
    assert exported(monitor.database, "developments") == before
    assert report.counts()["articles"] == 0
    assert [row["version"] for row in exported(monitor.database, "articles")] == [1] * len(STORIES)


def test_a_new_story_among_guids_made_anew_is_news(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    whole = telling(site, guid="story-{}")
    first = re.search("<item>.*?</item>", whole)
    assert first
    site.pages["/desk"] = (200, whole.replace(first[0], ""))
    monitor.run(NOON)
    site.pages["/desk"] = (200, telling(site, guid="post-9{}"))
    assert monitor.run(NOON + HOUR).counts()["articles"] == 1
    assert len(exported(monitor.database, "articles")) == len(STORIES)


def test_the_same_words_on_another_day_are_another_entry(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages["/desk"] = (200, telling(site, guid="story-{}", links=False))
    monitor.run(NOON)
    site.pages["/desk"] = (200, telling(site, guid="post-9{}", links=False).replace("Mon, 09 Jun", "Tue, 10 Jun"))
    assert monitor.run(NOON + HOUR).counts()["articles"] == len(STORIES)
