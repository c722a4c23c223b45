"""A duty of workers: partners' servers are looked at when it is time, each by one worker at once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncssh
from msgspec import Struct

from gateway.channels.sftp.fetching import CannotLook, CannotTake
from gateway.channels.sftp.pickup import Look, Looked, Sending
from gateway.channels.sftp.reaching import NotReached, reach
from gateway.channels.sftp.submitting import Submitting
from gateway.clock import now
from gateway.egress.guard import Guard
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.pickups import LEASE_SECONDS, Failing, LostTurn, Pickups, Turn
from gateway.observing import PICKUP_FAILING, PICKUP_WAITING, log_change
from partners.directory import Directory, is_open
from partners.profile import Partner
from partners.sftpaccounts import SftpServer

AT_ONCE = 4
"""Servers that a worker looks at beside each other; at one host once."""
LONGEST_PAUSE = 3600.0
"""Seconds between two looks at a server that fails, unless its profile says more."""
ALERT_AFTER = timedelta(minutes=15)
"""What fails for so long, and more than once, is for people."""
KEPT = timedelta(days=30)
"""How long a file is remembered that does not lie there any more."""
STOP_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Servers(Struct, frozen=True):
    """How we get into them. `keys`: the operators' folder; `most`: bytes of one file."""

    guard: Guard
    keys: Path
    most: int


class Polling:
    """`look`, `every` so many seconds, begins what is due; looks go on beside it. Any number of workers may."""

    every = 1.0
    forget_every = 3600.0

    def __init__(
        self,
        pickups: Pickups,
        submitting: Submitting,
        directory: Callable[[], Directory],
        servers: Servers,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._pickups = pickups
        self._directory = directory
        self._servers = servers
        self._clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}
        self._hosts: dict[str, str] = {}
        self._stopping = False
        self._sending = Sending(
            pickups=pickups,
            submitting=submitting,
            most=servers.most,
            clock=clock,
            stopping=lambda: self._stopping,
            tell=self._tell_of_a_file,
        )

    async def look(self) -> None:
        """Begins looks that are due, as many as there is room for."""
        room = AT_ONCE - len(self._running)
        if room <= 0 or self._stopping:
            return
        found = self._polled()
        places = {one: server.place for one, (_, server) in found.items()}
        for turn in await self._pickups.take_turns(places, self._clock(), room):
            partner, server = found[turn.partner]
            if server.host in self._hosts.values():  # two partners of one host, due at once: one after the other
                await self._pickups.put_off(turn, self._clock())
                continue
            self._hosts[turn.partner] = server.host
            task = asyncio.create_task(self._one(turn, partner, server))
            self._running[turn.partner] = task
            task.add_done_callback(partial(self._rest, turn.partner))

    async def settled(self) -> None:
        """Once no look of this worker is under way."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def close(self) -> None:
        """Files that are on their way into the ledger get there."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running.values(), timeout=STOP_SECONDS)
        for task in list(self._running.values()):
            task.cancel()
        await self.settled()

    async def forget(self) -> None:
        await self._pickups.forget(self._clock() - KEPT)

    async def measure(self) -> None:
        PICKUP_WAITING.clear()
        PICKUP_FAILING.clear()
        places = {one: server.place for one, (_, server) in self._polled(busy=True).items()}
        for known in await self._pickups.servers():
            if places.get(known.partner) != known.place:
                continue
            since = known.failing_since
            PICKUP_WAITING.labels(known.partner).set(known.waiting)
            PICKUP_FAILING.labels(known.partner).set((self._clock() - since).total_seconds() if since else 0)

    def _polled(self, *, busy: bool = False) -> dict[str, tuple[Partner, SftpServer]]:
        """Partners whose profile names a folder, and who are open; without those at whose host a look is under way."""
        at = self._clock()
        return {
            partner.id: (partner, partner.sftp.server)
            for partner in self._directory().partners.values()
            if partner.sftp is not None and partner.sftp.server is not None and partner.sftp.server.poll is not None
            and is_open(partner, at) and (busy or partner.sftp.server.host not in self._hosts.values())
        }  # fmt: skip

    def _rest(self, partner: str, _: asyncio.Task[None]) -> None:
        self._running.pop(partner, None)
        self._hosts.pop(partner, None)

    # -- one server ------------------------------------------------------------------------------------------------

    async def _one(self, turn: Turn, partner: Partner, server: SftpServer) -> None:
        try:
            await self._with_turn(turn, self._looked(turn, partner, server))
        except LostTurn:
            log_change("pickup.lost_turn", partner=partner.id)
        except LedgerUnavailable:
            _log.warning("the ledger is away; the server of `%s` is looked at later", partner.id)
        except Exception:  # noqa: BLE001 - one server must not end the looks at the others
            _log.exception("the server of `%s` cannot be looked at", partner.id)
            await self._pickups.put_off(turn, self._clock() + timedelta(seconds=LEASE_SECONDS))

    async def _with_turn(self, turn: Turn, work: Coroutine[Any, Any, None]) -> None:
        """The work, ended when its turn is lost: another worker may be at it already."""
        working, keeping = asyncio.ensure_future(work), asyncio.create_task(self._keep(turn))
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                keeping.result()  # raises: it ends in no other way
            await working
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.gather(working, keeping, return_exceptions=True)

    async def _keep(self, turn: Turn) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 4)
            await self._pickups.keep(turn)

    async def _looked(self, turn: Turn, partner: Partner, server: SftpServer) -> None:
        """One look, and how it ended on record."""
        try:
            async with reach(server, self._servers.guard, self._servers.keys) as there:
                looked = await Look(turn, partner, server, there, self._sending).run()
        except NotReached as away:
            await self._failed(turn, server, str(away), at_once=away.obstacle == "host key")
        except CannotLook as problem:
            await self._failed(turn, server, f"{server.host}: {problem}")
        except (asyncssh.Error, OSError) as error:
            await self._failed(turn, server, f"{server.host}: the connection was lost: {_why(error)}")
        else:
            if looked.problem is not None:
                await self._failed(turn, server, f"{server.host}: {looked.problem}")
            else:
                await self._went_well(turn, server, looked)

    async def _went_well(self, turn: Turn, server: SftpServer, looked: Looked) -> None:
        at = self._clock()
        usual = at + timedelta(seconds=server.every.seconds)
        next_look = usual if looked.again is None else min(looked.again, usual)
        if await self._pickups.end_well(turn, at, next_look=next_look, waiting=looked.waiting):
            log_change("pickup.well", partner=turn.partner)

    async def _failed(self, turn: Turn, server: SftpServer, why: str, *, at_once: bool = False) -> None:
        """`at_once`: people must hear of it the first time."""
        at = self._clock()
        usual = float(server.every.seconds)
        pause = min(usual * 2 ** min(turn.failures, 16), max(usual, LONGEST_PAUSE))
        failing = await self._pickups.end_badly(turn, at, next_look=at + timedelta(seconds=pause), why=why)
        log_change("pickup.failed", level=logging.WARNING, partner=turn.partner, why=why, failures=failing.failures)
        if _is_for_people(failing, at, at_once=at_once):
            await self._pickups.alert_server(turn, at, failing.since, why)
            log_change("pickup.failing", level=logging.ERROR, partner=turn.partner, why=why)

    async def _tell_of_a_file(self, turn: Turn, file: UUID, failing: Failing, problem: CannotTake) -> None:
        at, why = self._clock(), problem.shown
        log_change("pickup.file_failed", level=logging.WARNING, partner=turn.partner, file=file, why=why)
        if _is_for_people(failing, at, at_once=problem.lasting):
            await self._pickups.alert_file(turn, file, at, failing.since, why)
            log_change("pickup.file_failing", level=logging.ERROR, partner=turn.partner, file=file, why=why)


def _is_for_people(failing: Failing, at: datetime, *, at_once: bool) -> bool:
    lasts = failing.failures > 1 and at - failing.since >= ALERT_AFTER
    return not failing.told and (at_once or lasts)


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__
