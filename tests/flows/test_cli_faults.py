"""The command line meets bad files, bad databases, bad settings and bad arguments: one line, the right exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some sources failed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.engine import open_store
from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import ROOT, SEED_0, SEED_1

SECRET = "s3cr3t"
Run = Callable[..., Ended]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Give the folder that commands run in, with a good article in a folder `inbox`."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / SEED_0.name).write_bytes(SEED_0.read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database with nothing in it."""
    file = tmp_path_factory.mktemp("empty") / "empty.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def command(here: Path) -> Run:
    """Return a function that runs a command on a database of its own."""

    def run(*arguments: str | Path, **variables: str) -> Ended:
        return sahelwatch(*arguments, "--database", "sqlite:///kept.db", folder=here, variables=variables)

    return run


def folder_in_place(path: Path) -> None:
    path.mkdir()
    (path / ".hidden").touch()


BAD_FILES: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "dangling link": (lambda path: path.symlink_to("/nowhere"), "a link is not followed"),
    "link to a good file": (lambda path: path.symlink_to(SEED_1), "a link is not followed"),
    "link to itself": (lambda path: path.symlink_to(path), "a link is not followed"),
    "FIFO": (os.mkfifo, "not a regular file"),
    "device": (lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5)), "not a regular file"),  # /dev/zero
    "empty": (Path.touch, "the document is empty"),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 20), "binary content"),
    "nothing but blanks": (lambda path: path.write_text(" \n\t\n"), "the document is empty"),
    "too large": (lambda path: path.write_bytes(bytes(10_000_001)), "larger than 10,000,000 bytes"),
    "broken UTF-16": (lambda path: path.write_bytes(b"\xff\xfea\x00b"), "broken UTF-16"),
}


def made(path: Path, make: Callable[[Path], object]) -> Path:
    try:
        make(path)
    except PermissionError:
        pytest.skip("devices are made by root only")
    return path


@pytest.mark.parametrize(("make", "reason"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_told_and_the_good_one_beside_it_is_recorded(
    make: Callable[[Path], object], reason: str, here: Path, command: Run
) -> None:
    made(here / "inbox" / "bad.txt", make)
    ended = command("run", "--direct", "inbox", "--json")
    assert ended.code == 0, ended.err
    report = ended.json
    assert [d["reason"] for d in report["dropped"] if d["name"] == "bad.txt" and reason in d["reason"]]
    assert report["counts"]["articles"] == 1
    assert report["counts"]["alerts"] == report["counts"]["sent"] == 2
    assert (here / "inbox" / "bad.txt").is_symlink() or (here / "inbox" / "bad.txt").exists()


UNTAKABLE = {name: BAD_FILES[name] for name in ("dangling link", "FIFO", "device", "too large", "binary")}


@pytest.mark.parametrize(("make", "reason"), UNTAKABLE.values(), ids=UNTAKABLE.keys())
def test_a_source_that_gives_nothing_is_a_failure(
    make: Callable[[Path], object], reason: str, here: Path, command: Run
) -> None:
    bad = made(here / "bad.txt", make)
    alone = command("run", "--direct", bad)
    assert (alone.code, "Traceback" in alone.err) == (1, False)
    assert reason in alone.out
    beside = command("run", "--direct", bad, "inbox")
    assert (beside.code, "Traceback" in beside.err) == (3, False)
    assert "1 new articles" in beside.out


def test_a_missing_folder_is_a_failure_and_the_others_are_read(command: Run) -> None:
    alone = command("run", "--direct", "nowhere")
    assert (alone.code, "No such file" in alone.out, alone.err) == (1, True, "")
    beside = command("run", "--direct", "nowhere", "inbox", "--json")
    assert beside.code == 3
    assert beside.json["counts"]["articles"] == 1
    assert [failed["reason"].rpartition(": ")[2] for failed in beside.json["failed"]] == ["No such file or directory"]


def test_a_folder_without_files_is_no_failure(here: Path, command: Run) -> None:
    folder_in_place(here / "bad.txt")
    ended = command("run", "--direct", "bad.txt")
    assert (ended.code, ended.err) == (0, "")
    assert "Nothing new: 0 documents" in ended.out


@pytest.mark.parametrize("name", [b"a\xffb.txt", b"new\nline.txt", b"\x1b[31mred.txt", b"-option.txt"])
def test_an_odd_file_name_is_shown_escaped(name: bytes, here: Path, command: Run) -> None:
    os.rename(here / "inbox" / SEED_0.name, os.fsencode(here / "inbox") + b"/" + name)  # noqa: PTH104
    ended = command("run", "--direct", "inbox")
    assert ended.code == 0, ended.err
    assert "\x1b" not in ended.out
    for printed in (command("articles"), command("export", "articles"), command("articles", "--json")):
        assert printed.code == 0, printed.err
        assert "\x1b" not in printed.out


def test_a_folder_with_an_undecodable_name_is_read(here: Path, command: Run) -> None:
    os.rename(here / "inbox", os.fsencode(here) + b"/in\xffbox")  # noqa: PTH104
    ended = command("run", "--direct", os.fsdecode(b"in\xffbox"), "--json")
    assert ended.code == 0, ended.err
    assert ended.json["counts"]["articles"] == 1


USAGE = [
    ["run", "--direct", "--nonsense"], ["nonsense"], ["show"], ["show", "D1", "D2"], ["export", "nonsense"],
    ["export", "articles", "--format", "xml"], ["export", "articles", "--format", "geojson"],
    ["developments", "--limit", "many"], ["developments", "--limit", "-1"], ["run", "--direct", "--as-of", "yesterday"],
    ["show", "D1", "--as-of", "2025-13-45"], ["serve", "--every-minutes", "0"], ["articles", "--relevance", "odd"],
    ["run", "--direct", "--config"], ["export", "changes", "--after", "x"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_a_wrong_usage_ends_with_2(arguments: list[str], here: Path, command: Run) -> None:
    # an option that wants a value would take the database's for it
    ended = sahelwatch(*arguments, folder=here) if arguments[-1] == "--config" else command(*arguments)
    assert (ended.code, ended.out) == (2, ""), ended.err
    assert ended.err.strip()
    assert "Traceback" not in ended.err


UNKNOWN = [
    ["show", "D99"], ["show", "nonsense"], ["show", "D"], ["show", "D²"], ["show", "D-1"], ["show", f"D{10**24}"],
    ["show", "A1"], ["why", "L99"], ["why", "D99"], ["why", "A99"], ["why", f"L{10**24}"], ["why", "D²"],
    ["why", "nothing.txt"], ["why", ""], ["alerts", "retry", "L99"], ["alerts", "show", "D1"],
    ["alerts", "retry", f"L{10**24}"], ["alerts", "unsilence", "S99"], ["show", "D1", "--as-of", "1990-01-01"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", UNKNOWN, ids=lambda arguments: " ".join(arguments)[:20])
def test_an_unknown_id_is_one_line(arguments: list[str], command: Run, empty: Path, here: Path) -> None:
    shutil.copy(empty, here / "kept.db")
    ended = command(*arguments)
    assert (ended.code, ended.out) == (1, ""), ended.err
    assert arguments[2 if arguments[0] == "alerts" else 1] in ended.one_line()


@pytest.mark.parametrize("arguments", [["export", "changes", "--after"], ["developments", "--limit"]], ids=" ".join)
def test_a_number_beyond_the_database_is_no_traceback(arguments: list[str], command: Run) -> None:
    ended = command(*arguments, str(10**24))
    assert "Traceback" not in ended.err, ended.err.strip().splitlines()[-1]


def test_an_export_that_cannot_be_written_is_one_line(command: Run, empty: Path, here: Path) -> None:
    shutil.copy(empty, here / "kept.db")
    for target in ("nowhere/export.jsonl", "inbox"):
        ended = command("export", "articles", "-o", target)
        assert ended.code == 1
        assert target in ended.one_line()


DATABASES = {
    "a folder": ("sqlite:///inbox", "unable to open"),
    "a text": ("sqlite:///notes.txt", "not a database"),
    "below a file": ("sqlite:///notes.txt/kept.db", "notes.txt"),
    "no server": (f"postgresql+psycopg://me:{SECRET}@127.0.0.1:1/none", "connection failed"),
    "no server, password as argument": (f"postgresql://me@127.0.0.1:1/none?password={SECRET}", "connection failed"),
    "another kind": (f"mysql://me:{SECRET}@localhost/none", "neither SQLite nor Postgres"),
    "no URL": (f"me:{SECRET}@localhost", "not a database URL"),
    "no name": ("sqlite://", "needs a file"),
    "nothing": ("", "not a database URL"),
}


@pytest.mark.parametrize("how", ["option", "variable", "file"])
@pytest.mark.parametrize(("url", "reason"), DATABASES.values(), ids=DATABASES.keys())
def test_a_database_that_cannot_be_opened_is_one_line(url: str, reason: str, how: str, here: Path) -> None:
    (here / "notes.txt").write_text("No database, but longer than the header of one. " * 9)
    (here / "sahelwatch.toml").write_text(f'database = "{url}"\n' if how == "file" else "")
    given = ["--database", url] if how == "option" else []
    variables = {"SAHELWATCH_DATABASE": url} if how == "variable" else {}
    for words in (["run", "--direct", "inbox"], ["developments", "--json"]):
        ended = sahelwatch(*words, *given, folder=here, variables=variables)
        assert (ended.code, ended.out) == (1, "")
        assert reason in ended.one_line()
        assert SECRET not in ended.err


def webhook(**fields: str) -> str:
    told = {"kind": "webhook", "name": "desk", "url": f"https://me:{SECRET}@hooks.example/{SECRET}"} | fields
    return "[[channels]]\n" + "".join(f'{name} = "{value}"\n' for name, value in told.items())


CONFIGS = {
    "unknown field": ('databse = "sqlite:///x.db"', "databse"),
    "unknown field, deeper": ("[alerts]\nmax_age = 3", "alerts.max_age"),
    "unknown field of a channel": (webhook(urll="x") + f'secrets = ["{SECRET}"]', "channels.0"),
    "bad secret": (webhook() + f'secrets = ["{SECRET}"]', "channels.0"),
    "wrong type": ('[alerts]\nmax_article_age_days = "many"', "alerts.max_article_age_days"),
    "out of range": ("[alerts]\nmax_article_age_days = 0", "alerts.max_article_age_days"),
    "unknown kind of channel": ('[[channels]]\nkind = "pigeon"', "channels.0"),
    "broken TOML": ("a = = 1", "no TOML"),
    "binary": (b"\xff\xfe\x00", "no TOML"),
}


@pytest.mark.parametrize(("content", "reason"), CONFIGS.values(), ids=CONFIGS.keys())
def test_a_bad_settings_file_is_one_line_that_names_the_field(
    content: str | bytes, reason: str, here: Path, command: Run
) -> None:
    (here / "bad.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = command("run", "--direct", "inbox", "--config", "bad.toml")
    assert (ended.code, ended.out) == (1, "")
    assert re.search(rf"bad\.toml.*{re.escape(reason)}", ended.one_line())
    assert SECRET not in ended.err
    assert not (here / "kept.db").exists()


def test_a_settings_file_that_is_not_there_is_one_line(command: Run) -> None:
    for name in ("nowhere.toml", "inbox"):
        ended = command("developments", "--config", name)
        assert (ended.code, name in ended.one_line()) == (1, True)


WATCH = (ROOT / "seeds" / "watch.toml").read_text(encoding="utf-8")
WATCHES = {
    "broken TOML": ("a = = 1", "TOML"),
    "binary": (b"\xff\xfe\x00", "bad.toml"),
    "not there": (None, "cannot be read"),
    "lacks fields": ('id = "x"', "title"),
    "no theatre": (WATCH.replace('theatre = ["Mali"]', "theatre = []"), "theatre"),
    "unknown field of a rule": (WATCH.replace("\nchannels", "\nchanels"), "chanels"),
    "unknown change": (WATCH.replace('changes = ["new"', 'changes = ["nwe"'), "changes"),
    "unknown actor": (WATCH.replace('"wagner_group"', '"wagner_grop"'), "wagner_grop"),
    "unknown actor of a rule": (f'{WATCH}\nactors = ["wagner_grop"]\n', "unknown actor wagner_grop"),
    "unknown kind": (WATCH.replace('["base_lost"]', '["base_lots"]'), "base_lots"),
    "unknown channel": (WATCH.replace('channels = ["*"]', 'channels = ["pigeon"]'), "pigeon"),
}


@pytest.mark.parametrize(("content", "reason"), WATCHES.values(), ids=WATCHES.keys())
def test_a_bad_watch_file_is_one_line(content: str | bytes | None, reason: str, here: Path, command: Run) -> None:
    if content is not None:
        (here / "bad.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = command("run", "--direct", "inbox", "--watch", "bad.toml")
    assert ended.code == 1, f"{reason}: taken without a word"
    assert reason in ended.one_line()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAHELWATCH_ALERTS__MAX_ARTICLE_AGE_DAYS", "many"),
        ("SAHELWATCH_ALERTS__MAX_AGE", "3"),
        ("SAHELWATCH_DATABSE", "sqlite:///x.db"),
        ("SAHELWATCH_CHANNELS", f"not JSON {SECRET}"),
        ("SAHELWATCH_CHANNELS", f'[{{"kind": "webhook", "name": "x", "url": "https://{SECRET}@h", "secrets": []}}]'),
        ("SAHELWATCH_SOURCES", f"seeds/{SECRET}"),
    ],
)
def test_a_bad_variable_is_one_line(name: str, value: str, command: Run) -> None:
    ended = command("developments", **{name: value})
    assert ended.code == 1, f"{name} was taken without a word"
    assert ended.one_line()
    assert SECRET not in ended.err
