"""Long interchanges, divided: each part becomes a message that goes the way of all, and all of them do or none.

All parts are read and judged first, under one set of rules, and kept aside; when the last of them is good they are
recorded, each under a key of its own, so that a worker that dies in between is taken over and nothing comes twice.
One part that is refused refuses the interchange: the refusal is on record as a message, with what we owe for it.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID

import msgspec

from gateway.clock import now_text
from gateway.counters import Charging
from gateway.errors import ERRORS
from gateway.intake import Intake
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.entries import Acceptance, Recorded, Refusal
from gateway.ledger.interchanges import LongInterchange
from gateway.ledger.ledger import Ledger
from gateway.ledger.sealing import Unopenable
from gateway.ledger.states import Event
from gateway.longintake import AdmittedAs
from gateway.observing import log_change
from gateway.rejections import unreadable
from gateway.senders import find_sender, request_facts
from gateway.setaside import SetAside
from gateway.statements import Admission
from gateway.submissions import PartOf, Rejection, Submission
from partners.live import LiveDirectory
from policies.live import LivePolicies
from translators.edifact.dividing import DivideLimits, Division, Part, divide
from translators.findings import Finding
from translators.reading import Limits

LEASE = 60.0
"""Seconds an interchange is one worker's; renewed while it works."""
PAUSES = (30.0, 120.0, 600.0, 3600.0)
"""Seconds before each next try; the last for all that follow."""
_CHUNK = 1 << 16
_log = logging.getLogger(__name__)


class Postponed(Exception):  # noqa: N818 - the world may be another one later
    """It cannot be divided now; the sentence says why."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.after = after


class Dividing:
    """`look` begins with one that is due unless one is under way. Any number of workers may."""

    every = 1.0

    def __init__(
        self,
        ledger: Ledger,
        policies: LivePolicies,
        partners: LiveDirectory,
        counters: Charging,
        limits: Limits,
        cuts: DivideLimits = DivideLimits(),  # noqa: B008 - frozen
    ) -> None:
        """`limits` of each part, `cuts` of the whole."""
        self._ledger = ledger
        self._policies = policies
        self._partners = partners
        self._counters = counters
        self._limits = limits
        self._cuts = cuts
        self._under_way: asyncio.Task[None] | None = None

    async def look(self) -> None:
        if self._under_way is not None and not self._under_way.done():
            return
        taken = await self._ledger.interchanges.take(LEASE)
        if taken is not None:
            self._under_way = asyncio.create_task(self.divide(taken))

    async def sweep(self) -> None:
        """What was kept for messages that never came."""
        await self._ledger.pieces.sweep()

    async def close(self) -> None:
        """Another worker takes it over when the lease has ended."""
        if self._under_way is not None:
            self._under_way.cancel()
            with suppress(asyncio.CancelledError):
                await self._under_way

    async def divide(self, long: LongInterchange) -> None:
        """One try, whatever becomes of it."""
        renewing = asyncio.create_task(self._renew(long.message_id))
        try:
            await self._divide(long)
        except Postponed as postponed:
            after = postponed.after or PAUSES[min(long.attempts, len(PAUSES)) - 1]
            log_change("intake.interchange.postponed", message_id=str(long.message_id), why=postponed.why)
            await self._ledger.interchanges.postpone(long.message_id, after, postponed.why)
        except LedgerUnavailable:
            _log.warning("the ledger is away; interchange %s waits", long.message_id)
        except Exception:  # noqa: BLE001 - one interchange must not end the worker
            _log.exception("interchange %s cannot be divided; trying again", long.message_id)
        finally:
            renewing.cancel()

    async def _renew(self, message_id: UUID) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            with suppress(LedgerUnavailable):
                await self._ledger.interchanges.renew(message_id, LEASE)

    async def _divide(self, long: LongInterchange) -> None:
        admission = self._admission(long)
        with TemporaryFile() as content, TemporaryFile() as aside:
            await self._fetch(long, content)
            division = await asyncio.to_thread(divide, _chunks(content), self._cuts)
            rehearsal = SetAside(self._ledger, self._counters, partial(_put_aside, aside))
            intake = Intake(self._policies, self._partners, rehearsal, rehearsal, self._limits)
            try:
                refused = await self._judge(long, admission, intake, content, division)
            except BaseException:
                rehearsal.undo_all()
                raise
            if refused is not None:
                rehearsal.undo_all()
                await self._refuse(long, refused, rehearsal.refused)
                return
            await self._ledger.interchanges.begin_recording(long.message_id)
            parts = await self._record(long, _entries(aside))
        leaf = _leaf(Event.INTERCHANGE_DIVIDED, long, parts=parts)
        await self._ledger.interchanges.divided(long.message_id, leaf)

    def _admission(self, long: LongInterchange) -> Admission:
        """Under the rules in force now; what the request itself was charged with was counted when it came."""
        admitted = msgspec.json.decode(long.credential, type=AdmittedAs)
        sender = find_sender(self._partners.current, admitted.credential)
        if isinstance(sender, Rejection):
            raise Postponed(sender.text)
        facts = request_facts(sender, admitted.api_version)
        return Admission(sender=sender, facts=facts, rules=self._policies.current, fields=())

    async def _fetch(self, long: LongInterchange, content: BinaryIO) -> None:
        try:
            async for piece in self._ledger.pieces.read(long.owner, long.hash):
                await asyncio.to_thread(content.write, piece)
        except Unopenable as error:
            raise Postponed(str(error)) from None

    async def _judge(
        self, long: LongInterchange, admission: Admission, intake: Intake, content: BinaryIO, division: Division
    ) -> Rejection | None:
        """What refuses it. Raises Postponed when a limit does that gives way with time."""
        wrong = _of_envelopes(division)
        parts = division.parts[:1] if wrong is not None else division.parts
        for number, part in enumerate(parts, 1):
            submission = Submission(
                content=await asyncio.to_thread(_bytes_of, content, part),
                media_type=long.media_type,
                traceparent=long.traceparent,
                part=PartOf(message=long.message_id, number=number, last=part.last),
            )
            if wrong is not None:
                return await intake.refuse(submission, admission, wrong)
            outcome = await intake.accept(submission, admission)
            if isinstance(outcome, Rejection) and ERRORS[outcome.code].repeat:
                raise Postponed(outcome.text, outcome.retry_after)
            if isinstance(outcome, Rejection):
                return outcome
        return wrong

    async def _refuse(self, long: LongInterchange, why: Rejection, entry: Refusal | None) -> None:
        if long.state == "recording":  # it had been judged good before: only a person can say what holds
            raise Postponed(f"judged again, it is refused, and parts of it may be recorded: {why.text}")
        if entry is not None:
            await self._ledger.refuse(entry)
            await self._ledger.interchanges.add_part(long.message_id, 1, entry.message_id)
        refusal = msgspec.json.encode(
            {"code": why.code, "text": why.text, "rule": why.rule, "findings": why.findings}
        ).decode()
        part = str(entry.message_id) if entry is not None else None
        leaf = _leaf(Event.INTERCHANGE_REFUSED, long, code=why.code, rule=why.rule, part=part)
        await self._ledger.interchanges.refused(long.message_id, refusal, leaf)

    async def _record(self, long: LongInterchange, entries: Iterator[Acceptance]) -> int:
        """One after the other in the order of the interchange; returns how many there are."""
        number = 0
        for number, entry in enumerate(entries, 1):
            recorded = await self._ledger.record(entry)
            assert isinstance(recorded, Recorded), "the key of a part is of this interchange alone"
            await self._ledger.interchanges.add_part(long.message_id, number, recorded.message_id)
        return number


def _put_aside(aside: BinaryIO, entry: Acceptance) -> None:
    kept = msgspec.msgpack.encode(entry)
    aside.write(len(kept).to_bytes(8))
    aside.write(kept)


def _entries(aside: BinaryIO) -> Iterator[Acceptance]:
    aside.seek(0)
    while size := aside.read(8):
        yield msgspec.msgpack.decode(aside.read(int.from_bytes(size)), type=Acceptance)


def _of_envelopes(division: Division) -> Rejection | None:
    if any(finding.severity == "error" for finding in division.findings):
        return unreadable(division.findings)
    if not division.parts:
        return unreadable((Finding("edifact.empty", "there is no message in the interchange"),))
    return None


def _bytes_of(content: BinaryIO, part: Part) -> bytes:
    """The part as an interchange."""
    pieces = []
    for start, end in (*((one.start, one.end) for one in part.envelopes), (part.start, part.end)):
        content.seek(start)
        pieces.append(content.read(end - start))
    return b"".join((*pieces, part.trailer))


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while chunk := content.read(_CHUNK):
        yield chunk


def _leaf(event: Event, long: LongInterchange, **facts: str | int | None) -> bytes:
    leaf = {
        "event": event,
        "at": now_text(),
        "message": str(long.message_id),
        "content": f"sha256:{long.hash.hex()}",
        **{name: fact for name, fact in facts.items() if fact is not None},
    }
    return msgspec.json.encode(leaf, order="sorted")
