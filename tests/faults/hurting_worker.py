"""A worker whose recording destination is slow, and now and then commits and drops the answer, refuses connections, or
breaks: started by the fault tests in place of `partner-gateway worker`. Everything else is the product."""

import asyncio
import random
from typing import Any
from unittest.mock import patch

from gateway.cli.main import main
from gateway.destinations.contract import Delivery, Outcome, Postponed, Unavailable, Unknown
from gateway.destinations.recording import RecordingDestination

DROPPED_AFTER_COMMIT, BROKE_AFTER_COMMIT, BUSY, OUT = 0.03, 0.02, 0.01, 0.02


class Hurting(RecordingDestination):
    """Two ends: the effect may be there without an answer, and an answer may come without the effect."""

    batch = 100

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._dice = random.Random()

    async def deliver(self, delivery: Delivery) -> Outcome:
        fate = self._dice.random()
        await asyncio.sleep(self._dice.uniform(0.0, 0.02))
        if fate < OUT:
            return Unavailable(why="connection refused")
        if fate < OUT + BUSY:
            return Postponed(why="a clash")
        answer = await super().deliver(delivery)
        await asyncio.sleep(self._dice.uniform(0.0, 0.02))
        if fate > 1 - DROPPED_AFTER_COMMIT:
            return Unknown(why="the connection was cut after the commit")
        if fate > 1 - DROPPED_AFTER_COMMIT - BROKE_AFTER_COMMIT:
            raise ConnectionResetError
        return answer


if __name__ == "__main__":
    with patch("gateway.wayout.RecordingDestination", Hurting):  # refuses a name that is not there any more
        raise SystemExit(main(["worker"]))
