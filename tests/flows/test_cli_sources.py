"""The command `sahelwatch sources`: lists, adds, switches, checks and exchanges sources, and checks without storing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from storage import sources
from storage.engine import open_store
from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import SEEDS, exported

CATALOGUE = """
[[source]]
key = "desk"
kind = "feed"
address = "https://desk.example/rss"
outlet = "The Desk"
verified = false

[[source]]
key = "aube"
kind = "feed"
address = "https://aube.example/rss"
enabled = true
"""
DATABASE = "sqlite:///sources.db"
OPML = '<opml version="2.0"><body><outline text="Soir" xmlUrl="https://soir.example/rss"/></body></opml>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a working folder with a catalogue of two feeds, one of them on."""
    (tmp_path / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "sahelwatch.toml").write_text('catalogue = "catalogue.toml"\n', encoding="utf-8")
    return tmp_path


def said(folder: Path, *arguments: str | Path) -> Ended:
    return sahelwatch("sources", *arguments, "--database", DATABASE, folder=folder)


def done(folder: Path, *arguments: str | Path) -> Ended:
    """Run a command that must end well."""
    ended = said(folder, *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended


def listed(folder: Path, *arguments: str) -> dict[str, dict[str, object]]:
    """Return the sources as the list shows them, by key."""
    return {row["key"]: row for row in done(folder, *arguments, "--json").json["sources"]}


def test_the_list_shows_what_is_on_and_on_request_all(folder: Path) -> None:
    done(folder, "enable", "aube")
    assert list(listed(folder)) == ["aube"]
    assert list(listed(folder, "--all")) == ["desk", "aube"]
    text = done(folder, "--all").out
    assert "not read, unverified" in text
    assert "https://aube.example/rss" in text


def test_what_is_switched_stays_so(folder: Path) -> None:
    assert done(folder, "enable", "desk").out == "desk is on\n"
    assert done(folder, "disable", "aube").out == "aube is off\n"
    assert list(listed(folder)) == ["desk"]
    assert "no source is on" not in done(folder).out
    done(folder, "disable", "desk")
    assert "no source is on: sahelwatch sources --all lists the others" in done(folder).out


@pytest.mark.parametrize("command", ["enable", "disable"])
def test_an_unknown_key_is_named(command: str, folder: Path) -> None:
    ended = said(folder, command, "nobody")
    assert ended.code == 1
    assert "'nobody'" in ended.one_line()


def test_an_address_is_added_and_on(folder: Path) -> None:
    ended = done(
        folder, "add", "https://www.soir.example/a.json", "--kind", "json_feed", "--outlet", "Soir", "--language", "fr",
        "--every-minutes", "90", "--per-week", "3.5", "--fetch-pages",
    )  # fmt: skip
    assert ended.out == "soir-example-a-json is read from now on: https://www.soir.example/a.json\n"
    row = listed(folder)["soir-example-a-json"]
    expected = {
        "kind": "json_feed", "outlet": "Soir", "language": "fr", "interval_minutes": 90, "expected_per_week": 3.5,
        "fetch_pages": True, "enabled": True, "family": "soir",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_a_folder_is_added_by_its_whole_path(folder: Path) -> None:
    done(folder, "add", "drop", "--kind", "inbox", "--key", "drop")
    row = listed(folder)["drop"]
    assert (row["kind"], row["address"]) == ("inbox", str(folder / "drop"))


def test_what_was_switched_off_is_on_again_when_it_is_added(folder: Path) -> None:
    for command in (["add", "https://soir.example/"], ["disable", "soir-example"], ["add", "https://soir.example/"]):
        done(folder, *command)
    assert "soir-example" in listed(folder)


@pytest.mark.parametrize("address", ["drop", "ftp://soir.example/", "https://me:word@soir.example/"])
def test_what_is_no_address_is_not_added(address: str, folder: Path) -> None:
    ended = said(folder, "add", address)
    assert ended.code == 1
    assert "is no address of the web" in ended.one_line()
    assert len(listed(folder, "--all")) == 2


def test_a_wrong_kind_is_wrong_usage(folder: Path) -> None:
    assert said(folder, "add", "https://soir.example/", "--kind", "gopher").code == 2


def test_feeds_come_in_switched_off_and_go_out(folder: Path) -> None:
    (folder / "in.opml").write_text(OPML, encoding="utf-8")
    assert done(folder, "import", "in.opml").out.startswith("1 feeds added, switched off")
    assert list(listed(folder)) == ["aube"]
    assert listed(folder, "--all")["soir-example-rss"]["verified"] is False
    printed = done(folder, "export").out
    assert [f"https://{name}.example/rss" in printed for name in ("soir", "desk", "aube")] == [True] * 3
    done(folder, "export", "-o", "out.opml")
    assert (folder / "out.opml").read_text(encoding="utf-8") == printed


def test_a_list_that_is_not_there_is_named(folder: Path) -> None:
    ended = said(folder, "import", "nowhere.opml")
    assert ended.code == 1
    assert "nowhere.opml" in ended.one_line()


def test_a_catalogue_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "catalogue.toml").write_text(CATALOGUE + "colour = 1\n", encoding="utf-8")
    ended = said(folder, "check", "aube")
    assert ended.code == 1
    assert "catalogue.toml" in ended.one_line()
    assert "colour" in ended.one_line()


def test_a_check_says_what_is_there_and_stores_none_of_it(folder: Path) -> None:
    done(folder, "add", SEEDS, "--kind", "files", "--key", "seeds")
    finding = done(folder, "check", "seeds", "--json").json
    seeds = len(list(SEEDS.iterdir()))
    assert (finding["source"], finding["failed"], finding["entries"], finding["known"]) == ("seeds", None, seeds, 0)
    assert finding["would_store"] == f"{seeds} new articles; 0 are known"
    assert exported(f"sqlite:///{folder}/sources.db", "articles") == []
    assert listed(folder)["seeds"]["state"]["last_ok_at"] is None  # type: ignore[index]
    assert "would store" in done(folder, "check", "seeds").out


def test_a_check_tells_known_from_new(folder: Path) -> None:
    first = sorted(SEEDS.iterdir())[0]
    sahelwatch("run", "--direct", first, "--no-alerts", "--database", DATABASE, folder=folder)
    done(folder, "add", SEEDS, "--kind", "files", "--key", "seeds")
    finding = done(folder, "check", "seeds", "--json").json
    assert finding["known"] == 1
    assert finding["would_store"] == f"{finding['entries'] - 1} new articles; 1 are known"


def test_a_check_stores_no_source_either(folder: Path) -> None:
    database = f"sqlite:///{folder}/sources.db"
    said(folder, "check", "aube")
    assert [path.name for path in sorted(folder.iterdir())] == ["catalogue.toml", "sahelwatch.toml"]
    done(folder, "disable", "aube")
    text = CATALOGUE.replace("aube.example/rss", "aube.example/new") + '[[source]]\nkey = "soir"\nkind = "feed"\n'
    (folder / "catalogue.toml").write_text(text + 'address = "https://soir.example/rss"\n', encoding="utf-8")
    assert said(folder, "check", "aube", "--json").json["address"] == "https://aube.example/new"
    assert said(folder, "check", "soir", "--json").json["source"] == "soir"
    with closing(open_store(database)) as store, store.read() as tx:
        assert [(s.key, s.address, s.enabled) for s in sources.every(tx)] == [
            ("desk", "https://desk.example/rss", False),
            ("aube", "https://aube.example/rss", False),
        ]


@pytest.mark.parametrize("name", ["nowhere", "http://127.0.0.1:9/rss"])
def test_a_check_of_what_cannot_be_read_says_why(name: str, folder: Path) -> None:
    ended = said(folder, "check", name, "--json")
    assert ended.code == 1
    assert ended.json["failed"]
    assert ended.json["entries"] == 0


def test_what_is_no_list_is_named(folder: Path) -> None:
    (folder / "in.opml").write_text("no list", encoding="utf-8")
    assert "in.opml" in said(folder, "import", "in.opml").one_line()


REFUSED = [["--per-week", "0"], ["--every-minutes", "0"], ["--language", "french"], ["--key", "a key"]]


@pytest.mark.parametrize("option", REFUSED, ids=" ".join)
def test_what_the_catalogue_refuses_is_not_added(option: list[str], folder: Path) -> None:
    assert said(folder, "add", "https://soir.example/", *option).code != 0


def test_a_key_is_not_taken_from_another_source(folder: Path) -> None:
    ended = said(folder, "add", "https://soir.example/", "--key", "desk")
    assert ended.code == 1
    assert "https://desk.example/rss" in ended.one_line()
    assert listed(folder, "--all")["desk"]["address"] == "https://desk.example/rss"


def test_an_import_leaves_what_is_there(folder: Path) -> None:
    (folder / "in.opml").write_text(OPML, encoding="utf-8")
    done(folder, "add", "https://soir.example/rss", "--per-week", "7", "--fetch-pages")
    done(folder, "import", "in.opml")
    assert listed(folder)["soir-example-rss"]["fetch_pages"] is True


def test_an_import_leaves_what_the_catalogue_describes(folder: Path) -> None:
    (folder / "in.opml").write_text(OPML.replace("soir", "aube"), encoding="utf-8")
    assert done(folder, "import", "in.opml").out.startswith("no feed added")
    assert set(listed(folder, "--all")) == {"desk", "aube"}


def test_addresses_of_one_slug_are_added_under_two_keys(folder: Path) -> None:
    for address in ("https://soir.example/x-y", "https://soir.example/x/y", "https://soir.example/x/y"):
        done(folder, "add", address)
    found = {row["address"]: key for key, row in listed(folder).items() if "soir" in key}
    assert list(found) == ["https://soir.example/x-y", "https://soir.example/x/y"]
    assert len(set(found.values())) == 2
