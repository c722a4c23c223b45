"""The carrier `as2`: a parcel becomes a message under one Message-ID, and the partner's receipt its outcome.

The same Message-ID in every attempt makes a repetition harmless, so whatever was not heard is simply sent again. Each
attempt is signed and encrypted anew with the keys that hold then; a receipt may name the digest of any of them.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from gateway.channels.as2.building import Built, Outgoing, build
from gateway.channels.as2.hearing import MOST_RECEIPT, judge, keep_word, leaf_of, open_receipt
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.receipts import Accepted, Worthless
from gateway.channels.as2.receipts import Refused as SaidNo
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.windows import Spools, held
from gateway.clock import now
from gateway.destinations.carrying import CarrierName, Parcel
from gateway.destinations.contract import (
    Absent,
    Delivered,
    Offered,
    Outcome,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
    Verified,
)
from gateway.egress.client import Answer, Egress, NoAnswer, Times
from gateway.ledger.exchanges import ExchangeKey, Sent
from gateway.ledger.exchanging import Exchanges
from gateway.ledger.states import Event
from gateway.observing import log_change
from partners.profile import Partner

MOST_ATTEMPTS = 4
"""Of a message that the partner's server took and never gave a receipt for."""
_TIMES = Times(connect=10.0, stall=60.0, total=300.0)
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})


class As2Carrier:
    """`public_url` is where asynchronous receipts reach us; its host stands in our Message-IDs."""

    name: CarrierName = "as2"

    def __init__(
        self,
        stations: Stations,
        egress: Egress,
        exchanges: Exchanges,
        public_url: str,
        host: str,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._stations = stations
        self._egress = egress
        self._exchanges = exchanges
        self._receipt_url = f"{public_url}/as2"
        self._host = host
        self._clock = clock

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:
        """One attempt; `Offered` when the receipt is to come on a connection of the partner's own."""
        if partner.as2 is None or partner.as2.send is None:
            return Unavailable(why=f"the profile of `{partner.id}` has no `as2.send`", after=5.0)
        try:
            relation = self._stations.towards(partner, self._clock())
            built = await asyncio.to_thread(build, self._outgoing(parcel), relation)
        except Unacceptable as refused:
            return Unavailable(why=refused.detail, after=5.0)
        send, key = partner.as2.send, self._key(parcel, partner)
        before = await self._exchanges.sent(key)
        if before is not None and before.state == "receipted" and not parcel.again:
            return Delivered(before.disposition or "")  # of an attempt that we had not heard the end of
        signed = send.receipt != "none" and send.receipt_signed
        sent = await self._exchanges.intend(key, parcel.id, built.mics, receipt_signed=signed)
        return await self._attempt(sent, built, relation)

    async def look(self, parcel: Parcel, partner: Partner) -> Verified:
        """The receipt may have come meanwhile; without one, the same Message-ID again is harmless."""
        if partner.as2 is None:
            return Absent()
        sent = await self._exchanges.sent(self._key(parcel, partner))
        return Delivered(sent.disposition or "") if sent is not None and sent.state == "receipted" else Absent()

    async def wait_no_longer(self, sent: Sent) -> bool:
        """Whether its receipt was given up, which is told once."""
        if sent.attempts < MOST_ATTEMPTS:
            return False
        key = sent.key
        leaf = leaf_of(Event.AS2_RECEIPT_OVERDUE, key.partner, key.ours, message_id=key.message_id,
                       parcel=str(sent.parcel), attempts=str(sent.attempts))  # fmt: skip
        if await self._exchanges.give_up_waiting(key, leaf):
            log_change("as2.receipt_overdue", partner=key.partner, parcel=str(sent.parcel))
        return True

    async def close(self) -> None:
        """The client is closed by who opened it."""

    async def _attempt(self, sent: Sent, built: Built, relation: Relation) -> Outcome:
        send = relation.agreed.send
        assert send is not None
        try:
            trust = self._stations.trust(relation.partner, relation.at)
            answer = await self._egress.post(
                send.url, built.body, dict(built.headers), trust=trust, times=_TIMES, most_answer=MOST_RECEIPT
            )
        except NoAnswer as silent:
            return Unknown(silent.why, harmless=True) if silent.maybe_sent else Unavailable(silent.why)
        if not 200 <= answer.status < 300:
            why = f"their server answers HTTP {answer.status}"
            return Unavailable(why) if answer.status in _TEMPORARY else Postponed(why)
        if send.receipt == "none":
            return Delivered(f"HTTP {answer.status}")
        if send.receipt == "async":
            await self._exchanges.gone_out(sent.key)
            return Offered()
        return await self._receipt(sent, answer, relation)

    async def _receipt(self, sent: Sent, answer: Answer, relation: Relation) -> Outcome:
        """What the answer says. Anything but the partner's word leaves it open, to be sent again."""
        if not answer.complete:
            return Unknown("their receipt broke off")
        outer = outermost([(name.lower(), value) for name, value in answer.headers], held(answer.content))
        with Spools() as spools:
            try:
                heard = await asyncio.to_thread(open_receipt, outer, relation, spools)
            except Unacceptable as refused:
                return Unknown(f"their answer is no receipt: {refused.detail}")
        judged = judge(sent, heard)
        if isinstance(judged, Worthless):
            return Unknown(f"their receipt does not count: {judged.why}")
        await keep_word(self._exchanges, sent, heard, accepted=isinstance(judged, Accepted))
        if isinstance(judged, SaidNo):
            return Refused("partner.refused", judged.text)
        return Delivered(judged.note or str(heard.mdn.disposition))

    def _key(self, parcel: Parcel, partner: Partner) -> ExchangeKey:
        assert partner.as2 is not None
        return ExchangeKey(partner.id, partner.as2.ours, f"{parcel.id}@{self._host}")

    def _outgoing(self, parcel: Parcel) -> Outgoing:
        return Outgoing(
            message_id=f"<{parcel.id}@{self._host}>",
            content=parcel.content,
            media_type=parcel.media_type,
            file_name=parcel.file_name,
            receipt_url=self._receipt_url,
        )
