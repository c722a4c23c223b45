"""Message integrity checks as others spell them."""

from hashlib import sha1, sha256

import pytest

from gateway.channels.as2.mic import Mic, choose_algorithm, known_algorithm, read_mic

DIGEST = sha256(b"UNB").digest()


@pytest.mark.parametrize("spelled", ["sha-256", "SHA256", "sha256", "rsa-sha256", "SHA2-256", "Sha_256", ' "sha-256" '])
def test_an_algorithm_is_known_by_every_spelling(spelled: str):
    assert known_algorithm(spelled) == "sha256"


@pytest.mark.parametrize("spelled", ["md5", "sha-224", "sha", "", "sha2", "crc32", "sha-2560"])
def test_what_we_do_not_compare_is_unknown(spelled: str):
    assert known_algorithm(spelled) is None


def test_a_mic_comes_back_as_it_was_written():
    assert read_mic(str(Mic("sha256", DIGEST))) == Mic("sha256", DIGEST)
    assert str(Mic("sha1", sha1(b"x").digest())).endswith(", sha1")


@pytest.mark.parametrize("shape", ["{},sha256", " {} ,  SHA-256 ", "{a}\r\n {b}, sha-256"])
def test_spaces_in_a_mic_do_not_count(shape: str):
    encoded = str(Mic("sha256", DIGEST)).partition(",")[0]

    assert read_mic(shape.format(encoded, a=encoded[:9], b=encoded[9:])) == Mic("sha256", DIGEST)


@pytest.mark.parametrize("text", ["", "sha-256", "!!!!, sha-256", "AAAA, md5", "AAA, sha-256", "AAAA sha-256"])
def test_what_is_no_mic_is_none(text: str):
    assert read_mic(text) is None


@pytest.mark.parametrize(
    ("signed_with", "listed", "legacy", "chosen"),
    [
        ("sha256", ("sha-256", "sha1"), False, "sha256"),
        ("sha256", (), False, "sha256"),
        ("sha1", (), True, "sha1"),
        ("sha256", ("sha1",), False, "sha1"),
        ("sha256", ("md5", "sha-512", "sha1"), False, "sha512"),
        ("sha256", ("md5",), False, None),
        (None, ("md5", "sha-384"), False, "sha384"),
        (None, (), False, "sha256"),
        (None, (), True, "sha1"),
    ],
)
def test_the_mic_is_never_of_an_algorithm_the_sender_did_not_list(signed_with, listed, legacy, chosen):
    assert choose_algorithm(signed_with, listed, legacy=legacy) == chosen
