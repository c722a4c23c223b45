"""What people have decided about partners, taken from the ledger twice a second: no message waits for it."""

import asyncio
import logging

from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.observing import PARTNERS_SUSPENDED
from partners.live import LiveDirectory
from partners.standings import Standings

LOOK_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Standing:
    """Keeps `partners.current` under the decisions of the ledger. While the ledger is away the last ones hold."""

    def __init__(self, ledger: Ledger, partners: LiveDirectory) -> None:
        self._ledger = ledger
        self._partners = partners
        self._is_away = False

    async def look(self) -> None:
        """Once before anything is taken, so that nobody who is suspended is let in by a restart."""
        found = await self._ledger.partner_decisions()
        suspended = frozenset(one.partner for one in found if one.decision == "suspended")
        approved = frozenset(one.partner for one in found if one.decision == "approved")
        PARTNERS_SUSPENDED.set(len(suspended))
        self._partners.take(Standings(suspended, approved))

    async def run(self, seconds: float = LOOK_SECONDS) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.look()
            except LedgerUnavailable:
                if not self._is_away:
                    _log.warning("suspensions cannot be read while the ledger is away; the last ones hold")
                self._is_away = True
            else:
                self._is_away = False
