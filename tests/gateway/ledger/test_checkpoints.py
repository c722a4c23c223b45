"""Checkpoints as other transparency tools write and read them, and every way one can be wrong."""

import base64
import hashlib
import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoints import (
    BadCheckpoint,
    Checkpoint,
    SigningKey,
    UnknownSigner,
    Verifier,
    cosign,
    open_checkpoint,
    sign,
)
from gateway.ledger.merkle import EMPTY_ROOT

ORIGIN = "gateway.example.com/audit"
ROOT = hashlib.sha256(b"a head").digest()


def key_of(seed, name=ORIGIN):
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest()))


KEY = key_of("a")
NEXT_KEY = key_of("b")
WITNESS = key_of("w", "witness.example.net")
STRANGER = key_of("s")
TEXT = sign(ORIGIN, 20852163, ROOT, KEY)

# The published example of golang.org/x/mod/sumdb/note.
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_keys_and_signatures_are_those_of_the_go_note_package():
    peter = SigningKey("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    assert peter.verifier.vkey == PETER_VKEY
    assert peter.signature_line(PETER_TEXT) == PETER_LINE
    signature = base64.b64decode(PETER_LINE.split()[2])[4:]
    assert Verifier.from_vkey(PETER_VKEY).verifies(signature, PETER_TEXT.encode())
    assert not Verifier.from_vkey(PETER_VKEY).verifies(signature, PETER_TEXT.encode() + b"\n")


def test_the_key_of_the_go_checksum_database_is_understood():
    vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert Verifier.from_vkey(vkey).vkey == vkey
    assert Verifier.from_vkey(vkey + "\n").name == "sum.golang.org"


def test_a_checkpoint_reads_as_the_format_says():
    body, signature = TEXT.split("\n\n")
    assert body == f"{ORIGIN}\n20852163\n{base64.b64encode(ROOT).decode()}"
    dash, name, content = signature.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", ORIGIN)
    assert base64.b64decode(content)[:4] == KEY.verifier.key_id
    public = base64.b64decode(KEY.verifier.vkey.split("+", 2)[2])
    assert KEY.verifier.key_id == hashlib.sha256(ORIGIN.encode() + b"\n" + public).digest()[:4]


def test_what_was_signed_is_read_back():
    assert open_checkpoint(TEXT, [KEY.verifier]) == Checkpoint(
        origin=ORIGIN, size=20852163, root=ROOT, signers=(ORIGIN,)
    )
    assert open_checkpoint(sign(ORIGIN, 0, EMPTY_ROOT, KEY), [KEY.verifier]).size == 0


def test_during_a_rotation_either_key_opens_it():
    text = cosign(TEXT, NEXT_KEY)
    for verifiers in ([KEY.verifier], [NEXT_KEY.verifier], [NEXT_KEY.verifier, KEY.verifier]):
        assert open_checkpoint(text, verifiers).signers == (ORIGIN,)


def test_a_witness_is_named_beside_the_log():
    text = cosign(TEXT, WITNESS)
    assert open_checkpoint(text, [KEY.verifier]).signers == (ORIGIN,)
    assert open_checkpoint(text, [KEY.verifier, WITNESS.verifier]).signers == (ORIGIN, "witness.example.net")


def test_a_witness_alone_does_not_speak_for_the_log():
    with pytest.raises(
        UnknownSigner,
        match=r"^the log is `gateway.example.com/audit`, but the keys that signed are of `witness.example.net`$",
    ):
        open_checkpoint(cosign(TEXT, WITNESS), [WITNESS.verifier])


def test_signatures_of_unknown_kinds_are_ignored():
    timestamped = base64.b64encode(b"\x01\x02\x03\x04" + bytes(72)).decode()
    assert open_checkpoint(f"{TEXT}— witness.example.net {timestamped}\n", [KEY.verifier]).size == 20852163
    assert open_checkpoint(f"{TEXT}— {ORIGIN} {timestamped}\n", [KEY.verifier]).signers == (ORIGIN,)


def test_extension_lines_are_kept_and_covered_by_the_signature():
    body = f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\nan extension\n"
    text = f"{body}\n{KEY.signature_line(body)}"
    assert open_checkpoint(text, [KEY.verifier]).extensions == ("an extension",)
    with pytest.raises(BadCheckpoint, match="the checkpoint was changed"):
        open_checkpoint(text.replace("an ext", "my ext"), [KEY.verifier])


def test_a_checkpoint_of_a_stranger_is_refused():
    with pytest.raises(UnknownSigner, match=r"^signed by `gateway.example.com/audit`, with none of the keys given$"):
        open_checkpoint(TEXT, [STRANGER.verifier])
    with pytest.raises(UnknownSigner, match="with none of the keys given"):
        open_checkpoint(TEXT, [])


def test_a_changed_checkpoint_is_refused():
    with pytest.raises(
        BadCheckpoint,
        match=r"^the signature of `gateway.example.com/audit` is not over this text: the checkpoint was changed$",
    ):
        open_checkpoint(TEXT.replace("20852163", "20852164"), [KEY.verifier])


def test_one_wrong_signature_of_a_known_key_spoils_the_others():
    forged = TEXT + sign(ORIGIN, 5, ROOT, NEXT_KEY).split("\n\n")[1]
    assert open_checkpoint(forged, [KEY.verifier]).size == 20852163
    with pytest.raises(BadCheckpoint, match="is not over this text"):
        open_checkpoint(forged, [KEY.verifier, NEXT_KEY.verifier])


@given(st.integers(0, len(TEXT.encode()) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at, change):
    content = bytearray(TEXT.encode())
    content[at] ^= change
    with pytest.raises(BadCheckpoint):
        open_checkpoint(content.decode(errors="surrogateescape"), [KEY.verifier])


def test_every_flipped_bit_is_noticed():
    for at in range(len(TEXT.encode())):
        for bit in range(8):
            content = bytearray(TEXT.encode())
            content[at] ^= 1 << bit
            with pytest.raises(BadCheckpoint):
                open_checkpoint(content.decode(errors="surrogateescape"), [KEY.verifier])


def test_an_empty_line_in_a_signed_body_is_refused():
    body = f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\n\nmore\n"
    with pytest.raises(BadCheckpoint, match=r"^not a checkpoint: an origin"):
        open_checkpoint(f"{body}\n{KEY.signature_line(body)}", [KEY.verifier])


@given(st.text())
def test_any_text_is_refused_with_a_sentence(text):
    with pytest.raises(BadCheckpoint):
        open_checkpoint(text, [KEY.verifier])


BODY, SIGNATURES = TEXT.split("\n\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not a signed note: a text, an empty line and signature lines are expected"),
        (TEXT[:-1], "not a signed note: a text, an empty line and signature lines are expected"),
        (TEXT.replace("\n", "\r\n"), "not a signed note: a text, an empty line and signature lines are expected"),
        (TEXT.replace("— ", "- "), "a signature line does not read `— name base64`"),
        (f"{BODY}\n\n\n", "not a signed note: a text, an empty line and signature lines are expected"),
        (f"{BODY}\n\n— {ORIGIN} AAAA\n", "a signature line does not read `— name base64`"),
        (f"{BODY}\n\n{SIGNATURES[:-2]}\n", "a signature line does not read `— name base64`"),
        (TEXT.replace("20852163", "020852163"), "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (TEXT.replace("20852163", "-1"), "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (TEXT.replace("20852163", "٣"), "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (TEXT.replace("20852163", "9" * 5000), "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (f"\n{TEXT}", "not a checkpoint: an origin, a number of leaves and a base64 hash are expected"),
        (TEXT.replace("=\n", "\n", 1), "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (f"{ORIGIN}\n7\n\n{SIGNATURES}", "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (f"{ORIGIN}\n7\nMTIz\n\n{SIGNATURES}", "not a checkpoint: an origin, a number of leaves and a base64 hash"),
        (TEXT + SIGNATURES * 32, "more than 32 signatures"),
        (TEXT + "x" * 65536, "longer than 65536 characters"),
    ],
    ids=itertools.count(),
)
def test_what_is_not_a_checkpoint_says_why(text, sentence):
    with pytest.raises(BadCheckpoint) as caught:
        open_checkpoint(text, [KEY.verifier])
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("vkey", "sentence"),
    [
        ("", "a verifier key reads `name+8 hexadecimal digits+base64`"),
        ("gateway+zz4f20a3+AAAA", "a verifier key reads `name+8 hexadecimal digits+base64`"),
        (PETER_VKEY[:-1], "a verifier key reads `name+8 hexadecimal digits+base64`"),
        (
            PETER_VKEY.replace("c74f", "c74e"),
            "the verifier key of `PeterNeumann` is damaged: its key id is not `c74e20a3`",
        ),
        (
            PETER_VKEY.replace("Peter", "Petra"),
            "the verifier key of `PetraNeumann` is damaged: its key id is not `c74f20a3`",
        ),
        ("short+c74f20a3+AQID", "the verifier key of `short` is not an Ed25519 key"),
        (PETER_VKEY.replace("+ARpc", "+BBpc"), "the verifier key of `PeterNeumann` is not an Ed25519 key"),
    ],
)
def test_a_damaged_verifier_key_says_what_is_wrong(vkey, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole sentence is compared below
        Verifier.from_vkey(vkey)
    assert str(caught.value) == sentence


def test_a_key_signs_for_its_own_log_only():
    with pytest.raises(
        ValueError, match=r"^the key `witness.example.net` does not sign for the log `gateway.example.com/audit`$"
    ):
        sign(ORIGIN, 1, ROOT, WITNESS)


def test_an_impossible_head_is_not_signed():
    with pytest.raises(ValueError, match=r"^a head of 31 bytes over 5 leaves cannot be signed$"):
        sign(ORIGIN, 5, ROOT[:31], KEY)
    with pytest.raises(ValueError, match=r"^a head of 32 bytes over -1 leaves cannot be signed$"):
        sign(ORIGIN, -1, ROOT, KEY)
    with pytest.raises(ValueError, match=r"^a tree without leaves has no other head than the hash of nothing$"):
        sign(ORIGIN, 0, ROOT, KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n"])
def test_a_name_that_would_not_read_back_is_refused(name):
    with pytest.raises(ValueError, match=r"^the name of a signing key must not be empty nor hold spaces or `\+`$"):
        key_of("a", name)


def test_a_signing_key_never_shows_its_secret():
    assert repr(KEY) == f"SigningKey({KEY.verifier.vkey!r})"
    assert KEY._private_key.private_bytes_raw().hex() not in f"{KEY!r} {KEY} {vars(KEY)}"
