"""Duties of AS2 in the worker: receipts that we owe on a connection of our own, and those that are overdue.

A partner whose server hangs keeps nobody else's receipts back: its calls go on beside, and nothing more of its is taken
until they have ended.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from gateway.beside import Beside
from gateway.channels.as2.answering import unpacked
from gateway.channels.as2.carrier import As2Carrier
from gateway.channels.as2.hearing import leaf_of
from gateway.channels.as2.stations import Stations
from gateway.clock import now
from gateway.destinations.contract import Delivered, Refused, Unavailable
from gateway.destinations.partner.destination import carried, open_partner
from gateway.egress.client import Egress, NoAnswer, Times
from gateway.ledger.exchanges import Reply
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.observing import log_change
from partners.directory import Directory

LEASE = 120.0
"""Seconds a receipt is one worker's: longer than an attempt."""
FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS = 15.0, 3600.0, 32
"""Some 24 hours of trying, an hour between tries in the end."""
_TIMES = Times(connect=10.0, stall=30.0, total=60.0)


class Replying:
    """`look` sends what is due and sends again what was not answered. Repeating either is harmless."""

    every = 1.0

    def __init__(
        self,
        ledger: Ledger,
        stations: Stations,
        egress: Egress,
        carrier: As2Carrier,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime] = now,
        beside: Beside | None = None,
    ) -> None:
        self._ledger = ledger
        self._stations = stations
        self._egress = egress
        self._carrier = carrier
        self._directory = directory
        self._clock = clock
        self._beside = beside or Beside()

    async def look(self) -> None:
        busy = self._beside.busy
        for reply in await self._ledger.exchanges.take_replies(20, LEASE, list(busy)):
            self._beside.start(reply.key.partner, self._reply(reply))
        awaited = {one: seconds for one, seconds in self._stations.awaiting().items() if one not in busy}
        for sent in await self._ledger.exchanges.overdue(awaited) if awaited else ():
            if not await self._carrier.wait_no_longer(sent):
                self._beside.start(sent.key.partner, self._send_again(sent.key.partner, sent.parcel))
        await self._beside.settle()

    async def close(self) -> None:
        await self._beside.close()

    async def _reply(self, reply: Reply) -> None:
        """The very bytes that were kept, however often."""
        fields, body = unpacked(reply.receipt)
        partner = reply.key.partner
        try:
            answer = await self._egress.post(
                reply.url, body, dict(fields), trust=self._stations.trust(partner, self._clock()), times=_TIMES
            )
        except NoAnswer as silent:
            why = silent.why
        else:
            if 200 <= answer.status < 300:
                await self._ledger.exchanges.replied(reply)
                return
            why = f"their server answers HTTP {answer.status}"
        after = min(FIRST_PAUSE * 2 ** min(reply.attempts - 1, 16), LONGEST_PAUSE)
        gives_up = reply.attempts >= MOST_ATTEMPTS
        await self._ledger.exchanges.reply_failed(reply, why, after=None if gives_up else after)
        if gives_up:
            leaf = leaf_of(Event.AS2_REPLY_ABANDONED, partner, reply.key.ours, message_id=reply.key.message_id, why=why)
            await self._ledger.note(leaf)
            log_change("as2.reply_given_up", partner=partner, why=why)

    async def _send_again(self, partner_id: str, parcel_id: UUID) -> None:
        """Under the same Message-ID; an outcome that is none yet leaves it as it was, waiting."""
        partner = open_partner(self._directory(), partner_id)
        parcel = await self._ledger.parcels.find(parcel_id)
        if isinstance(partner, Unavailable) or parcel is None or parcel.state != "offered" or not parcel.content:
            return
        outcome = await self._carrier.carry(carried(parcel, parcel.attempts + 1), partner)
        if isinstance(outcome, Delivered | Refused):
            word = outcome.reference if isinstance(outcome, Delivered) else outcome.why
            await self._ledger.parcels.acknowledge(
                parcel_id, accepted=isinstance(outcome, Delivered), reference=word, actor=f"partner {partner_id}"
            )
