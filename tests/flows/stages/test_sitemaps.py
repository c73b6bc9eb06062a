"""An index of news sitemaps: followed by one step, on its own host, within bounds."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows.stages.fetch import fetch
from flows.stages.read import read_document
from storage.source_values import Source, SourceState
from tests.flows.runs import NOON, exported
from tests.flows.stages.test_fetch import Door, fetched
from tests.flows.stages.test_settle import Monitor, Site, running_site
from tests.parsers.formats.sitemaps import index, loc, sitemap


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as made:
        yield made


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


def test_packed_sitemaps_and_indices_are_read() -> None:
    source = Source(key="desk", kind="sitemap", address="https://desk.example/news.xml.gz")
    part = "https://desk.example/1.xml.gz"
    door = Door(
        {
            address: replace(fetched("", url=address), body=gzip.compress(text.encode()), media_type="application/gzip")
            for address, text in ((source.address, index(loc(part))), (part, sitemap(1, 2)))
        }
    )
    found = fetch(source, SourceState(), door, NOON)
    assert [d.name for d in found.documents] == [part]
    read = read_document(found.documents[0], kind="sitemap")
    assert [a.url for a in read.reading.articles] == ["https://desk.example/a/1", "https://desk.example/a/2"]


def test_an_index_that_cannot_be_read_has_failed() -> None:
    source = Source(key="desk", kind="sitemap", address="https://desk.example/news.xml")
    text = f"<!DOCTYPE x [<!ENTITY a 'b'>]>{index(loc('/a.xml'))}"
    found = fetch(source, SourceState(), Door({source.address: fetched(text, url=source.address)}), NOON)
    assert "it declares entities" in (found.failed or "")
