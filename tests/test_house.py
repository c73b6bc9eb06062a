"""The repository keeps the rules of the house, and each rule is seen to fail on what breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house_rules import RULES

ROOT = Path(__file__).parents[1]

PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
[project]
dependencies = ["prefect>=3.8.8,<3.9", "fastapi>=0.139,<0.151", "sqlalchemy>=2.0.45,<2.1"]
[project.optional-dependencies]
dev = ["pytest>=9"]
benchmarks = ["datasketch>=2"]
"""
LOCK = """\
# made by a command
fastapi==0.150.2 \\
    --hash=sha256:00
hatchling==1.30.0 ; python_version >= '3' \\
    --hash=sha256:01 \\
    --hash=sha256:02
prefect==3.8.8 \\
    --hash=sha256:03
pytest==9.0.0 \\
    --hash=sha256:04
sqlalchemy==2.0.50 \\
    --hash=sha256:05
"""
# A house in which all is well; each counter-example adds or replaces files.
SOUND = {
    "pyproject.toml": PROJECT,
    "requirements.lock": LOCK,
    ".gitignore": "var/\n*.log\n",
    ".ci/run": "",
    "var/kept.db": "",
    "run.log": "",
    "flows/__init__.py": '"""Flows."""\n',
    "flows/monitor.py": '"""A flow."""\nfrom prefect import flow\n\nfrom storage.sources import every\n',
    "flows/stages/read.py": '"""A stage."""\nfrom parsers.text import words\n',
    "storage/errors.py": '"""Errors."""\n',
    "storage/tables.py": '"""Tables."""\nclass SourceRow:\n    pass\n',
    "storage/sources.py": '"""Sources."""\nimport sqlalchemy\n\nfrom storage.tables import SourceRow\n\n'
    'def every() -> list[str]:\n    """All."""\n\ndef _rows() -> list[SourceRow]:\n    pass\n',
    "parsers/text.py": '"""Text."""\n\nclass _Reader:\n    def read(self): ...\n\ndef words():\n    """Words."""\n',
}
LINES = "    x = 1\n"

COUNTER_EXAMPLES = [
    ("imports_run_one_way", {"parsers/a.py": "import storage.engine"}, ["parsers/a.py imports storage.engine"]),
    ("imports_run_one_way", {"parsers/b/a.py": "from flows import cli"}, ["parsers/b/a.py imports flows.cli"]),
    ("imports_run_one_way", {"storage/a.py": "def f():\n    import flows"}, ["storage/a.py imports flows"]),
    ("imports_run_one_way", {"flows/a.py": "from tests import b"}, ["flows/a.py imports tests.b"]),
    (
        "imports_run_one_way",
        {"storage/a.py": "import importlib\nimportlib.import_module('flows.cli')"},
        ["storage/a.py imports flows.cli"],
    ),
    (
        "libraries_stay_in_their_room",
        {"flows/stages/a.py": "from prefect import task"},
        ["flows/stages/a.py imports prefect.task"],
    ),
    (
        "libraries_stay_in_their_room",
        {"parsers/a.py": "if True:\n    import prefect.runtime"},
        ["parsers/a.py imports prefect.runtime"],
    ),
    ("libraries_stay_in_their_room", {"flows/a.py": "import sqlmodel"}, ["flows/a.py imports sqlmodel"]),
    ("libraries_stay_in_their_room", {"flows/a.py": "import sqlalchemy.orm"}, ["flows/a.py imports sqlalchemy.orm"]),
    ("libraries_stay_in_their_room", {"flows/a.py": "from alembic import op"}, ["flows/a.py imports alembic.op"]),
    ("libraries_stay_in_their_room", {"storage/a.py": "import feedparser"}, ["storage/a.py imports feedparser"]),
    ("libraries_stay_in_their_room", {"flows/a.py": "from bs4 import Tag"}, ["flows/a.py imports bs4.Tag"]),
    ("libraries_stay_in_their_room", {"flows/a.py": "from lxml import etree"}, ["flows/a.py imports lxml.etree"]),
    ("tables_stay_in_storage", {"flows/a.py": "from storage import tables"}, ["flows/a.py imports storage.tables"]),
    (
        "tables_stay_in_storage",
        {"flows/a.py": "from storage.tables import SourceRow"},
        ["flows/a.py imports storage.tables.SourceRow"],
    ),
    (
        "tables_stay_in_storage",
        {"storage/a.py": "class A:\n    def all(self) -> list[tables.SourceRow]: ..."},
        ["storage/a.py: A.all returns the table SourceRow"],
    ),
    (
        "tables_stay_in_storage",
        {"storage/a.py": "async def first() -> 'SourceRow | None': ..."},
        ["storage/a.py: first returns the table SourceRow"],
    ),
    (
        "errors_stand_alone",
        {"storage/errors.py": "from parsers.errors import ParseError"},
        ["storage/errors.py imports parsers.errors.ParseError"],
    ),
    ("errors_stand_alone", {"storage/errors.py": "from . import values"}, ["storage/errors.py imports storage.values"]),
    ("names_say_something", {"parsers/utils.py": ""}, ["parsers/utils.py"]),
    ("names_say_something", {"storage/common/a.py": ""}, ["storage/common"]),
    ("names_say_something", {"tests/flows/Helpers.py": ""}, ["tests/flows/Helpers.py"]),
    ("flows_shadow_nothing", {"flows/storage.py": ""}, ["flows/storage.py hides the module storage"]),
    ("flows_shadow_nothing", {"flows/prefect.py": ""}, ["flows/prefect.py hides the module prefect"]),
    ("flows_shadow_nothing", {"flows/email.py": ""}, ["flows/email.py hides the module email"]),
    ("modules_open_with_a_header", {"parsers/a.py": "# A remark.\nX = 1"}, ["parsers/a.py has no docstring"]),
    ("modules_open_with_a_header", {"tests/test_a.py": ""}, ["tests/test_a.py has no docstring"]),
    ("public_functions_have_docstrings", {"flows/a.py": "def go(): ..."}, ["flows/a.py: go has no docstring"]),
    (
        "public_functions_have_docstrings",
        {"flows/a.py": "class A:\n    async def go(self): ...\n    def _stay(self): ..."},
        ["flows/a.py: A.go has no docstring"],
    ),
    ("functions_are_short", {"flows/a.py": f"def f():\n{LINES * 41}"}, ["flows/a.py: f has 41 lines"]),
    (
        "functions_are_short",
        {"tests/a.py": f'class A:\n  def f():\n    """Say."""\n{LINES * 50}'},
        ["tests/a.py: f has 50 lines"],
    ),
    ("modules_are_short", {"storage/a.py": "X = 1\n" * 301}, ["storage/a.py has 301 lines"]),
    ("the_root_is_tidy", {"notes.txt": ""}, ["notes.txt"]),
    ("the_root_is_tidy", {"scripts/a.py": ""}, ["scripts"]),
    (
        "what_is_imported_is_required",
        {"flows/a.py": "import pytest"},
        ["flows/a.py imports pytest, which pyproject.toml does not require"],
    ),
    (
        "what_is_imported_is_required",
        {"flows/monitor.py": ""},
        ["pyproject.toml requires prefect, which is not imported"],
    ),
    (
        "bounds_keep_the_scheduler_alive",
        {"pyproject.toml": PROJECT.replace(",<0.151", "").replace(",<2.1", ",<3")},
        ["pyproject.toml lets fastapi 0.151 in", "pyproject.toml lets sqlalchemy 2.1 in"],
    ),
    (
        "bounds_keep_the_scheduler_alive",
        {"pyproject.toml": PROJECT.replace(', "sqlalchemy>=2.0.45,<2.1"', "")},
        ["pyproject.toml lets sqlalchemy 2.1 in"],
    ),
    (
        "the_lock_holds_what_is_required",
        {"requirements.lock": LOCK.replace("sqlalchemy==2.0.50", "sqlalchemy==2.1.0")},
        ["requirements.lock has sqlalchemy 2.1.0, and pyproject.toml asks for sqlalchemy<2.1,>=2.0.45"],
    ),
    (
        "the_lock_holds_what_is_required",
        {"requirements.lock": LOCK.replace("pytest", "nose").replace("hatchling", "flit")},
        [
            "requirements.lock has pytest None, and pyproject.toml asks for pytest>=9",
            "requirements.lock has hatchling None, and pyproject.toml asks for hatchling>=1.27",
        ],
    ),
    (
        "the_lock_is_sealed",
        {"requirements.lock": LOCK.replace(" \\\n    --hash=sha256:05", "")},
        ["requirements.lock: sqlalchemy has no hash"],
    ),
    (
        "the_lock_is_sealed",
        {"requirements.lock": f"--index-url https://index.example/simple\n{LOCK}"},
        ["requirements.lock tells --index-url", "requirements.lock tells https://index.example/simple"],
    ),
    (
        "the_lock_is_sealed",
        {"requirements.lock": f"# uv pip compile /home/me/pyproject.toml\n{LOCK}"},
        ["requirements.lock tells /home/me/pyproject.toml"],
    ),
]


def build(root: Path, files: dict[str, str]) -> Path:
    """Write a small repository."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", RULES)
def test_the_house_keeps_its_rule(name: str) -> None:
    faults = list(RULES[name](ROOT))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", RULES)
def test_a_sound_house_has_no_fault(name: str, tmp_path: Path) -> None:
    assert list(RULES[name](build(tmp_path, SOUND))) == []


@pytest.mark.parametrize(("name", "files", "faults"), COUNTER_EXAMPLES)
def test_what_breaks_a_rule_is_found(name: str, files: dict[str, str], faults: list[str], tmp_path: Path) -> None:
    assert list(RULES[name](build(tmp_path, SOUND | files))) == faults


def test_every_rule_has_a_counter_example() -> None:
    assert {name for name, _, _ in COUNTER_EXAMPLES} == set(RULES)


def test_a_body_of_40_lines_and_a_module_of_300_are_short_enough(tmp_path: Path) -> None:
    function = '"""A."""\ndef f():\n    """Say\n    more.\n    """\n' + LINES * 40
    build(tmp_path, SOUND | {"parsers/a.py": function, "parsers/b.py": '"""A."""\n' * 300})
    assert not list(RULES["functions_are_short"](tmp_path))
    assert not list(RULES["modules_are_short"](tmp_path))
