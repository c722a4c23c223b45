"""What one side builds the other opens, with the same message integrity check, in every combination."""

import hashlib
from itertools import product
from typing import Any

import pytest
from support.as2_worlds import ours, theirs

from gateway.channels.as2.building import Built, Outgoing, build
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.unwrapping import Opened, Unwrapping
from gateway.channels.as2.windows import Spools, held

ORDER = b"UNB+UNOA:2+NORDWIND+WERK+260314:0926+1'\r\nUNH+1+ORDERS:D:96A:UN'\nUNZ+1+1'"
OUTGOING = Outgoing(
    message_id="<1@nordwind.example>",
    content=ORDER,
    media_type="application/edifact",
    file_name="orders 1.edi",
    receipt_url="https://as2.nordwind.example/mdn",
)


def built(**send: Any) -> Built:
    return build(OUTGOING, theirs(send=send))


def opened(message: Built, spools: Spools, **agreed: Any) -> Opened:
    """As our side opens it. What is demanded is off unless a test asks for it."""
    agreed = {"receive": {"signed": False, "encrypted": False}, **agreed}
    headers = read_headers((name.encode(), text.encode("latin-1")) for name, text in message.headers)
    entity = outermost(headers.content_fields, held(message.body))
    return Unwrapping(entity, ours(**agreed), spools, Caps()).open()


CIPHERS = (None, "aes-128-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm")
COMPRESS = ("no", "before-signing", "after-signing")


@pytest.mark.parametrize(
    ("digest", "cipher", "compress"), [*product((None, "sha-256", "sha-384", "sha-512"), CIPHERS, COMPRESS)]
)
def test_what_is_built_is_opened_and_both_compute_the_same_mic(digest: str | None, cipher: str | None, compress: str):
    message = built(digest=digest, cipher=cipher, compress=compress)
    if digest is None and cipher is not None and cipher.endswith("cbc"):
        with Spools() as spools, pytest.raises(Unacceptable) as refused:
            opened(message, spools)
        assert (refused.value.code, "needs a signature inside" in refused.value.detail) == ("as2.decryption", True)
        return
    with Spools() as spools:
        found = opened(message, spools)

        assert found.content.read() == ORDER
        assert found.file_name == "orders 1.edi"
        assert (found.signer is not None, found.envelope is not None) == (digest is not None, cipher is not None)
        assert found.compressed == (compress != "no")
        ((algorithm, sent),) = message.mics.items()
        assert found.measured.mic(algorithm).digest == sent


@pytest.mark.parametrize(("signature", "transport"), [*product(("rsa-pkcs1", "rsa-pss"), ("rsa-pkcs1", "rsa-oaep"))])
def test_every_agreed_scheme_is_spoken(signature: str, transport: str):
    with Spools() as spools:
        found = opened(built(signature=signature, key_transport=transport), spools, receive={})

        assert found.content.read() == ORDER


def test_the_mic_of_a_plain_message_is_over_its_body_alone():
    message = built(digest=None, cipher=None)

    assert message.mics == {"sha256": hashlib.sha256(ORDER).digest()}


@pytest.mark.parametrize(
    ("send", "receive", "code"),
    [
        ({"cipher": None}, {"encrypted": True}, "as2.security"),
        ({"digest": None, "cipher": None}, {"encrypted": False}, "as2.security"),
        ({"digest": None}, {}, "as2.decryption"),
    ],
)
def test_less_than_was_agreed_is_refused(send: dict[str, Any], receive: dict[str, Any], code: str):
    with Spools() as spools, pytest.raises(Unacceptable) as refused:
        opened(built(**send), spools, receive=receive)

    assert refused.value.code == code
    assert "the agreement wants it so" in refused.value.detail
