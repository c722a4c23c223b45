"""The way in over AS2: from a request to a submission, and from its outcome to a receipt.

A Message-ID is used up by a message that was proven the partner's, never by one that only bears his name. A positive
receipt leaves after the commit, and only after it was kept itself: a duplicate gets the same bytes.
"""

import asyncio
import time
from math import ceil

from litestar.response import Response
from msgspec import Struct

from gateway.channels.as2.answering import (
    Exchange,
    as_rejection,
    disposition_of,
    receipt_digest,
    receipt_response,
    taken_response,
    written_receipt,
)
from gateway.channels.as2.bodies import spool_body
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.headers import As2Headers, bare_message_id, read_headers
from gateway.channels.as2.hearing import Hearing, is_receipt
from gateway.channels.as2.mdn import Receipted, report
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.mime import Entity, outermost
from gateway.channels.as2.opening import Proven, Unproven, open_message
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.strangers import Strangers
from gateway.channels.as2.telling import leaf_about, tell
from gateway.channels.as2.windows import Spools, whole
from gateway.channels.http.bodies import LATE
from gateway.channels.http.heads import NEWEST, Incoming, address_of, read_head, traceparent
from gateway.channels.http.problems import problem
from gateway.channels.http.timelimits import TimeLimits
from gateway.clock import now
from gateway.errors import ERRORS
from gateway.identifiers import as_uuid
from gateway.intake import Intake
from gateway.ledger.exchanging import ExchangeKey, Received, ReceivedAnswer
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.networks import Networks
from gateway.observing import DUPLICATES, log_change
from gateway.submissions import Credential, Receipt, Rejection, Submission

STEP = 0.25
"""Seconds: an encrypted message that failed is answered at the next full step, so that time tells nothing."""
_OVERRUN = Rejection(
    code="gateway.overrun", text="the message could not be judged and kept in time", act="send it again"
)


class Limits(Struct, frozen=True, kw_only=True):
    """`most_bytes` of a request where the profile says nothing, `most_content` of what is inside."""

    most_bytes: int
    most_content: int
    body_seconds: float
    total_seconds: float


class As2Inbox(Struct, frozen=True):
    """Turns AS2 requests into submissions and their outcome into receipts. `host` stands in our Message-IDs."""

    stations: Stations
    intake: Intake
    ledger: Ledger
    hearing: Hearing
    strangers: Strangers
    time_limits: TimeLimits
    limits: Limits
    trusted_proxies: Networks
    host: str

    async def take(self, incoming: Incoming) -> Response[bytes]:
        """One request, from its head to its answer."""
        head = read_head(incoming.scope)
        trace, address = traceparent(head), address_of(head, self.trusted_proxies)
        if not self.strangers.admit(address):
            text = "too many messages from this address that proved nothing"
            return problem(Rejection(code="limit.exceeded", text=text, retry_after=60), trace=trace)
        try:
            headers = read_headers(incoming.scope["headers"])
            partner = self.stations.partner_of(headers.sender, headers.receiver)
            if partner is None:
                return self._unknown(headers, trace)
            relation = self.stations.towards(partner, now())
        except Unacceptable as refused:
            log_change("as2.refused", code=refused.code, traceparent=trace)
            return problem(as_rejection(refused), trace=trace)
        sent = relation.agreed.receive.most_bytes
        most = sent.bytes if sent is not None else self.limits.most_bytes
        late = LATE
        with Spools() as spools, self.time_limits.set(self.limits.body_seconds) as limit:
            sink = spools.new()
            raw = await spool_body(incoming.receive, head.get("content-length"), most, sink)
            if isinstance(raw, Rejection):
                return problem(raw, trace=trace)
            late = _OVERRUN
            limit.move(self.limits.total_seconds)
            outer = outermost(headers.content_fields, whole(sink))
            if is_receipt(outer):
                answer = await self.hearing.take(headers, relation, outer, spools, trace)
                self.strangers.proven(address)
                return answer
            exchange = Exchange(
                headers=headers, relation=relation, key=_key(headers, partner.id), raw=raw, address=address, trace=trace
            )
            return await self._exchange(exchange, outer, spools, most)
        assert limit.passed
        return problem(late, trace=trace)

    async def _exchange(self, exchange: Exchange, outer: Entity, spools: Spools, most: int) -> Response[bytes]:
        """A message that claims to be a partner's: the same bytes again, or open it and see."""
        started = time.monotonic()
        known = await self.ledger.exchanges.received(exchange.key)
        if known is not None and known.answered_at is not None and known.raw_digest == exchange.raw:
            self.strangers.proven(exchange.address)
            return await self._again(exchange, known, None)
        try:
            bare_message_id(exchange.headers.message_id)
        except Unacceptable as refused:
            return await self._failed(exchange, Unproven(refused=refused, mic=None, encrypted=False))
        opened = await asyncio.to_thread(open_message, exchange, outer, spools, most)
        if isinstance(opened, Unproven):
            if opened.encrypted:
                took = time.monotonic() - started
                await asyncio.sleep(ceil(took / STEP) * STEP - took)
            return await self._failed(exchange, opened)
        self.strangers.proven(exchange.address)
        return await self._process(exchange, opened)

    async def _process(self, exchange: Exchange, proven: Proven) -> Response[bytes]:
        """What is the partner's goes the way of every submission, and its outcome is kept before it is told."""
        admission = await self.intake.admit(_credential(exchange), NEWEST)
        if isinstance(admission, Rejection):
            return await self._refused(exchange, admission, proven.mic)
        content = proven.opened.content
        if content.size > self.limits.most_content:
            text = f"the content has {content.size} bytes; at most {self.limits.most_content} are taken at once"
            return await self._refused(exchange, Rejection(code="request.too_large", text=text), proven.mic)
        signer = proven.opened.signer
        claimed = await self.ledger.exchanges.claim(
            exchange.key,
            exchange.raw,
            proven.digest,
            signer=signer.fingerprint if signer is not None else None,
            file_name=proven.file_name,
        )
        if claimed.content_digest != proven.digest:
            return await self._conflict(exchange, proven, claimed)
        if claimed.answered_at is not None:
            return await self._again(exchange, claimed, proven.mic)
        submission = Submission(
            content=content.read(), media_type=proven.media_type, address="/as2", traceparent=exchange.trace
        )
        outcome = await self.intake.accept(submission, admission)
        return await self._answer(exchange, outcome, proven.mic)

    async def _answer(self, exchange: Exchange, outcome: Receipt | Rejection, mic: Mic | None) -> Response[bytes]:
        """Keep the answer, then give it: the one that stands, should another have been faster."""
        rejection = outcome if isinstance(outcome, Rejection) else None
        disposition = disposition_of(rejection, exchange.relation)
        tell(exchange, outcome)
        if disposition is None:
            assert rejection is not None
            return problem(rejection, trace=exchange.trace)
        receipt = await self._written(exchange, disposition, mic, rejection)
        code, said = rejection.code if rejection is not None else None, str(mic) if mic is not None else None
        given = ReceivedAnswer(
            leaf=leaf_about(Event.AS2_ANSWERED, exchange, disposition=str(disposition), code=code, mic=said,
                       message=outcome.message_id, receipt=receipt_digest(receipt)),
            disposition=str(disposition),
            message=as_uuid(outcome.message_id),
            code=code,
            mic=said,
            receipt=receipt,
            reply_url=exchange.reply_url,
        )  # fmt: skip
        standing = await self.ledger.exchanges.answer(exchange.key, given)
        return self._response(exchange, standing.receipt, rejection)

    async def _again(self, exchange: Exchange, known: Received, mic: Mic | None) -> Response[bytes]:
        """It came before: the receipt of then, byte for byte. Where it was made of other bytes with the same content,
        or no receipt was asked for then, a new one that says the same."""
        DUPLICATES.labels("as2").inc()
        receipt = known.receipt
        if exchange.wants_receipt and (receipt is None or (mic is not None and known.mic != str(mic))):
            kind_of, _, text = (known.disposition or "processed").partition("/")
            kind, _, said = text.partition(": ")
            disposition = Disposition(kind_of, kind or None, said)
            receipt = await asyncio.to_thread(written_receipt, exchange, disposition, mic or known.mic, "", self.host)
        url = exchange.reply_url
        if receipt is not None and url is not None:
            await self.ledger.exchanges.owe(exchange.key, url, receipt)
        rejection = Rejection(code=known.code, text=ERRORS[known.code].title) if known.code is not None else None
        return self._response(exchange, receipt, rejection)

    async def _failed(self, exchange: Exchange, unproven: Unproven) -> Response[bytes]:
        """Not proven the partner's: on record as an attempt, answered, and the Message-ID stays free."""
        refused = unproven.refused
        leaf = leaf_about(
            Event.AS2_FAILED, exchange, code=refused.code, detail=refused.detail, address=exchange.address
        )
        await self.ledger.note(leaf)
        return await self._refused(exchange, as_rejection(refused), unproven.mic)

    async def _conflict(self, exchange: Exchange, proven: Proven, claimed: Received) -> Response[bytes]:
        """Both are the partner's, under one Message-ID, and say different things."""
        leaf = leaf_about(Event.AS2_CONFLICTED, exchange, content=f"sha256:{proven.digest.hex()}",
                     message=str(claimed.message) if claimed.message else None)  # fmt: skip
        await self.ledger.note(leaf, claimed.message)
        text = "this Message-ID came with other content before; that message stands"
        return await self._refused(exchange, Rejection(code="idempotency.conflict", text=text), proven.mic)

    async def _refused(self, exchange: Exchange, rejection: Rejection, mic: Mic | None) -> Response[bytes]:
        """A negative receipt that uses up nothing; an HTTP status where no receipt can be given."""
        tell(exchange, rejection)
        disposition = disposition_of(rejection, exchange.relation)
        if disposition is None or rejection.code == "as2.receipt_address" or not exchange.wants_receipt:
            return problem(rejection, trace=exchange.trace)
        receipt = await self._written(exchange, disposition, mic, rejection)
        url = exchange.reply_url
        if receipt is not None and url is not None:
            await self.ledger.exchanges.owe(exchange.key, url, receipt)
        return self._response(exchange, receipt, rejection)

    async def _written(
        self, exchange: Exchange, disposition: Disposition, mic: Mic | None, rejection: Rejection | None
    ) -> bytes | None:
        if not exchange.wants_receipt:
            return None
        explanation = rejection.text if rejection is not None else ""
        return await asyncio.to_thread(written_receipt, exchange, disposition, mic, explanation, self.host)

    def _response(self, exchange: Exchange, receipt: bytes | None, rejection: Rejection | None) -> Response[bytes]:
        """Without a receipt the status is the only word: never a 2xx for what was not taken."""
        if receipt is not None and exchange.wants_receipt:
            is_synchronous = exchange.reply_url is None
            return receipt_response(receipt) if is_synchronous else taken_response(exchange.relation)
        if rejection is not None:
            return problem(rejection, trace=exchange.trace)
        return taken_response(exchange.relation)

    def _unknown(self, headers: As2Headers, trace: str) -> Response[bytes]:
        """No relation of these names. Who asked one of our names for a receipt gets one, unsigned and at once."""
        code = "as2.same_names" if headers.sender == headers.receiver else "as2.relation_unknown"
        log_change("as2.refused", code=code, traceparent=trace)
        is_plausible = headers.receipt is not None and headers.receipt.address is None
        if not (is_plausible and self.stations.is_ours(headers.receiver)):
            return problem(as_rejection(Unacceptable(code, "")), trace=trace)
        said = Disposition("processed", "error", "unexpected-processing-error")
        made = report(
            Receipted(
                message_id=headers.message_id,
                sender=headers.sender,
                receiver=headers.receiver,
                subject="",
                date="",
                disposition=said,
                mic=None,
                explanation=ERRORS[code].title,
            )
        )
        return Response(made.body, status_code=200, headers={"as2-version": "1.2"}, media_type=made.content_type)


def _key(headers: As2Headers, partner: str) -> ExchangeKey:
    """By the Message-ID without its brackets; one that is none is refused before the key is used."""
    return ExchangeKey(partner, headers.receiver, headers.message_id.removeprefix("<").removesuffix(">"))


def _credential(exchange: Exchange) -> Credential:
    return Credential(
        kind="partner",
        client=exchange.headers.sender,
        towards=exchange.headers.receiver,
        address=exchange.address,
        channel="as2",
    )
