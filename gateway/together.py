"""Several documents in one message: each is a submission of its own, and they are taken together or not at all.

All are read and judged first; then they are recorded in one transaction with what accompanies them. One that is refused
refuses the message: its refusal is on record with what we owe for it, and of the others nothing is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import Struct

from gateway.counters import Charging
from gateway.errors import ERRORS
from gateway.intake import Intake
from gateway.ledger.entries import Acceptance, Conflicting, Recorded
from gateway.ledger.files import NewFile
from gateway.ledger.ledger import Ledger
from gateway.rejections import conflict
from gateway.setaside import SetAside
from gateway.statements import Admission, conflict_leaf
from gateway.submissions import Receipt, Rejection, Submission


class Enclosed(Struct, frozen=True, kw_only=True):
    """One part of a message. `digest` is its SHA-256; `chunks` begins anew each time, and is read beside the loop."""

    number: int
    read: Callable[[], bytes]
    chunks: Callable[[], Iterator[bytes]]
    size: int
    digest: bytes
    media_type: str
    file_name: str | None
    is_document: bool


class Together:
    """`intake` judges each of them; `most_bytes` bounds what all documents of a message have together."""

    def __init__(self, intake: Intake, counters: Charging, ledger: Ledger, most_bytes: int) -> None:
        self._intake = intake
        self._counters = counters
        self._ledger = ledger
        self._most_bytes = most_bytes

    async def accept(
        self, parts: Sequence[Enclosed], admission: Admission, *, address: str, traceparent: str | None
    ) -> Receipt | Rejection:
        """A Receipt (of the first document) means that all of it is committed. Raises LedgerUnavailable."""
        documents = [one for one in parts if one.is_document]
        size = sum(one.size for one in documents)
        if not documents:
            return Rejection(code="as2.part_refused", text="none of the parts is a business document")
        if size > self._most_bytes:
            text = f"the documents in this message have {size} bytes; at most {self._most_bytes} are taken together"
            return Rejection(code="request.too_large", text=text, act="send them one by one")
        entries: list[Acceptance] = []
        aside = SetAside(self._ledger, self._counters, entries.append)
        intake = self._intake.standing_in(aside, aside)
        for one in documents:
            submission = Submission(
                content=one.read(), media_type=one.media_type, address=address, traceparent=traceparent
            )
            outcome = await intake.accept(submission, admission)
            if isinstance(outcome, Rejection):
                return await self._refuse(one, outcome, aside)
        return await self._record(parts, entries, aside)

    async def _refuse(self, one: Enclosed, why: Rejection, aside: SetAside) -> Rejection:
        aside.undo_all()
        if ERRORS[why.code].repeat:
            return why
        if aside.refused is not None:
            await self._ledger.refuse(aside.refused)
        named = f"part {one.number}" + (f" (`{one.file_name}`)" if one.file_name else "")
        text = f"{named} is refused, so nothing of the message is taken: {why.text}"
        return Rejection(code="as2.part_refused", text=text, act=why.act, rule=why.rule, message_id=why.message_id)

    async def _record(
        self, parts: Sequence[Enclosed], entries: list[Acceptance], aside: SetAside
    ) -> Receipt | Rejection:
        owner = entries[0].sender
        for one in parts:
            if not one.is_document:
                await self._ledger.pieces.keep(owner, one.digest, one.chunks())
        verdicts = await self._ledger.record_together(entries, list(_files(parts)))
        for entry, verdict in zip(entries, verdicts, strict=True):
            if isinstance(verdict, Conflicting):
                aside.undo_all()
                await self._ledger.note(conflict_leaf(entry, verdict.message_id), verdict.message_id)
                return msgspec.structs.replace(conflict(verdict.message_id, entry), message_id=str(verdict.message_id))
        for number, verdict in enumerate(verdicts):
            if isinstance(verdict, Recorded) and verdict.duplicate:
                aside.undo_one(number)
        first = verdicts[0]
        assert isinstance(first, Recorded)
        return Receipt(
            message_id=str(first.message_id),
            statement=first.statement,
            duplicate=all(isinstance(one, Recorded) and one.duplicate for one in verdicts),
        )


def _files(parts: Sequence[Enclosed]) -> Iterator[NewFile]:
    """What stands before the first document accompanies it too."""
    of, accompanying = -1, Counter[int]()
    for one in parts:
        of += one.is_document
        home = max(of, 0)
        accompanying[home] += not one.is_document
        yield NewFile(
            of=home,
            number=0 if one.is_document else accompanying[home],
            file_name=one.file_name,
            media_type=one.media_type,
            size=one.size,
            hash=one.digest,
        )
