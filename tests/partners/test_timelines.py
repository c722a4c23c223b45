"""Which certificate holds when: overlaps inbound, exactly one outbound."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.certificates import certificate, key, key_pem, pem, write_pair

from partners.as2relations import As2Relation
from partners.certificatefiles import BadCertificate, certificates_in, own_certificate
from partners.certificates import Certificate, OwnKey
from partners.directory import load
from partners.ownkeys import OwnKeys
from partners.timelines import TimeLine, dated
from translators.moments import Moment

OLD = certificate("acme", ends=datetime(2027, 6, 1, tzinfo=UTC))
NEW = certificate("acme", begins=datetime(2027, 5, 1, tzinfo=UTC))


def on(text: str) -> datetime:
    return Moment.from_text(text).at


def line() -> TimeLine:
    entries = [
        (Certificate(use=("verify", "encrypt"), file="old.pem"), OLD),
        (Certificate(use=("verify", "encrypt"), file="new.pem", from_=Moment.from_text("2027-05-15")), NEW),
    ]
    return TimeLine(dated(entry, one) for entry, one in entries)


@pytest.mark.parametrize(
    ("at", "valid", "current"),
    [
        ("2025-01-01", (), None),
        ("2027-05-14", (OLD,), OLD),
        ("2027-05-15", (NEW, OLD), NEW),
        ("2027-06-01", (NEW,), NEW),
        ("2036-01-01", (), None),
    ],
)
def test_in_an_overlap_both_verify_and_the_new_one_is_used(at: str, valid: object, current: object) -> None:
    assert line().valid("verify", on(at)) == valid
    assert line().current("encrypt", on(at)) == current
    assert line().valid("tls-client", on(at)) == ()


def test_the_directory_holds_the_certificates_and_its_revision_names_their_content(folder: Path) -> None:
    path = folder / "profiles" / "aurora.yaml"
    path.write_text(f"{path.read_text()}certificates:\n- {{use: [verify], file: acme-with-chain.pem}}\n")
    before = load(folder)
    (found,) = before.timeline("aurora").valid("verify", on("2026-06-01"))
    assert found.subject.rfc4514_string() == "CN=acme"
    assert before.timeline("kiesel").entries == ()
    (folder / "certificates" / "acme-with-chain.pem").write_bytes(pem(certificate("acme")))
    after = load(folder)
    assert after.revision != before.revision
    assert after.revisions == before.revisions


def relation(*keys: OwnKey) -> As2Relation:
    return As2Relation(theirs="ACME", ours="BERGMANN", keys=keys)


def test_our_keys_are_found_by_name_and_time(tmp_path: Path) -> None:
    write_pair(tmp_path, "as2-old", of=key(256, "a"), ends=on("2027-06-01"))
    write_pair(tmp_path, "as2-new", of=key(256, "b"))
    keys = OwnKeys(tmp_path)
    ours = relation(
        OwnKey(use=("sign", "decrypt"), name="as2-old"),
        OwnKey(use=("sign", "decrypt"), name="as2-new", from_=Moment.from_text("2027-05-01")),
    )
    assert [one.name for one in keys.usable(ours, "decrypt", on("2027-05-02"))] == ["as2-new", "as2-old"]
    signing = keys.current(ours, "sign", on("2027-04-30"))
    assert signing is not None
    assert signing.name == "as2-old"
    assert "PRIVATE" not in repr(signing)
    assert keys.current(ours, "sign", on("2040-01-01")) is None


def test_a_key_that_was_exchanged_is_read_again(tmp_path: Path) -> None:
    first = write_pair(tmp_path, "as2", of=key(256, "a"))
    keys = OwnKeys(tmp_path)
    assert keys.pair("as2").certificate == first
    (tmp_path / "as2.crt").write_bytes(pem(certificate("as2", of=key(256, "a")), certificate("above")))
    again = keys.pair("as2")
    assert again.certificate != first
    assert len(again.chain) == 1


@pytest.mark.parametrize(
    ("key_file", "certificate_file", "sentence"),
    [
        (b"no key", pem(OLD), "the `.key` is no private key in PEM without a password"),
        (key_pem(key(256, "x")), pem(OLD), "the `.key` does not belong to the first certificate of the `.crt`"),
        (key_pem(key(256, "x")), b"none", "it is no certificate in PEM, DER or P7B"),
        (key_pem(key(1024)), pem(certificate("a", of=key(1024))), "its RSA key has 1024 bits; 2048 are needed"),
    ],
)
def test_a_pair_that_cannot_be_used_is_told(
    tmp_path: Path, key_file: bytes, certificate_file: bytes, sentence: str
) -> None:
    (tmp_path / "as2.key").write_bytes(key_file)
    (tmp_path / "as2.crt").write_bytes(certificate_file)
    with pytest.raises(BadCertificate) as caught:
        OwnKeys(tmp_path).pair("as2")
    assert str(caught.value) == f"{tmp_path / 'as2'}: {sentence}"


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadCertificate, match=r"as2\.key: cannot be read: no such file or directory"):
        OwnKeys(tmp_path).pair("as2")


def test_of_a_chain_the_end_is_taken_whatever_the_order() -> None:
    root_key = key(256, "root")
    root = certificate("root", of=root_key)
    own = certificate("acme", issuer=(root, root_key))
    assert own_certificate(certificates_in(pem(root, own))) == own_certificate([own, root]) == own
    assert own_certificate([root]) == root
