"""Calls that go on beside: one that hangs holds up nobody else, and none ends the process."""

import asyncio

import pytest

from gateway.beside import Beside
from gateway.ledger.database import LedgerUnavailable
from gateway.working import Duty, _sparingly


async def test_what_hangs_is_not_waited_for() -> None:
    beside, go, done = Beside(patience=0.05), asyncio.Event(), []

    async def call(name: str) -> None:
        if name == "hangs":
            await go.wait()
        done.append(name)

    beside.start("werra", call("hangs"))
    beside.start("nordlicht", call("answers"))
    await beside.settle()
    assert (done, beside.busy, len(beside)) == (["answers"], {"werra"}, 1)
    go.set()
    await beside.settle()
    assert (done, beside.busy) == (["answers", "hangs"], set())
    await beside.settle()


async def test_what_fails_is_logged_and_ends_itself_alone(caplog: pytest.LogCaptureFixture) -> None:
    beside = Beside(patience=5)

    async def fails(error: Exception) -> None:
        raise error

    beside.start("werra", fails(ValueError("a defect")))
    beside.start("werra", fails(LedgerUnavailable()))
    await beside.settle()
    assert sorted(one.message for one in caplog.records) == [
        "a call for werra failed", "the ledger is away; what was under way for werra is taken up later",
    ]  # fmt: skip


async def test_what_is_under_way_at_the_end_is_cut_off() -> None:
    beside, ended = Beside(patience=0), []

    async def hangs() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    beside.start("werra", hangs())
    await beside.settle()
    await beside.close()
    assert (ended, len(beside)) == ([True], 0)


@pytest.mark.parametrize(("calls", "least", "most"), [(True, 5, 1000), (False, 1, 2)])
async def test_a_duty_that_calls_partners_is_not_put_off_for_as_long_as_one_that_grows_with_the_ledger(
    calls: bool, least: int, most: int
) -> None:
    times = 0

    async def do() -> None:
        nonlocal times
        times += 1
        await asyncio.sleep(0.1)

    running = asyncio.create_task(_sparingly(Duty("call", do, 0.01, calls=calls)))
    await asyncio.sleep(2.5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert least <= times <= most
