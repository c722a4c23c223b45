"""The stand-in that ships: writes every effect to a file, once for each external id, and can be told to misbehave.

For benchmarks, fault tests and for trying routes before a real system is there. One process writes a file at a time.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.destinations.contract import Absent, Delivered, Delivery, Outcome, Verified


class RecordingDestination:
    """Effects as JSON lines `{"external_id", "delivery", "lane", "key"}` in `file`; None keeps them in memory only.

    `mishap(delivery)` may return an Outcome to be given instead; `after_effect` makes it happen after the effect.
    """

    concurrency = 64
    batch = 500

    def __init__(
        self,
        name: str,
        file: Path | None = None,
        *,
        mishap: Callable[[Delivery], Outcome | None] | None = None,
        after_effect: bool = False,
        seconds: float = 0.0,
    ) -> None:
        self.name = name
        self.effects: list[str] = []
        self._file = file
        self._seen: set[str] = set()
        self._mishap = mishap
        self._after_effect = after_effect
        self._seconds = seconds
        self._out = -1

    async def start(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            self._remember(self._file)
        self._out = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def deliver(self, delivery: Delivery) -> Outcome:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        mishap = self._mishap(delivery) if self._mishap else None
        if mishap is not None and not self._after_effect:
            return mishap
        if delivery.external_id not in self._seen:
            self._take_effect(delivery)
        return mishap or Delivered(reference=delivery.external_id)

    async def verify(self, delivery: Delivery) -> Verified:
        if self._file is not None and delivery.external_id not in self._seen:
            self._remember(self._file)  # another worker may have written it
        return Delivered(reference=delivery.external_id) if delivery.external_id in self._seen else Absent()

    async def close(self) -> None:
        if self._out >= 0:
            os.close(self._out)
            self._out = -1

    def _take_effect(self, delivery: Delivery) -> None:
        self._seen.add(delivery.external_id)
        self.effects.append(delivery.external_id)
        if self._out >= 0:
            line = {
                "external_id": delivery.external_id,
                "delivery": delivery.id,
                "lane": delivery.lane,
                "key": delivery.business_key,
            }
            os.write(self._out, msgspec.json.encode(line) + b"\n")

    def _remember(self, file: Path) -> None:
        for line in file.read_bytes().splitlines():
            self._seen.add(msgspec.json.decode(line)["external_id"])
