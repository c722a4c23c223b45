"""AS2 with libas2, which is not ours: messages and receipts both ways.

Skipped with a sentence where node, npm or the package is missing; with GATEWAY_REAL=require that is a failure.
"""

import os

import pytest
from support.as2_keys import holder
from support.as2_receiving import judge, receive
from support.as2_worlds import ours

from gateway.channels.as2.building import Outgoing, build
from gateway.channels.as2.receipts import Accepted, Refused
from gateway.channels.as2.refusing import Unacceptable
from tests.real.keycloak_server import CannotStart
from tests.real.libas2_peer import LibAs2

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.xdist_group("libas2")]
US, THEM = holder("us"), holder("them")
ORDER = b"UNB+UNOA:2+NORDWIND+WERK+260314:0926+1'\r\nUNH+1+ORDERS:D:96A:UN'\r\nUNT+2+1'\r\nUNZ+1+1'\r\n"


@pytest.fixture(scope="module")
def peer() -> LibAs2:
    try:
        return LibAs2(THEM.key_pem, THEM.pem, US.pem)
    except CannotStart as missing:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.mark.parametrize(
    ("encrypt", "sign"),
    [("aes128-CBC", "sha-256"), ("aes192-CBC", "sha-384"), ("aes256-CBC", "sha-512"), (False, "sha-256")],
)
def test_what_they_send_is_opened_and_they_read_our_receipt(peer, encrypt, sign):
    raw, body = peer.send(ORDER, encrypt=encrypt, sign=sign)
    relation = ours(receive={"signed": True, "encrypted": bool(encrypt)})
    received = receive(raw, body, relation)
    assert received.content == ORDER
    assert received.opened.file_name == "orders.edi"
    message_id = dict(raw)[b"Message-ID"].decode()
    fields = [("Content-Type", received.receipt.content_type), ("Message-ID", "<mdn@ulm.example>")]
    said = peer.read_receipt(fields, received.receipt.body)
    mic, algorithm = str(received.mic).split(", ")
    assert (said["messageId"], said["processed"]) == (message_id, True)
    assert (said["mic"]["mic"], said["mic"]["algorithm"]) == (mic, algorithm)
    assert algorithm == sign


def test_their_gcm_without_its_parameters_is_refused_with_a_sentence(peer):
    raw, body = peer.send(ORDER, encrypt="aes256-GCM", sign="sha-256")
    with pytest.raises(Unacceptable) as refused:
        receive(raw, body, ours())
    assert refused.value.code == "as2.decryption"
    assert refused.value.detail == "as2.malformed: the parameter list of GCM is missing"


def outgoing() -> Outgoing:
    return Outgoing(
        message_id="<7@ulm.example>", content=ORDER, media_type="application/edifact", file_name="orders.edi",
        receipt_url="https://as2.ulm.example/mdn",
    )  # fmt: skip


@pytest.mark.parametrize("digest", ["sha-256", "sha-384", "sha-512"])
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "none"])
def test_what_we_send_is_taken_and_their_receipt_counts(peer, cipher, digest):
    relation = ours(send={"cipher": cipher, "digest": digest}, receive={"signed": True, "encrypted": False})
    sent = build(outgoing(), relation)
    content, fields, receipt = peer.receive(sent.headers, sent.body, decrypt=cipher != "none")
    assert content is not None
    assert content.split() == ORDER.split(), "they write line ends anew"
    assert judge(fields, receipt, sent, relation) == Accepted()


def test_what_they_cannot_open_comes_back_as_their_refusal(peer):
    relation = ours(send={"cipher": "aes-256-gcm"}, receive={"signed": True, "encrypted": False})
    sent = build(outgoing(), relation)
    content, fields, receipt = peer.receive(sent.headers, sent.body, decrypt=True)
    assert content is None
    judged = judge(fields, receipt, sent, relation)
    assert isinstance(judged, Refused)
    assert judged.text.startswith("failed/failure: Object's schema was not verified")
