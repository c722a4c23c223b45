"""The issuers' public keys (JWKS): fetched once for all, kept while the issuer is away, flood or not.

When a token names a key we do not have, its issuer is asked: one fetch for all who wait, at most one a second while
answers are healthy, none for 30 s after a failure, and none for 30 s for a key the issuer was seen not to have. So
a flood of invented keys costs the issuer one request a second, and a real rotation is seen within that second. While
we have no keys at all, the pauses after failures begin with a second and double: nobody can be let in meanwhile.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import httpx

from gateway.identity.issuers import Issuer, problems_of
from gateway.identity.jwks import BadKeySet, KeySet, fetch_key_set
from gateway.identity.keyfiles import read_key_set, write_key_set
from gateway.identity.signatures import VerificationKey

_log = logging.getLogger(__name__)

MAX_STALE_SECONDS: Final = 24 * 3600
REFRESH_SECONDS: Final = 300
HEALTHY_PAUSE_SECONDS: Final = 1.0
FAILED_PAUSE_SECONDS: Final = 30.0
ABSENT_SECONDS: Final = 30.0
_MAX_ABSENT: Final = 4096
_MAX_WAITING: Final = 64
_MOST_FAILURES: Final = 16  # that are counted: the pause grows no more long before


class UnknownKey(Exception):  # noqa: N818 - an answer, not a defect
    """The issuer publishes no key of that name, or a flood keeps us from asking this moment."""


class KeysUnavailable(Exception):  # noqa: N818 - an answer, not a defect
    """The issuer cannot be asked now, so nobody can say whether the key is its own."""


class KeySource(Protocol):
    """Where public keys come from."""

    async def find(self, issuer: Issuer, kid: str) -> VerificationKey:
        """The key of that name. Raises UnknownKey or KeysUnavailable; there is no third answer."""


class JwksKeys:
    """The key sets of the configured issuers over https, persisted in `state_folder` (None: in memory only).

    `start` before use and `close` after; `find` works before `start` too and then fetches on demand. `clock` and
    `sleep` pace the fetches, `wall_clock` (seconds since 1970) ages the sets. Raises ValueError when an issuer's
    configuration is unsound, with every problem found.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        state_folder: Path | None,
        *,
        development: bool = False,
        client: httpx.AsyncClient | None = None,
        max_stale_seconds: float = MAX_STALE_SECONDS,
        refresh_seconds: float = REFRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if problems := problems_of(issuers, development=development):
            raise ValueError("; ".join(problems))
        self._client = client or httpx.AsyncClient(trust_env=False, follow_redirects=False)
        self._owns_client = client is None
        self._sleep = sleep
        self._refresh_seconds = refresh_seconds
        pace = _Pace(clock=clock, sleep=sleep)
        self._rings = {
            issuer.iss: _Ring(issuer, self._client, state_folder, pace, wall_clock, max_stale_seconds)
            for issuer in issuers
        }
        self._refreshing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Loads the persisted sets, fetches fresh ones, and goes on refreshing. An issuer that is away is no error."""
        await asyncio.gather(*(ring.load() for ring in self._rings.values()))
        await asyncio.gather(*(ring.refresh() for ring in self._rings.values()))
        self._refreshing = asyncio.create_task(self._refresh_forever())

    async def close(self) -> None:
        """Ends the refreshing and the client, if it is ours."""
        running = [task for ring in self._rings.values() for task in ring.fetching]
        if self._refreshing is not None:
            running.append(self._refreshing)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._owns_client:
            await self._client.aclose()

    async def find(self, issuer: Issuer, kid: str) -> VerificationKey:
        """See KeySource."""
        return await self._rings[issuer.iss].find(kid)

    async def _refresh_forever(self) -> None:
        while True:
            failing = [ring.failed_pause for ring in self._rings.values() if ring.is_failing]
            await self._sleep(min([self._refresh_seconds, *failing]))
            await asyncio.gather(*(ring.refresh() for ring in self._rings.values()))


class _Pace:
    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self.clock = clock
        self.sleep = sleep


class _Ring:
    """One issuer's keys and the manners of asking for them."""

    def __init__(
        self,
        issuer: Issuer,
        client: httpx.AsyncClient,
        folder: Path | None,
        pace: _Pace,
        wall_clock: Callable[[], float],
        max_stale_seconds: float,
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._folder = folder
        self._pace = pace
        self._wall_clock = wall_clock
        self._max_stale_seconds = max_stale_seconds
        self._set: KeySet | None = None
        self._allowed_at = 0.0
        self._failures = 0
        self._absent_until: dict[str, float] = {}
        self._waiting = 0
        self._asking = asyncio.Lock()
        self._upcoming: asyncio.Task[None] | None = None
        self.fetching: set[asyncio.Task[None]] = set()

    @property
    def is_failing(self) -> bool:
        return self._failures > 0

    @property
    def failed_pause(self) -> float:
        """Seconds from a failure to the next fetch."""
        if self.is_usable:
            return FAILED_PAUSE_SECONDS
        return min(FAILED_PAUSE_SECONDS, HEALTHY_PAUSE_SECONDS * 2.0 ** (self._failures - 1))

    @property
    def is_usable(self) -> bool:
        return self._set is not None and self._wall_clock() - self._set.fetched_at <= self._max_stale_seconds

    async def find(self, kid: str) -> VerificationKey:
        key = self._have(kid)
        if key is not None:
            return key
        await self._ask_for(kid)
        key = self._have(kid)
        if key is not None:
            return key
        if self.is_failing:
            raise KeysUnavailable
        self._remember_absence(kid)
        raise UnknownKey

    async def load(self) -> None:
        """Takes the persisted set if there is a sound one young enough."""
        if self._folder is not None:
            self._set = await asyncio.to_thread(read_key_set, self._folder, self._issuer.iss, self._wall_clock())

    async def refresh(self) -> None:
        """Waits for the next fetch, which never starts before now. A failure is logged and keeps the last good set."""
        if self._upcoming is None:
            self._upcoming = asyncio.create_task(self._fetch_when_allowed())
            self.fetching.add(self._upcoming)
            self._upcoming.add_done_callback(self.fetching.discard)
        await asyncio.shield(self._upcoming)  # one who gives up must not end the fetch of the others

    def _have(self, kid: str) -> VerificationKey | None:
        return self._set.keys.get(kid) if self._set is not None and self.is_usable else None

    async def _ask_for(self, kid: str) -> None:
        now = self._pace.clock()
        if self.is_failing and self._allowed_at > now:
            raise KeysUnavailable
        if self._absent_until.get(kid, 0.0) > now or self._waiting >= _MAX_WAITING:
            raise UnknownKey
        self._waiting += 1
        try:
            await self.refresh()
        finally:
            self._waiting -= 1

    def _remember_absence(self, kid: str) -> None:
        """Only ever after a fetch that began later than the question, or a key published meanwhile would be missed."""
        while len(self._absent_until) >= _MAX_ABSENT:
            del self._absent_until[next(iter(self._absent_until))]
        self._absent_until[kid] = self._pace.clock() + ABSENT_SECONDS

    async def _fetch_when_allowed(self) -> None:
        async with self._asking:
            pause = self._allowed_at - self._pace.clock()
            if pause > 0:
                await self._pace.sleep(pause)
            self._upcoming = None  # who asks from here on needs a fetch that begins later
            began = self._pace.clock()
            try:
                self._set = await fetch_key_set(self._client, self._issuer, self._wall_clock)
            except BadKeySet as error:
                self._failures = min(self._failures + 1, _MOST_FAILURES)
                self._allowed_at = self._pace.clock() + self.failed_pause
                _log.warning("keys of issuer %s not refreshed: %s", self._issuer.iss, error)
                return
            self._failures = 0
            self._allowed_at = began + HEALTHY_PAUSE_SECONDS
            await self._persist(self._set)

    async def _persist(self, key_set: KeySet) -> None:
        if self._folder is None:
            return
        try:
            await asyncio.to_thread(write_key_set, self._folder, self._issuer.iss, key_set)
        except OSError as error:
            _log.warning("keys of issuer %s not kept on disk: %s", self._issuer.iss, error.strerror)
