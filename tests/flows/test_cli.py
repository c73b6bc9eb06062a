"""The command line prints what machines can read, loads nothing heavy for --help, and survives a closed pipe."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.engine import open_store
from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import ROOT, SEED_1, SEEDS

FORMULA = '=HYPERLINK("https://evil.example") attack kills soldiers'
COPY = "A line on top of it all.\n{}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a database: the seeds, a copy, an article with a formula for a headline, a quarantine."""
    made = tmp_path_factory.mktemp("recorded")
    inbox = made / "inbox"
    inbox.mkdir()
    for seed in SEEDS.iterdir():
        (inbox / seed.name).write_bytes(seed.read_bytes())
    (inbox / "copy.txt").write_text(COPY.format(SEED_1.read_text(encoding="utf-8")), encoding="utf-8")
    (inbox / "=1+1.txt").write_text(
        f"**{FORMULA}**\n**{FORMULA}**\nGunmen attacked an army post near Tessit on Monday. Five soldiers were killed "
        "in the attack, two residents of the town said. The army did not comment on it.\n",
        encoding="utf-8",
    )
    (inbox / "odd.txt").write_text("no article", encoding="utf-8")
    ended = sahelwatch("run", "--direct", "inbox", "--database", "sqlite:///kept.db", folder=made)
    assert ended.code == 0, ended.err
    return made


def recorded(folder: Path, *arguments: str | Path) -> Ended:
    """Run a command on the recorded database; it must end well and say nothing on standard error."""
    ended = sahelwatch(*arguments, "--database", "sqlite:///kept.db", folder=folder)
    assert (ended.code, ended.err) == (0, "")
    return ended


JSON_COMMANDS = [
    ["developments"], ["developments", "--all"], ["developments", "--kind", "attack_on_forces", "--all"],
    ["developments", "--as-of", "1990-01-01"], ["articles"], ["articles", "--duplicates"],
    ["articles", "--relevance", "irrelevant"], ["alerts"], ["alerts", "retry", "L1"],
    ["alerts", "list", "--message", "none"], ["alerts", "show", "L1"], ["alerts", "silences"], ["rules", "test"],
    ["rules", "test", "--days", "3"], ["show", "D1"], ["show", "1"],
    ["why", "L1"], ["why", "D1"], ["why", "A1"], ["why", SEED_1.name], ["verify"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", JSON_COMMANDS, ids=" ".join)
def test_json_is_one_document(arguments: list[str], folder: Path) -> None:
    json.loads(recorded(folder, *arguments, "--json").out)
    assert recorded(folder, *arguments).out.strip()


def test_a_run_prints_json_alone(folder: Path, tmp_path: Path) -> None:
    ended = sahelwatch(
        "run", "--direct", folder / "inbox", "--json", "--database", f"sqlite:///{tmp_path}/new.db", folder=folder
    )
    assert ended.code == 0
    assert ended.json["counts"] | {"dropped": 0} == {
        "sources": 1, "sources_failed": 0, "documents": 5, "documents_known": 0, "documents_quarantined": 1,
        "articles": 4, "versions": len(ended.json["developments"]), "alerts": 2, "sent": 2, "waiting": 0, "dead": 0,
        "dropped": 0,
    }  # fmt: skip
    assert "Why you got this" in ended.err  # the alerts of the console go where they do not disturb


EXPORTS = ("articles", "developments", "alerts", "changes", "mentions")


@pytest.mark.parametrize("what", EXPORTS)
def test_an_export_is_the_same_in_every_format(what: str, folder: Path) -> None:
    rows = [json.loads(line) for line in recorded(folder, "export", what).out.splitlines()]
    cells = list(csv.DictReader(io.StringIO(recorded(folder, "export", what, "--format", "csv").out)))
    assert rows
    assert [cell_values(row) for row in cells] == [as_cells(row) for row in rows]


def as_cells(row: dict[str, object]) -> dict[str, str]:
    return {
        name: "" if value is None else json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list)
        else str(value)
        for name, value in row.items()
    }  # fmt: skip


def cell_values(row: dict[str, str]) -> dict[str, str]:
    """Return the cells of a row without the mark that makes a formula a text."""
    return {name: value.removeprefix("'") for name, value in row.items()}


@pytest.mark.parametrize("what", EXPORTS)
def test_fault_89_no_cell_of_a_csv_is_a_formula(what: str, folder: Path) -> None:
    numbers = {"latitude", "longitude"}
    for row in csv.DictReader(io.StringIO(recorded(folder, "export", what, "--format", "csv").out)):
        for name, cell in row.items():
            assert name in numbers or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), f"{name}: {cell}"


def test_a_formula_is_marked_as_text(folder: Path) -> None:
    rows = csv.DictReader(io.StringIO(recorded(folder, "export", "articles", "--format", "csv").out))
    (row,) = [row for row in rows if row["external_id"].endswith("=1+1.txt")]
    assert (row["external_id"], row["headline"]) == ("'=1+1.txt", f"'{FORMULA}")


def test_geojson_holds_every_development(folder: Path) -> None:
    collection = json.loads(recorded(folder, "export", "developments", "--format", "geojson").out)
    rows = [json.loads(line) for line in recorded(folder, "export", "developments").out.splitlines()]
    assert collection["type"] == "FeatureCollection"
    assert [feature["id"] for feature in collection["features"]] == [row["id"] for row in rows]
    for feature, row in zip(collection["features"], rows, strict=True):
        assert feature["properties"]["summary"] == row["summary"]
        if row["latitude"] is None:
            assert feature["geometry"] is None
        else:
            assert feature["geometry"] == {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]}
            assert -5 < row["longitude"] < 5 < row["latitude"] < 26  # in Mali, and not the wrong way round


def test_an_export_goes_to_a_file(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "articles.jsonl"
    assert recorded(folder, "export", "articles", "-o", target).out == ""
    assert target.read_text(encoding="utf-8") == recorded(folder, "export", "articles").out


def test_the_feed_of_changes_goes_on_where_it_ended(folder: Path) -> None:
    rows = [json.loads(line) for line in recorded(folder, "export", "changes").out.splitlines()]
    middle = rows[len(rows) // 2]["cursor"]
    later = [
        json.loads(line) for line in recorded(folder, "export", "changes", "--after", str(middle)).out.splitlines()
    ]
    assert [row["cursor"] for row in later] == [row["cursor"] for row in rows if row["cursor"] > middle]
    assert recorded(folder, "export", "changes", "--after", str(rows[-1]["cursor"])).out == ""


@pytest.mark.parametrize(
    "words",
    ["developments", "articles", "articles --duplicates", "alerts", "alerts retry L1", "alerts show L1", "show D1",
     "why D1", "verify", "export articles", "sources", "sources --all", "sources export"],
)  # fmt: skip
def test_a_query_makes_no_database(words: str, tmp_path: Path) -> None:
    ended = sahelwatch(*words.split(), "--database", "sqlite:///var/none.db", folder=tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert ended.one_line() == "sahelwatch: no database at var/none.db; run `sahelwatch run` first"
    assert not (tmp_path / "var").exists()


def test_an_empty_database_exports_nothing(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/new.db").close()
    for words in (["jsonl"], ["csv"]):
        ended = sahelwatch(
            "export", "developments", "--format", *words, "--database", "sqlite:///new.db", folder=tmp_path
        )
        assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_the_database_of_the_command_goes_before_that_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    ended = sahelwatch(
        "run", "--direct", "inbox", "--database", "sqlite:///wanted.db", folder=tmp_path,
        variables={"SAHELWATCH_DATABASE": "sqlite:///other.db"},
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    assert [path.name for path in sorted(tmp_path.glob("*.db"))] == ["wanted.db"]


def fresh(*command: str, stdout: int | None = subprocess.PIPE, folder: Path = ROOT) -> subprocess.Popen[str]:
    """Start a fresh interpreter on the command line."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SAHELWATCH_")} | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *command], stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment
    )


HEAVY = ("prefect", "sqlmodel", "sqlalchemy", "alembic", "trafilatura", "feedparser", "bs4", "lxml", "httpx2", "jinja2")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["export", "--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from flows import cli; sys.argv = ['sahelwatch', *sys.argv[1:]]\n"
        "try: cli.main()\n"
        f"finally: print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    child = fresh("-c", code, *words)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err.strip()) == (0, "LOADED []")
    assert out.strip()


def test_the_version_is_that_of_the_project() -> None:
    told = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition('\nversion = "')[2].partition('"')[0]
    out, _ = fresh("-m", "flows.cli", "--version").communicate(timeout=60)
    assert out.strip().endswith(told)


@pytest.mark.parametrize("words", [["export", "mentions"], ["show", "D1"], ["developments", "--all", "--json"]])
def test_a_reader_that_goes_away_is_no_failure(words: list[str], folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    child = fresh("-m", "flows.cli", *words, "--database", "sqlite:///kept.db", stdout=writer, folder=folder)
    os.close(writer)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")


def test_a_full_disk_behind_the_output_is_one_line(folder: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("w") as target:
        child = fresh(
            "-m", "flows.cli", "export", "mentions", "--database", "sqlite:///kept.db", stdout=target.fileno(),
            folder=folder,
        )  # fmt: skip
        _, err = child.communicate(timeout=60)
    assert (child.returncode, len(err.strip().splitlines())) == (1, 1), err
