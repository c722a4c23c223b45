"""From a file that is complete to a message, and what its partner is told."""

import asyncio
from typing import Literal
from uuid import UUID

from msgspec import Struct

from gateway.answers import SFTP_STATUS
from gateway.channels.sftp.acknowledging import NowhereToLay, lay_word
from gateway.channels.sftp.completeness import UNKNOWN, lacking
from gateway.channels.sftp.pgp import PgpDesk, Unopened, Unwrapped, is_protected
from gateway.channels.sftp.verdicts import accepted, refused
from gateway.intake import Intake
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.mailbox import Mailboxes
from gateway.observing import DUPLICATES, log_change, received
from gateway.statements import Admission
from gateway.submissions import Credential, Receipt, Rejection, Submission

API_VERSION = "v1"
"""The rules ask every sender for a version of the API; over SFTP there is this one."""
_IN_THREAD = 256 * 1024


class Taken(Struct, frozen=True):
    """It is on record, accepted or refused, and the partner's acknowledgement lies ready."""

    message_id: str | None
    code: str | None = None


class NotTaken(Struct, frozen=True):
    """It is not on record. The sentence is for the partner's log; the upload may stay and be tried again."""

    kind: Literal["incomplete", "failure", "permission denied"]
    text: str


class Submitting(Struct, frozen=True):
    """Knows whom to ask; keeps nothing between two files."""

    intake: Intake
    mailboxes: Mailboxes
    seconds: float
    pgp: PgpDesk | None = None

    async def take(
        self, credential: Credential, partner: str, name: str, content: bytes, *, renamed: bool, told: bool = True
    ) -> Taken | NotTaken:
        """Commits, then lays the acknowledgement, then returns.

        `renamed`: the partner says itself that it is complete, so content of an unknown format goes on, to be refused
        for that; what was only closed must prove its end, by itself or by OpenPGP around it. `told`: the partner has a
        mailbox, to find it there.
        """
        try:
            unwrapped = await self.pgp.unwrap(partner, content) if self.pgp is not None else Unwrapped(content)
        except Unopened:
            return NotTaken("failure", "the gateway cannot open it at the moment; we have been told, try again later")
        lacks = await _lacking(unwrapped)
        if lacks is not None and not (lacks is UNKNOWN and (renamed or unwrapped.content is not content)):
            return NotTaken("incomplete", f"the file is not complete: {lacks}")
        try:
            async with asyncio.timeout(self.seconds):
                return await self._submit(credential, partner, name, content, unwrapped, told=told)
        except TimeoutError:
            return NotTaken("failure", "the gateway did not finish in time; try again, it is recognised if it was kept")
        except (LedgerUnavailable, NowhereToLay):
            return NotTaken("failure", "the gateway cannot keep anything at the moment; try again later")

    async def kept_as(self, partner: str, content: bytes) -> bytes:
        """What a message has of such a file: what was in it, where it was opened."""
        try:
            return (await self.pgp.unwrap(partner, content)).content if self.pgp is not None else content
        except Unopened:
            return content

    async def _submit(
        self, credential: Credential, partner: str, name: str, content: bytes, unwrapped: Unwrapped, *, told: bool
    ) -> Taken | NotTaken:
        admission = await self.intake.admit(credential, API_VERSION)
        if isinstance(admission, Rejection):
            return _not_taken(admission)
        submission = Submission(content=unwrapped.content, media_type=None)
        if unwrapped.refused is None:
            outcome = await self.intake.accept(submission, admission)
        else:
            outcome = await self.intake.refuse(submission, admission, unwrapped.refused)
        if self.pgp is not None and outcome.message_id is not None:
            await self.pgp.tell(partner, content, unwrapped, UUID(outcome.message_id))
        if told and isinstance(outcome, Receipt):
            await lay_word(self.mailboxes, accepted(partner, name, outcome))
        elif told and isinstance(outcome, Rejection) and _is_final(outcome):
            await lay_word(self.mailboxes, refused(partner, name, outcome))
        _tell(outcome, admission)
        if isinstance(outcome, Receipt):
            return Taken(outcome.message_id)
        if _is_final(outcome):
            return Taken(outcome.message_id, outcome.code)
        return _not_taken(outcome)


async def _lacking(unwrapped: Unwrapped) -> str | None:
    """What is missing of the file, or of what was in it."""
    if unwrapped.cut is not None:
        return unwrapped.cut
    if unwrapped.refused is not None and is_protected(unwrapped.content):
        return None  # its end was seen, and nobody looks at what is in it
    content = unwrapped.content
    return await asyncio.to_thread(lacking, content) if len(content) > _IN_THREAD else lacking(content)


def _is_final(rejection: Rejection) -> bool:
    """On record, and the same bytes would be refused again."""
    return SFTP_STATUS[rejection.code] == "ok" and rejection.message_id is not None


def _not_taken(rejection: Rejection) -> NotTaken:
    text = f"{rejection.code}: {rejection.text}" + (f"; {rejection.act}" if rejection.act else "")
    if rejection.retry_after is not None:
        text += f"; try again in {rejection.retry_after} s"
    return NotTaken("failure" if SFTP_STATUS[rejection.code] == "failure" else "permission denied", text)


def _tell(outcome: Receipt | Rejection, admission: Admission) -> None:
    sender = admission.sender.id
    if isinstance(outcome, Rejection):
        received("sftp", "any", outcome.code).inc()
        log_change("intake.refused", message_id=outcome.message_id, sender=sender, code=outcome.code)
        return
    received("sftp", "any", "accepted").inc()
    if outcome.duplicate:
        DUPLICATES.labels("submission").inc()
    log_change("intake.accepted", message_id=outcome.message_id, sender=sender)
