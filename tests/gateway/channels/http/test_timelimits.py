"""How long a request may take, looked at from outside now and then."""

import asyncio

import pytest

from gateway.channels.http.timelimits import LOOK_SECONDS, TimeLimits


async def test_a_block_that_takes_too_long_is_left_and_says_so() -> None:
    limits = TimeLimits()
    with limits.set(0.01) as limit:
        await asyncio.sleep(60)
        pytest.fail("it went on")
    assert limit.passed
    await asyncio.sleep(0)  # its task goes on as if nothing had been
    assert asyncio.current_task() is not None
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


async def test_a_block_in_time_is_left_alone() -> None:
    limits = TimeLimits()
    with limits.set(60) as limit:
        await asyncio.sleep(LOOK_SECONDS * 1.5)
    assert not limit.passed


async def test_a_limit_that_is_moved_gives_the_new_time() -> None:
    limits = TimeLimits()
    with limits.set(60) as limit:
        limit.move(0.01)
        await asyncio.sleep(60)
    assert limit.passed
    with limits.set(0.01) as other:
        other.move(60)
        await asyncio.sleep(LOOK_SECONDS * 1.5)
    assert not other.passed


async def test_a_cancellation_from_outside_goes_on() -> None:
    limits = TimeLimits()

    async def work() -> None:
        with limits.set(60):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_block_goes_on() -> None:
    limits = TimeLimits()
    with pytest.raises(ValueError, match="of the block"), limits.set(60):
        raise ValueError("of the block")


async def test_nobody_looks_when_there_is_nothing_to_look_at() -> None:
    limits = TimeLimits()
    with limits.set(60):
        assert limits._looking is not None
    await asyncio.sleep(LOOK_SECONDS * 1.5)
    assert limits._looking is None
