"""The plant's inbox: fetch what lies ready (waiting for it if need be), acknowledge what was taken."""

import asyncio
from datetime import datetime

import msgspec
from litestar.response import Response
from msgspec import Struct

from gateway.channels.http.acknowledging import Acknowledgement, answer_acknowledgement, read_acknowledgement
from gateway.channels.http.admitting import admitted
from gateway.channels.http.calling import Callers
from gateway.channels.http.heads import HttpRequest
from gateway.channels.http.problems import refuse
from gateway.identifiers import split_delivery_id
from gateway.identity.issuers import IssuerKind
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.ledger.offering import OfferedDelivery
from gateway.submissions import Rejection, Sender

_PLANT: tuple[IssuerKind, ...] = ("plant",)
LOOK_EVERY = 0.2
"""Seconds between looks while a plant waits."""


class InboxDelivery(Struct, frozen=True, kw_only=True):
    """A document for the plant. Acknowledge it by `id`; until `hidden_until` no other fetch gets it, then it is offered
    again: take a second one of the same `id` as the same delivery."""

    id: str
    document_type: str
    number: str
    business_key: str
    sender: str
    accepted_at: datetime
    hidden_until: datetime
    fetched: int
    traceparent: str | None
    test: bool
    document: msgspec.Raw


class Inbox(Struct, frozen=True):
    deliveries: list[InboxDelivery]


class PlantInbox(Struct, frozen=True):
    callers: Callers
    intake: Intake
    ledger: Ledger

    async def fetch(self, request: HttpRequest, plant: str, wait: float, limit: int, lease: float) -> Response[bytes]:
        """Up to `limit` deliveries in order, hidden for `lease` seconds; waits up to `wait` seconds for the first."""
        sender = await self._plant(request, plant)
        if isinstance(sender, Response):
            return sender
        deadline = asyncio.get_running_loop().time() + wait
        destination = f"plant:{plant}"
        while not (found := await self.ledger.fetch_offered(destination, limit=limit, seconds=lease)):
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(LOOK_EVERY)
        deliveries = [
            InboxDelivery(
                id=one.id,
                document_type=one.document_type,
                number=one.business_number,
                business_key=one.business_key,
                sender=one.sender,
                accepted_at=one.accepted_at,
                hidden_until=one.hidden_until,
                fetched=one.fetched,
                traceparent=one.traceparent,
                test=one.test,
                document=msgspec.Raw(self._masked(one, plant)),
            )
            for one in found
        ]
        return Response(msgspec.json.encode(Inbox(deliveries)), media_type="application/json")

    def _masked(self, one: OfferedDelivery, plant: str) -> bytes:
        mask = self.intake.masking.of("plant", one.document_type, plant)
        return one.body if mask is None else mask.apply(one.body, self.ledger.masking_key)

    async def acknowledge(self, request: HttpRequest, plant: str, delivery_id: str, seconds: float) -> Response[bytes]:
        sender = await self._plant(request, plant)
        if isinstance(sender, Response):
            return sender
        word = await read_acknowledgement(request, seconds)
        if isinstance(word, Response):
            return word
        return await self._record(request, plant, delivery_id, word)

    async def _record(
        self, request: HttpRequest, plant: str, delivery_id: str, word: Acknowledgement
    ) -> Response[bytes]:
        missing = Rejection(code="delivery.not_found", text="the inbox has no delivery of this id")
        try:
            message_id, number = split_delivery_id(delivery_id)
        except ValueError:
            return refuse(request, missing)
        said = await self.ledger.acknowledge(
            f"plant:{plant}",
            message_id,
            number,
            accepted=word.verdict == "accepted",
            reference=word.word,
            actor=f"plant {plant}",
        )
        return answer_acknowledgement(request, said, "delivery", delivery_id, word, missing)

    async def _plant(self, request: HttpRequest, plant: str) -> Sender | Response[bytes]:
        """The caller, who must be this very plant."""
        sender = await admitted(self.callers, self.intake, request, _PLANT, "fetch")
        if isinstance(sender, Response) or sender.id == plant:
            return sender
        text = f"this is the inbox of another plant; yours is /v1/plants/{sender.id}/deliveries"
        return refuse(request, Rejection(code="request.wrong_kind", text=text))
