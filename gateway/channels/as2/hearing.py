"""Receipts that partners send on a connection of their own, and what becomes of the parcels they are for.

A receipt is the partner's word only with what the agreement asks of it (`judge_receipt`); any other changes nothing and
is on record. Its sender is told 200 all the same once it was read: sending it again would not make it better.
"""

from typing import Literal

import msgspec
from litestar.response import Response
from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.headers import As2Headers, bare_message_id
from gateway.channels.as2.mdn import Mdn, read_mdn
from gateway.channels.as2.mime import Entity, split_signed
from gateway.channels.as2.receipts import Accepted, Expected, Judged, Refused, Worthless, judge_receipt
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.unwrapping import Unwrapping
from gateway.channels.as2.windows import Spools
from gateway.clock import now_text
from gateway.ledger.exchanges import ExchangeKey, Sent
from gateway.ledger.exchanging import Exchanges
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.observing import log_change
from partners.as2relations import As2Receive

MOST_RECEIPT = 256 * 1024
_PLAIN = As2Receive(signed=False, encrypted=False)


class Heard(Struct, frozen=True, kw_only=True):
    """A receipt, opened. `verified`: signed by a certificate pinned for this partner. `kept`: header and body."""

    mdn: Mdn
    verified: bool
    kept: bytes


def is_receipt(outer: Entity) -> bool:
    """Whether this is a receipt and no document: told by its own type, or by that of what is signed."""
    if outer.header.media_type == "multipart/report":
        return True
    if outer.header.media_type != "multipart/signed":
        return False
    try:
        signed, _ = split_signed(outer)
    except Unacceptable:
        return False
    return signed.header.media_type == "multipart/report"


def open_receipt(outer: Entity, relation: Relation, spools: Spools) -> Heard:
    """Raises Unacceptable: a signature that is not the partner's is none, and makes the receipt worthless."""
    if outer.body.size > MOST_RECEIPT:
        raise Unacceptable("as2.malformed", f"the receipt is larger than {MOST_RECEIPT} bytes")
    agreed = replace(relation.agreed, receive=_PLAIN)
    opened = Unwrapping(outer, replace(relation, agreed=agreed), spools, Caps(content=MOST_RECEIPT)).open()
    mdn = read_mdn(opened.payload, spools)
    head = "".join(f"{name}: {value}\r\n" for name, value in outer.header.fields.items())
    kept = head.encode("latin-1", "replace") + b"\r\n" + outer.body.read()
    return Heard(mdn=mdn, verified=opened.signer is not None, kept=kept)


def judge(sent: Sent, heard: Heard) -> Judged:
    """Held against what was sent."""
    expected = Expected(sent.key.message_id, sent.mics, sent.receipt_signed)
    return judge_receipt(heard.mdn, expected, verified=heard.verified)


async def keep_word(exchanges: Exchanges, sent: Sent, heard: Heard, *, accepted: bool) -> None:
    """On record, with the receipt as it came."""
    key, disposition = sent.key, str(heard.mdn.disposition)
    event = Event.AS2_RECEIPTED if accepted else Event.AS2_REFUSED
    leaf = leaf_of(event, key.partner, key.ours, message_id=key.message_id, parcel=str(sent.parcel),
                   disposition=disposition)  # fmt: skip
    state: Literal["receipted", "refused"] = "receipted" if accepted else "refused"
    await exchanges.hear(key, state, disposition=disposition, receipt=heard.kept, leaf=leaf)


class Hearing(Struct, frozen=True):
    """Holds receipts against what was sent."""

    ledger: Ledger

    async def take(
        self, headers: As2Headers, relation: Relation, outer: Entity, spools: Spools, trace: str
    ) -> Response[bytes]:
        """An asynchronous receipt, from its request to the answer."""
        taken = Response(b"", status_code=200, media_type="text/plain")
        try:
            heard = open_receipt(outer, relation, spools)
            message_id = bare_message_id(heard.mdn.original_message_id.strip())
        except Unacceptable as refused:
            await self._ignore(relation.partner, headers.receiver, f"{refused.code}: {refused.detail}", trace)
            return taken
        key = ExchangeKey(relation.partner, headers.receiver, message_id)
        sent = await self.ledger.exchanges.sent(key)
        if sent is None:
            await self._ignore(key.partner, key.ours, "it is for no message that we sent", trace)
            return taken
        judged = judge(sent, heard)
        if isinstance(judged, Worthless):
            await self._ignore(key.partner, key.ours, judged.why, trace, sent)
            return taken
        accepted = isinstance(judged, Accepted)
        said = judged.text if isinstance(judged, Refused) else judged.note
        await self.ledger.parcels.acknowledge(
            sent.parcel,
            accepted=accepted,
            reference=(said or str(heard.mdn.disposition))[:200],
            actor=f"partner {key.partner}",
        )
        await keep_word(self.ledger.exchanges, sent, heard, accepted=accepted)
        return taken

    async def _ignore(self, partner: str, ours: str, why: str, trace: str, sent: Sent | None = None) -> None:
        parcel = str(sent.parcel) if sent is not None else None
        await self.ledger.note(leaf_of(Event.AS2_RECEIPT_IGNORED, partner, ours, why=why, parcel=parcel))
        log_change("as2.receipt_ignored", partner=partner, parcel=parcel, why=why, traceparent=trace)


def leaf_of(event: Event, partner: str, ours: str, **facts: str | None) -> bytes:
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return msgspec.json.encode(
        {"event": event, "at": now_text(), "partner": partner, "ours": ours, **known}, order="sorted"
    )
