"""The wheel is whole: every data file, every import; our names are ours alone, no dependency is below its floor."""

import json
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("gateway", "policies", "partners", "translators", "plant_bridge")
WINDOWS = sys.platform == "win32"

FLOORS = {
    "litestar": ("2.25.0", "CVE-2025-59152: the rate limit trusts X-Forwarded-For; CVE-2026-25478 to -25480, -48060"),
    "authlib": ("1.9.0", "CVE-2026-27962, -28498, -41425, -41479, -44681, -114617"),
    "pyjwt": ("2.14.0", "CVE-2026-32597, CVE-2026-102267 and five fixes of 2.13"),
    "pyasn1": ("0.6.4", "CVE-2026-23490, -30922, -59886"),
    "lxml": ("6.1.0", "CVE-2026-41066: external entities in iterparse"),
    "asyncssh": ("2.23.1", "path traversal over SCP, users substituted in the server's configuration"),
    "redis": ("4.5.4", "a cancelled call leaves a dirty connection"),
}
"""The least version of each, wherever it is a dependency, and what an older one lets in."""
NEVER = {
    "opentelemetry-instrumentation-litestar": "a name squatted for research; the extra of litestar is the real one"
}

NEEDED_DATA = {
    "gateway/counters.lua", "gateway/ledger/schema/0001_ledger.sql", "gateway/ledger/queries/recording.sql",
    "gateway/destinations/odoo_standin/seed.json", "policies/rules/access.yaml", "policies/rules/access.schema.json",
    "policies/rules/schemas/purchase_order.1.json", "partners/profiles/profile.schema.json",
    "partners/plants/plant.schema.json", "translators/canonical/codes/units.txt", "translators/examples/order.json",
    *(f"{package}/py.typed" for package in PACKAGES),
}  # fmt: skip
"""One of each kind, so that an empty comparison cannot pass; the test below compares every file."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, from this checkout, with the build backend that is installed."""
    out = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with our wheel; the dependencies of this one are lent to it, our own checkout is not."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    scheme = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    lent = sysconfig.get_path("purelib")
    assert Path(lent) != site
    python = folder / ("Scripts/python.exe" if WINDOWS else "bin/python")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index",
         "--no-cache-dir", "--disable-pip-version-check", str(wheel)],
        timeout=240, check=True,
    )  # fmt: skip
    # A path in a .pth file is searched last, and the .pth files over there (our editable install) are not followed.
    (site / "lent.pth").write_text(f"{lent}\n")
    return python


def run_apart(python: Path, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Without our checkout in reach: isolated, and started elsewhere."""
    return subprocess.run(
        [str(python), "-I", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def kept_files() -> set[str]:
    """Every file of the packages that the repository keeps or could keep: what is ignored is left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PACKAGES],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))  # no repository: an unpacked archive
    return {path.relative_to(ROOT).as_posix() for path in found if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == kept_files()
    assert names >= NEEDED_DATA, NEEDED_DATA - names


def test_the_wheel_carries_the_licence_and_the_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        head = f"partner_gateway-{PROJECT['version']}.dist-info"
        assert archive.read(f"{head}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
        commands = archive.read(f"{head}/entry_points.txt").decode()
    for script, target in PROJECT["scripts"].items():
        assert f"{script} = {target}" in commands


def test_every_module_of_the_wheel_can_be_imported(installed: Path, tmp_path: Path) -> None:
    program = (
        "import importlib, json, pkgutil, warnings\n"
        "warnings.simplefilter('error')\n"
        f"packages = [importlib.import_module(name) for name in {PACKAGES!r}]\n"
        "names = [m.name for p in packages for m in pkgutil.walk_packages(p.__path__, p.__name__ + '.')]\n"
        "places = {name: importlib.import_module(name).__file__ for name in names if not name.endswith('__main__')}\n"
        "print(json.dumps(places))"
    )
    ran = run_apart(installed, "-c", program, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    places = json.loads(ran.stdout)
    assert len(places) > 150
    environment = str(installed.parent.parent)
    assert all(place.startswith(environment) for place in places.values() if place), "something came from the checkout"


@pytest.mark.parametrize("script", PROJECT["scripts"])
def test_the_installed_command_explains_itself(installed: Path, tmp_path: Path, script: str) -> None:
    ran = subprocess.run(
        [str(installed.with_name(script + (".exe" if WINDOWS else ""))), "--help"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"usage: {script}")


def test_the_installed_rules_and_profiles_are_read(installed: Path, tmp_path: Path) -> None:
    command = "import sys; from gateway.cli.main import main; sys.exit(main(['policy', 'check', '--json']))"
    ran = run_apart(installed, "-c", command, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["ok"] is True
    assert set(answer["revisions"]) == {"rules", "partners"}


def test_the_installed_ledger_finds_its_sql(installed: Path, tmp_path: Path) -> None:
    program = (
        "from gateway.ledger.statements import migrations, statements\n"
        "from gateway.counter_packing import SCRIPT\n"
        "print(len(migrations()), 'insert into' in statements('recording')['record'], len(SCRIPT) > 500)"
    )
    ran = run_apart(installed, "-c", program, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    migrated, *rest = ran.stdout.split()
    assert int(migrated) >= 1
    assert rest == ["True", "True"]


def test_no_other_distribution_owns_our_names() -> None:
    """`translators` and `policies` are also names on the package index."""
    owners = packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, ())) <= {"partner-gateway"}, f"{package} belongs to {owners[package]}"


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for text in (*PROJECT["dependencies"], *(one for extra in extras for one in extra))]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda one: one.name)
def test_a_dependency_names_its_least_version_and_no_most(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators == {">="}, f"{requirement}: a floor is needed, a ceiling would keep fixes out"
    assert requirement.url is None


def test_no_floor_lets_a_published_vulnerability_in() -> None:
    checked = 0
    for requirement in requirements():
        if requirement.name.lower() not in FLOORS:
            continue
        least, why = FLOORS[requirement.name.lower()]
        [specifier] = requirement.specifier
        assert Version(specifier.version) >= Version(least), f"{requirement.name} below {least}: {why}"
        assert Version(version(requirement.name)) >= Version(least), (
            f"{requirement.name} installed below {least}: {why}"
        )
        checked += 1
    assert checked >= 6, "the table of floors is about our dependencies"


def test_no_dependency_is_one_that_must_never_be() -> None:
    named = {requirement.name.lower() for requirement in requirements()}
    assert not named & NEVER.keys(), [NEVER[name] for name in named & NEVER.keys()]
