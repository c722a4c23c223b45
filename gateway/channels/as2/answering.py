"""Receipts as they leave: kept as one block of header and body, so that a duplicate gets the same bytes."""

from collections.abc import Mapping
from hashlib import sha256

from litestar.response import Response
from msgspec import Struct

from gateway.answers import AS2_DISPOSITION
from gateway.channels.as2.building import build_receipt, station_headers
from gateway.channels.as2.dispositions import Disposition, written
from gateway.channels.as2.headers import As2Headers
from gateway.channels.as2.mdn import Receipted
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.mime import read_header
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.errors import ERRORS
from gateway.identifiers import new_message_id
from gateway.ledger.exchanges import ExchangeKey
from gateway.submissions import Rejection


class Exchange(Struct, frozen=True, kw_only=True):
    """One message that came, as far as it is known without opening it. `raw` is the SHA-256 of its body."""

    headers: As2Headers
    relation: Relation
    key: ExchangeKey
    raw: bytes
    address: str
    trace: str

    @property
    def wants_receipt(self) -> bool:
        return self.headers.receipt is not None

    @property
    def reply_url(self) -> str | None:
        """Where the receipt is to go when it is asynchronous. Raises Unacceptable (`as2.receipt_address`).

        The profile's address, which the one in the message is compared with.
        """
        asked = self.headers.receipt.address if self.headers.receipt is not None else None
        if asked is None:
            return None
        for agreed in self.relation.agreed.receipt_urls:
            if agreed == asked:
                return agreed
        raise Unacceptable("as2.receipt_address", "the receipt is asked for at an address not in the profile")


def as_rejection(refused: Unacceptable) -> Rejection:
    """What the sender is told: what the error says of itself, never the detail."""
    return Rejection(code=refused.code, text=ERRORS[refused.code].title)


def disposition_of(rejection: Rejection | None, relation: Relation) -> Disposition | None:
    """None where there is no receipt but an HTTP status, because the same message may be taken later."""
    if rejection is None:
        return Disposition("processed")
    said = AS2_DISPOSITION[rejection.code]
    return written(said, modern=relation.is_modern) if said is not None else None


def written_receipt(
    exchange: Exchange, disposition: Disposition, mic: Mic | str | None, explanation: str, host: str
) -> bytes:
    """The receipt with its header; signed when that was asked for."""
    headers, relation = exchange.headers, exchange.relation
    about = Receipted(
        message_id=headers.message_id,
        sender=headers.sender,
        receiver=headers.receiver,
        subject=headers.subject,
        date=headers.date,
        disposition=disposition,
        mic=mic,
        explanation=explanation,
    )
    made = build_receipt(about, relation, is_signed=headers.receipt is not None and headers.receipt.signed)
    fields = [*station_headers(relation, f"<{new_message_id()}@{host}>"), ("Content-Type", made.content_type)]
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1") + b"\r\n" + made.body


def unpacked(receipt: bytes) -> tuple[Mapping[str, str], bytes]:
    """Header fields, by lower-case name, and body of what was kept."""
    head, _, body = receipt.partition(b"\r\n\r\n")
    return read_header(head).fields, body


def receipt_response(receipt: bytes) -> Response[bytes]:
    """Status 200 whatever it says: the status speaks of the transport alone."""
    fields, body = unpacked(receipt)
    media_type = fields["content-type"]
    headers = {name: value for name, value in fields.items() if name != "content-type"}
    return Response(body, status_code=200, headers=headers, media_type=media_type)


def taken_response(relation: Relation) -> Response[bytes]:
    """There is no receipt in this answer: none was asked for, or it follows. Old products expect 200."""
    return Response(b"", status_code=204 if relation.is_modern else 200, media_type="text/plain")


def receipt_digest(receipt: bytes | None) -> str | None:
    return f"sha256:{sha256(receipt).hexdigest()}" if receipt is not None else None
