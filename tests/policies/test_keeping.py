"""The last good set survives a restart without its source, unless somebody touched the copy."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from support.changed_rules import rewrite_limits
from support.signed_rules import NOW, House

from policies.folders import read_folder
from policies.keeping import MOST_SETS, Kept
from policies.live import LivePolicies
from translators.fileproblems import FileProblems


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "state")


def copy_of(kept: Kept) -> Path:
    in_force = kept.in_force()
    assert in_force is not None
    return kept.place_of(in_force)


def test_a_gateway_starts_without_the_source_on_what_it_had(rules: Path, kept: Kept) -> None:
    before = LivePolicies(rules, kept=kept).current.revision
    shutil.rmtree(rules)
    policies = LivePolicies(rules, kept=kept)
    assert policies.current.revision == before
    assert policies.problems[0].text == "there is no such folder of rules"


def test_a_gateway_starts_on_what_it_had_when_the_files_are_bad(
    rules: Path, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    before = LivePolicies(rules, kept=kept).current.revision
    rewrite_limits(rules, after="4000")
    policies = LivePolicies(rules, kept=kept)
    assert policies.current.revision == before
    assert f"the rules cannot be used; starting on {before}:" in caplog.text
    assert str(policies.problems[0]).startswith(f"{rules}/limits.yaml:20:9: `4000` is not a rate")
    rewrite_limits(rules, "rate: 4000\n", "rate: 4000 per 1s\n")
    assert policies.reload()
    assert policies.current.revision != before


def test_without_anything_kept_bad_files_are_no_start(rules: Path, kept: Kept) -> None:
    rewrite_limits(rules, after="4000")
    with pytest.raises(FileProblems):
        LivePolicies(rules, kept=kept)


def test_a_kept_copy_that_was_changed_is_not_used(rules: Path, kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    LivePolicies(rules, kept=kept)
    rewrite_limits(copy_of(kept))
    shutil.rmtree(rules)
    with pytest.raises(FileProblems, match="there is no such folder of rules"):
        LivePolicies(rules, kept=kept)
    assert "the kept copy was changed since it was in force; it is not used" in caplog.text


def test_a_kept_copy_that_was_changed_is_mended_while_there_is_a_source(rules: Path, kept: Kept) -> None:
    before = LivePolicies(rules, kept=kept).current.revision
    rewrite_limits(copy_of(kept))
    assert LivePolicies(rules, kept=kept).reload()
    shutil.rmtree(rules)
    assert LivePolicies(rules, kept=kept).current.revision == before


def test_a_file_added_to_the_kept_copy_is_seen(rules: Path, kept: Kept) -> None:
    LivePolicies(rules, kept=kept)
    (copy_of(kept) / "more.yaml").write_text("kind: access\n")
    shutil.rmtree(rules)
    with pytest.raises(FileProblems):
        LivePolicies(rules, kept=kept)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"folder":"x"}'])
def test_a_damaged_note_is_as_good_as_none(rules: Path, kept: Kept, damage: bytes) -> None:
    LivePolicies(rules, kept=kept)
    (kept.folder / "in-force.json").write_bytes(damage)
    assert LivePolicies(rules, kept=kept).problems == ()
    shutil.copy(rules / "limits.yaml", rules / "again.yaml")
    assert LivePolicies(rules, kept=kept).problems != ()


def test_a_note_cannot_lead_out_of_the_folder(rules: Path, kept: Kept) -> None:
    LivePolicies(rules, kept=kept)
    note = kept.folder / "in-force.json"
    name = copy_of(kept).name
    note.write_text(note.read_text().replace(name, f"../../{name}"))
    assert copy_of(kept).parent == kept.folder


def test_the_kept_copy_of_a_signed_set_is_verified_again(rules: Path, kept: Kept, tmp_path: Path) -> None:
    house = House(tmp_path / "keys")
    house.make(rules, 7)
    LivePolicies(rules, kept=kept, signers=house.signers, now=lambda: NOW)
    shutil.rmtree(rules)
    policies = LivePolicies(rules, kept=kept, signers=house.signers, now=lambda: NOW)
    assert policies.number == 7
    with pytest.raises(FileProblems):  # as everywhere, its time counts
        LivePolicies(rules, kept=kept, signers=house.signers, now=lambda: NOW + timedelta(days=90))
    others = House(tmp_path / "other-keys")
    with pytest.raises(FileProblems):  # who may sign has changed since
        LivePolicies(rules, kept=kept, signers=others.signers, now=lambda: NOW)


def test_what_was_kept_unsigned_does_not_count_once_signatures_are_demanded(
    rules: Path, kept: Kept, tmp_path: Path
) -> None:
    LivePolicies(rules, kept=kept)
    with pytest.raises(FileProblems, match="these rules are not signed, and this gateway takes signed rules only"):
        LivePolicies(rules, kept=kept, signers=House(tmp_path / "keys").signers, now=lambda: NOW)


def test_the_sets_before_are_kept_but_not_for_ever(rules: Path, kept: Kept) -> None:
    policies = LivePolicies(rules, kept=kept)
    for number in range(MOST_SETS + 3):
        rewrite_limits(rules, f"{5000 - number} per 1s", f"{4999 - number} per 1s")
        assert policies.reload()
    assert len(kept.earlier()) == MOST_SETS
    assert kept.earlier()[0] == copy_of(kept)


def test_a_disk_that_is_full_keeps_nobody_from_good_rules(
    rules: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Kept, "keep", full)
    policies = LivePolicies(rules, kept=kept)
    assert policies.problems == ()
    assert "could not be kept for the next start: No space left on device" in caplog.text


def test_rules_are_read_as_a_cluster_mounts_them(rules: Path, kept: Kept, tmp_path: Path) -> None:
    """A volume of files: each name a link into `..data`, itself a link that is swapped when the files change."""
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "..2026_11_23").mkdir()
    shutil.copytree(rules, mount / "..2026_11_23", dirs_exist_ok=True)
    (mount / "..data").symlink_to("..2026_11_23")
    for path in rules.iterdir():
        (mount / path.name).symlink_to(f"..data/{path.name}")
    assert LivePolicies(mount, kept=kept).current.revision == LivePolicies(rules).current.revision


def test_gateways_that_share_a_state_folder_keep_one_set(rules: Path, kept: Kept) -> None:
    files = read_folder(rules)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kept.keep(files, "sha256:a", None, None), range(40)))
    assert len({one.folder for one in made}) == 1
    assert kept.read(made[0]) == files
    assert [path.name for path in kept.folder.iterdir() if path.name.startswith(".")] == []


def test_what_is_no_ordinary_file_is_told_and_never_waited_for(rules: Path, kept: Kept) -> None:
    os.mkfifo(rules / "pipe")
    with pytest.raises(FileProblems, match=r"pipe: this is no ordinary file; take it away"):
        LivePolicies(rules, kept=kept)


def test_a_folder_that_is_too_large_is_not_read_whole(rules: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.folders.MOST_BYTES", 1024 * 1024)
    (rules / "large").write_bytes(bytes(1024 * 1024 + 1))
    with pytest.raises(FileProblems, match="more than 5000 files or 1 MiB are no folder of rules"):
        LivePolicies(rules, kept=kept)
