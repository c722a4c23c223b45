"""A partner's outbox: fetch the parcels that lie ready (waiting for them if need be), acknowledge what was taken."""

import asyncio
from base64 import b64encode
from datetime import datetime
from uuid import UUID

import msgspec
from litestar.response import Response
from msgspec import Struct

from gateway.channels.http.acknowledging import answer_acknowledgement, read_acknowledgement
from gateway.channels.http.admitting import admitted
from gateway.channels.http.calling import Callers
from gateway.channels.http.heads import HttpRequest
from gateway.channels.http.inbox import LOOK_EVERY
from gateway.channels.http.problems import refuse
from gateway.identity.issuers import IssuerKind
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.ledger.parcels import KeptParcel
from gateway.submissions import Rejection, Sender

_PARTNER: tuple[IssuerKind, ...] = ("partner",)
_MISSING = Rejection(code="delivery.not_found", text="the outbox has no parcel of this id")


class OutboxParcel(Struct, frozen=True, kw_only=True):
    """What leaves as one unit: an interchange, an XML document, JSON. Acknowledge it by `id`; until `hidden_until` no
    other fetch gets it, then it is offered again: take a second one of the same `id` as the same parcel. `content` is
    base64 of its bytes, which are the same every time; `control_number` is their reference (0020, ISA13) where they
    have one."""

    id: UUID
    document_types: tuple[str, ...]
    control_number: str | None
    file_name: str
    media_type: str
    made_at: datetime
    hidden_until: datetime | None
    fetched: int
    traceparent: str | None
    test: bool
    content: str


class Outbox(Struct, frozen=True):
    parcels: list[OutboxParcel]


class PartnerOutbox(Struct, frozen=True):
    callers: Callers
    intake: Intake
    ledger: Ledger

    async def fetch(self, request: HttpRequest, wait: float, limit: int, lease: float) -> Response[bytes]:
        """Up to `limit` parcels in order, hidden for `lease` seconds; waits up to `wait` seconds for the first."""
        sender = await self._partner(request)
        if isinstance(sender, Response):
            return sender
        deadline = asyncio.get_running_loop().time() + wait
        while not (found := await self.ledger.parcels.fetch_outbox(sender.id, limit=limit, seconds=lease)):
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(LOOK_EVERY)
        return Response(msgspec.json.encode(Outbox([_shown(one) for one in found])), media_type="application/json")

    async def content(self, request: HttpRequest, parcel_id: str) -> Response[bytes]:
        """The bytes of one parcel in their own media type, as often as it is asked for; hides nothing."""
        sender = await self._partner(request)
        if isinstance(sender, Response):
            return sender
        parcel = await self._own(sender, parcel_id)
        if parcel is None or not parcel.content:
            return refuse(request, _MISSING)
        fields = {"Content-Disposition": f'attachment; filename="{parcel.file_name}"'}
        return Response(parcel.content, media_type=parcel.media_type, headers=fields)

    async def acknowledge(self, request: HttpRequest, parcel_id: str, seconds: float) -> Response[bytes]:
        sender = await self._partner(request)
        if isinstance(sender, Response):
            return sender
        word = await read_acknowledgement(request, seconds)
        if isinstance(word, Response):
            return word
        parcel = await self._own(sender, parcel_id)
        if parcel is None:
            return refuse(request, _MISSING)
        said = await self.ledger.parcels.acknowledge(
            parcel.id,
            accepted=word.verdict == "accepted",
            reference=word.word,
            actor=f"partner {sender.id}",
            partner=sender.id,
        )
        return answer_acknowledgement(request, said, "parcel", parcel_id, word, _MISSING)

    async def _own(self, sender: Sender, parcel_id: str) -> KeptParcel | None:
        """Another partner's parcel, or one that leaves another way or lies not ready yet, is as good as absent."""
        try:
            parcel = await self.ledger.parcels.find(UUID(parcel_id))
        except ValueError:
            return None
        if parcel is None or parcel.partner != sender.id or parcel.carrier != "outbox":
            return None
        return parcel if parcel.state in ("offered", "delivered", "refused") else None

    async def _partner(self, request: HttpRequest) -> Sender | Response[bytes]:
        return await admitted(self.callers, self.intake, request, _PARTNER, "fetch")


def _shown(parcel: KeptParcel) -> OutboxParcel:
    return OutboxParcel(
        id=parcel.id,
        document_types=parcel.document_types,
        control_number=parcel.control_number,
        file_name=parcel.file_name,
        media_type=parcel.media_type,
        made_at=parcel.made_at,
        hidden_until=parcel.hidden_until,
        fetched=parcel.fetched,
        traceparent=parcel.traceparent,
        test=parcel.test,
        content=b64encode(parcel.content).decode(),
    )
