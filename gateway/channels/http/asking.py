"""What a sender may ask about its own messages: one, a list, the receipt that proves our verdict."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal
from uuid import UUID

import msgspec
from litestar.response import Response
from msgspec import Struct

from gateway.channels.http.admitting import admitted
from gateway.channels.http.calling import Callers
from gateway.channels.http.heads import HttpRequest
from gateway.channels.http.problems import refuse
from gateway.identity.issuers import IssuerKind
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import KeptDocument, MessageFilter, MessageHead, MessageHistory
from gateway.ledger.receipts import SUFFIX, write_receipt
from gateway.showing import masked
from gateway.submissions import Rejection, Sender

_SENDERS: tuple[IssuerKind, ...] = ("partner", "plant", "corporate")
PAGE = 50
_CURSOR = "take it unchanged from `next` of the page before"


class Page(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page behind this one, null on the last."""

    messages: list[MessageHead]
    next: str | None


class Documents(Struct, frozen=True):
    """What was understood of a message."""

    documents: list[KeptDocument]


class Questions(Struct, frozen=True):
    """Answers about messages, to their own sender only."""

    callers: Callers
    intake: Intake
    ledger: Ledger

    async def message(self, request: HttpRequest, message_id: str) -> Response[bytes]:
        found = await self._own(request, message_id)
        return found if isinstance(found, Response) else _json(found)

    async def documents(self, request: HttpRequest, message_id: str) -> Response[bytes]:
        """What we understood of it, without what is masked for senders."""
        found = await self._own(request, message_id)
        if isinstance(found, Response):
            return found
        kept = await self.ledger.documents(found.id)
        masking, key = self.intake.masking, self.ledger.masking_key
        return _json(Documents([masked(document, masking, "sender", key) for document in kept]))

    async def receipt(self, request: HttpRequest, message_id: str) -> Response[bytes]:
        """The receipt as a file that `partner-gateway audit verify-receipt` checks offline."""
        found = await self._own(request, message_id)
        if isinstance(found, Response):
            return found
        if found.events_erased_at is not None:
            text = f"the receipt was kept as long as our rules say, and erased on {found.events_erased_at:%Y-%m-%d}"
            act = "use the one that you were given; it goes on being provable"
            return refuse(request, Rejection(code="receipt.erased", text=text, act=act))
        proof = await self.ledger.prove(found.id)
        if proof is None:
            text = "the message is recorded and will be under a signed checkpoint in a moment"
            act = "ask again in a second"
            return refuse(request, Rejection(code="receipt.not_ready", text=text, act=act, retry_after=1))
        content = write_receipt(proof.statement, proof.leaf, proof.hashes, proof.checkpoint)
        name = f'attachment; filename="{found.id}{SUFFIX}"'
        return Response(content, media_type="text/plain", headers={"Content-Disposition": name})

    async def messages(
        self,
        request: HttpRequest,
        cursor: str | None,
        document_type: str | None,
        verdict: Literal["accepted", "refused"] | None,
        number: str | None,
        limit: int,
    ) -> Response[bytes]:
        sender = await self._sender(request)
        if isinstance(sender, Response):
            return sender
        before = _read_cursor(cursor)
        if isinstance(before, Rejection):
            return refuse(request, before)
        which = MessageFilter(
            sender=sender.id,
            sender_kind=sender.kind,
            before=before,
            document_type=document_type,
            verdict=verdict,
            business_number=number,
        )
        found = await self.ledger.list_messages(which, limit + 1)
        more = len(found) > limit
        return _json(Page(found[:limit], _write_cursor(found[limit - 1].id) if more else None))

    async def _sender(self, request: HttpRequest) -> Sender | Response[bytes]:
        return await admitted(self.callers, self.intake, request, _SENDERS, "read")

    async def _own(self, request: HttpRequest, message_id: str) -> MessageHistory | Response[bytes]:
        """The message, if it is the caller's: another's is as good as absent."""
        sender = await self._sender(request)
        if isinstance(sender, Response):
            return sender
        try:
            history = await self.ledger.history(UUID(message_id))
        except ValueError:
            history = None
        if history is None or (history.sender, history.sender_kind) != (sender.id, sender.kind):
            act = "compare the id with the one in your receipt, and use the client that sent it"
            return refuse(request, Rejection(code="message.not_found", text="you have no message of this id", act=act))
        return history


def _json(answer: Struct) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _write_cursor(last: UUID) -> str:
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def _read_cursor(text: str | None) -> UUID | Rejection | None:
    if text is None:
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(text + "=="))
    except ValueError:
        return Rejection(code="request.parameter", text="`cursor` is not one that an answer gave", act=_CURSOR)
