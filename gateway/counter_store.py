"""The counter store as the counters see it: asked, told, commanded; one call at a time for all that wait.

Requests that arrive within one tick of the event loop, and those that arrive while an answer is awaited, go out
together as one call of `counters.lua`. Nobody waits for a task to be scheduled: a tick is sent by a callback, and
answers are handed out where they are received.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from gateway.counter_link import STORE_ERRORS, Link, Reply, StoreRefused
from gateway.counter_packing import SCRIPT, Ask, answers, call, command, counted_of, of_charges
from policies.charges import Charges, Counted

log = logging.getLogger(__name__)

MOST_TOGETHER = 500
"""Requests in one call of the script, so that the store is never held for more than a few milliseconds."""


class _NoAnswer:
    """The store did not answer."""


NO_ANSWER = _NoAnswer()


class _Asked:
    """A request on its way to the store; without a `future` nobody waits for it."""

    __slots__ = ("ask", "charges", "future", "number")

    def __init__(self, number: int, ask: Ask, charges: Charges, future: "asyncio.Future[Any] | None") -> None:
        self.number = number
        self.ask = ask
        self.charges = charges
        self.future = future


_Command = tuple[bytes, "asyncio.Future[Any]"]
_NONE = Charges()


class Store:
    """`counted` is told of all that was counted under a lease, and whether somebody still waits for it; `back` when the
    store answers again after it was away. `longest_pause` and `timeout` are in seconds.
    """

    def __init__(
        self,
        url: str,
        gateway: bytes,
        *,
        timeout: float,
        longest_pause: float,
        leased: Callable[[Counted, bool], None],
        back: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()  # asked once: each time is a system call, for the process's id
        self._link = Link(url, timeout, SCRIPT)
        self._gateway = gateway
        self._longest_pause = longest_pause
        self._leased = leased
        self._back = back
        self._asked: list[_Asked] = []
        self._commands: list[_Command] = []
        self._sent_asks: list[_Asked] = []
        self._sent_commands: list[_Command] = []
        self._is_waiting = False
        self._is_sending_soon = False
        self._opening: asyncio.Task[None] | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_away(self) -> bool:
        return self._recovering is not None or self._closed

    def ask(self, charges: Charges, number: int) -> "asyncio.Future[Counted | _NoAnswer]":
        """What the store counts, or NO_ANSWER; never anything else, and never for longer than two time-outs."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self._asked.append(_Asked(number, of_charges(charges).asked, charges, future))
        self._send_soon()
        return future

    def tell(self, number: int, ask: Ask) -> None:
        """Sends what has no answer. What does not arrive ends by itself: leases run out, counts grow back."""
        if ask.key_count and not self.is_away:
            self._asked.append(_Asked(number, ask, _NONE, None))
            self._send_soon()

    async def command(self, *words: str | int) -> Any:
        """Any other command's reply, or NO_ANSWER."""
        if self.is_away:
            return NO_ANSWER
        future: asyncio.Future[Any] = self._loop.create_future()
        self._commands.append((command(words), future))
        self._send_soon()
        return await future

    async def close(self) -> None:
        """Answers whoever waits, and lets go of the connection."""
        self._closed = True
        for task in (self._opening, self._recovering):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._link.close()
        self._answer_nobody()

    def _send_soon(self) -> None:
        # The next tick finds everything this one has added.
        if not self._is_waiting and not self._is_sending_soon:
            self._is_sending_soon = True
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        self._is_sending_soon = False
        if self._is_waiting or self.is_away or not (self._asked or self._commands):
            return
        if not self._link.is_open:
            if self._opening is None:
                self._opening = self._loop.create_task(self._open())
            return
        self._sent_asks, self._asked = self._asked[:MOST_TOGETHER], self._asked[MOST_TOGETHER:]
        self._sent_commands, self._commands = self._commands, []
        self._exchange(whole=False)

    def _exchange(self, *, whole: bool) -> None:
        self._is_waiting = True
        words = [sent for sent, _ in self._sent_commands]
        if self._sent_asks:
            words.insert(0, call([(one.number, one.ask) for one in self._sent_asks], self._gateway, whole=whole))
        self._link.exchange(b"".join(words), len(words), self._hear)

    def _hear(self, outcome: list[Reply] | Exception) -> None:
        """The replies to what was sent last, or why there are none. No request may hang, a defect of ours included."""
        self._is_waiting = False
        if self._closed:
            return
        if isinstance(outcome, Exception):
            self._go_away(outcome)
            return
        try:
            self._take(outcome)
        except Exception as error:  # noqa: BLE001 - told, and decided without the store
            self._go_away(error)
        else:
            self._send()

    def _take(self, replies: list[Reply]) -> None:
        reply = replies.pop(0) if self._sent_asks else None
        for (_, future), one in zip(self._sent_commands, replies, strict=True):
            if isinstance(one, StoreRefused):
                raise one
            _resolve(future, one)
        self._sent_commands = []
        if isinstance(reply, StoreRefused):
            if not str(reply).startswith("NOSCRIPT"):
                raise reply
            # FLUSHALL leaves scripts, a restart or SCRIPT FLUSH does not.
            self._exchange(whole=True)
            return
        if isinstance(reply, bytes):
            self._hand_out(answers(reply))
        self._sent_asks = []

    def _hand_out(self, numbers: list[int]) -> None:
        at = 1
        for one in self._sent_asks:
            if one.future is None:
                continue
            counted = counted_of(one.charges, numbers, at, one.number)
            at += 1 + 3 * len(one.charges)
            awaited = not one.future.done()  # else its request was cancelled
            if one.number:
                self._leased(counted, awaited)
            if awaited:
                one.future.set_result(counted)

    async def _open(self) -> None:
        try:
            await self._link.open()
        except STORE_ERRORS as error:
            self._go_away(error)
            return
        finally:
            self._opening = None
        self._send()

    def _go_away(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        log.error("counter store away (%s); each limit's on_store_loss decides", text)
        self._recovering = self._loop.create_task(self._recover())
        self._answer_nobody()

    def _answer_nobody(self) -> None:
        for one in (*self._sent_asks, *self._asked):
            if one.future is not None:
                _resolve(one.future, NO_ANSWER)
        for _, waiting in (*self._sent_commands, *self._commands):
            _resolve(waiting, NO_ANSWER)
        self._sent_asks, self._asked, self._sent_commands, self._commands = [], [], [], []

    async def _recover(self) -> None:
        await self._link.close()
        pause = 0.05
        while True:
            await asyncio.sleep(pause)
            try:
                await self._link.open()
                break
            except STORE_ERRORS:
                pause = min(pause * 2, self._longest_pause)
        self._recovering = None
        self._back()
        log.warning("counter store back; limits are shared again")


def _resolve(future: "asyncio.Future[Any]", answer: Any) -> None:
    if not future.done():  # its request may have been cancelled
        future.set_result(answer)
