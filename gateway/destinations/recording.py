"""The stand-in that ships: writes every effect to a file, once for each external id, and can be told to misbehave.

For benchmarks, fault tests and for trying routes before a real system is there. Any number of processes may share a
file: whoever writes looks under a lock what the others have written, as a database with a unique key would.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.destinations.contract import Absent, Delivered, Delivery, Outcome, Verified


class RecordingDestination:
    """Effects as JSON lines `{"external_id", "delivery", "lane", "key"}` in `file`; None keeps them in `effects`.

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
        self._opened = -1
        self._read = 0

    async def start(self) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._opened = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._read_on()

    def writes(self, operation: str) -> frozenset[str] | None:  # noqa: ARG002 - a file stands in for any system
        """Nothing of its own: whose data a document sets is asked all the same."""
        return frozenset()

    async def deliver(self, delivery: Delivery) -> Outcome:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        mishap = self._mishap(delivery) if self._mishap else None
        if mishap is not None and not self._after_effect:
            return mishap
        self._take_effect(delivery)
        return mishap or Delivered(reference=delivery.external_id)

    async def verify(self, delivery: Delivery) -> Verified:
        self._read_on()
        return Delivered(reference=delivery.external_id) if delivery.external_id in self._seen else Absent()

    async def close(self) -> None:
        if self._opened >= 0:
            os.close(self._opened)
            self._opened = -1

    def _take_effect(self, delivery: Delivery) -> None:
        if self._opened < 0:
            if delivery.external_id not in self._seen:
                self._seen.add(delivery.external_id)
                self.effects.append(delivery.external_id)
            return
        fcntl.flock(self._opened, fcntl.LOCK_EX)
        try:
            self._read_on()
            if delivery.external_id not in self._seen:
                self._write(delivery)
        finally:
            fcntl.flock(self._opened, fcntl.LOCK_UN)

    def _write(self, delivery: Delivery) -> None:
        self._seen.add(delivery.external_id)
        line = {
            "external_id": delivery.external_id,
            "delivery": delivery.id,
            "lane": delivery.lane,
            "key": delivery.business_key,
        }
        self._read += os.write(self._opened, msgspec.json.encode(line) + b"\n")

    def _read_on(self) -> None:
        """What others have written since we last looked; a line without an end is still being written."""
        if self._opened < 0 or os.fstat(self._opened).st_size == self._read:
            return
        content = os.pread(self._opened, os.fstat(self._opened).st_size - self._read, self._read)
        whole = content[: content.rfind(b"\n") + 1]
        self._seen.update(msgspec.json.decode(line)["external_id"] for line in whole.splitlines())
        self._read += len(whole)
