"""Receipts as we write them, as others write them, and which of them count."""

from base64 import encodebytes
from hashlib import sha1, sha256
from typing import Any

import pytest
from support.as2_worlds import ours, theirs

from gateway.channels.as2.building import build_receipt
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.dispositions import Disposition, read_disposition, written
from gateway.channels.as2.mdn import Mdn, Receipted, read_mdn
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.mime import outermost, read_entity, split_signed
from gateway.channels.as2.receipts import Accepted, Expected, Judged, Refused, Worthless, judge_receipt
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.unwrapping import Unwrapping
from gateway.channels.as2.windows import Spools, held

CONTENT = b"Content-Type: application/edifact\r\n\r\nUNB'"
MIC = Mic("sha256", sha256(CONTENT).digest())
ABOUT = Receipted(
    message_id="<1@nordwind.example>", sender="nordwind-edi", receiver="WERK ULM", subject="orders", date="today",
    disposition=Disposition("processed"), mic=MIC,
)  # fmt: skip
EXPECTED = Expected("<1@nordwind.example>", {"sha256": MIC.digest}, signed=True)


def a_receipt(**changes: Any) -> Mdn:
    given = {"original_message_id": "<1@nordwind.example>", "disposition": Disposition("processed"), "mic": MIC}
    return Mdn(**{**given, **changes})


def test_our_receipt_is_read_and_verified_by_the_other_side():
    made = build_receipt(ABOUT, ours(), is_signed=True)
    with Spools() as spools:
        entity = outermost([("content-type", made.content_type)], held(made.body))
        found = Unwrapping(entity, theirs(receive={"encrypted": False}), spools, Caps()).open()
        mdn = read_mdn(found.payload, spools)

    assert found.signer is not None
    assert mdn.mic == MIC
    assert mdn.final_recipient == "WERK ULM"
    assert judge_receipt(mdn, EXPECTED, verified=True) == Accepted()


def test_a_receipt_that_cannot_be_signed_goes_unsigned_and_says_so():
    relation = ours()
    made = build_receipt(
        ABOUT, type(relation)(partner="nordwind", agreed=relation.agreed, at=relation.at), is_signed=True
    )

    assert made.content_type.startswith("multipart/report")
    assert b"not signed" in made.body


@pytest.mark.parametrize("bad", ["a\r\nDisposition: x; processed", "\0", "é", "x" * 3000])
def test_nothing_a_partner_writes_gets_out_of_its_line(bad: str):
    about = type(ABOUT)(
        message_id="<1@x>", sender="a", receiver="b", subject=bad, date=bad, mic=None, explanation=bad,
        disposition=Disposition("processed", "error", "unexpected-processing-error"),
    )  # fmt: skip
    made = build_receipt(about, ours(), is_signed=False)
    with Spools() as spools:
        mdn = read_mdn(outermost([("content-type", made.content_type)], held(made.body)), spools)

    assert str(mdn.disposition) == "processed/error: unexpected-processing-error"
    assert mdn.mic is None


FOREIGN = {
    "mendelson": b"""Content-Type: multipart/report; report-type=disposition-notification; \r
\tboundary="----=_Part_4_1"\r
\r
------=_Part_4_1\r
Content-Type: text/plain\r
Content-Transfer-Encoding: 7bit\r
\r
The AS2 message has been received.\r
------=_Part_4_1\r
Content-Type: message/disposition-notification\r
Content-Transfer-Encoding: 7bit\r
\r
Reporting-UA: mendelson AS2\r
Original-Recipient: rfc822; WERK ULM\r
Final-Recipient: rfc822; WERK ULM\r
Original-Message-ID: <1@nordwind.example>\r
Disposition: automatic-action/MDN-sent-automatically; processed\r
Received-Content-MIC: MIC_HERE, sha256\r
\r
------=_Part_4_1--\r
""",
    "bare line feeds and odd case": b"""Content-Type: multipart/report; boundary=b

--b
content-type: Message/Disposition-Notification

reporting-ua: X
FINAL-RECIPIENT: rfc822;WERK ULM
original-message-id: 1@nordwind.example
disposition: automatic-action/MDN-sent-automatically;processed
received-content-mic: MIC_HERE , SHA-256
--b--
""",
    "base64 and a third part": b"""Content-Type: multipart/report; boundary=b\r
\r
--b\r
Content-Type: message/disposition-notification\r
Content-Transfer-Encoding: base64\r
\r
BASE64_HERE\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Subject: x\r
--b--\r
""",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_receipts_of_other_products_are_read(name: str):
    plain = FOREIGN["bare line feeds and odd case"].split(b"\n\n", 2)[2][:-6]
    mic = str(MIC).split(",")[0].encode()
    block = FOREIGN[name].replace(b"BASE64_HERE", encodebytes(plain.replace(b"MIC_HERE", mic)))
    with Spools() as spools:
        mdn = read_mdn(read_entity(held(block.replace(b"MIC_HERE", mic))), spools)

    assert judge_receipt(mdn, EXPECTED, verified=True) == Accepted()


@pytest.mark.parametrize(
    ("mdn", "verified", "judged"),
    [
        (a_receipt(), True, Accepted()),
        (a_receipt(original_message_id="1@nordwind.example"), True, Accepted()),
        (a_receipt(disposition=Disposition("processed", "warning", "slow")), True, Accepted("slow")),
        (a_receipt(), False, Worthless("a signed receipt was asked for and this one is not signed")),
        (a_receipt(disposition=Disposition("processed", "error", "x")), False,
         Worthless("a signed receipt was asked for and this one is not signed")),
        (a_receipt(original_message_id="<2@nordwind.example>"), True, Worthless("it is for another message")),
        (a_receipt(mic=None), True, Worthless("it has no message integrity check that can be compared")),
        (a_receipt(mic=Mic("sha256", sha256(b"other").digest())), True,
         Worthless("its message integrity check is of other bytes than those that were sent")),
        (a_receipt(mic=Mic("sha1", sha1(CONTENT).digest())), True,
         Worthless("its message integrity check uses `sha1`, which was not asked for")),
        (a_receipt(disposition=Disposition("displayed")), True,
         Worthless("its disposition `displayed` says neither that it was taken nor that it was not")),
        (a_receipt(disposition=Disposition("processed", "error", "decryption-failed"), mic=None), True,
         Refused("processed/error: decryption-failed")),
        (a_receipt(disposition=Disposition("failed", "failure", "unsupported format")), True,
         Refused("failed/failure: unsupported format")),
        (a_receipt(disposition=Disposition("processed", "warning", "duplicate-document")), True,
         Accepted("duplicate-document")),
        (a_receipt(disposition=Disposition("processed", "error", "duplicate-document")), True,
         Accepted("the partner had it already: processed/error: duplicate-document")),
    ],
)  # fmt: skip
def test_a_receipt_counts_when_everything_fits(mdn: Mdn, verified: bool, judged: Judged):
    assert judge_receipt(mdn, EXPECTED, verified=verified) == judged


@pytest.mark.parametrize(
    ("value", "notes", "disposition"),
    [
        ("automatic-action/MDN-sent-automatically; processed", {}, "processed"),
        ("automatic-action/MDN-sent-automatically;processed/error:authentication-failed", {},
         "processed/error: authentication-failed"),
        ("automatic-action/MDN-sent-automatically; processed/Error", {"error": "authentication-failed"},
         "processed/error: authentication-failed"),
        ("manual-action/MDN-sent-manually; FAILED/failure: unsupported format", {},
         "failed/failure: unsupported format"),
        ("automatic-action/MDN-sent-automatically; processed/duplicate", {}, "processed/error: duplicate"),
        ("automatic-action/MDN-sent-automatically; failed/failure=Could not verify signature", {},
         "failed/failure: Could not verify signature"),
    ],
)  # fmt: skip
def test_dispositions_are_read_in_every_spelling(value: str, notes: dict[str, str], disposition: str):
    assert str(read_disposition(value, notes)) == disposition


def test_modifiers_of_the_draft_go_only_to_partners_who_know_them():
    said = "processed/error: unknown-trading-relationship"

    assert str(written(said, modern=True)) == said
    assert str(written(said, modern=False)) == "processed/error: unexpected-processing-error"


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (b"Content-Type: text/plain\r\n\r\nok", "no multipart/report"),
        (b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--", "no disposition notification"),
        (b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/disposition-notification"
         b"\r\n\r\nOriginal-Message-ID: <1@x>\r\n--b--", "no disposition"),
        (b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/disposition-notification"
         b"\r\n\r\nDisposition: a; processed\r\n--b--", "for which message"),
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_refused(block: bytes, why: str):
    with Spools() as spools, pytest.raises(Unacceptable, match=why):
        read_mdn(read_entity(held(block)), spools)


def test_a_signed_receipt_has_exactly_what_was_signed_inside():
    made = build_receipt(ABOUT, ours(), is_signed=True)
    signed, _ = split_signed(outermost([("content-type", made.content_type)], held(made.body)))

    assert signed.header.media_type == "multipart/report"
