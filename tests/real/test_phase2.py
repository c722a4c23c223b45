"""AS2 over HTTP with phase2, which is not ours: messages and receipts both ways, receipts at once and later.

Skipped with a sentence where Java, Maven or the library is missing; with GATEWAY_REAL=require that is a failure.
"""

import os
import queue
from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace
from support.as2_keys import holder
from support.as2_receiving import judge, receive
from support.as2_worlds import as_recipient, ours

from gateway.channels.as2.building import Outgoing, build
from gateway.channels.as2.receipts import Accepted, Worthless
from gateway.channels.as2.relation import Relation
from partners.ownkeys import KeyPair
from tests.real.keycloak_server import CannotStart
from tests.real.phase2_peer import Listening, Phase2

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.xdist_group("phase2")]
LONG = {"begins": datetime(2020, 1, 1, tzinfo=UTC), "ends": datetime(2060, 1, 1, tzinfo=UTC)}
"""They ask the machine's clock, whatever it says."""
ORDER = b"UNB+UNOA:2+NORDWIND+WERK+260314:0926+1'\r\nUNH+1+ORDERS:D:96A:UN'\nUNT+2+1'\r\nUNZ+1+1'\r\n"


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory):
    try:
        running = Phase2(tmp_path_factory.mktemp("phase2"), holder("us", **LONG), holder("them", **LONG))
    except CannotStart as missing:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield running
    running.stop()


def relation(**agreed) -> Relation:
    us, them = holder("us", **LONG), holder("them", **LONG)
    return replace(
        ours(ours="WERK-ULM", **agreed),
        pinned=(them.certificate,),
        encrypt_to=them.certificate,
        openers=(as_recipient(us),),
        signer=KeyPair("us", us.key, us.certificate),
    )


@pytest.mark.parametrize("compress", ["no", "before", "after"])
@pytest.mark.parametrize(
    ("cipher", "digest"),
    [
        ("CRYPT_AES128_CBC", "DIGEST_SHA256"),
        ("CRYPT_AES256_CBC", "DIGEST_SHA512"),
        ("CRYPT_AES128_GCM", "DIGEST_SHA384"),
        ("CRYPT_AES256_GCM", "DIGEST_SHA256"),
        ("-", "DIGEST_SHA256"),
    ],
)
def test_what_they_send_is_opened_and_our_receipt_closes_it(peer, cipher, digest, compress):
    came = queue.Queue()

    def answer(raw, body):
        received = receive(raw, body, relation(receive={"signed": True, "encrypted": cipher != "-"}))
        came.put(received)
        fields = [("Content-Type", received.receipt.content_type), ("AS2-From", "WERK-ULM"),
                  ("AS2-To", "nordwind-edi"), ("AS2-Version", "1.2"), ("Message-ID", "<mdn@ulm.example>")]  # fmt: skip
        return fields, received.receipt.body

    with Listening(answer) as listening:
        said = peer.send(listening.url, ORDER, cipher=cipher, digest=digest, compress=compress)
    received = came.get(timeout=1)
    assert received.content == ORDER
    assert received.opened.compressed is (compress != "no")
    assert (said.failure, said.disposition) == ("-", "automatic-action/MDN-sent-automatically; processed")
    assert said.mic.replace(" ", "") == str(received.mic).replace(" ", "")


def outgoing(number: str, url: str = "") -> Outgoing:
    return Outgoing(
        message_id=f"<{number}@ulm.example>", content=ORDER, media_type="application/edifact", file_name="orders.edi",
        receipt_url=url,
    )  # fmt: skip


SENDS = [
    {"cipher": cipher, "digest": digest, "compress": compress, "key_transport": transport, "signature": signature}
    for cipher, digest, transport, signature in (
        ("aes-128-cbc", "sha-256", "rsa-pkcs1", "rsa-pkcs1"),
        ("aes-256-cbc", "sha-512", "rsa-oaep", "rsa-pkcs1"),
        ("aes-256-cbc", "sha-256", "rsa-pkcs1", "rsa-pss"),
        ("none", "sha-384", "rsa-oaep", "rsa-pkcs1"),
    )
    for compress in ("no", "after-signing")
]


@pytest.mark.parametrize("send", SENDS, ids=lambda send: "-".join(send.values()))
def test_what_we_send_is_taken_and_their_receipt_counts(peer, send):
    agreed = relation(send=send, receive={"signed": True, "encrypted": False})
    sent = build(outgoing(f"sync-{SENDS.index(send)}"), agreed)
    answer = httpx.post(peer.url, headers=list(sent.headers), content=sent.body, timeout=30, trust_env=False)
    assert answer.status_code == 200
    assert judge(answer.headers.items(), answer.content, sent, agreed) == Accepted()
    assert ORDER in [file.read_bytes() for file in peer.inbox.iterdir()]


def test_their_receipt_comes_later_to_the_address_we_named(peer):
    came = queue.Queue()

    def answer(raw, body):
        came.put(([(name.decode(), value.decode()) for name, value in raw], body))
        return [], b""

    with Listening(answer) as listening:
        agreed = relation(
            send={"receipt": "async", "cipher": "aes-256-cbc"}, receive={"signed": True, "encrypted": False}
        )
        sent = build(outgoing("async", listening.url), agreed)
        taken = httpx.post(peer.url, headers=list(sent.headers), content=sent.body, timeout=30, trust_env=False)
        assert taken.status_code in (200, 202, 204)
        fields, body = came.get(timeout=30)
    assert judge(fields, body, sent, agreed) == Accepted()


@pytest.mark.parametrize(
    "send",
    [
        {"cipher": "aes-256-cbc", "compress": "before-signing"},  # they hash what was compressed: phase2 issue 140
        {"cipher": "aes-256-gcm"},  # they take an AuthEnvelopedData for the content
    ],
    ids=lambda send: "-".join(send.values()),
)
def test_their_receipt_over_other_bytes_than_were_signed_does_not_count(peer, send):
    agreed = relation(send=send, receive={"signed": True, "encrypted": False})
    sent = build(outgoing("-".join(send.values())), agreed)
    answer = httpx.post(peer.url, headers=list(sent.headers), content=sent.body, timeout=30, trust_env=False)
    assert judge(answer.headers.items(), answer.content, sent, agreed) == Worthless(
        "its message integrity check is of other bytes than those that were sent"
    )
