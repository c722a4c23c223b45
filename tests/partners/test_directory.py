"""Who is found by what, and that no identity belongs to two."""

from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

from partners.directory import Directory, is_open, load
from partners.editorschemas import editor_schemas
from partners.profile import Partner, Plant
from partners.standings import Standings
from translators.yamlfiles import FileProblems
from translators.yamlfiles import load as load_yaml


@pytest.fixture
def directory(folder: Path) -> Directory:
    return load(folder)


def test_a_partner_is_found_by_its_client_at_the_partners_issuer_only(directory: Directory) -> None:
    found = directory.by_client("partner", "nordlicht-edi")
    assert isinstance(found, Partner)
    assert (found.id, found.plan, found.binding) == ("nordlicht", "standard", "none")
    assert directory.by_client("plant", "nordlicht-edi") is None
    assert directory.by_client("corporate", "nordlicht-edi") is None
    assert directory.by_client("partner", "nobody") is None


def test_a_plant_is_found_by_its_client_and_by_its_gln(directory: Directory) -> None:
    plant = directory.by_client("plant", "salzungen-mes")
    assert isinstance(plant, Plant)
    assert directory.plant_by_gln("4260001230011") is plant
    assert directory.plant_by_gln("4012345000009") is None
    assert directory.plants["salzungen"] is plant


def test_the_demo_has_three_distributors_a_trial_and_a_supplier(directory: Directory) -> None:
    assert sorted((one.kind, one.plan) for one in directory.partners.values()) == [
        ("distributor", "standard"),
        ("distributor", "standard"),
        ("distributor", "standard"),
        ("distributor", "trial"),
        ("supplier", "standard"),
    ]


def test_a_suspended_partner_is_found_and_not_open(folder: Path) -> None:
    path = folder / "profiles" / "aurora.yaml"
    path.write_text(path.read_text().replace("state: active", "state: suspended"))
    found = load(folder).by_client("partner", "aurora-orders")
    assert isinstance(found, Partner)
    assert not is_open(found, datetime(2026, 11, 23, tzinfo=UTC))


def test_a_relation_is_open_between_from_and_until(directory: Directory) -> None:
    trial = directory.partners["kiesel"]
    assert is_open(trial, datetime(2027, 6, 29, 23, 59, 59, tzinfo=UTC))
    assert not is_open(trial, datetime(2027, 6, 30, tzinfo=UTC))


def test_the_same_client_id_at_two_issuers_is_two_senders(folder: Path) -> None:
    path = folder / "plants" / "salzungen.yaml"
    path.write_text(path.read_text().replace("salzungen-mes", "nordlicht-edi"))
    directory = load(folder)
    assert isinstance(directory.by_client("plant", "nordlicht-edi"), Plant)
    assert isinstance(directory.by_client("partner", "nordlicht-edi"), Partner)


def test_a_plant_without_a_gln_is_refused(folder: Path) -> None:
    path = folder / "plants" / "salzungen.yaml"
    path.write_text(path.read_text().replace('gln: ["4260001230011"]', "vat: DE123456789"))
    with pytest.raises(FileProblems) as caught:
        load(folder)
    assert str(caught.value) == f"{path}:9:3: a plant needs a `gln`, or nothing that is shipped to it finds it"


def test_a_file_that_would_be_overlooked_is_told(folder: Path) -> None:
    (folder / "profiles" / "aurora.yaml").rename(folder / "profiles" / "aurora.yml")
    with pytest.raises(FileProblems, match=r"aurora\.yml: a profile ends in `\.yaml`; this one would be overlooked"):
        load(folder)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileProblems) as caught:
        load(tmp_path)
    assert [problem.text for problem in caught.value.problems] == ["there is no such folder"] * 2


def test_the_revision_follows_the_content(folder: Path) -> None:
    before = load(folder).revision
    assert load(folder).revision == before
    path = folder / "plants" / "salzungen.yaml"
    path.write_text(path.read_text() + "# a remark\n")
    assert load(folder).revision != before


def test_the_schemas_for_editors_are_current_and_accept_what_ships() -> None:
    schemas = editor_schemas()
    assert [path.name for path, content in schemas.items() if path.read_bytes() != content] == [], (
        "run python -m partners.editorschemas"
    )
    for path, content in schemas.items():
        validator = jsonschema_rs.Draft202012Validator(msgspec.json.decode(content))
        for profile in path.parent.glob("*.yaml"):
            assert list(validator.iter_errors(load_yaml(profile).data)) == [], profile.name


def test_what_people_decide_changes_the_states_and_nothing_else(folder: Path) -> None:
    directory = load(folder)
    same, was = vars(directory.under(Standings())), vars(directory)
    assert {name: same[name] for name in was if name != "_codes"} == {
        name: was[name] for name in was if name != "_codes"
    }
    assert same["_codes"].keys() == was["_codes"].keys()
    under = directory.under(Standings(suspended=frozenset({"aurora"}), approved=frozenset({"aurora", "kiesel"})))
    assert {one.id for one in under.partners.values() if one.state == "suspended"} == {"aurora"}


_SERVER = """
sftp:
  server:
    host: files.example
    user: us
    key: ours
    host_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"]
    poll: /out
"""


def test_two_partners_do_not_share_the_folder_we_fetch_from(folder: Path) -> None:
    """They would take each other's files. Another folder of the same server is another matter."""
    for name in ("nordlicht", "aurora"):
        with (folder / "profiles" / f"{name}.yaml").open("a") as profile:
            profile.write(_SERVER)
    with pytest.raises(FileProblems) as caught:
        load(folder)
    (problem,) = caught.value.problems
    text = "the folder that is fetched from `us@files.example:22 /out` is already in profiles/aurora.yaml"
    assert str(problem.text).startswith(text)
    other = (folder / "profiles" / "aurora.yaml").read_text().replace("poll: /out", "poll: /aurora")
    (folder / "profiles" / "aurora.yaml").write_text(other)
    assert load(folder).partners["aurora"].sftp is not None


@pytest.mark.parametrize(
    "given",
    ["", "    ready: renamed\n", "    ready: marker:.ok\n    after_pickup: keep\n",
     "    pattern: '*.edi'\n    every: 1h\n    settle: 2m\n    after_pickup: move:/done\n    after_refusal: keep\n"],
)  # fmt: skip
def test_what_is_fetched_may_be_said_in_many_ways(folder: Path, given: str) -> None:
    with (folder / "profiles" / "nordlicht.yaml").open("a") as profile:
        profile.write(_SERVER + given)
    assert load(folder).partners["nordlicht"].sftp is not None
