"""Calls to partners that a duty starts and waits for a moment only: one that hangs holds up nobody else."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from gateway.ledger.database import LedgerUnavailable

_log = logging.getLogger(__name__)


class Beside:
    """`patience`: seconds that `settle` waits. Whatever goes wrong in a call is logged and ends that call alone."""

    def __init__(self, patience: float = 0.5) -> None:
        self._patience = patience
        self._under_way: dict[asyncio.Task[None], str] = {}

    @property
    def busy(self) -> set[str]:
        """Whose calls are under way."""
        return set(self._under_way.values())

    def __len__(self) -> int:
        return len(self._under_way)

    def start(self, whose: str, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_logged(whose, call))
        self._under_way[task] = whose
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def settle(self) -> None:
        """Until all have ended, or the patience has; what is left goes on."""
        if not self._under_way:
            return
        ended, _ = await asyncio.wait(self._under_way, timeout=self._patience)
        for task in ended:
            task.result()  # what ends a process is raised here, too

    async def close(self) -> None:
        """What is under way is cut off; its outcome is unknown, and whoever takes it next knows that."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


async def _logged(whose: str, call: Coroutine[Any, Any, None]) -> None:
    try:
        await call
    except LedgerUnavailable:
        _log.warning("the ledger is away; what was under way for %s is taken up later", whose)
    except Exception:  # noqa: BLE001 - the next look finds what is left of it
        _log.exception("a call for %s failed", whose)
