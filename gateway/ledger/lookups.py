"""Questions of one moment, asked of the database in one statement: a round trip costs the same for one as for many."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Lookups(Generic[Q, A]):
    """`answer_all` answers in the order of the questions. While it does, those that come wait for the next time."""

    def __init__(self, answer_all: Callable[[list[Q]], Awaitable[list[A]]]) -> None:
        self._answer_all = answer_all
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._asking: asyncio.Task[None] | None = None

    def ask(self, question: Q) -> "asyncio.Future[A]":
        """Raises what `answer_all` raises."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        return future

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                await self._ask_these(asked)
        finally:
            self._asking = None

    async def _ask_these(self, asked: list[tuple[Q, "asyncio.Future[A]"]]) -> None:
        try:
            answers = await self._answer_all([question for question, _ in asked])
        except Exception as error:  # noqa: BLE001 - whoever asked must hear of it
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():
                future.set_result(answer)
