"""The pages under docs/ say what the code does: what they list is complete, what they name exists."""

import ast
import importlib.util
import re
import shutil
from enum import Enum
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from prometheus_client.metrics import MetricWrapperBase

from gateway import observing
from gateway.cli.main import main
from gateway.destinations.odoo.refusals import REFUSALS
from gateway.destinations.owned import OWNERSHIP_CAUSES
from gateway.destinations.partner.causes import PARTNER_CAUSES
from gateway.destinations.recoded import CROSSREF_CAUSES
from gateway.errors import ERRORS
from gateway.identity.refusals import CERTIFICATE_REFUSALS, OUTAGES, PROOF_REFUSALS, TOKEN_REFUSALS
from gateway.ledger.keyfiles import load_keys
from gateway.ledger.partners import CertificateEnd
from gateway.ledger.states import TRANSITIONS, Event, State
from gateway.settings import PREFIX, Settings, read_settings
from gateway.statements import AcceptedStatement, RefusedStatement
from policies.verdicts import Code

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", *ROOT.glob("*/README.md"), *ROOT.glob("*/*/README.md")])
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_MODULE = re.compile(r"`((?:gateway|policies|partners|translators|plant_bridge)/[\w/.-]*)`")
_CODE = re.compile(r"`([a-z]+(?:\.[a-z_]+)+)`")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def rows(text: str, first: str) -> list[dict[str, str]]:
    """The rows of every table whose first column is headed `first`, by heading; the backticks of a lone code go."""
    found: list[dict[str, str]] = []
    heading: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            heading = []
        elif not heading:
            heading = cells
        elif heading[0] == first and not set("".join(cells)) <= set("-: "):
            found.append({name: re.sub(r"^`([^`]*)`$", r"\1", cell) for name, cell in zip(heading, cells, strict=True)})
    return found


def spelled(cell: str) -> str:
    """A cell of codes in backticks, also where it held one code alone."""
    return cell if "`" in cell else f"`{cell}`"


@cache
def generating() -> ModuleType:
    """docs/generate.py, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def literals(place: str, pattern: str) -> set[str]:
    """Every text in the Python files of `place` that is one code of this pattern."""
    path = ROOT / place
    files = [path] if path.is_file() else path.rglob("*.py")
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(pattern, node.value)
    }


# ---- generated parts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=shown)
def test_the_generated_parts_are_what_the_code_says_now(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert generating().renewed(text) == text, "run `python docs/generate.py`"


def test_every_generated_part_stands_on_a_page() -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    for name in generating().PARTS:
        assert everything.count(f"<!-- generated: {name} -->") == 1


def test_the_diagram_shows_every_state_and_every_event_of_a_delivery() -> None:
    diagram = generating().delivery_states()
    arrows = re.findall(r"^    (\S+) --> (\S+?)(?:: (.+))?$", diagram, re.MULTILINE)
    drawn = {(source, name, target) for source, target, names in arrows for name in names.split(" / ") if name}
    meant = {(s, event.rpartition(".")[2], t) for s, ways in TRANSITIONS.items() for event, t in ways.items()}
    assert drawn == meant
    assert {state for arrow in arrows for state in arrow[:2]} == {*State, "[*]"}


def test_a_page_that_lags_behind_is_noticed() -> None:
    old = "<!-- generated: delivery-states -->\nan old diagram\n<!-- end -->"
    assert generating().renewed(old) != old
    assert "stateDiagram-v2" in generating().renewed(old)


# ---- settings ------------------------------------------------------------------------------------------------------

SETTINGS = {row["setting"].removeprefix(PREFIX).lower(): row for row in rows(page("reference/settings.md"), "setting")}


def written(default: Any) -> str:
    """A default as the page writes it."""
    match default:
        case None | ():
            return "—"
        case (IPv4Network() | IPv6Network(), *_):
            return ", ".join(map(str, default))
        case _:
            return str(default)


def test_every_setting_is_documented_in_its_order_and_nothing_else() -> None:
    assert list(SETTINGS) == list(Settings.__struct_fields__)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_a_documented_default_is_the_default(name: str) -> None:
    default = getattr(Settings(), name)
    packaged = isinstance(default, Path) and default.is_absolute()
    assert SETTINGS[name]["default"] == ("as packaged" if packaged else written(default))


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_a_documented_example_is_taken(name: str, tmp_path: Path) -> None:
    example = SETTINGS[name]["example"]
    given = {f"{PREFIX}{name.upper()}": example}
    if SETTINGS[name]["form"] == "folder that exists":
        given = {f"{PREFIX}{name.upper()}": str(tmp_path)}
    if SETTINGS[name]["form"] == "file that exists":
        (file := tmp_path / "file").write_text("a file")
        given = {f"{PREFIX}{name.upper()}": str(file)}
    if name.startswith("odoo_"):
        (key := tmp_path / "odoo.key").write_text("a key")
        given |= {"GATEWAY_ODOO_API_KEY_FILE": str(key)}
    if name == "environment":  # production needs the settings that its page says it needs
        given |= {
            f"{PREFIX}{other.upper()}": SETTINGS[other]["example"]
            for other in ("database_url", "counters_url", "checkpoint_file", "public_url", "partner_issuers")
        }
    read_settings(given)


# ---- codes ---------------------------------------------------------------------------------------------------------


def test_every_error_has_a_section_of_its_own() -> None:
    assert re.findall(r"^### `(.+)`$", page("reference/errors.md"), re.MULTILINE) == list(ERRORS)


def test_every_field_of_a_problem_is_documented() -> None:
    source = (ROOT / "gateway/channels/http/problems.py").read_text()
    document = next(
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "document"
    )
    assert isinstance(document, ast.Dict)
    fields = {key.value for key in document.keys if isinstance(key, ast.Constant)} - {"violated-policies"}
    missing = {field for field in fields if f"`{field}`" not in page("reference/errors.md")}
    assert not missing


def test_every_event_is_documented_in_its_order_and_nothing_else() -> None:
    assert [row["event"] for row in rows(page("reference/events.md"), "event")] == [str(event) for event in Event]


AS2_FACTS = ("detail", "address", "content", "disposition", "mic", "receipt", "why", "attempts")
"""Written as keywords of `leaf_about` and `leaf_of`."""


def test_every_field_of_an_event_is_one_that_the_code_writes() -> None:
    written_names = literals("gateway/statements.py", "[a-z_]+") | literals("gateway/limited.py", "[a-z_]+")
    written_names |= literals("gateway/ledger", "[a-z_]+") | literals("gateway/policyrecord.py", "[a-z_]+")
    written_names |= literals("gateway/shadowing.py", "[a-z_]+") | literals("gateway/channels/as2", "[a-z_0-9]+")
    written_names |= {*AS2_FACTS, "part", "parts"} | literals("gateway/channels/sftp/pgp.py", "[a-z_]+")
    written_names |= literals("gateway/cli/partner_onboard.py", "[a-z_]+") | literals(
        "gateway/rehearsing.py", "[a-z_]+"
    )
    written_names |= literals("gateway/partnerrecord.py", "[a-z_]+") | {*CertificateEnd.__struct_fields__}
    written_names |= {*AcceptedStatement.__struct_fields__, *RefusedStatement.__struct_fields__}
    for row in rows(page("reference/events.md"), "event"):
        assert set(re.findall(r"`([^`]+)`", row["fields"])) <= written_names, row["event"]


def test_an_event_that_is_never_written_says_so() -> None:
    """Whoever writes it first must take the words away."""
    source = "".join(
        path.read_text() for path in (ROOT / "gateway").rglob("*.py") if path.name != "states.py"
    )  # the table of states is where they are defined
    for row in rows(page("reference/events.md"), "event"):
        used = f"Event.{Event(row['event']).name}" in source
        assert used != ("not written yet" in row["when"]), row["event"]


def test_every_cause_of_a_waiting_delivery_is_documented_and_nothing_else() -> None:
    documented = {row["cause"] for row in rows(page("reference/delivery-causes.md"), "cause")}
    causes = literals("gateway/delivery.py", r"(delivery|destination)\.[a-z_]+")
    causes |= literals("gateway/delivery.py", r"ledger\.[a-z_]+") | literals(
        "gateway/ledger", r"(plant|ledger)\.[a-z_]+"
    )
    assert (
        documented
        == causes | REFUSALS.keys() | OWNERSHIP_CAUSES.keys() | PARTNER_CAUSES.keys() | CROSSREF_CAUSES.keys()
    )


def test_what_is_for_a_partner_is_parked_for_a_known_cause_alone() -> None:
    used = literals("gateway/destinations/partner", r"partner\.[a-z_]+") - {"partner.send"}
    used |= literals("gateway/channels/sftp", r"partner\.[a-z_]+")
    assert used | literals("gateway/ledger", r"partner\.[a-z_]+") == PARTNER_CAUSES.keys()


def test_every_metric_is_documented_with_its_labels_and_nothing_else() -> None:
    documented = {
        row["metric"]: (row["kind"], re.findall(r"`([^`]+)`", spelled(row["labels"])))
        for row in rows(page("reference/metrics.md"), "metric")
    }
    metrics = [one for one in vars(observing).values() if isinstance(one, MetricWrapperBase)]
    defined = {
        one._name + ("_total" if one._type == "counter" else ""): (one._type, list(one._labelnames)) for one in metrics
    }
    assert {name: (kind, [label for label in labels if label != "—"]) for name, (kind, labels) in documented.items()} \
        == defined  # fmt: skip


def test_no_metric_is_defined_elsewhere() -> None:
    for path in (ROOT / "gateway").rglob("*.py"):
        if path != ROOT / "gateway/observing.py":
            assert not literals(shown(path), r"gateway_[a-z_]+_(total|seconds)"), shown(path)


# ---- the way of security -------------------------------------------------------------------------------------------


def test_the_security_flow_names_every_refusal_of_identity_and_rules() -> None:
    named = set(_CODE.findall(page("security-flow.md")))
    refusals = {*TOKEN_REFUSALS, *PROOF_REFUSALS, *CERTIFICATE_REFUSALS, *OUTAGES, *get_args(Code), "token.missing"}
    assert not refusals - named


def test_the_security_flow_names_every_refusal_of_the_way_in() -> None:
    named = set(_CODE.findall(page("security-flow.md")))
    code = r"[a-z_]+\.[a-z_.]+"
    written = literals("gateway/rejections.py", code) | literals("gateway/senders.py", code)
    intake = {code for code in ERRORS if code in written}
    body = {code for code in ERRORS if code in literals("gateway/channels/http/bodies.py", r"[a-z_]+\.[a-z_.]+")}
    assert not (intake | body) - named


def test_the_security_flow_names_no_refusal_that_does_not_exist() -> None:
    families = {code.partition(".")[0] for code in ERRORS}
    named = {code for code in _CODE.findall(page("security-flow.md")) if code.partition(".")[0] in families}
    assert named <= ERRORS.keys()


def test_each_check_of_the_security_flow_stands_where_its_code_is_given() -> None:
    """The files of a row hold every code of the row, or are what gives it a name elsewhere."""
    given_by_the_reader = {"document.unsupported", "document.too_large", "document.malformed", "document.invalid"}
    in_parts = {code for code in get_args(Code) if code.startswith("version.")}  # prefix and word, in versions.py
    for row in rows(page("security-flow.md"), "check"):
        source = "".join((ROOT / file).read_text() for file in _MODULE.findall(spelled(row["file"])))
        for code in set(_CODE.findall(spelled(row["refuses with"]))) & ERRORS.keys():
            if code in given_by_the_reader or code in in_parts:
                continue
            if code == "token.missing":  # refused in calling.py, worded in callers.py
                assert "no_token()" in source
            elif code == "keys.unavailable":
                assert "KeysUnavailable" in source
            elif code == "ledger.unavailable":
                assert "LedgerUnavailable" in source
            else:
                place = f'"{code}"'
                assert place in source or _raised_by_the_verifier(code), f"{row['check']}: {code}"


def _raised_by_the_verifier(code: str) -> bool:
    """What a part finds (an unknown key, a malformed token), tokens.py and rejections.py turn into the code."""
    callers = ("gateway/identity/tokens.py", "gateway/identity/dpop.py", "gateway/rejections.py")
    return any(f'"{code}"' in (ROOT / caller).read_text() for caller in callers)


# ---- what pages name -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    broken = []
    for target in _LINK.findall(_FENCED.sub("", text)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        if not place.exists() or (anchor and anchor not in anchors(place)):
            broken.append(target)
    assert not broken


def anchors(place: Path) -> set[str]:
    """The anchors of a page's headings, as web sites for repositories make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", place.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_file_that_a_page_names_exists(path: Path) -> None:
    named = {name.rstrip("/.") for name in _MODULE.findall(path.read_text(encoding="utf-8"))}
    missing = sorted(name for name in named if "…" not in name and not (ROOT / name).exists())
    assert not missing


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_no_page_names_a_place_on_somebodys_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(work|tmp|home|Users|root)/|\.\./shared|[A-Z]:\\", text)


@pytest.mark.parametrize("path", [path for path in PAGES if path.is_relative_to(DOCS)], ids=shown)
def test_a_page_says_on_top_whom_it_is_for(path: Path) -> None:
    title, _, rest = path.read_text(encoding="utf-8").partition("\n")
    assert title.startswith("# ")
    opening = rest.strip().partition("\n\n")[0]
    assert opening.startswith("*For ") or opening.startswith("*Status: "), "begin with *For …* under the title"


@pytest.mark.parametrize("first", [ROOT / "README.md", DOCS / "README.md"], ids=shown)
def test_every_page_can_be_reached_from_the_first(first: Path) -> None:
    reached: set[Path] = set()
    ahead = [first]
    while ahead:
        if (place := ahead.pop()) not in reached:
            reached.add(place)
            targets = (target.partition("#")[0] for target in _LINK.findall(place.read_text(encoding="utf-8")))
            ahead += [found for one in targets if (found := (place.parent / one).resolve()).suffix == ".md"]
    assert not set(DOCS.rglob("*.md")) - reached


def test_every_setting_a_page_names_exists() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__}
    for path in PAGES:
        assert set(re.findall(r"\bGATEWAY_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8"))) <= known, shown(path)


def test_every_command_a_page_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    pattern = r"partner-gateway ([a-z][a-z0-9-]+(?: [a-z][a-z0-9-]+)?)"
    commands = {command for path in PAGES for command in re.findall(pattern, path.read_text(encoding="utf-8"))}
    assert commands
    for command in sorted(commands):
        with pytest.raises(SystemExit) as ended:
            main([*command.split(), "--help"])
        assert ended.value.code == 0, f"partner-gateway {command}: {capsys.readouterr().err}"


def test_every_decision_is_in_the_list_and_every_number_is_there_once() -> None:
    records = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", page("decisions/README.md")) == records
    assert [name[:4] for name in records] == [f"{number:04}" for number in range(1, len(records) + 1)]


def test_the_glossary_is_sorted_and_says_no_word_twice() -> None:
    words = [row["word"].strip("*").partition("*")[0].lower() for row in rows(page("glossary.md"), "word")]
    assert words == sorted(set(words))


def test_the_keys_that_running_tells_to_make_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command on the page, with the arguments on the page."""
    command = re.search(r"`partner-gateway (keys create [^`]+)`", page("running.md"))
    assert command is not None
    monkeypatch.setenv("GATEWAY_KEYS", str(tmp_path / "keys"))
    assert main(command[1].split()) == 0
    assert load_keys(tmp_path / "keys").origin == command[1].split()[-1]


def test_the_mailbox_that_the_page_shows_is_a_profile(tmp_path: Path) -> None:
    """As a reader would: what the page shows is put under a packaged profile, with a real key."""
    snippet = re.search(r"```yaml\n(sftp:\n  mailbox:\n.*?)```", page("sftp.md"), re.DOTALL)
    assert snippet is not None
    folder = tmp_path / "partners"
    shutil.copytree(ROOT / "partners", folder)
    with (folder / "profiles" / "nordlicht.yaml").open("a", encoding="utf-8") as profile:
        profile.write(snippet[1].replace("AAAA…", "AAAAC3NzaC1lZDI1NTE5AAAAI" + "AEB" * 14 + "B"))
    assert main(["partner", "check", "--partners", str(folder)]) == 0


def test_events_are_an_enum_of_source_subject_action() -> None:
    assert issubclass(Event, Enum)
    assert all(re.fullmatch(r"[a-z0-9]+\.[a-z]+\.[a-z]+", event) for event in Event)
