"""Whose turn it is: the urgent first, nobody for ever, and no place is lost."""

import asyncio

import pytest

from gateway.turns import PATIENCE, Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def queue(turns: Turns, clock: Clock, *asked: tuple[float, int, str]) -> list[str]:
    """Who got a turn in which order, when all asked while the only place was taken."""
    order: list[str] = []

    async def one(rank: int, name: str) -> None:
        async with turns.taken(rank):
            order.append(name)

    async with asyncio.TaskGroup() as tasks, turns.taken(0):
        for at, rank, name in asked:
            clock.now = at
            tasks.create_task(one(rank, name))
            await asyncio.sleep(0)
    return order


async def test_the_more_urgent_goes_first_and_equals_in_their_order() -> None:
    clock = Clock()
    asked = ((0, 2, "bulk"), (1, 1, "first"), (2, 1, "second"), (3, 0, "urgent"))
    assert await queue(Turns(1, clock), clock, *asked) == ["urgent", "first", "second", "bulk"]


async def test_who_has_waited_long_enough_goes_before_the_urgent() -> None:
    clock = Clock()
    assert await queue(Turns(1, clock), clock, (0, 1, "old"), (PATIENCE + 1, 0, "urgent")) == ["old", "urgent"]


async def test_no_more_than_the_places_at_once() -> None:
    turns, at_once, most = Turns(3), 0, 0

    async def one() -> None:
        nonlocal at_once, most
        async with turns.taken(1):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(one() for _ in range(20)))
    assert most == 3


async def test_who_gives_up_waiting_takes_no_place_with_it() -> None:
    turns = Turns(1)
    for given in (False, True):
        async with turns.taken(0):
            waiting = asyncio.create_task(turns._take(0))
            await asyncio.sleep(0)
            if not given:
                waiting.cancel()
                await asyncio.sleep(0)
        waiting.cancel()  # when the turn was given, in the very moment
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(1), turns.taken(0):
            pass
