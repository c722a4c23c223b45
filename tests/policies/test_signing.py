"""A set is taken when it is whole, signed, approved by enough others, in its time, and not older than the last."""

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from support.changed_rules import rewrite_limits
from support.signed_rules import NOW, House

from policies.folders import read_folder
from policies.keeping import Kept
from policies.live import LivePolicies
from policies.manifests import MANIFEST, SIGNATURES, Signature, signed_bytes
from policies.signers import PrivateKey, load_signers
from policies.signing import NotYet, verify
from translators.fileproblems import FileProblems


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "keys")


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "state")


def refused(house: House, rules: Path) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        verify(read_folder(rules), rules, house.signers, NOW)
    return [str(problem).removeprefix(f"{rules}/") for problem in caught.value.problems]


def live(house: House, rules: Path, kept: Kept, now=NOW) -> LivePolicies:
    return LivePolicies(rules, kept=kept, signers=house.signers, now=lambda: now)


def test_a_set_that_was_signed_and_approved_is_taken(house: House, rules: Path, kept: Kept) -> None:
    house.make(rules, 7)
    policies = live(house, rules, kept)
    assert (policies.number, policies.current.expires) == (7, NOW + timedelta(days=90))
    assert policies.current.revision == verify(read_folder(rules), rules, house.signers, NOW).revision


# ---- tampering -----------------------------------------------------------------------------------------------------

TAMPERING: dict[str, tuple[Callable[[Path], object], str]] = {
    "stripped of its manifest": (
        lambda rules: (rules / MANIFEST).unlink(),
        "bundle.json: these rules are not signed, and this gateway takes signed rules only; run `policy sign`",
    ),
    "stripped of its signatures": (
        lambda rules: (rules / SIGNATURES).unlink(),
        "bundle.signatures.json: the manifest is not signed by its author `mira`; run `policy sign` again",
    ),
    "a truncated file": (
        lambda rules: (rules / "limits.yaml").write_bytes((rules / "limits.yaml").read_bytes()[:-200]),
        "limits.yaml: this file was changed after it was signed; put it back, or sign the folder again",
    ),
    "a truncated manifest": (
        lambda rules: (rules / MANIFEST).write_bytes((rules / MANIFEST).read_bytes()[:-40]),
        "bundle.json: this is no manifest of a set of rules (Input data was truncated); run `policy sign` again",
    ),
    "truncated signatures": (
        lambda rules: (rules / SIGNATURES).write_bytes((rules / SIGNATURES).read_bytes()[:-40]),
        "bundle.signatures.json: these are no signatures (Input data was truncated); run `policy sign` again",
    ),
    "an extra file": (
        lambda rules: (rules / "more.yaml").write_text("kind: access\n"),
        "more.yaml: this file is not in the signed manifest; take it away, or sign the folder again",
    ),
    "an extra file out of sight": (
        lambda rules: (rules / ".hidden").write_text("x"),
        ".hidden: this file is not in the signed manifest; take it away, or sign the folder again",
    ),
    "a missing file": (
        lambda rules: (rules / "schemas" / "purchase_order.1.json").unlink(),
        "schemas/purchase_order.1.json: this file is in the signed manifest and is not here; "
        "put it back, or sign the folder again",
    ),
    "a swapped file": (
        lambda rules: shutil.copy(rules / "routing.yaml", rules / "schemas.yaml"),
        "schemas.yaml: this file was changed after it was signed; put it back, or sign the folder again",
    ),
    "another number": (
        lambda rules: (rules / MANIFEST).write_bytes(
            (rules / MANIFEST).read_bytes().replace(b'"number": 7', b'"number": 8')
        ),
        "bundle.signatures.json: the manifest is not signed by its author `mira`; run `policy sign` again",
    ),
    "a space more in the manifest": (
        lambda rules: (rules / MANIFEST).write_bytes((rules / MANIFEST).read_bytes() + b" "),
        "bundle.signatures.json: the manifest is not signed by its author `mira`; run `policy sign` again",
    ),
    "a member nobody knows": (
        lambda rules: (rules / MANIFEST).write_bytes(
            (rules / MANIFEST).read_bytes().replace(b'"number": 7', b'"signed": false, "number": 7')
        ),
        "bundle.json: this is no manifest of a set of rules (Object contains unknown field `signed`); "
        "run `policy sign` again",
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_what_was_tampered_with_is_refused_and_changes_nothing(
    house: House, rules: Path, kept: Kept, name: str, tmp_path: Path
) -> None:
    house.make(rules, 7)
    policies = live(house, rules, kept)
    before = policies.current
    tamper, sentence = TAMPERING[name]
    tamper(rules)
    assert sentence in refused(house, rules)
    assert not policies.reload()
    assert policies.current is before
    assert sentence in [str(one).removeprefix(f"{rules}/") for one in policies.problems]
    with pytest.raises(FileProblems):  # nor does a new gateway start on it
        live(house, rules, Kept(tmp_path / "new"))


def test_signatures_of_another_set_are_none_of_this_one(house: House, rules: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(rules, tmp_path / "other"))
    rewrite_limits(other)
    house.make(rules, 7)
    house.make(other, 7)
    shutil.copy(rules / SIGNATURES, other / SIGNATURES)
    assert refused(house, other) == [
        "bundle.signatures.json: 2 approvals are needed, 0 count; run `policy approve`",
        "bundle.signatures.json: the manifest is not signed by its author `mira`; run `policy sign` again",
    ]


# ---- who signed ----------------------------------------------------------------------------------------------------


def test_too_few_approvals_are_not_enough(house: House, rules: Path) -> None:
    house.sign(rules, 7)
    house.approve(rules, "jonas")
    assert refused(house, rules) == [
        "bundle.signatures.json: 2 approvals are needed, 1 count (jonas); run `policy approve`"
    ]


def test_one_person_approves_once_however_often_they_sign(house: House, rules: Path) -> None:
    house.sign(rules, 7)
    house.approve(rules, "jonas", "jonas")
    signatures = msgspec.json.decode((rules / SIGNATURES).read_bytes(), type=list[Signature])
    assert [(one.signer, one.role) for one in signatures] == [("mira", "author"), ("jonas", "approver")]
    (rules / SIGNATURES).write_bytes(msgspec.json.encode([*signatures, signatures[1]]))
    assert "1 count (jonas)" in refused(house, rules)[0]


def test_the_author_may_not_approve(house: House, rules: Path) -> None:
    house.sign(rules, 7)
    with pytest.raises(FileProblems, match="`mira` is the author and cannot approve too"):
        house.approve(rules, "mira")
    forge(house, rules, "mira", "mira")
    house.approve(rules, "jonas")
    assert "1 count (jonas)" in refused(house, rules)[0]


@pytest.mark.parametrize(
    ("signer", "key"), [("aylin", "jonas"), ("stranger", "stranger"), ("aylin", "stranger"), ("petr", "petr")]
)
def test_an_approval_by_the_wrong_person_does_not_count(house: House, rules: Path, signer: str, key: str) -> None:
    house.sign(rules, 7)
    house.approve(rules, "jonas")
    forge(house, rules, signer, key)
    assert "1 count (jonas)" in refused(house, rules)[0]


def test_an_authors_signature_is_no_approval(house: House, rules: Path) -> None:
    house.sign(rules, 7)
    house.approve(rules, "jonas")
    forge(house, rules, "aylin", "aylin", signed_as="author")
    assert "1 count (jonas)" in refused(house, rules)[0]


def test_an_author_nobody_named_is_refused(house: House, rules: Path) -> None:
    house.sign(rules, 7, author="stranger")
    sentence = "`stranger` may not sign as an author; the file of signers says who may"
    assert any(sentence in one for one in refused(house, rules))


def test_an_author_with_another_key_is_refused(house: House, rules: Path) -> None:
    house.sign(rules, 7, key=house.keys["stranger"])
    assert any("the manifest is not signed by its author `mira`" in one for one in refused(house, rules))


def test_what_cannot_count_is_told_when_it_is_approved(house: House, rules: Path) -> None:
    house.sign(rules, 7)
    with pytest.raises(FileProblems, match="`petr` may not approve; the file of signers says who may"):
        house.approve(rules, "petr")
    rewrite_limits(rules)
    with pytest.raises(FileProblems, match=r"limits\.yaml: this file was changed after it was signed"):
        house.approve(rules, "jonas")


def forge(house: House, rules: Path, signer: str, key: str, signed_as: str = "approver") -> None:
    """An approval put beside the others by hand."""
    made = house.keys[key].sign(signed_bytes((rules / MANIFEST).read_bytes(), signed_as))
    signatures = json.loads((rules / SIGNATURES).read_bytes())
    encoded = msgspec.json.decode(msgspec.json.encode(Signature(signer=signer, role="approver", signature=made)))
    (rules / SIGNATURES).write_text(json.dumps([*signatures, encoded]))


# ---- time and order ------------------------------------------------------------------------------------------------


def test_a_set_of_tomorrow_is_taken_tomorrow(house: House, rules: Path, kept: Kept) -> None:
    house.make(rules, 7)
    clock = [NOW]
    policies = LivePolicies(rules, kept=kept, signers=house.signers, now=lambda: clock[0])
    before = policies.current
    rewrite_limits(rules)
    house.make(rules, 8, not_before=NOW + timedelta(days=1))
    with pytest.raises(NotYet):
        verify(read_folder(rules), rules, house.signers, NOW)
    assert not policies.reload()
    assert policies.current is before
    assert str(policies.problems[0]).endswith("the set comes into force at 2026-11-24 12:00 UTC, not before")
    clock[0] += timedelta(days=1)
    assert policies.reload()
    assert policies.number == 8


async def test_the_watch_takes_it_when_its_time_has_come(house: House, rules: Path, kept: Kept) -> None:
    house.make(rules, 7)
    clock = [NOW]
    policies = LivePolicies(rules, kept=kept, signers=house.signers, now=lambda: clock[0])
    rewrite_limits(rules)
    house.make(rules, 8, not_before=NOW + timedelta(days=1))
    policies.reload()
    watching = asyncio.create_task(policies.watch(0.01))
    await asyncio.sleep(0.05)
    assert policies.number == 7
    clock[0] += timedelta(days=1)
    async with asyncio.timeout(20):
        while policies.number != 8:
            await asyncio.sleep(0.01)
    watching.cancel()


def test_an_expired_set_is_not_taken(house: House, rules: Path) -> None:
    house.make(rules, 7, expires=NOW)
    assert refused(house, rules) == [
        "bundle.json: the set expired at 2026-11-23 12:00 UTC; sign it again with a later `--expires`"
    ]


def test_an_older_set_is_not_taken_again(house: House, rules: Path, kept: Kept, tmp_path: Path) -> None:
    house.make(rules, 7)
    old = Path(shutil.copytree(rules, tmp_path / "old"))
    rewrite_limits(rules)
    house.make(rules, 8)
    policies = live(house, rules, kept)
    shutil.rmtree(rules)
    shutil.copytree(old, rules)
    assert not policies.reload()
    sentence = "number 7 is older than 8, which was in force here; `policy rollback` goes back"
    assert [one.text for one in policies.problems] == [sentence]
    again = live(house, rules, kept)  # nor after a restart: it goes on with what it had
    assert (again.number, [one.text for one in again.problems]) == (8, [sentence])


def test_two_sets_of_one_number_are_told_apart(house: House, rules: Path, kept: Kept) -> None:
    house.make(rules, 7)
    policies = live(house, rules, kept)
    rewrite_limits(rules)
    house.make(rules, 7)
    assert not policies.reload()
    assert "another set with number 7 was in force here" in policies.problems[0].text


def test_a_way_back_is_a_higher_number_with_the_old_files(house: House, rules: Path, kept: Kept) -> None:
    house.make(rules, 7)
    first = live(house, rules, kept).current.revision
    rewrite_limits(rules)
    house.make(rules, 8)
    policies = live(house, rules, kept)
    rewrite_limits(rules, "4000 per 1s", "5000 per 1s")
    house.make(rules, 9, restores=7)
    assert policies.reload()
    assert (policies.number, policies.current.revision) == (9, first)


# ---- the file of signers -------------------------------------------------------------------------------------------


def test_the_file_of_signers_tells_every_mistake(tmp_path: Path) -> None:
    first, second = (PrivateKey.create(tmp_path / f"{n}.pem").public.text for n in (1, 2))
    file = tmp_path / "signers.yaml"
    file.write_text(
        "kind: signers\napprovals: 3\nsigners:\n"
        f'- {{name: mira, key: "{first}"}}\n- {{name: jonas, key: "{first}"}}\n- {{name: mira, key: "{second}"}}\n'
    )
    with pytest.raises(FileProblems) as caught:
        load_signers(file)
    assert [str(one).removeprefix(f"{file}:") for one in caught.value.problems] == [
        "2:12: 3 approvals can never be reached; the author does not count",
        "5:22: this is the key of `mira` too; nobody signs under two names",
        "6:10: `mira` is already in the list",
    ]


@pytest.mark.parametrize("key", ["ed25519:abc", "rsa:" + "A" * 44, "ed25519:" + "A" * 43 + "!"])
def test_a_key_that_is_none_is_told(tmp_path: Path, key: str) -> None:
    good = PrivateKey.create(tmp_path / "1.pem").public.text
    file = tmp_path / "signers.yaml"
    file.write_text(
        f'kind: signers\napprovals: 1\nsigners:\n- {{name: a, key: "{key}"}}\n- {{name: b, key: "{good}"}}\n'
    )
    with pytest.raises(FileProblems, match=r"4:18: .* is not a key; write what `policy keygen` printed"):
        load_signers(file)


def test_a_private_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    PrivateKey.create(tmp_path / "mira.pem")
    (tmp_path / "mira.pem").chmod(0o644)
    with pytest.raises(FileProblems, match="others can read this private key; run `chmod 600"):
        PrivateKey.load(tmp_path / "mira.pem")
    (tmp_path / "none.pem").write_text("nothing")
    (tmp_path / "none.pem").chmod(0o600)
    with pytest.raises(FileProblems, match="this is no Ed25519 private key"):
        PrivateKey.load(tmp_path / "none.pem")
