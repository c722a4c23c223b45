"""What a station computes for a message that came and for a receipt that came, without the service around it."""

from collections.abc import Iterable

from msgspec import Struct

from gateway.channels.as2.building import Built, build_receipt
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mdn import Receipted, Report, read_mdn
from gateway.channels.as2.mic import Mic, choose_algorithm
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.receipts import Expected, Judged, judge_receipt
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.unwrapping import Opened, Unwrapping
from gateway.channels.as2.windows import Spools, held

CAPS = Caps()


class Received(Struct, frozen=True):
    opened: Opened
    content: bytes
    mic: Mic
    receipt: Report


def receive(raw: list[tuple[bytes, bytes]], body: bytes, relation: Relation) -> Received:
    """Everything that is computed for a message that asks for a receipt. Raises Unacceptable."""
    headers = read_headers(raw)
    with Spools() as spools:
        opened = Unwrapping(outermost(headers.content_fields, held(body)), relation, spools, CAPS).open()
        assert headers.receipt is not None
        signed_with = opened.signer.digest_algorithm if opened.signer is not None else None
        algorithm = choose_algorithm(signed_with, headers.receipt.algorithms, legacy=False)
        assert algorithm is not None
        mic = opened.measured.mic(algorithm)
        about = Receipted(
            message_id=headers.message_id, sender=headers.sender, receiver=headers.receiver, subject=headers.subject,
            date=headers.date, disposition=Disposition("processed"), mic=mic,
        )  # fmt: skip
        receipt = build_receipt(about, relation, is_signed=headers.receipt.signed)
        return Received(opened, opened.content.read(), mic, receipt)


def judge(fields: Iterable[tuple[str, str]], body: bytes, sent: Built, relation: Relation) -> Judged:
    """A receipt that came for what was sent: signed by a pinned certificate, or nothing. Raises Unacceptable."""
    message_id = dict(sent.headers)["Message-ID"]
    with Spools() as spools:
        content_fields = [(name.lower(), text) for name, text in fields if name.lower().startswith("content-")]
        opened = Unwrapping(outermost(content_fields, held(body)), relation, spools, CAPS).open()
        mdn = read_mdn(opened.payload, spools)
        return judge_receipt(mdn, Expected(message_id, sent.mics, signed=True), verified=opened.signer is not None)
