"""Entries of feeds that take the text of their pages, on a server of the test: at once, later, or never."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.stages import complete as stage
from flows.stages import hostile
from flows.stages.complete import MOST_PAGES, PAUSES, complete
from flows.stages.http_values import Request
from flows.stages.read import read_document
from parsers.article import Document
from storage import sources
from storage.engine import Store, open_store
from tests.flows.runs import NOON, exported
from tests.flows.stages.hostile_server import Asked, HostileServer, Write, kept, opened, running_server
from tests.flows.stages.hostile_server import page as answer
from tests.flows.stages.test_fetch import FEED, SENTENCES, SUMMARY, Answer, Door, broken, feed, fetched, page
from tests.flows.stages.test_fetch import unchanged as not_modified
from tests.flows.stages.test_settle import LOGIN, Monitor, Site, running_site

PAGES = {n: f"https://desk.example/a/{n}" for n in (1, 2)}
WANTING = replace(FEED, fetch_pages=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/local.db")) as opened_store:
        with opened_store.write() as tx:
            sources.ensure(tx, WANTING)
        yield opened_store


def entries(*numbers: int, text: str = SUMMARY) -> Document:
    return Document(source="desk", name=FEED.address, body=feed(*numbers, text=text).encode(), retrieved_at=NOON)


def test_fault_34_a_page_that_holds_up_its_parser_leaves_the_feeds_text(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hostile, "DEADLINE_S", 0.01)
    door = Door({PAGES[1]: fetched(page(*SENTENCES) + "<p>" * 29_000, url=PAGES[1])})
    (found,) = complete(store, [read_document(entries(1))], {"desk": WANTING}, door, now=NOON)
    (article,) = found.reading.articles
    assert article.paragraphs == (SUMMARY,)
    assert "reading it was ended after 0.01 s" in article.remarks[-1]


def test_an_entry_takes_the_text_of_its_page(store: Store) -> None:
    read = read_document(entries(1))
    door = Door({PAGES[1]: fetched(page(*SENTENCES), url=PAGES[1])})
    (found,) = complete(store, [read], {"desk": WANTING}, door, now=NOON)
    (before,), (after,) = read.reading.articles, found.reading.articles
    assert before.paragraphs == (SUMMARY,)
    assert after.paragraphs == SENTENCES
    assert (after.identity, after.headline, after.published_at, after.remarks) == (
        before.identity, before.headline, before.published_at, before.remarks,
    )  # fmt: skip


KEPT: dict[str, tuple[Answer, str]] = {
    "fault": (broken("timeout"), "desk.example: no"),
    "304": (not_modified(PAGES[1]), "not modified"),
    "no article": (fetched("<html><body>Log in", url=PAGES[1]), PAGES[1]),
    "nothing": (fetched("", url=PAGES[1]), PAGES[1]),
    "pause": (broken("waiting", retry_after_s=60.0), "desk.example: no"),
}


@pytest.mark.parametrize(("said", "reason"), KEPT.values(), ids=KEPT.keys())
def test_an_entry_whose_page_fails_keeps_the_text_of_the_feed(said: Answer, reason: str, store: Store) -> None:
    (read,) = complete(store, [read_document(entries(1))], {"desk": WANTING}, Door({PAGES[1]: said}), now=NOON)
    (article,), (problem,) = read.reading.articles, read.reading.problems
    assert article.paragraphs == (SUMMARY,)
    assert article.remarks[-1].startswith("its page could not be read, the feed's text is kept: ")
    assert reason in article.remarks[-1]
    assert problem == f"{article.external_id}: {article.remarks[-1]}"


def test_a_page_with_less_than_the_feed_changes_nothing(store: Store) -> None:
    read = read_document(entries(1, text=" ".join((*SENTENCES, *SENTENCES))))
    door = Door({PAGES[1]: fetched(page(*SENTENCES), url=PAGES[1])})
    assert complete(store, [read], {"desk": WANTING}, door, now=NOON) == (read,)


def asked(site: Site) -> list[str]:
    """Return the pages asked for since the last time."""
    found = [path for path, _, _ in site.asked if path.startswith("/a/")]
    site.asked.clear()
    return found


def versions(monitor: Monitor) -> list[int]:
    return [row["version"] for row in exported(monitor.database, "articles")]


def test_a_page_that_failed_comes_in_a_later_run_as_the_next_version(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    site.pages |= {"/desk": (200, site.feed(1)), "/a/1": (500, "broken")}
    monitor.run(NOON)
    site.pages["/a/1"] = (200, page(*SENTENCES))
    report = monitor.run(NOON + 20 * MINUTE)  # the feed itself has not changed
    assert (asked(site), versions(monitor)) == (["/a/1"] * 2, [2])
    assert monitor.attempts()[-1] == ("not_modified", 304, None, None)
    (read,) = report.read
    (article,) = read.reading.articles
    assert (article.paragraphs, read.document.url) == (SENTENCES, f"{site.address}/a/1")
    assert not any("could not be read" in remark for remark in article.remarks)
    for hour in (2, 30):
        site.pages["/desk"] = (200, site.feed(1, text=f"{SUMMARY} {hour}"))
        monitor.run(NOON + hour * 60 * MINUTE)
    assert (asked(site), versions(monitor), monitor.state().waiting) == ([], [2], ())


def test_a_page_that_keeps_failing_is_given_up_in_the_end(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    site.pages |= {"/desk": (200, site.feed(1)), "/a/1": (200, LOGIN)}
    at = NOON
    for number in range(len(PAUSES) + 1):
        monitor.run(at)
        assert asked(site) == ["/a/1"], number
        assert [w.failed for w in monitor.state().waiting] == ([number + 1] if number < len(PAUSES) else [])
        at += PAUSES[min(number, len(PAUSES) - 1)]
    monitor.run(at + timedelta(days=7))
    assert (asked(site), versions(monitor)) == ([], [1])


def test_a_page_is_not_tried_again_before_its_time(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    site.pages |= {"/desk": (200, site.feed(1)), "/a/1": (500, "broken")}
    monitor.run(NOON)
    site.pages["/desk"] = (200, site.feed(1, 2))  # so that the source is due sooner than the page
    with closing(open_store(monitor.database)) as opened_store, opened_store.write() as tx:
        sources.save_state(tx, "desk", replace(sources.state(tx, "desk"), due_at=None))
    monitor.run(NOON + PAUSES[0] - MINUTE)
    assert asked(site) == ["/a/1", "/a/2"]


def test_more_entries_than_pages_in_a_run_come_in_the_next(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    numbers = range(1, MOST_PAGES + 3)
    site.pages |= {f"/a/{n}": (200, page(f"Convoy {n} left for the north.", *SENTENCES)) for n in numbers}
    site.pages["/desk"] = (200, site.feed(*numbers))
    monitor.run(NOON)
    assert len(asked(site)) == MOST_PAGES
    monitor.run(NOON + 20 * MINUTE)
    assert sorted(asked(site)) == sorted(f"/a/{n}" for n in numbers[MOST_PAGES:])
    assert sorted(versions(monitor)) == [1] * MOST_PAGES + [2] * 2


def pages_of(server: HostileServer, *hosts: str) -> Document:
    items = "".join(
        f"<item><title>Attack {n} near Tessit</title><guid>{n}</guid><link>{server.url(f'/a/{n}', host=host)}</link>"
        f"<description>{SUMMARY}</description></item>"
        for n, host in enumerate(hosts)
    )
    body = f'<rss version="2.0"><channel><title>Desk</title>{items}</channel></rss>'
    return Document(source="desk", name=FEED.address, body=body.encode(), retrieved_at=NOON)


def test_pages_of_hosts_are_fetched_side_by_side_those_of_one_host_are_not(store: Store) -> None:
    names, pair = ("a.example", "b.example"), threading.Barrier(2)
    at_once: dict[str, list[int]] = {name: [0, 0] for name in names}

    def together(was: Asked, write: Write) -> None:
        count = at_once[was.headers["host"].partition(":")[0]]
        count[0] += 1
        count[1] = max(count)
        pair.wait(3)  # breaks when the other host is not asked meanwhile
        time.sleep(0.02)
        count[0] -= 1
        write(answer(page(*SENTENCES).encode(), "Content-Type: text/html"))

    with running_server() as server, opened(allow_hosts=names) as door:
        server.answers = {f"/a/{n}": together for n in range(6)}
        read = read_document(pages_of(server, *names * 3))
        (full,) = complete(store, [read], {"desk": WANTING}, door, now=NOON)
    assert [a.paragraphs for a in full.reading.articles] == [SENTENCES] * 6
    assert [a.external_id for a in full.reading.articles] == [a.external_id for a in read.reading.articles]
    assert {name: most for name, (_, most) in at_once.items()} == dict.fromkeys(names, 1)


def test_the_robots_txt_and_the_pause_of_a_pages_host_hold(store: Store) -> None:
    later = answer(b"", "Retry-After: 600", status=429)
    with running_server() as server, opened(allow_hosts=("a.example", "b.example"), respect_robots=True) as door:
        server.answers = {"/robots.txt": kept(answer(b"User-agent: *\nDisallow: /a/1\n")), "/a/0": later}
        read = read_document(pages_of(server, "a.example", "b.example", "a.example"))
        complete(store, [read], {"desk": WANTING}, door, now=NOON)
        assert sorted(server.targets()) == ["/a/0", "/robots.txt", "/robots.txt"]
        assert door.get(Request(url=server.url("/a/2", host="a.example"))).kind == "waiting"  # type: ignore[union-attr]
    with store.read() as tx:
        waiting = {w.failed: w.due_at for w in sources.state(tx, "desk").waiting}
    assert waiting.keys() == {0, 1}  # what was not asked for has not failed
    assert waiting[0] > NOON


def test_a_host_takes_no_run_for_itself(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(stage, "HOST_S", 0.0)  # as if its Crawl-delay had used it up
    door = Door({url: fetched(page(*SENTENCES), url=url) for url in PAGES.values()})
    (read,) = complete(store, [read_document(entries(1, 2))], {"desk": WANTING}, door, now=NOON)
    assert (door.urls, [a.paragraphs for a in read.reading.articles]) == ([], [(SUMMARY,)] * 2)
    with store.read() as tx:
        assert [(w.failed, w.due_at) for w in sources.state(tx, "desk").waiting] == [(0, NOON)] * 2
