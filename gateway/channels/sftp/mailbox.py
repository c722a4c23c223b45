"""A partner's mailbox while this process serves it: its uploads, and what it has read of what we laid there."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from gateway.channels.sftp.names import is_temporary
from gateway.channels.sftp.spool import Room, Spool, Upload
from gateway.channels.sftp.submitting import NotTaken, Submitting, Taken
from gateway.channels.sftp.verdicts import notice
from gateway.ledger.mailbox import Mailboxes
from gateway.observing import SFTP_REFUSED, log_change
from gateway.submissions import Credential
from partners.sftpaccounts import SftpMailbox

_T = TypeVar("_T")
_REMEMBERED = 1000
_SHOWN_SECONDS = 120.0
"""How long a file that was taken still answers to `stat`: clients look whether all of it arrived."""
LEFT_SECONDS = 3 * 24 * 3600.0
"""How long an upload lies that nobody finishes."""


class Mailbox:
    """Of one account. Shared by all its sessions."""

    def __init__(self, partner: str, spool: Spool, submitting: Submitting, mailboxes: Mailboxes) -> None:
        self.partner = partner
        self.spool = spool
        self.mailboxes = mailboxes
        self._submitting = submitting
        self._taken: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._read: OrderedDict[UUID, int] = OrderedDict()
        self._under_way: set[asyncio.Task[Any]] = set()

    # -- in --------------------------------------------------------------------------------------------------------

    async def close_upload(self, upload: Upload, credential: Credential) -> Taken | NotTaken | None:
        """Its handle was closed in order. None: it has a temporary name and waits for its other one."""
        if is_temporary(upload.name):
            await self._alone(asyncio.to_thread(upload.leave, "it has a temporary name"))
            return None
        return await self._alone(self._close_and_submit(upload, credential))

    async def submit(self, upload: Upload, name: str, credential: Credential) -> Taken | NotTaken:
        """The partner calls a closed upload by its real name: so it is complete, and it is a message, or stays."""
        return await self._alone(self._submit(upload, name, credential, renamed=True))

    async def _close_and_submit(self, upload: Upload, credential: Credential) -> Taken | NotTaken:
        outcome = await self._submit(upload, upload.name, credential, renamed=False)
        if isinstance(outcome, NotTaken):
            await asyncio.to_thread(upload.leave, outcome.text)
        return outcome

    async def _submit(self, upload: Upload, name: str, credential: Credential, *, renamed: bool) -> Taken | NotTaken:
        upload.is_submitted = True
        try:
            content = upload.content() if upload.size < 1 << 18 else await asyncio.to_thread(upload.content)
            outcome = await self._submitting.take(credential, self.partner, name, content, renamed=renamed)
        finally:
            upload.is_submitted = False
        if isinstance(outcome, NotTaken):
            upload.lacks = outcome.text
            return outcome
        self.spool.discard(upload)
        self._taken[name] = (len(content), time.time())
        self._taken.move_to_end(name)
        if len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        return outcome

    def abandon(self, upload: Upload) -> None:
        """Its connection was lost: what came stays for a while, and is no message."""
        if upload.size == 0:
            self.spool.discard(upload)
            return
        try:
            upload.leave("the connection was lost before it was closed")
        except OSError as error:  # nobody is there to be told
            SFTP_REFUSED.labels("disk").inc()
            log_change("sftp.no_space", level=logging.ERROR, partner=self.partner, reason=error.strerror)

    def taken(self, name: str) -> tuple[int, float] | None:
        """Size and time of a file that has just become a message."""
        found = self._taken.get(name)
        return found if found is not None and time.time() - found[1] < _SHOWN_SECONDS else None

    async def expire(self, seconds: float = LEFT_SECONDS) -> int:
        """Uploads nobody finishes go, and their partner is told; returns how many."""
        old = [one for one in self.spool if not one.is_open and time.time() - one.changed_at > seconds]
        for upload in old:
            why = f"It was not finished and was removed after {seconds / 86400:.0f} days. "
            why += f"Why it was no message: {upload.lacks or 'its end has not come'}."
            await self.mailboxes.lay([notice(self.partner, upload.name, why)])
            self.spool.discard(upload)
        return len(old)

    # -- out -------------------------------------------------------------------------------------------------------

    def note_read(self, file_id: UUID, start: int, count: int) -> None:
        """These bytes left for the partner. Only what joins on to what it has read before counts."""
        read = self._read.get(file_id, 0)
        if start <= read < start + count:
            self._read[file_id] = start + count
            self._read.move_to_end(file_id)
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)

    def has_read(self, file_id: UUID, size: int) -> bool:
        return size == 0 or self._read.get(file_id, 0) >= size

    # -- its end ---------------------------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Once nothing is on its way into the ledger."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def close(self) -> None:
        await self.settled()
        self.spool.close()

    async def _alone(self, work: Coroutine[Any, Any, _T]) -> _T:
        """To its end, also when the client does not wait for the answer."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)


def open_mailbox(
    folder: Path, partner: str, profile: SftpMailbox, most: int, submitting: Submitting, mailboxes: Mailboxes
) -> Mailbox:
    """`folder`: of all accounts; `most`: bytes of one file. Raises SpoolRefuses, or OSError."""
    spool = Spool(folder / profile.account, room(profile, most))
    return Mailbox(partner, spool, submitting, mailboxes)


def room(profile: SftpMailbox, most: int) -> Room:
    return Room(total=profile.quota.bytes, files=profile.files, one=most)
