"""One look at a partner's server: what lies there, what of it is ready, and each of these on its way into the ledger.

A file is fetched, known to be fetched, submitted like an upload, known to be taken, and only then cleared away, each
with a commit of its own. Wherever it ends in between, the next look goes on there: what was fetched is submitted again
and recognised, what was taken is only cleared away.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.sftp.fetching import CannotTake, ListedFile, delete, is_still, list_folder, move, read_file
from gateway.channels.sftp.names import beside, is_temporary
from gateway.channels.sftp.reaching import Reached
from gateway.channels.sftp.submitting import NotTaken, Submitting
from gateway.ledger.pickups import After, Failing, KnownFile, Pickups, SeenFile, Turn, Verdict
from gateway.observing import PICKUP_FILES
from gateway.submissions import Credential
from partners.profile import Partner
from partners.sftpaccounts import SftpServer

FILES_AT_ONCE = 500
"""In one look; what lies there beyond is taken in the next, which comes at once."""
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""Seconds until a file that could not be taken is tried again."""


class Looked(Struct, frozen=True):
    """`waiting`: files that lie there and were not taken. `again`: when it is worth looking before the usual time."""

    waiting: int
    again: datetime | None = None
    problem: str | None = None


class Sending(Struct, frozen=True, kw_only=True):
    """What a look needs of the house. `tell` hears of every failure of a file."""

    pickups: Pickups
    submitting: Submitting
    most: int
    clock: Callable[[], datetime]
    stopping: Callable[[], bool]
    tell: Callable[[Turn, UUID, Failing, CannotTake], Awaitable[None]]


_Ended = Literal["taken", "left", "stop"]
"""Of a file in this look: on record, still to be taken, or still to be taken and none after it."""


class Look:
    """`run` once."""

    def __init__(self, turn: Turn, partner: Partner, server: SftpServer, there: Reached, sending: Sending) -> None:
        self._turn = turn
        self._partner = partner
        self._server = server
        self._there = there
        self._sending = sending
        self._folder = (server.poll or "").rstrip("/").encode() or b"/"

    async def run(self) -> Looked:
        """Raises CannotLook, LostTurn, LedgerUnavailable, or what a connection that is lost raises."""
        listing = await list_folder(self._there.client, self._server.poll or "")
        at = self._sending.clock()
        candidates = {one.seen.name: one for one in self._candidates(listing.files)}
        known = await self._sending.pickups.see(self._turn, [one.seen for one in candidates.values()], at)
        there = {one.seen.name: one for one in listing.files}
        for owed in [one for one in known.values() if one.state == "taken" and _is_due(one, at)]:
            await self._clear(there.get(owed.name), owed)
        ready = [candidates[one.name] for one in known.values() if one.name in candidates and self._is_ready(one, at)]
        ready.sort(key=lambda one: (one.seen.modified, one.seen.name))
        taken = 0
        for file in ready[:FILES_AT_ONCE]:
            if self._sending.stopping():
                break
            ended = await self._take(file, known[file.seen.name])
            taken += ended == "taken"
            if ended == "stop":
                break
        waiting = sum(known[name].state in ("seen", "fetched") for name in candidates) - taken
        problem = None if listing.whole else f"more lies in `{self._server.poll}` than is looked at; clear it up"
        return Looked(waiting, self._again(known, candidates, at, len(ready)), problem)

    # -- which files -----------------------------------------------------------------------------------------------

    def _candidates(self, files: tuple[ListedFile, ...]) -> Iterator[ListedFile]:
        """Those that the profile means, under a name that is not that of a file still being written."""
        ending = self._server.ready.partition("marker:")[2]
        markers = {one.seen.name: one.seen.modified for one in files}
        for one in files:
            name = one.seen.name
            if is_temporary(name) or not fnmatchcase(name, self._server.pattern):
                continue
            if ending and (name.endswith(ending) or markers.get(name + ending, -1) < one.seen.modified):
                continue  # a marker from before the file is one of an earlier file
            yield one

    def _is_ready(self, known: KnownFile, at: datetime) -> bool:
        if known.state not in ("seen", "fetched") or not _is_due(known, at):
            return False
        return self._server.ready != "settled" or known.since + self._settling <= at

    @property
    def _settling(self) -> timedelta:
        return timedelta(seconds=self._server.settle.seconds)

    def _again(
        self, known: dict[str, KnownFile], candidates: dict[str, ListedFile], at: datetime, ready: int
    ) -> datetime | None:
        """Sooner than usual: for what is left over, and for what settles."""
        if ready > FILES_AT_ONCE:
            return at
        settling = [
            one.since + self._settling
            for one in known.values()
            if one.name in candidates and one.state == "seen" and one.since + self._settling > at
        ]
        return min(settling) if settling and self._server.ready == "settled" else None

    # -- a file ----------------------------------------------------------------------------------------------------

    async def _take(self, file: ListedFile, known: KnownFile) -> _Ended:
        sending, name = self._sending, file.seen.name
        try:
            content = await read_file(self._there.client, self._path(file), file, sending.most)
        except CannotTake as problem:
            await self._fail(name, problem, known)
            return "left"
        if content is None:
            return "left"
        digest = sha256(content).digest()
        recorded = await self._recorded_before(known, digest, content)
        if recorded is not None:
            await self._keep_and_clear(file, known, *recorded)
            return "taken"
        await sending.pickups.fetched(self._turn, name, digest, sending.clock())
        outcome = await sending.submitting.take(
            self._credential, self._partner.id, name, content, renamed=True, told=self._has_mailbox
        )
        if isinstance(outcome, NotTaken):
            await self._fail(name, CannotTake(outcome.text), known)
            return "left" if outcome.kind == "incomplete" else "stop"
        assert outcome.message_id is not None, "what is taken is on record"
        verdict: Verdict = "accepted" if outcome.code is None else "refused"
        await self._keep_and_clear(file, known, UUID(outcome.message_id), verdict)
        return "taken"

    async def _recorded_before(self, known: KnownFile, digest: bytes, content: bytes) -> tuple[UUID, Verdict] | None:
        """Of a submission after which we ended, or heard nothing; where intake would not recognise it when it comes
        again."""
        if known.state != "fetched" or known.hash != digest or known.fetched_at is None:
            return None
        kept = sha256(await self._sending.submitting.kept_as(self._partner.id, content)).digest()
        return await self._sending.pickups.recorded_since(self._partner.id, kept, known.fetched_at)

    async def _keep_and_clear(self, file: ListedFile, known: KnownFile, message: UUID, verdict: Verdict) -> None:
        await self._sending.pickups.taken(self._turn, file.seen.name, message, verdict)
        PICKUP_FILES.labels(self._partner.id, verdict).inc()
        await self._clear(file, replace(known, message_id=message, verdict=verdict))

    # -- after it is on record -------------------------------------------------------------------------------------

    async def _clear(self, file: ListedFile | None, known: KnownFile) -> None:
        """What the profile wants done with it there. `file`: None when it lies there no more."""
        after: After = "gone"
        try:
            if file is not None:
                after = await self._cleared(file, known)
        except CannotTake as problem:
            await self._fail(known.name, problem, known)
            return
        await self._sending.pickups.done(self._turn, known.name, after, self._sending.clock())

    async def _cleared(self, file: ListedFile, known: KnownFile) -> After:
        """The marker goes first: one that is left would make a half written file of the same name count."""
        rule = self._server.after_pickup
        if known.verdict == "refused" and self._server.after_refusal is not None:
            rule = self._server.after_refusal
        if rule == "keep":
            return "kept"
        client, path = self._there.client, self._path(file)
        if not await is_still(client, path, SeenFile(known.name, known.size, known.modified)):
            return "gone"  # another file may have taken its place: that is seen, and taken, in the next look
        ending = self._server.ready.partition("marker:")[2]
        if ending:
            await delete(client, path + ending.encode())
        if rule == "delete":
            await delete(client, path)
            return "deleted"
        folder = rule.partition("move:")[2].rstrip("/")
        names = (file.seen.name, beside(file.seen.name, str(known.message_id)))
        first, second = (f"{folder}/{name}".encode() for name in names)
        await move(client, path, (first, second))
        return "moved"

    async def _fail(self, name: str, problem: CannotTake, known: KnownFile) -> None:
        at = self._sending.clock()
        pause = min(FIRST_PAUSE * 2 ** min(known.failures, 16), LONGEST_PAUSE)
        not_before = at + timedelta(seconds=pause)
        PICKUP_FILES.labels(self._partner.id, "failed").inc()
        file, failing = await self._sending.pickups.failed(self._turn, name, str(problem), at, not_before)
        await self._sending.tell(self._turn, file, failing, problem)

    # -- who -------------------------------------------------------------------------------------------------------

    def _path(self, file: ListedFile) -> bytes:
        return self._folder.rstrip(b"/") + b"/" + file.raw

    @property
    def _credential(self) -> Credential:
        return Credential(
            kind="partner",
            client=f"{self._server.user}@{self._server.host}",
            channel="sftp",
            address=self._there.address,
            fetched_from=self._partner.id,
        )

    @property
    def _has_mailbox(self) -> bool:
        return self._partner.sftp is not None and self._partner.sftp.mailbox is not None


def _is_due(known: KnownFile, at: datetime) -> bool:
    return known.not_before is None or known.not_before <= at
