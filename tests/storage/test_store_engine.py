"""What storage promises of engine, on SQLite and on Postgres."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from storage import developments, sources
from storage.engine import Store, open_store, safe_name
from storage.errors import StorageError
from storage.source_values import Source

fork = multiprocessing.get_context("fork")


def in_processes(count: int, work, *arguments) -> None:
    workers = [fork.Process(target=work, args=arguments) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * count


def test_a_transaction_is_committed_at_its_end(store, given):
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
    with store.read() as tx:
        assert sources.every(tx) == (given.inbox,)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_any_exception_undoes_the_transaction(store, given, error):
    def fail() -> None:
        with store.write() as tx:
            sources.ensure(tx, given.inbox)
            raise error

    with pytest.raises(error):
        fail()
    with store.read() as tx:
        assert sources.every(tx) == ()


def test_a_reader_can_change_nothing(store, given):
    with pytest.raises(StorageError, match=r"(?i)read-?only"), store.read() as tx:
        sources.ensure(tx, given.inbox)
    with store.write() as tx:  # the connection that the reader gave back can write again
        sources.ensure(tx, given.inbox)


def test_a_reader_does_not_wait_for_a_writer_and_sees_one_snapshot(store, given):
    with store.read() as reader, store.write() as writer:
        assert sources.every(reader) == ()
        sources.ensure(writer, given.inbox)
        with store.read() as another:
            assert sources.every(another) == ()
        writer.commit()
        assert sources.every(reader) == ()
    with store.read() as late:
        assert sources.every(late) == (given.inbox,)


def test_fault_65_a_writer_waits_for_the_one_before(store, given):
    began, order = threading.Event(), []

    def second() -> None:
        began.wait(10)
        with store.write() as tx:
            order.append(("second", sources.every(tx)))

    thread = threading.Thread(target=second)
    thread.start()
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        began.set()
        thread.join(0.3)
        order.append(("first", ()))
    thread.join(10)
    assert order == [("first", ()), ("second", (given.inbox,))]


def _count_up(url: str, development_id: int, times: int) -> None:
    store = open_store(url)
    for _ in range(times):
        with store.write() as tx:
            before = developments.get(tx, development_id)
            state = replace(before.state, independent_sources=before.state.independent_sources + 1)
            developments.add_version(
                tx,
                development_id,
                state=state,
                decision="corroboration",
                changes=(),
                alert_reasons=(),
                now=before.version.recorded_at,
            )
    store.close()


def test_fault_65_writers_in_four_processes_lose_no_update(store, database, given):
    with store.write() as tx:
        version = given.add_development(tx)
    in_processes(4, _count_up, database, version.development_id, 50)
    with store.read() as tx:
        found = developments.get(tx, version.development_id)
    assert (found.version.number, found.state.independent_sources) == (201, 201)
    assert [one.number for one in found.history] == list(range(1, 202))


def _open_and_close(url: str) -> None:
    open_store(url).close()


def test_processes_that_open_an_empty_database_at_once_all_succeed(new_database):
    for _ in range(3):
        url = new_database()
        in_processes(4, _open_and_close, url)
        store = open_store(url)
        with store.read() as tx:
            assert sources.every(tx) == ()
        store.close()


def test_a_new_file_that_another_process_is_busy_with_is_waited_for(tmp_path: Path):
    """SQLite answers the switch to WAL with "database is locked" at once, whatever the timeout."""
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (id INTEGER)")
    done = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    done.start()
    open_store(f"sqlite:///{file}").close()
    done.join()
    other.close()


def test_fault_67_sqlite_is_durable_and_checks_references(tmp_path: Path):
    store = open_store(f"sqlite:///{tmp_path}/new/folder/store.db")  # the folders are made
    with store.read() as tx:
        settings = [tx.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
        assert settings == ["wal", 2]
        assert tx.execute(text("PRAGMA foreign_keys")).scalar() == 1
    store.close()


def test_a_naive_instant_is_refused(store, given):
    with pytest.raises(StatementError, match="naive instant"), store.write() as tx:
        given.add_development(tx, now=given.noon.replace(tzinfo=None))


def test_an_error_of_the_database_shows_neither_statement_nor_content(store, given):
    with store.write() as tx:
        mention, version = given.add_mention(tx), given.add_development(tx)
        given.decide(tx, mention, version)
    with pytest.raises(StorageError) as caught, store.write() as tx:
        given.decide(tx, mention, version, reasons=("a long secret",))
    assert str(caught.value).startswith(store.name)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


SECRET = "s3cr3t"  # in every address below that has one
BAD_ADDRESSES = {
    "unreachable": f"postgresql+psycopg://me:{SECRET}@127.0.0.1:1/none",
    "unreachable, password as argument": f"postgresql+psycopg://me@127.0.0.1:1/none?password={SECRET}",
    "another database": f"mysql://me:{SECRET}@localhost/none",
    "not a number for a port": f"postgresql+psycopg://me:{SECRET}@localhost:port/none",
    "no URL": f"me:{SECRET}@localhost",
    "memory": "sqlite://",
    "empty": "",
}


@pytest.mark.parametrize("url", BAD_ADDRESSES.values(), ids=BAD_ADDRESSES.keys())
def test_a_bad_address_is_one_line_without_the_password(url):
    with pytest.raises(StorageError) as caught:
        open_store(url)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) > 20


def test_the_name_of_a_store_keeps_all_but_the_password():
    assert safe_name("postgresql+psycopg://me:x@host:5/db") == "postgresql+psycopg://me:***@host:5/db"
    assert safe_name("sqlite:///var/store.db") == "sqlite:///var/store.db"


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("not a database, but longer than the hundred bytes of its header " * 9)
    with pytest.raises(StorageError, match=r"notes\.txt: file is not a database"):
        open_store(f"sqlite:///{tmp_path}/notes.txt")


def test_a_path_that_cannot_be_a_file_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/store\.db"):
        open_store(f"sqlite:///{tmp_path}/file/store.db")
    with pytest.raises(StorageError, match="unable to open"):
        open_store(f"sqlite:///{tmp_path}")


def test_fault_66_a_full_disk_fails_loudly_and_recovers(tmp_path: Path):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    many = [Source(key=f"s{number}", kind="feed", address="x" * 9000) for number in range(100)]

    def fill(pages: int) -> None:
        with store.write() as tx:
            tx.execute(text(f"PRAGMA max_page_count = {pages}"))
            for source in many:
                sources.ensure(tx, source)

    with store.read() as tx:
        used = tx.execute(text("PRAGMA page_count")).scalar()
    with pytest.raises(StorageError, match="full"):
        fill(used + 5)
    with store.read() as tx:
        assert sources.every(tx) == ()
    fill(10**6)
    with store.read() as tx:
        assert len(sources.every(tx)) == 100
    store.close()


def test_fault_63_a_killed_writer_leaves_nothing_half_done(tmp_path: Path, given):
    url = f"sqlite:///{tmp_path}/store.db"
    open_store(url).close()

    def die_before_commit() -> None:
        import os
        import signal

        with open_store(url).write() as tx:
            given.add_article(tx)
            os.kill(os.getpid(), signal.SIGKILL)

    worker = fork.Process(target=die_before_commit)
    worker.start()
    worker.join()
    assert worker.exitcode == -9
    store: Store = open_store(url)
    with store.write() as tx:
        assert sources.every(tx) == ()
        assert given.add_article(tx).id == 1
    store.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
