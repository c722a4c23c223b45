"""A client that keeps its own ledger: every acknowledged id is on disk before it counts.

It sends in lanes. In a lane the next order goes out when the one before is acknowledged, so their order is known; what
was not acknowledged is sent again under the same key until it is.
"""

import asyncio
import json
import os
import time
from pathlib import Path

from faults.ground import Ground

from translators.examples import example

MARK = "never-in-a-log-7f3a"
"""Stands in every document; no log may show it."""
ANSWER_WITHIN = 15.0
SILENCE = 60.0
"""Seconds without any acknowledgement after which a run has failed."""


def gln(number: int) -> str:
    """A GLN with its check digit (GS1 General Specifications, section 7.9)."""
    digits = f"40{number:010}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def an_order(lane: int, place: int) -> bytes:
    """Order number `F-<lane>-<place>`, to be delivered at the lane's own place."""
    order = json.loads(example("order.json"))
    order["number"] = f"F-{lane:03}-{place:06}"
    order["ship_to"]["identifiers"] = [{"scheme": "gln", "value": gln(lane)}]
    order["ship_to"]["name"] = MARK
    return json.dumps(order).encode()


class Client:
    """Sends `lanes` times `each` orders; `acknowledged` counts, `statuses` says what else was answered."""

    def __init__(self, ground: Ground, lanes: int, each: int) -> None:
        self._ground = ground
        self._lanes = lanes
        self._each = each
        self._token, self._token_until = "", 0.0
        self._asking = asyncio.Lock()
        self.file: Path = ground.folder / "acknowledged"
        self._log = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.acknowledged = 0
        self.repeated = 0
        self.statuses: dict[str, int] = {}
        self.last = time.monotonic()
        self.longest_gap = 0.0

    @property
    def total(self) -> int:
        return self._lanes * self._each

    async def send_all(self) -> None:
        await asyncio.gather(*(self._lane(lane) for lane in range(self._lanes)))

    async def reach(self, share: float) -> None:
        """Until so much of everything is acknowledged."""
        while self.acknowledged < share * self.total:
            if time.monotonic() - self.last > SILENCE:
                raise AssertionError(f"nothing is acknowledged any more:\n{self._ground.logs()[-4000:]}")
            self._ground.revive()
            await asyncio.sleep(0.01)

    async def _lane(self, lane: int) -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for place in range(self._each):
            body, again = an_order(lane, place), False
            while True:
                try:
                    async with asyncio.timeout(ANSWER_WITHIN):
                        if connection is None:
                            connection = await asyncio.open_connection("127.0.0.1", self._ground.port)
                        status, answer = await self._post(connection, body, f"F-{lane}-{place}")
                except (OSError, EOFError, TimeoutError) as error:
                    self._count(type(error).__name__)
                    connection = _drop(connection)
                    await asyncio.sleep(0.1)
                else:
                    if status == 202:
                        self._acknowledge(json.loads(answer)["message"], lane, place, again)
                        break
                    self._count(f"{status} {json.loads(answer)['code']}")
                    if status == 401:
                        self._token_until = 0.0
                    elif status not in (429, 500, 502, 503):
                        raise AssertionError(f"{status}: {answer.decode()[:400]}")
                    await asyncio.sleep(0.1)
                again = True
        _drop(connection)

    async def _post(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], body: bytes, key: str
    ) -> tuple[int, bytes]:
        reader, writer = connection
        async with self._asking:
            if time.monotonic() > self._token_until:
                self._token = await asyncio.to_thread(self._ground.token)
                self._token_until = time.monotonic() + 60
        writer.write(
            f"POST /v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
        return int(head[9:12]), await reader.readexactly(int(fields.get("content-length", 0)))

    def _acknowledge(self, message: str, lane: int, place: int, again: bool) -> None:
        os.write(self._log, f"{message} F-{lane:03}-{place:06}\n".encode())
        os.fsync(self._log)
        self.acknowledged += 1
        self.repeated += again
        now = time.monotonic()
        self.longest_gap = max(self.longest_gap, now - self.last)
        self.last = now

    def _count(self, what: str) -> None:
        self.statuses[what] = self.statuses.get(what, 0) + 1


def _drop(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None) -> None:
    if connection is not None:
        connection[1].close()
