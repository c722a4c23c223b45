"""What becomes of a message that was opened, and the receipt that says so.

A Message-ID is used up by a message that was proven the partner's, never by one that only bears his name. A positive
receipt leaves after the commit, and only after it was kept itself: a duplicate gets the same bytes.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

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
from gateway.channels.as2.cem.exchanges import Request as CertificateRequest
from gateway.channels.as2.cem.exchanges import Response as CertificateResponse
from gateway.channels.as2.cem.taking import CertificateTaking
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.opening import Proven, Unproven
from gateway.channels.as2.telling import leaf_about, tell
from gateway.channels.http.heads import NEWEST
from gateway.channels.http.problems import problem
from gateway.errors import ERRORS
from gateway.identifiers import as_uuid
from gateway.intake import Answer, Intake
from gateway.ledger.exchanges import AnsweredExchange, Claim, Overtaken, Received, ReceivedAnswer
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.longintake import LongIntake, LongSubmission
from gateway.observing import DUPLICATES
from gateway.statements import Admission
from gateway.submissions import Credential, Receipt, Rejection, Submission
from gateway.together import Enclosed, Together
from translators.identify import HEAD


class Outcomes(Struct, frozen=True, kw_only=True):
    """`most_content`: bytes of what is inside a message and read at once; what is longer goes to `long_intake`. `host`
    stands in our Message-IDs."""

    intake: Intake
    long_intake: LongIntake
    together: Together
    ledger: Ledger
    most_content: int
    host: str

    async def process(self, exchange: Exchange, proven: Proven, *, is_new: bool) -> Response[bytes]:
        """What is the partner's goes the way of every submission, and its outcome is kept before it is told."""
        admission = await self.intake.admit(_credential(exchange), NEWEST)
        if isinstance(admission, Rejection):
            return await self._refused(exchange, admission, proven.mic)
        content = proven.opened.content
        if proven.certificates is not None:
            return await self._process_certificates(exchange, proven, proven.certificates)
        if proven.parts:
            return await self._process_parts(exchange, proven, admission)
        if content.size > self.most_content:
            return await self._process_long(exchange, proven, admission, is_new=is_new)
        submission = Submission(
            content=content.read(), media_type=proven.media_type, address="/as2", traceparent=exchange.trace
        )
        return await self._decide(exchange, proven, partial(self.intake.accept, submission, admission), is_new=is_new)

    async def _process_certificates(
        self, exchange: Exchange, proven: Proven, came: CertificateRequest | CertificateResponse
    ) -> Response[bytes]:
        """No document: it waits for a person beside the profile."""
        taking = CertificateTaking(self.ledger)

        async def accept(_: Answer | None) -> Receipt | Rejection:
            return await taking.take(came, exchange.relation)

        return await self._decide(exchange, proven, accept, is_new=False)

    async def _process_parts(self, exchange: Exchange, proven: Proven, admission: Admission) -> Response[bytes]:
        """All of its documents or none; one receipt for the whole."""
        enclosed = [
            Enclosed(
                number=one.number,
                read=one.content.read,
                chunks=one.content.chunks,
                size=one.content.size,
                digest=one.digest,
                media_type=one.media_type,
                file_name=one.file_name,
                is_document=one.is_document,
            )
            for one in proven.parts
        ]

        async def accept(_: Answer | None) -> Receipt | Rejection:
            return await self.together.accept(enclosed, admission, address="/as2", traceparent=exchange.trace)

        return await self._decide(exchange, proven, accept, is_new=False)

    async def _process_long(
        self, exchange: Exchange, proven: Proven, admission: Admission, *, is_new: bool
    ) -> Response[bytes]:
        """What is too long to be read at once is kept from its spool; a refusal of it uses up nothing."""
        content = proven.opened.content
        submission = LongSubmission(
            head=content.read(HEAD),
            size=content.size,
            digest=proven.digest,
            chunks=content.chunks,
            media_type=proven.media_type,
            traceparent=exchange.trace,
        )
        what = self.long_intake.judge(submission, admission)
        if isinstance(what, Rejection):
            return await self._refused(exchange, what, proven.mic)
        accept = partial(self.long_intake.accept, submission, admission, what)
        return await self._decide(exchange, proven, accept, is_new=is_new)

    async def _decide(
        self,
        exchange: Exchange,
        proven: Proven,
        accept: Callable[[Answer | None], Awaitable[Receipt | Rejection]],
        *,
        is_new: bool,
    ) -> Response[bytes]:
        """A new message and its positive answer are committed together; what becomes of all others is asked first of
        the Message-ID, and answered afterwards."""
        claim = _claim(exchange, proven)
        outcome: Receipt | Rejection | None = None
        if is_new:
            kept: list[ReceivedAnswer] = []

            def answer(message: UUID) -> AnsweredExchange:
                kept.append(self._answer(exchange, None, proven.mic, message))
                return AnsweredExchange(claim, kept[0])

            with suppress(Overtaken):
                outcome = await accept(answer)
            if isinstance(outcome, Receipt) and not outcome.duplicate:
                tell(exchange, outcome)
                return self._response(exchange, kept[0].receipt, None)
            if isinstance(outcome, Rejection) and disposition_of(outcome, exchange.relation) is None:
                tell(exchange, outcome)
                return problem(outcome, trace=exchange.trace)
        claimed = await self.ledger.exchanges.claim(claim)
        if claimed.content_digest != proven.digest:
            return await self._conflict(exchange, proven, claimed)
        if claimed.answered_at is not None:
            return await self.again(exchange, claimed, proven.mic)
        return await self._settle(exchange, outcome or await accept(None), proven.mic)

    async def _settle(self, exchange: Exchange, outcome: Receipt | Rejection, mic: Mic | None) -> Response[bytes]:
        """Keep the answer, then give it: the one that stands, should another have been faster."""
        rejection = outcome if isinstance(outcome, Rejection) else None
        tell(exchange, outcome)
        if rejection is not None and disposition_of(rejection, exchange.relation) is None:
            return problem(rejection, trace=exchange.trace)
        message = as_uuid(outcome.message_id)
        standing = await self.ledger.exchanges.answer(exchange.key, self._answer(exchange, rejection, mic, message))
        return self._response(exchange, standing.receipt, rejection)

    def _answer(
        self, exchange: Exchange, rejection: Rejection | None, mic: Mic | None, message: UUID | None
    ) -> ReceivedAnswer:
        disposition = disposition_of(rejection, exchange.relation)
        assert disposition is not None
        receipt = self._written(exchange, disposition, mic, rejection)
        code, said = rejection.code if rejection is not None else None, str(mic) if mic is not None else None
        return ReceivedAnswer(
            leaf=leaf_about(Event.AS2_ANSWERED, exchange, disposition=str(disposition), code=code, mic=said,
                       message=str(message) if message is not None else None, receipt=receipt_digest(receipt)),
            disposition=str(disposition),
            message=message,
            code=code,
            mic=said,
            receipt=receipt,
            reply_url=exchange.reply_url,
        )  # fmt: skip

    async def again(self, exchange: Exchange, known: Received, mic: Mic | None) -> Response[bytes]:
        """It came before: the receipt of then, byte for byte. Where it was made of other bytes with the same content,
        or no receipt was asked for then, a new one that says the same."""
        DUPLICATES.labels("as2").inc()
        receipt = known.receipt
        if exchange.wants_receipt and (receipt is None or (mic is not None and known.mic != str(mic))):
            kind_of, _, text = (known.disposition or "processed").partition("/")
            kind, _, said = text.partition(": ")
            disposition = Disposition(kind_of, kind or None, said)
            receipt = written_receipt(exchange, disposition, mic or known.mic, "", self.host)
        url = exchange.reply_url
        if receipt is not None and url is not None:
            await self.ledger.exchanges.owe(exchange.key, url, receipt)
        rejection = Rejection(code=known.code, text=ERRORS[known.code].title) if known.code is not None else None
        return self._response(exchange, receipt, rejection)

    async def failed(self, exchange: Exchange, unproven: Unproven) -> Response[bytes]:
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
        receipt = self._written(exchange, disposition, mic, rejection)
        url = exchange.reply_url
        if receipt is not None and url is not None:
            await self.ledger.exchanges.owe(exchange.key, url, receipt)
        return self._response(exchange, receipt, rejection)

    def _written(
        self, exchange: Exchange, disposition: Disposition, mic: Mic | None, rejection: Rejection | None
    ) -> bytes | None:
        if not exchange.wants_receipt:
            return None
        explanation = rejection.text if rejection is not None else ""
        return written_receipt(exchange, disposition, mic, explanation, self.host)

    def _response(self, exchange: Exchange, receipt: bytes | None, rejection: Rejection | None) -> Response[bytes]:
        """Without a receipt the status is the only word: never a 2xx for what was not taken."""
        if receipt is not None and exchange.wants_receipt:
            is_synchronous = exchange.reply_url is None
            return receipt_response(receipt) if is_synchronous else taken_response(exchange.relation)
        if rejection is not None:
            return problem(rejection, trace=exchange.trace)
        return taken_response(exchange.relation)


def _claim(exchange: Exchange, proven: Proven) -> Claim:
    signer = proven.opened.signer
    return Claim(
        key=exchange.key,
        raw_digest=exchange.raw,
        content_digest=proven.digest,
        signer=signer.fingerprint if signer is not None else None,
        file_name=proven.file_name,
    )


def _credential(exchange: Exchange) -> Credential:
    return Credential(
        kind="partner",
        client=exchange.headers.sender,
        towards=exchange.headers.receiver,
        address=exchange.address,
        channel="as2",
    )
