"""Documents that hold up or bring down their parser: they are given up, and nothing else suffers.

The tests set a deadline of a second or two; that it is the one of every parse is seen by what each quarantine says.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from flows.stages import hostile
from flows.stages.read import read_document
from parsers.article import Document
from parsers.errors import ParseError
from parsers.formats.newest import MAX_ENTRIES
from tests.flows.runs import NOON, ROOT, exported, run
from tests.flows.stages.hostile_parsers import crash, descend, divide, doze, hang, large, process_of, refuse

ITEM = "<item><guid>{0}</guid><title>Soldiers leave a post {0}</title><pubDate>{1}</pubDate></item>"
RUN_OF_DOTS = f"<item><title>x</title><author>{'a.' * 200_000}</author></item>"  # minutes, in a pattern of feedparser
SENTENCES = "<p>The army said on Monday that nine soldiers were killed near the town of Ber in the north.</p>" * 5


def feed(items: str, name: str = "https://desk.example/rss") -> Document:
    body = f'<rss version="2.0"><channel><title>Desk</title>{items}</channel></rss>'.encode()
    return Document(source="desk", name=name, body=body, retrieved_at=NOON)


def children() -> set[int]:
    """Return the processes that this one has started and that still run."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True)
    return {int(pid) for pid in found.stdout.split()}


def test_small_documents_are_parsed_here() -> None:
    assert not hostile.may_be_hostile(feed("".join(ITEM.format(n, "") for n in range(50))))
    assert hostile.parse(process_of, feed("")) == os.getpid()


@pytest.mark.parametrize(
    "body",
    [
        b"a " * hostile.LARGE,
        b"<p> " * (hostile.MARKS + 1),
        b"x" * (hostile.LONG + 1),
        "<p>\n".encode("utf-16") * 20_000,
        gzip.compress(b"<urlset>"),
    ],
    ids=["large", "tags", "one run", "UTF-16", "packed"],
)
def test_others_are_parsed_in_one_child_that_is_kept(body: bytes) -> None:
    document = Document(source="desk", name="a", body=body, retrieved_at=NOON)
    first, second = hostile.parse(process_of, document), hostile.parse(process_of, document)
    assert first == second != os.getpid()
    assert first in children()


def test_fault_34_what_holds_up_its_parser_is_killed_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "DEADLINE_S", 1.0)
    child = hostile.parse(process_of, large())
    started = time.monotonic()
    read = read_document(feed(RUN_OF_DOTS))
    assert 0.9 < time.monotonic() - started < 5
    assert read.outcome == "quarantined"
    assert read.reason
    assert "ended after 1 s (400," in read.reason
    assert child not in children()


ATTRIBUTES = " ".join(f'a{n}=""' for n in range(100_000))
HOSTILE = {
    "page, nested": f"<html>{'<div>' * 100_000}{SENTENCES}",
    "page, attributes": f"<html><p {ATTRIBUTES}>{SENTENCES}",
    "page, angles": f"<html>{'<' * 1_000_000}{SENTENCES}",
    "feed, nested": f"<rss version='2.0'><channel>{'<a>' * 100_000}",
    "feed, attributes": f"<rss version='2.0'><channel><item {ATTRIBUTES}><title>x</title></item>",
    "feed, angles": f"<rss version='2.0'><channel>{'<' * 1_000_000}",
    "sitemap, nested": f"<urlset>{'<url>' * 100_000}",
    "sitemap, attributes": f"<urlset {ATTRIBUTES}>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_fault_35_masses_of_tags_are_read_or_given_up_in_time(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "DEADLINE_S", 1.5)
    document = Document(source="desk", name="https://desk.example/a", body=body.encode(), retrieved_at=NOON)
    started = time.monotonic()
    read = read_document(document)
    assert time.monotonic() - started < 10  # the deadline, and the time to start another child
    assert read.outcome == "parsed" or read.reason


def test_fault_36_a_hundred_thousand_entries_leave_the_newest() -> None:
    dates = (f"{n // 60 % 24:02}:{n % 60:02}:00" for n in range(100_000))
    items = (ITEM.format(n, f"{1 + n // 1440 % 28} {['Jan', 'Feb', 'Mar'][n // 40_320]} 2025 {at} GMT")
             for n, at in enumerate(dates))  # fmt: skip
    document = feed("".join(items).replace(" a post", ""))
    read = read_document(document)
    assert (read.outcome, len(read.reading.articles)) == ("parsed", MAX_ENTRIES)
    assert [a.external_id for a in read.reading.articles] == [str(n) for n in range(100_000 - MAX_ENTRIES, 100_000)]
    assert read.reading.problems == (f"{100_000 - MAX_ENTRIES} older entries were left out",)


def test_a_parser_that_crashes_is_told_and_the_next_document_is_read() -> None:
    with pytest.raises(ParseError, match=r"brought the parser down .*SIGSEGV"):
        hostile.parse(crash, large())
    assert hostile.parse(process_of, large()) in children()


def test_a_child_that_died_meanwhile_is_replaced() -> None:
    first = hostile.parse(process_of, large())
    os.kill(first, signal.SIGKILL)
    assert hostile.parse(process_of, large()) != first


def test_a_refusal_and_a_fault_come_back_as_they_are() -> None:
    with pytest.raises(ParseError) as refused:
        hostile.parse(refuse, large())
    assert (refused.value.document, refused.value.reason) == ("large.txt", "no article")
    with pytest.raises(ZeroDivisionError):
        hostile.parse(divide, large())


@pytest.mark.parametrize("body", [b"", b" x" * hostile.LARGE], ids=["here", "there"])
def test_too_deep_for_the_interpreter_is_a_refusal(body: bytes) -> None:
    with pytest.raises(ParseError, match="nested more deeply"):
        hostile.parse(descend, Document(source="desk", name="a", body=body, retrieved_at=NOON))


def test_threads_share_the_child_and_each_has_its_own_deadline() -> None:
    answers: list[object] = []

    def ask(parser: object, deadline_s: float) -> None:
        try:
            answers.append(hostile.parse(parser, large(), deadline_s=deadline_s))  # type: ignore[arg-type]
        except ParseError as error:
            answers.append(error.reason.partition(" s ")[0])

    threads = [threading.Thread(target=ask, args=args) for args in ((hang, 0.5), (doze, 1.0), (doze, 1.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["dozed", "dozed", "reading it was ended after 0.5"]


def test_a_fork_asks_a_child_of_its_own() -> None:
    hostile.parse(process_of, large())
    forked = os.fork()
    if forked == 0:
        code = 1
        with contextlib.suppress(BaseException):
            code = 0 if hostile.parse(process_of, large()) in children() else 2
            hostile._child._pool.stop()  # type: ignore[union-attr]
            hostile._child._pool.join()  # type: ignore[union-attr]
        os._exit(code)
    assert os.waitpid(forked, 0)[1] == 0


PROGRAM = """
    import sys, threading, time
    from flows.stages import hostile
    from tests.flows.stages.hostile_parsers import hang, large, process_of

    if __name__ == "__main__":
        hostile.DEADLINE_S, hostile.GRACE_S = 2.0, 1.0
        print(hostile.parse(process_of, large()), flush=True)
        if "busy" in sys.argv:
            threading.Thread(target=hostile.parse, args=(hang, large()), daemon=True).start()
            time.sleep(0.5)
            print("busy", flush=True)
        if "wait" in sys.argv:
            sys.stdin.read()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "program.py"
    file.write_text(textwrap.dedent(PROGRAM))
    return file


def gone(pid: int, *, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(
    ("how", "killed", "within_s"),
    [(["idle"], False, 5), (["busy"], False, 5), (["wait"], True, 5), (["busy", "wait"], True, 8)],
    ids=["ends", "ends while it parses", "is killed", "is killed while it parses"],
)
def test_nothing_is_left_running(how: list[str], killed: bool, within_s: float, program: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(program), *how], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        child = int(process.stdout.readline())
        if "busy" in how:
            assert process.stdout.readline() == "busy\n"
        if killed:
            process.kill()
        process.wait(timeout=30)
    assert gone(child, within_s=within_s)


def test_no_parse_may_take_longer_than_ten_seconds() -> None:
    assert hostile.DEADLINE_S <= 10


def test_fault_35_other_sources_are_unhurt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "DEADLINE_S", 2.0)
    database = f"sqlite:///{tmp_path}/store.db"
    good = (ROOT / "tests/cases/pipeline/feed/feed.xml").read_bytes()
    for name, body in (("bad.xml", feed(RUN_OF_DOTS).body), ("good.xml", good)):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(body)
    report = run(database, tmp_path / "bad.xml", tmp_path / "good.xml")
    assert [r.document.name for r in report.quarantined] == ["bad.xml"]
    assert "ended after 2 s" in (report.quarantined[0].reason or "")
    assert len(exported(database, "articles")) == 2
