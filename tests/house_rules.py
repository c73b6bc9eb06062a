"""The rules of the house, each a function from a repository to its faults.

In: the root of a repository. Out: one line a fault, which names the file. Nothing is imported from the
repository: modules are read as syntax trees.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

Rule = Callable[[Path], Iterator[str]]
RULES: dict[str, Rule] = {}

ROOMS = ("flows", "storage", "parsers")  # each imports only itself and those that stand after it
HOUSE = (*ROOMS, "seeds", "tests", "deploy")
LONGEST_FUNCTION, LONGEST_MODULE = 40, 300  # lines; those of a function's body, without its docstring
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
FOLDERS = {"flows", "parsers", "seeds", "storage", "tests", "deploy"}
FILES = {"pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", "requirements.lock", "LICENSE"}
# Where a library may be imported: a pattern of paths.
HOME_OF = {
    "prefect": re.compile(r"flows/[^/]+\.py"),
    "prefect_dask": re.compile(r"flows/[^/]+\.py"),
    "sqlmodel": re.compile(r"storage/.+"),
    "sqlalchemy": re.compile(r"storage/.+"),
    "alembic": re.compile(r"storage/.+"),
    "feedparser": re.compile(r"parsers/.+"),
    "bs4": re.compile(r"parsers/.+"),
    "lxml": re.compile(r"parsers/.+"),
}
# Extras that the lock does without: peers that benchmarks measure beside, and what those need who bring a cluster.
NOT_LOCKED = {"benchmarks", "dask"}
# Required and not imported: fastapi stands for its bound, and BeautifulSoup loads lxml by its name.
NOT_IMPORTED = {"fastapi", "lxml"}
# Imported where it is there, and not required.
NOT_REQUIRED = {"prefect-dask"}
# Versions that must not come in: fastapi starts no Prefect server, sqlalchemy lets none schedule a run.
REFUSED = {"fastapi": "0.151", "sqlalchemy": "2.1"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def rule(check: Rule) -> Rule:
    """Add a rule to the list."""
    RULES[check.__name__] = check
    return check


def modules(root: Path, *folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the path and the tree of each module of these folders."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imports(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a module imports, at whatever depth, also by a call with the name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                package = path.split("/")[:-level] if level else []
                base = ".".join([*package, *([module] if module else [])])
                yield from (f"{base}.{alias.name}" for alias in names)
            case ast.Call(func=called, args=[ast.Constant(value=str(name)), *_]) if _imports(called):
                yield name


def _imports(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
    return name in {"import_module", "__import__"}


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield all functions, methods and inner functions."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def public(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Yield the public functions of a module and the public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{prefix}{node.name}.")
            else:
                yield f"{prefix}{node.name}", node


def top(name: str) -> str:
    """Return the top-level name of a dotted one."""
    return name.partition(".")[0]


@rule
def imports_run_one_way(root: Path) -> Iterator[str]:
    """Check that imports run only flows -> storage -> parsers, and none to the tests."""
    for number, room in enumerate(ROOMS):
        for path, tree in modules(root, room):
            for name in imports(path, tree):
                if top(name) in (*ROOMS[:number], "tests"):
                    yield f"{path} imports {name}"


@rule
def libraries_stay_in_their_room(root: Path) -> Iterator[str]:
    """Check where each library of HOME_OF is imported."""
    for path, tree in modules(root, *ROOMS):
        for name in imports(path, tree):
            if (home := HOME_OF.get(top(name))) and not home.fullmatch(path):
                yield f"{path} imports {name}"


@rule
def tables_stay_in_storage(root: Path) -> Iterator[str]:
    """Check that tables are imported in storage alone, and that nothing public there returns one."""
    for path, tree in modules(root, "flows", "parsers"):
        yield from (f"{path} imports {n}" for n in imports(path, tree) if f"{n}.".startswith("storage.tables."))
    trees = dict(modules(root, "storage"))
    tables = {node.name for node in trees["storage/tables.py"].body if isinstance(node, ast.ClassDef)}
    for path, tree in trees.items():
        for name, function in public(tree):
            for table in sorted(tables & set(_names(function.returns))):
                yield f"{path}: {name} returns the table {table}"


def _names(annotation: ast.expr | None) -> Iterator[str]:
    """Yield the names in an annotation, also where it is text."""
    for node in ast.walk(annotation) if annotation else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.id if isinstance(node, ast.Name) else node.attr


@rule
def errors_stand_alone(root: Path) -> Iterator[str]:
    """Check that a module of errors imports nothing of the house."""
    for path, tree in modules(root, *ROOMS):
        if path.endswith("/errors.py"):
            yield from (f"{path} imports {name}" for name in imports(path, tree) if top(name) in HOUSE)


@rule
def names_say_something(root: Path) -> Iterator[str]:
    """Check that no module or folder has a name that could hold anything."""
    for folder in HOUSE:
        for path in (root / folder).rglob("*"):
            if path.name != "__pycache__" and path.stem.lower() in VAGUE:
                yield path.relative_to(root).as_posix()


@rule
def flows_shadow_nothing(root: Path) -> Iterator[str]:
    """Check that no file in flows/, which Prefect may put first on sys.path, hides another module."""
    taken = {*HOUSE, *sys.stdlib_module_names, *packages_distributions()}
    for path in sorted((root / "flows").iterdir()):
        if path.stem in taken and path.stem not in {"__init__", "__pycache__"}:
            yield f"flows/{path.name} hides the module {path.stem}"


@rule
def modules_open_with_a_header(root: Path) -> Iterator[str]:
    """Check that every module says what it is."""
    for path, tree in modules(root, *ROOMS, "tests"):
        if not ast.get_docstring(tree):
            yield f"{path} has no docstring"


@rule
def public_functions_have_docstrings(root: Path) -> Iterator[str]:
    """Check the docstrings of public functions and methods."""
    for path, tree in modules(root, *ROOMS):
        yield from (f"{path}: {name} has no docstring" for name, f in public(tree) if not ast.get_docstring(f))


@rule
def functions_are_short(root: Path) -> Iterator[str]:
    """Check the length of functions; a migration, which spells tables out and never changes again, is exempt."""
    for path, tree in modules(root, *ROOMS, "tests"):
        for function in functions(tree) if "/migrations/versions/" not in path else ():
            body = function.body[1:] if ast.get_docstring(function) else function.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > LONGEST_FUNCTION:
                yield f"{path}: {function.name} has {lines} lines"


@rule
def modules_are_short(root: Path) -> Iterator[str]:
    """Check the length of modules."""
    for path, _ in modules(root, *ROOMS, "tests"):
        if (lines := len((root / path).read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE:
            yield f"{path} has {lines} lines"


@rule
def the_root_is_tidy(root: Path) -> Iterator[str]:
    """Check the top level of the repository; what git ignores may lie about."""
    ignored = [line.strip().strip("/") for line in (root / ".gitignore").read_text(encoding="utf-8").splitlines()]
    for path in sorted(root.iterdir()):
        known = path.name in FOLDERS | FILES or path.name.startswith(".")
        if not known and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored):
            yield path.name


@rule
def what_is_imported_is_required(root: Path) -> Iterator[str]:
    """Check that pyproject.toml requires what the house imports, and nothing else."""
    required = {canonicalize_name(r.name) for r in _requirements(root)[0]}
    owners = packages_distributions()
    seen = set()
    for path, tree in modules(root, *ROOMS):
        for name in {top(n) for n in imports(path, tree)} - {*HOUSE, *sys.stdlib_module_names}:
            dists = {canonicalize_name(dist) for dist in owners.get(name, [name])}
            seen |= dists
            if not dists & (required | NOT_REQUIRED):
                yield f"{path} imports {name}, which pyproject.toml does not require"
    yield from (f"pyproject.toml requires {name}, which is not imported" for name in required - seen - NOT_IMPORTED)


def _requirements(root: Path) -> tuple[list[Requirement], list[Requirement]]:
    """Return what the house requires to run, and that together with the locked extras and the build."""
    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    run = told["project"]["dependencies"]
    told_extras = told["project"].get("optional-dependencies", {})
    extras = [r for name, extra in told_extras.items() if name not in NOT_LOCKED for r in extra]
    return list(map(Requirement, run)), list(map(Requirement, [*run, *extras, *told["build-system"]["requires"]]))


@rule
def bounds_keep_the_scheduler_alive(root: Path) -> Iterator[str]:
    """Check that pyproject.toml refuses the versions of REFUSED."""
    required = {canonicalize_name(r.name): r.specifier for r in _requirements(root)[0]}
    for name, version in REFUSED.items():
        bounds = required.get(canonicalize_name(name))
        if bounds is None or bounds.contains(version, prereleases=True):
            yield f"pyproject.toml lets {name} {version} in"


@rule
def the_lock_holds_what_is_required(root: Path) -> Iterator[str]:
    """Check that every requirement has a line in the lock, and a version that it allows."""
    locked = {canonicalize_name(name): version for name, version, _ in _locked(root)}
    for requirement in _requirements(root)[1]:
        version = locked.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version):
            yield f"requirements.lock has {requirement.name} {version}, and pyproject.toml asks for {requirement}"


@rule
def the_lock_is_sealed(root: Path) -> Iterator[str]:
    """Check that every line of the lock has hashes, and that no index or path of a machine is told."""
    for name, _, hashes in _locked(root):
        if not hashes:
            yield f"requirements.lock: {name} has no hash"
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    for told in re.findall(r"https?://\S+|file:\S+|--(?:extra-)?index-url|--find-links|(?<=\s)/\w+/\S+", text):
        yield f"requirements.lock tells {told}"


def _locked(root: Path) -> Iterator[tuple[str, Version, int]]:
    """Yield name, version and number of hashes of each line of the lock."""
    text = (root / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if found := re.match(r"([\w.-]+)==(\S+)", line):
            yield found[1], Version(found[2]), line.count("--hash=sha256:")
