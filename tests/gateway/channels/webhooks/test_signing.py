"""Signatures, against the specification's own package and against `cryptography` on its own."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.channels.webhooks.signing import BadSecret, new_secret, read_secrets, secret_of, signed_headers

BODY = b'{"type": "a.b", "data": {"n": "1"}}'


def now_seconds() -> int:
    return int(datetime.now(UTC).timestamp())


def b64(content: bytes) -> str:
    return b64encode(content).decode()


def test_the_example_of_the_reference_library_comes_out() -> None:
    """The vector that every library of the project carries in its tests."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.text(max_size=200))
def test_whatever_is_signed_verifies_elsewhere(key: bytes, text: str) -> None:
    headers = signed_headers([secret_of("whsec_" + b64(key))], "0192-a", now_seconds(), text.encode())
    Webhook(key).verify(text, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(text + " ", headers, json_parse=False)


def test_old_and_new_secret_sign_both_and_each_verifies() -> None:
    old, new = new_secret(asymmetric=False), new_secret(asymmetric=False)
    headers = signed_headers([secret_of(old), secret_of(new)], "id-1", now_seconds(), BODY)
    assert headers["webhook-signature"].count("v1,") == 2
    for one in (old, new):
        assert Webhook(one).verify(BODY, headers) == {"type": "a.b", "data": {"n": "1"}}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret(asymmetric=False)).verify(BODY, headers)


def test_an_ed25519_key_signs_v1a_and_its_public_half_verifies() -> None:
    secret = secret_of(new_secret(asymmetric=True))
    headers = signed_headers([secret], "id-1", 1700000000, BODY)
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1a"
    assert secret.public is not None
    public = Ed25519PublicKey.from_public_bytes(b64decode(secret.public.removeprefix("whpk_")))
    public.verify(b64decode(signature), b"id-1.1700000000." + BODY)
    with pytest.raises(InvalidSignature):
        public.verify(b64decode(signature), b"id-2.1700000000." + BODY)


def test_shared_and_ed25519_stand_beside_each_other() -> None:
    shared = new_secret(asymmetric=False)
    secrets = [secret_of(new_secret(asymmetric=True)), secret_of(shared)]
    headers = signed_headers(secrets, "id-1", now_seconds(), BODY)
    assert [one.partition(",")[0] for one in headers["webhook-signature"].split(" ")] == ["v1a", "v1"]
    Webhook(shared).verify(BODY, headers)


def test_an_ed25519_key_may_stand_there_without_its_public_half() -> None:
    whole = b64decode(new_secret(asymmetric=True).removeprefix("whsk_"))
    assert secret_of("whsk_" + b64(whole[:32])).public == secret_of("whsk_" + b64(whole)).public


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hunter2", "it begins neither with `whsec_` nor with `whsk_`"),
        ("", "it is empty; `partner-gateway webhook secret` makes one under a new name"),
        ("whsec_hunter2!", "what follows `whsec_` is no base64"),
        ("whsec_" + b64(b"x" * 23), "a shared secret has 24 to 64 bytes, this one has 23"),
        ("whsec_" + b64(b"x" * 65), "a shared secret has 24 to 64 bytes, this one has 65"),
        ("whsk_" + b64(b"x" * 33), "an Ed25519 key has 32 bytes, or 64 with its public half; this one has 33"),
        ("whsk_" + b64(b"x" * 64), "the public half does not belong to the private one"),
        ("whsec_" + "A" * 2000, "it is too long for a secret"),
    ],
)
def test_a_bad_secret_is_told_by_its_file_and_never_shown(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "acme-hook").write_text(text)
    with pytest.raises(BadSecret) as caught:
        read_secrets(tmp_path, ["acme-hook"])
    assert str(caught.value) == f"{tmp_path / 'acme-hook'}: {why}"


def test_a_missing_secret_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSecret, match="acme-hook: cannot be read: no such file or directory"):
        read_secrets(tmp_path, ["acme-hook"])


def test_a_secret_may_end_with_a_line_feed(tmp_path: Path) -> None:
    text = new_secret(asymmetric=False)
    (tmp_path / "acme-hook").write_text(text + "\n")
    headers = signed_headers(read_secrets(tmp_path, ["acme-hook"]), "id-1", now_seconds(), BODY)
    Webhook(text).verify(BODY, headers)
