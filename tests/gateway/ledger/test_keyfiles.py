"""The folder of keys: what it loads, and the sentence for everything an operator can get wrong."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.ledger import keyfiles
from gateway.ledger.checkpoints import Verifier, cosign, open_checkpoint, sign
from gateway.ledger.keyfiles import (
    BadKeyFile,
    create_if_absent,
    load_keys,
    new_payload_key,
    new_signing_key,
    open_to_others,
    writable_by_others,
)
from gateway.ledger.merkle import EMPTY_ROOT

ORIGIN = "gateway.example.com/audit"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

# The example of RFC 8410 §10.3.
PUBLISHED_PEM = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "keys"
    made.mkdir()
    new_payload_key(made, NOON)
    new_signing_key(made, ORIGIN, NOON)
    return made


def refusal_of(folder):
    with pytest.raises(BadKeyFile) as caught:
        load_keys(folder)
    return str(caught.value)


def only(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


def write(path, content, mode=0o600):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)


def pem_of(private_key, encryption=None):
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def write_payload_key(folder, secret):
    key_id = f"20261124T000000Z-{keyfiles._fingerprint(secret)}"
    path = folder / f"payload-{key_id}.key"
    write(path, f"partner-gateway payload key {key_id} {base64.b64encode(secret).decode()}\n")
    return path


def write_signing_key(folder, pem, public_key):
    verifier = Verifier(ORIGIN, public_key)
    path = folder / f"checkpoint-20261124T000000Z-{verifier.key_id.hex()}.pem"
    write(path, pem)
    write(path.with_suffix(".vkey"), verifier.vkey)
    return path


def test_written_keys_are_loaded(folder):
    keys = load_keys(folder)
    assert keys.origin == ORIGIN
    assert [f"payload-{key.id}.key" for key in keys.payload] == [only(folder, "payload-*").name]
    assert [verifier.vkey for verifier in keys.verifiers] == [only(folder, "*.vkey").read_text().strip()]
    assert open_checkpoint(sign(ORIGIN, 0, EMPTY_ROOT, keys.signing), keys.verifiers).origin == ORIGIN
    assert keys.cosigning == ()


def test_written_files_are_closed_to_others(folder):
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_newest_keys_are_in_use_and_the_older_still_count(folder):
    first = load_keys(folder)
    newer = new_payload_key(folder, NOON + timedelta(seconds=1))
    new_signing_key(folder, ORIGIN, NOON + timedelta(seconds=1))
    new_payload_key(folder, NOON - timedelta(days=1))
    keys = load_keys(folder)
    assert newer.name == f"payload-{keys.payload[0].id}.key"
    assert keys.payload[1].id == first.payload[0].id
    assert len(keys.payload) == 3
    assert keys.signing.verifier.vkey != first.signing.verifier.vkey
    assert [key.verifier.vkey for key in keys.cosigning] == [first.signing.verifier.vkey]
    cosigned = cosign(sign(ORIGIN, 0, EMPTY_ROOT, keys.signing), keys.cosigning[0])
    assert open_checkpoint(cosigned, first.verifiers).signers == (ORIGIN,)


def test_a_signing_key_may_be_deleted_while_its_verifier_key_stays(folder):
    old = load_keys(folder)
    only(folder, "*.pem").unlink()
    new_signing_key(folder, ORIGIN, NOON + timedelta(days=1))
    keys = load_keys(folder)
    assert open_checkpoint(sign(ORIGIN, 0, EMPTY_ROOT, old.signing), keys.verifiers).size == 0
    assert keys.cosigning == ()


def test_other_files_are_left_alone(folder):
    write(folder / "README", "which key is which", 0o644)
    (folder / "..data").mkdir()
    assert load_keys(folder).origin == ORIGIN


def test_keys_mounted_as_links_are_followed(folder, tmp_path):
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    for path in folder.iterdir():
        (mounted / path.name).symlink_to(path)
    assert load_keys(mounted).origin == ORIGIN


def test_a_missing_folder_or_key_is_named(tmp_path, folder):
    assert refusal_of(tmp_path / "none") == f"{tmp_path / 'none'}: there is no such folder of keys"
    payload, pem, vkey = only(folder, "payload-*"), only(folder, "*.pem"), only(folder, "*.vkey")
    vkey.rename(tmp_path / vkey.name)
    assert refusal_of(folder) == f"{pem}: its public half, `{vkey.name}`, is missing"
    pem.unlink()
    assert refusal_of(folder) == f"{folder}: there is no signing key, `checkpoint-<id>.pem`"
    payload.unlink()
    assert refusal_of(folder) == f"{folder}: there is no payload key, `payload-<id>.key`"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o601])
@pytest.mark.parametrize("pattern", ["payload-*.key", "*.pem"])
def test_secret_files_open_to_others_are_refused(folder, pattern, mode):
    path = only(folder, pattern)
    path.chmod(mode)
    assert refusal_of(folder) == f"{path}: is open to others; make it readable by its owner alone (chmod 600)"


def test_a_verifier_key_may_be_read_but_not_changed_by_others(folder):
    path = only(folder, "*.vkey")
    path.chmod(0o644)
    assert load_keys(folder).origin == ORIGIN
    path.chmod(0o664)
    assert refusal_of(folder) == f"{path}: may be changed by others; make it writable by its owner alone (chmod 644)"


OURS, ROOTS, FOREIGN = 1000, 0, 1001


@pytest.mark.parametrize(
    ("mode", "owner", "fault"),
    [
        (0o100600, OURS, None),
        (0o100400, OURS, None),
        (0o100440, OURS, "is open to others; make it readable by its owner alone (chmod 600)"),
        (0o100440, ROOTS, None),
        (0o100640, ROOTS, None),
        (0o100660, ROOTS, "may be read by root and its group at most (chmod 440)"),
        (0o100444, ROOTS, "may be read by root and its group at most (chmod 440)"),
        (0o100600, FOREIGN, "belongs to another user; give it to the user of the gateway, or to root"),
    ],
)
def test_a_secret_file_is_ours_or_mounted_by_root(mode, owner, fault):
    assert open_to_others(mode, owner, OURS) == fault


def test_a_public_file_is_ours_or_roots():
    assert writable_by_others(0o100644, OURS, OURS) is writable_by_others(0o100644, ROOTS, OURS) is None
    assert writable_by_others(0o100600, FOREIGN, OURS) == (
        "belongs to another user; give it to the user of the gateway, or to root"
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "c2VjcmV0",
        "partner-gateway payload key 20261123T120000Z-1f0c9a2e c2VjcmV0\n",
        "partner-gateway payload key now " + "A" * 43 + "=\n",
        b"\xff\xfe",
        b"x" * 100_000,
    ],
    ids=["empty", "bare", "short", "other id", "not text", "large"],
)
def test_what_is_not_a_payload_key_file_is_refused(folder, content):
    path = only(folder, "payload-*")
    write(path, content)
    assert refusal_of(folder) == (f"{path}: is not one line `partner-gateway payload key <id> <base64 of 32 bytes>`")


def test_a_renamed_or_damaged_payload_key_is_refused(folder):
    path = only(folder, "payload-*")
    line = path.read_text()
    renamed = path.rename(folder / "payload-20300101T000000Z-00000000.key")
    assert refusal_of(folder) == (
        f"{renamed}: the key in it is not `20300101T000000Z-00000000`; the file was renamed or damaged"
    )
    renamed.rename(path)
    later = path.rename(path.with_name(path.name.replace("20261123", "20300101")))
    assert refusal_of(folder).endswith("the file was renamed or damaged")
    later.rename(path)
    secret = line.split()[-1]
    write(path, line.replace(secret, ("B" if secret[0] == "A" else "A") + secret[1:]))
    assert refusal_of(folder).endswith("the file was renamed or damaged")


@pytest.mark.parametrize("name", ["payload-mine.key", "checkpoint-old.pem", "checkpoint-20261123.vkey"])
def test_a_name_without_an_id_is_refused_rather_than_passed_over(folder, name):
    write(folder / name, "")
    key_id = name.partition("-")[2].rpartition(".")[0]
    assert refusal_of(folder) == f"{folder / name}: `{key_id}` is not an id like `20261123T093000Z-1f0c9a2e`"


@pytest.mark.parametrize(
    "secret",
    [
        bytes(32),
        b"\xff" * 32,
        bytes(range(32)),
        bytes(range(255, 223, -1)),
        b"\x01\x02\x03\x04" * 8,
        b"correct horse battery staple 123",
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
    ],
    ids=["zeros", "ones", "counted up", "counted down", "repeated", "typed", "published"],
)
def test_example_keys_are_refused(folder, secret):
    sentence = "is an example key, not a random one; make another"
    path = write_payload_key(folder, secret)
    assert refusal_of(folder) == f"{path}: {sentence}"
    path.unlink()
    private_key = Ed25519PrivateKey.from_private_bytes(secret)
    path = write_signing_key(folder, pem_of(private_key), private_key.public_key())
    assert refusal_of(folder) == f"{path}: {sentence}"


def test_the_key_printed_in_the_standard_of_key_files_is_refused(folder):
    public_key = keyfiles.load_pem_private_key(PUBLISHED_PEM, password=None).public_key()
    path = write_signing_key(folder, PUBLISHED_PEM, public_key)
    assert refusal_of(folder) == f"{path}: is an example key, not a random one; make another"


def test_what_is_not_an_ed25519_key_is_refused(folder):
    path = only(folder, "*.pem")
    for pem in (
        b"",
        b"-----BEGIN PRIVATE KEY-----\n",
        pem_of(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x")),
    ):
        write(path, pem)
        assert refusal_of(folder) == f"{path}: is not an unencrypted private key in PEM"
    write(path, pem_of(X25519PrivateKey.generate()))
    assert refusal_of(folder) == f"{path}: is not an Ed25519 key"


def test_halves_that_do_not_belong_together_are_refused(folder):
    path = only(folder, "*.pem")
    write(path, pem_of(Ed25519PrivateKey.generate()))
    assert refusal_of(folder) == f"{path}: is not the private half of `{path.stem}.vkey`"


def test_a_damaged_verifier_key_is_refused(folder):
    path = only(folder, "*.vkey")
    write(path, "gateway.example.com\n")
    assert refusal_of(folder) == f"{path}: a verifier key reads `name+8 hexadecimal digits+base64`"
    write(path, b"\xff\xff")
    assert refusal_of(folder).startswith(f"{path}: ")


def test_keys_of_several_logs_do_not_share_a_folder(folder):
    new_signing_key(folder, "other.example.com/audit", NOON + timedelta(days=1))
    assert refusal_of(folder) == (
        f"{folder}: the signing keys are of several logs, gateway.example.com/audit, other.example.com/audit"
    )


def test_an_unreadable_file_says_so(folder):
    path = only(folder, "payload-*")
    path.unlink()
    path.mkdir(mode=0o700)
    assert refusal_of(folder) == f"{path}: cannot be read: is a directory"


def test_development_keys_are_made_once(tmp_path):
    folder = tmp_path / "state" / "keys"
    keys = create_if_absent(folder)
    assert keys.origin == "partner-gateway.localhost/audit"
    assert create_if_absent(folder).payload[0].id == keys.payload[0].id
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.parent.iterdir()] == ["keys"]


def test_an_empty_folder_is_filled_and_a_used_one_never_touched(tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir()
    create_if_absent(folder, ORIGIN)
    assert load_keys(folder).origin == ORIGIN
    only(folder, "payload-*").unlink()
    with pytest.raises(BadKeyFile, match="there is no payload key"):
        create_if_absent(folder, ORIGIN)
    assert sorted(path.suffix for path in folder.iterdir()) == [".pem", ".vkey"]


def test_processes_that_start_together_end_with_the_same_keys(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create_if_absent(tmp_path / "keys"), range(16)))
    assert len({(keys.payload[0].id, keys.signing.verifier.vkey) for keys in made}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"file"):
        create_if_absent(tmp_path / "file" / "keys")


def test_writing_never_replaces_a_key(folder):
    path = only(folder, "payload-*")
    with pytest.raises(FileExistsError):
        keyfiles._write(path, b"other")
    assert load_keys(folder).origin == ORIGIN


def test_loaded_keys_never_show_their_secrets(folder):
    shown = repr(load_keys(folder))
    assert only(folder, "payload-*").read_text().split()[-1] not in shown
    assert only(folder, "*.vkey").read_text().strip() in shown
