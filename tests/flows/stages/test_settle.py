"""Sources of the web from end to end, on a server of the test: what is kept of a source, and what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.stages.collect import Collected
from flows.stages.fetch import MOST_PAGES
from flows.stages.http_values import HttpSettings
from flows.stages.read import read_document
from flows.stages.record import Recorded
from flows.stages.report import RunReport
from flows.stages.run import run_direct
from flows.stages.settle import settle
from parsers.article import Document
from storage import sources
from storage.engine import Store, open_store
from storage.source_values import Source, SourceAttempt, SourceState
from tests.flows.runs import NOON, exported
from tests.flows.stages.test_fetch import SENTENCES, SUMMARY, feed, page

LOGIN = "<!doctype html><html><body><form><input type=password></form><p>Please log in.</p></body></html>"
HOUR = timedelta(hours=1)


class Site(ThreadingHTTPServer):
    """Answers from a table of paths: status and body; the ETag of a body is its hash."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, tuple[int, str]] = {}  # for a redirect the body is where it leads
        self.asked: list[tuple[str, str | None, int]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def feed(self, *numbers: int, text: str = SUMMARY) -> str:
        """Return a feed whose links lead here."""
        return feed(*numbers, text=text).replace("https://desk.example", self.address)


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        status, body = self.server.pages.get(self.path, (404, "nothing here"))
        etag, known = f'"{len(body)}-{sum(body.encode())}"', self.headers["If-None-Match"]
        if status == 200 and known == etag:
            status, body = 304, ""
        self.server.asked.append((self.path, known, status))
        self.send_response(status)
        self.send_header("ETag", etag)
        if status in {301, 302, 308}:
            self.send_header("Location", body)
        self.send_header("Content-Type", "text/html" if "<html" in body else "application/rss+xml")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_site() -> Iterator[Site]:
    """Run a server on this machine."""
    with Site() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    """Give a server on this machine."""
    with running_site() as made:
        yield made


class Monitor:
    """A monitor with a database and a catalogue of its own: the feed "desk" and, if asked for, "other"."""

    def __init__(
        self, folder: Path, site: Site, *, other: bool = False, fetch_pages: bool = False, kind: str = "feed"
    ) -> None:
        row = '[[source]]\nkey = "{0}"\nkind = "{3}"\naddress = "{1}/{0}"\nenabled = true\nfetch_pages = {2}\n'
        keys = ("desk", "other") if other else ("desk",)
        catalogue = folder / "sources.toml"
        catalogue.write_text("".join(row.format(key, site.address, str(fetch_pages).lower(), kind) for key in keys))
        self.database = f"sqlite:///{folder}/store.db"
        self._settings = Settings(
            database=self.database,
            catalogue=catalogue,
            http=HttpSettings(allow_hosts=("127.0.0.1",), delay_s=0),
        )

    def run(self, at: datetime) -> RunReport:
        return run_direct(self._settings, as_of=at)

    def state(self, key: str = "desk") -> SourceState:
        with closing(open_store(self.database)) as store, store.read() as tx:
            return sources.state(tx, key)

    def attempts(self, key: str = "desk") -> list[tuple[str, int | None, int | None, int | None]]:
        """Return outcome, status, items and new items of the attempts, oldest first."""
        with closing(open_store(self.database)) as store, store.read() as tx:
            found = sources.attempts(tx, key)
        return [(a.outcome, a.status, a.items, a.fresh) for a in reversed(found)]


def test_what_has_not_changed_is_not_read_again(site: Site, tmp_path: Path) -> None:
    site.pages["/desk"] = (200, site.feed(1, 2))
    monitor = Monitor(tmp_path, site)
    first = monitor.run(NOON)
    assert (first.counts()["articles"], first.counts()["sources_failed"]) == (2, 0)
    assert first.versions
    second = monitor.run(NOON + HOUR)
    assert (second.message, second.counts()["documents"], second.alerts) == ("nothing new", 0, ())
    assert [status for path, _, status in site.asked if path == "/desk"] == [200, 304]
    assert monitor.attempts() == [("ok", 200, 2, 2), ("not_modified", 304, None, None)]
    assert len(exported(monitor.database, "articles")) == 2


def test_only_what_is_new_in_a_feed_counts(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    for hour, numbers in enumerate([(1,), (1, 2)]):
        site.pages["/desk"] = (200, site.feed(*numbers))
        monitor.run(NOON + hour * HOUR)
    assert monitor.attempts() == [("ok", 200, 1, 1), ("ok", 200, 2, 1)]


def test_what_is_not_due_is_not_asked(site: Site, tmp_path: Path) -> None:
    site.pages["/desk"] = (200, site.feed(1))
    monitor = Monitor(tmp_path, site)
    monitor.run(NOON)
    assert monitor.run(NOON + timedelta(minutes=1)).collected == ()


def test_a_source_that_fails_harms_no_other(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/desk": (500, "broken"), "/other": (200, site.feed(1))}
    report = Monitor(tmp_path, site, other=True).run(NOON)
    assert [c.source.key for c in report.failed] == ["desk"]
    assert (report.counts()["sources"], report.counts()["articles"]) == (2, 1)
    assert report.failed[0].attempt
    assert report.failed[0].attempt.status == 500


def test_three_failures_are_one_notice_and_the_recovery_is_one(site: Site, tmp_path: Path) -> None:
    monitor, said = Monitor(tmp_path, site), []
    answers = [(500, "broken")] * 4 + [(200, site.feed(1))] * 2
    for day, answer in enumerate(answers):
        site.pages["/desk"] = answer
        said.append([(n.source, n.kind) for n in monitor.run(NOON + timedelta(days=day)).notices])
    assert said == [[], [], [("desk", "failed")], [], [("desk", "recovered")], []]
    with closing(open_store(monitor.database)) as store, store.read() as tx:
        assert [n.kind for n in sources.notices(tx)] == ["recovered", "failed"]


@pytest.mark.parametrize(
    "bad", [(200, LOGIN), (200, page(*SENTENCES)), (500, "broken"), (200, ""), (200, "{]")], ids=lambda bad: bad[1][:30]
)
def test_fault_24_25_validators_are_kept_only_of_what_was_read(
    bad: tuple[int, str], site: Site, tmp_path: Path
) -> None:
    good, monitor = site.feed(1), Monitor(tmp_path, site)
    site.pages["/desk"] = (200, good)
    monitor.run(NOON)
    kept = monitor.state()
    assert kept.etag
    site.pages["/desk"] = bad
    report = monitor.run(NOON + HOUR)
    assert [c.source.key for c in report.failed] == ["desk"]
    assert (monitor.state().etag, monitor.state().body_sha256) == (kept.etag, kept.body_sha256)
    assert monitor.attempts()[-1][0] == "failed"
    site.pages["/desk"] = (200, good)
    monitor.run(NOON + 2 * HOUR)
    assert [(known, status) for path, known, status in site.asked if path == "/desk"][1:] == [
        (kept.etag, bad[0]),
        (kept.etag, 304),
    ]


def test_an_entry_takes_the_text_of_its_page_or_keeps_that_of_the_feed(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/desk": (200, site.feed(1, 2)), "/a/1": (200, page(*SENTENCES)), "/a/2": (500, "broken")}
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    report = monitor.run(NOON)
    texts = {a.url: a.paragraphs for r in report.read for a in r.reading.articles}
    assert texts == {f"{site.address}/a/1": SENTENCES, f"{site.address}/a/2": (SUMMARY,)}
    assert any("its page could not be read" in d.reason for d in report.dropped)
    assert report.failed == ()
    assert len(exported(monitor.database, "articles")) == 2


def test_pages_of_entries_that_are_known_are_not_asked_for(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    for n in (1, 2):
        site.pages |= {"/desk": (200, site.feed(*range(1, n + 1))), f"/a/{n}": (200, page(*SENTENCES))}
        monitor.run(NOON + n * HOUR)
    assert [path for path, _, _ in site.asked if path.startswith("/a/")] == ["/a/1", "/a/2"]


def test_a_known_entry_keeps_the_text_of_its_page(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, fetch_pages=True)
    for n in (1, 2):
        site.pages |= {"/desk": (200, site.feed(*range(1, n + 1))), f"/a/{n}": (200, page(*SENTENCES))}
        monitor.run(NOON + n * HOUR)
    assert [row["version"] for row in exported(monitor.database, "articles")] == [1, 1]
    assert monitor.attempts() == [("ok", 200, 1, 1), ("ok", 200, 2, 1)]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Store]:
    """Give a store on SQLite."""
    with closing(open_store(f"sqlite:///{tmp_path}/local.db")) as store:
        yield store


def test_settling_takes_over_the_validators_and_ends_the_failures(local: Store) -> None:
    source = Source(key="desk", kind="feed", address="https://desk.example/rss")
    attempt = SourceAttempt(source="desk", started_at=NOON, outcome="ok", status=200)
    part = Collected(source=source, attempt=attempt, state=SourceState(etag='"2"', unconditional_at=NOON))
    with local.write() as tx:
        sources.ensure(tx, source)
        sources.save_state(tx, "desk", SourceState(etag='"1"', failures=2))
    assert settle(local, [part], [], [], now=NOON) == ()
    with local.read() as tx:
        kept = sources.state(tx, "desk")
    assert (kept.etag, kept.failures, kept.unconditional_at, kept.last_ok_at) == ('"2"', 0, NOON, NOON)


def test_a_listing_whose_pages_failed_is_read_again(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, kind="listing")
    site.pages |= {
        "/desk": (200, '<html><a href="/mali/attack-on-a-post">Read</a>'),
        "/mali/attack-on-a-post": (500, "broken"),
    }
    monitor.run(NOON)
    site.pages["/mali/attack-on-a-post"] = (200, page(*SENTENCES))
    assert monitor.run(NOON + HOUR).counts()["articles"] == 1


def test_the_rest_of_a_long_listing_comes_in_the_next_run(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site, kind="listing")
    links = [f"/mali/{10_000 + n}" for n in range(MOST_PAGES + 1)]
    site.pages["/desk"] = (200, "<html>" + "".join(f'<a href="{link}">Read</a>' for link in links))
    site.pages |= {link: (200, page(f"Convoy {link[-5:]} left.", *SENTENCES)) for link in links}
    for day in range(2):  # the second fetch is unconditional
        monitor.run(NOON + timedelta(days=day))
    assert links[-1] in [path for path, _, _ in site.asked]


def test_what_is_new_counts_for_its_own_source(local: Store, tmp_path: Path) -> None:
    parts = [
        Collected(
            source=Source(key=key, kind="files", address=f"/{key}"),
            documents=(Document(source=key, name="a.txt", body=text.encode(), retrieved_at=NOON),),
        )
        for key, text in (("one", SENTENCES[0] * 3), ("two", SENTENCES[1] * 3))
    ]
    with local.write() as tx:
        for part in parts:
            sources.ensure(tx, part.source)
    read = [read_document(part.documents[0]) for part in parts]
    settle(local, parts, read, [Recorded(name="a.txt", articles=1), Recorded(name="a.txt")], now=NOON)
    with local.read() as tx:
        assert [sources.attempts(tx, key)[0].fresh for key in ("one", "two")] == [1, 0]


def test_a_local_source_that_failed_is_counted(local: Store) -> None:
    source = Source(key="in", kind="files", address="/nowhere")
    with local.write() as tx:
        sources.ensure(tx, source)
    settle(local, [Collected(source=source, failed="/nowhere: No such file")], [], [], now=NOON)
    with local.read() as tx:
        (attempt,), state = sources.attempts(tx, "in"), sources.state(tx, "in")
    assert (attempt.outcome, attempt.reason, state.failures) == ("failed", "/nowhere: No such file", 1)
