"""An index of news sitemaps: followed by one step, on its own host, within bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows.stages.sitemaps import MOST_SITEMAPS, listed_sitemaps
from parsers.article import Document
from tests.flows.runs import NOON, exported
from tests.flows.stages.test_settle import Monitor, Site, running_site

ADDRESS = "https://desk.example/news-index.xml"


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as made:
        yield made


def index(*entries: str) -> str:
    listed = "".join(f"<sitemap>{entry}</sitemap>" for entry in entries)
    return f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'


def loc(address: str, day: int | None = None) -> str:
    return f"<loc>{address}</loc>" + (f"<lastmod>2025-06-{day:02}T08:00:00Z</lastmod>" if day else "")


def sitemap(*numbers: int) -> str:
    urls = "".join(
        f"<url><loc>https://desk.example/a/{n}</loc><news:news><news:title>Attack {n} near Tessit</news:title>"
        "<news:publication_date>2025-06-09T08:00:00Z</news:publication_date></news:news></url>"
        for n in numbers
    )
    name = "http://www.google.com/schemas/sitemap-news/0.9"
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="{name}">{urls}</urlset>'


def listed(text: str) -> tuple[str, ...]:
    return listed_sitemaps(Document(source="desk", name=ADDRESS, url=ADDRESS, body=text.encode(), retrieved_at=NOON))


def test_an_index_is_followed_on_every_visit(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, kind="sitemap")
    site.pages |= {
        "/desk": (200, index(loc("/s?from=0&amp;n=2"), loc(f"{site.address}/s?from=2"))),
        "/s?from=0&n=2": (200, sitemap(1, 2)),
        "/s?from=2": (200, sitemap(3)),
    }
    monitor.run(NOON)
    assert len(exported(monitor.database, "articles")) == 3
    site.pages["/s?from=0&n=2"] = (200, sitemap(4, 1))
    monitor.run(NOON + timedelta(hours=1))
    assert len(exported(monitor.database, "articles")) == 4
    assert [a[:2] for a in monitor.attempts()] == [("ok", 200)] * 2
    assert monitor.attempts()[0] == ("ok", 200, 3, 3)
    assert [status for path, _, status in site.asked if path == "/desk"] == [200, 200]


def test_an_index_of_an_index_is_not_followed(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, kind="sitemap")
    site.pages |= {"/desk": (200, index(loc("/2"))), "/2": (200, index(loc("/3"))), "/3": (200, sitemap(1))}
    report = monitor.run(NOON)
    assert [path for path, _, _ in site.asked if path != "/robots.txt"] == ["/desk", "/2"]
    assert len(report.failed) == 1


def test_an_index_whose_sitemaps_fail_has_failed(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, kind="sitemap")
    site.pages["/desk"] = (200, index(loc("/gone")))
    (failed,) = monitor.run(NOON).failed
    assert "none of its 1 sitemaps could be had" in (failed.failed or "")


def test_the_newest_come_first_and_not_too_many() -> None:
    entries = [loc(f"https://desk.example/{day}.xml", day) for day in range(1, 20)]
    newest = [f"https://desk.example/{day}.xml" for day in range(19, 19 - MOST_SITEMAPS, -1)]
    assert list(listed(index(*entries))) == newest
    undated = [f"https://desk.example/{n}.xml" for n in range(3)]
    assert list(listed(index(*map(loc, undated)))) == undated


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("<loc> <![CDATA[/a.xml]]> </loc>", ("https://desk.example/a.xml",)),
        (loc("https://elsewhere.example/a.xml"), ()),
        (loc("https://desk.example:8443/a.xml"), ()),
        (loc("http://127.0.0.1/a.xml"), ()),
        (loc("file:///etc/passwd"), ()),
        (loc(ADDRESS), ()),
        (loc("/a.xml") * 3, ("https://desk.example/a.xml",)),
        ("<lastmod>2025-06-01</lastmod>", ()),
    ],
)
def test_addresses_of_an_index(entry: str, found: tuple[str, ...]) -> None:
    assert listed(index(entry)) == found


@pytest.mark.parametrize("text", ["", "<rss/>", sitemap(1), "<html><sitemapindex>", "x" * 100])
def test_what_is_no_index_names_none(text: str) -> None:
    assert listed(text) == ()


HOSTILE = {
    "entries": "<sitemapindex>" + "<sitemap>" * 1_000_000,
    "fields": "<sitemapindex><sitemap>" + "<loc>" * 1_500_000,
    "spaces": "<sitemapindex><sitemap><loc>" + " " * 9_000_000,
    "comments": "<!---->" * 1_000_000,
    "prefix": "<" + "a" * 9_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_index_is_read_soon(text: str) -> None:
    started = time.monotonic()
    listed(text)
    assert time.monotonic() - started < 10
