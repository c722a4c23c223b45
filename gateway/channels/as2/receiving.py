"""The way in over AS2: from a request to a message that was proven a partner's."""

import asyncio
import time
from functools import partial
from math import ceil

from litestar.response import Response
from msgspec import Struct

from gateway.channels.as2.answering import Exchange, as_rejection
from gateway.channels.as2.bodies import spool_body
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.headers import As2Headers, bare_message_id, read_headers
from gateway.channels.as2.hearing import Hearing, is_receipt
from gateway.channels.as2.mdn import Receipted, report
from gateway.channels.as2.mime import Entity, outermost
from gateway.channels.as2.opening import Unproven, open_message
from gateway.channels.as2.outcomes import Outcomes
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.strangers import Strangers
from gateway.channels.as2.windows import Spools, whole
from gateway.channels.http.bodies import LATE
from gateway.channels.http.heads import Incoming, address_of, read_head
from gateway.channels.http.problems import problem
from gateway.channels.http.timelimits import TimeLimits
from gateway.clock import now
from gateway.errors import ERRORS
from gateway.ledger.exchanges import ExchangeKey
from gateway.ledger.ledger import Ledger
from gateway.networks import Networks
from gateway.observing import log_change
from gateway.submissions import Rejection

STEP = 0.25
"""Seconds: an encrypted message that failed is answered at the next full step, so that time tells nothing."""
OPENED_HERE = 32 * 1024
"""Bytes up to which a message is opened on the event loop. RSA holds the interpreter's lock wherever it runs: a thread
would free nobody, and its two changes cost as much as the parsing."""
SLOWEST_SENDER, SLOWEST_STATION = 256 * 1024, 2 * 1024 * 1024
"""Bytes a second that long bodies come and are worked off with at least."""
_OVERRUN = Rejection(
    code="gateway.overrun", text="the message could not be judged and kept in time", act="send it again"
)


class Limits(Struct, frozen=True, kw_only=True):
    """`most_bytes` of a request where the profile says nothing."""

    most_bytes: int
    body_seconds: float
    total_seconds: float

    def to_send(self, declared: str | None, most: int) -> float:
        """Seconds until a body must be here: longer for one that is longer than usual, where the agreement takes it."""
        is_told = declared is not None and declared.isascii() and declared.isdigit()
        size = min(int(declared[:18]), most) if is_told and declared is not None else most
        return self.body_seconds + max(0, size - self.most_bytes) / SLOWEST_SENDER

    def to_answer(self, size: int) -> float:
        """Seconds for everything after it."""
        return self.total_seconds + max(0, size - self.most_bytes) / SLOWEST_STATION


class As2Inbox(Struct, frozen=True):
    """Takes AS2 requests; what they hold is judged and answered by `outcomes`."""

    stations: Stations
    outcomes: Outcomes
    ledger: Ledger
    hearing: Hearing
    strangers: Strangers
    time_limits: TimeLimits
    limits: Limits
    trusted_proxies: Networks

    async def take(self, incoming: Incoming) -> Response[bytes]:
        """One request, from its head to its answer."""
        head = read_head(incoming.scope)
        trace, address = head.trace, address_of(head, self.trusted_proxies)
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
        late, declared = LATE, head.get("content-length")
        with Spools() as spools, self.time_limits.set(self.limits.to_send(declared, most)) as limit:
            sink = spools.new()
            raw = await spool_body(incoming.receive, declared, most, sink)
            if isinstance(raw, Rejection):
                return problem(raw, trace=trace)
            late = _OVERRUN
            outer = outermost(headers.content_fields, whole(sink))
            limit.move(self.limits.to_answer(outer.body.size))
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
            return await self.outcomes.again(exchange, known, None)
        try:
            bare_message_id(exchange.headers.message_id)
        except Unacceptable as refused:
            return await self.outcomes.failed(exchange, Unproven(refused=refused, mic=None, encrypted=False))
        opening = partial(open_message, exchange, outer, spools, most)
        opened = await asyncio.to_thread(opening) if outer.body.size > OPENED_HERE else opening()
        if isinstance(opened, Unproven):
            if opened.encrypted:
                took = time.monotonic() - started
                await asyncio.sleep(ceil(took / STEP) * STEP - took)
            return await self.outcomes.failed(exchange, opened)
        self.strangers.proven(exchange.address)
        return await self.outcomes.process(exchange, opened, is_new=known is None)

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
