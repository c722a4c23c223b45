"""Limit counters in Redis or Valkey: one atomic call for all limits of a request.

When the store is away, each limit's `on_store_loss` decides here, and the way back is looked for in the background. No
error of the store leaves this module. One server (or a failover pair behind one address) is meant, not a sharded
cluster.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.counter_packing import LEASE_SECONDS, of_charges, renewal, undoing
from gateway.counter_store import NO_ANSWER, Store
from gateway.identity.replays import ProcessReplays, ReplaysUnavailable
from gateway.local_counters import LocalCounters
from policies.charges import Charge, Charges, Counted

_RENEW_SECONDS = LEASE_SECONDS / 4
_NOTHING = Counted(Charges(), ())


class Charging(Protocol):
    """Who counts what a message is charged with."""

    async def charge(self, charges: Sequence[Charge]) -> Counted: ...

    def undo(self, counted: Counted) -> None: ...


class Counters:
    """Counts charges, and remembers what may be used once. `url` None: this process alone is the store. With a store it
    belongs to the event loop in which it is made.

    `gateways` says how many processes share the limits; a call of the store takes at most `timeout` seconds.
    """

    def __init__(
        self,
        url: str | None,
        *,
        gateways: Callable[[], int] = lambda: 1,
        timeout: float = 0.25,
        longest_pause: float = 2.0,
    ) -> None:
        self._store: Store | None = None
        if url is not None:
            self._store = Store(
                url,
                secrets.token_hex(6).encode(),
                timeout=timeout,
                longest_pause=longest_pause,
                leased=self._hold,
                back=self._share_again,
            )
        self._gateways = gateways
        self._local = LocalCounters()
        self._used = ProcessReplays()
        self._last_lease = 0
        self._leases: dict[int, tuple[float, Counted]] = {}
        """What the store holds for us, by number: since when, and what."""
        self._renewing: asyncio.TimerHandle | None = None

    @property
    def is_away(self) -> bool:
        """Whether limits are decided here because the store does not answer."""
        return self._store is not None and self._store.is_away

    async def charge(self, charges: Sequence[Charge]) -> Counted:
        """All are counted, or, when one that is enforced does not fit, none.

        The request's part of `concurrency` is let go when the task that asks ends, whatever ends it: over HTTP a task
        serves one request, and ends when its answer went out. A task that serves several calls `release` itself.
        """
        if not charges:
            return _NOTHING
        if not isinstance(charges, Charges):
            charges = Charges(charges)
        counted = await self._count(charges, self._new_lease(charges))
        if counted.lease and counted.admitted:
            task = asyncio.current_task()
            assert task is not None
            task.add_done_callback(lambda _: self.release(counted))
        return counted

    def release(self, counted: Counted) -> None:
        """Lets go of the request's part of `concurrency`; a second time changes nothing. Does not wait."""
        if counted.lease and not self._let_go(counted.lease):
            self._local.release(counted)

    def undo(self, counted: Counted) -> None:
        """Takes back what was counted for nothing, as if it had never been. Does not wait."""
        if not counted.charges or not counted.admitted:
            return
        if self._store is not None and counted.states[0].source == "store":
            self._store.tell(0, undoing(counted))
        else:
            self._local.undo(counted)

    async def first_use(self, key: str, seconds: int) -> bool:
        """True for the first call with `key` within `seconds`, False after, among all gateways.

        While the store is away a single gateway decides from its own memory; several raise ReplaysUnavailable,
        because none knows what the others have seen.
        """
        try:
            if not await self._used.first_use(key, seconds):
                return False
        except ReplaysUnavailable:
            if self._store is None:
                raise
        if self._store is None:
            return True
        answer = await self._store.command("SET", f"used:{key}", "1", "NX", "EX", seconds)
        if answer is NO_ANSWER:
            if self._gateways() > 1:
                raise ReplaysUnavailable
            return True
        return answer is not None

    async def ping(self) -> bool:
        """Whether the store answers; True without one."""
        return self._store is None or await self._store.command("PING") is not NO_ANSWER

    async def close(self) -> None:
        """Lets go of all leases and of the connection; answers what still waits from here."""
        if self._renewing is not None:
            self._renewing.cancel()
        if self._store is None:
            return
        if self._leases:
            for lease in list(self._leases):
                self._let_go(lease)
            await self._store.command("PING")  # answered behind what was told
        await self._store.close()

    async def _count(self, charges: Charges, lease: int) -> Counted:
        if self._store is None:
            return self._local.charge(charges, lease)
        if not self._store.is_away:
            try:
                counted = await self._store.ask(charges, lease)
            except asyncio.CancelledError:
                self._let_go(lease)
                raise
            if isinstance(counted, Counted):
                return counted
        return self._local.charge_share(charges, self._gateways(), lease)

    def _new_lease(self, charges: Charges) -> int:
        """A number of this gateway, for what holds leases; 0 for what does not."""
        if not charges.with_leases:
            return 0
        self._last_lease += 1
        return self._last_lease

    def _hold(self, counted: Counted, awaited: bool) -> None:
        if not counted.admitted:
            return
        loop = asyncio.get_running_loop()
        self._leases[counted.lease] = (loop.time(), counted)
        if self._renewing is None:
            self._renewing = loop.call_later(_RENEW_SECONDS, self._renew, _RENEW_SECONDS / 2)
        if not awaited:
            self._let_go(counted.lease)

    def _let_go(self, lease: int) -> bool:
        """Whether the store held such a lease for us."""
        held = self._leases.pop(lease, None)
        if held is not None and self._store is not None:
            self._store.tell(lease, of_charges(held[1].charges).release)
        return held is not None

    def _renew(self, older: float) -> None:
        """Renews what is held for longer than `older` seconds; most requests are answered before it is their turn."""
        self._renewing = None
        if self._leases and self._store is not None:
            loop = asyncio.get_running_loop()
            before = loop.time() - older
            for lease, (since, counted) in self._leases.items():
                if since <= before:
                    self._store.tell(lease, renewal(counted))
            self._renewing = loop.call_later(_RENEW_SECONDS, self._renew, _RENEW_SECONDS / 2)

    def _share_again(self) -> None:
        """The store is back: what still is under way counts there, what was counted here is forgotten."""
        self._local.forget()
        if self._renewing is not None:
            self._renewing.cancel()
        self._renew(0.0)
