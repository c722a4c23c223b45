"""A way to the counter store that a test can cut or slow down."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Literal

Way = Literal["open", "slow", "cut"]


class StoreProxy:
    """Listens at `here` and passes on to the socket at `there`.

    `slow`: what is asked arrives and is executed, the answers stay away. `cut`: connections are closed, and new ones
    at once.
    """

    def __init__(self, here: Path, there: Path) -> None:
        self._here = here
        self._there = there
        self._way: Way = "open"
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._here)

    def go(self, way: Way) -> None:
        self._way = way
        if way == "cut":
            self._hang_up()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._hang_up()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await self._server.wait_closed()

    def _hang_up(self) -> None:
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._way == "cut":
            writer.close()
            return
        reader_there, writer_there = await asyncio.open_unix_connection(self._there)
        self._writers |= {writer, writer_there}
        both = [
            asyncio.create_task(self._pump(reader, writer_there, answers=False)),
            asyncio.create_task(self._pump(reader_there, writer, answers=True)),
        ]
        self._pumps |= set(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        writer.close()
        writer_there.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if answers and self._way == "slow":
                    continue
                writer.write(data)
                await writer.drain()
