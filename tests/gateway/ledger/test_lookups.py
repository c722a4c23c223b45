"""Questions that are asked at once are answered at once, each with its own answer, and fail together."""

import asyncio

import pytest

from gateway.ledger.lookups import Lookups


async def test_those_of_one_moment_are_one_question() -> None:
    seen: list[list[int]] = []

    async def answer(questions: list[int]) -> list[str]:
        seen.append(questions)
        await asyncio.sleep(0.01)
        return [str(one) for one in questions]

    lookups = Lookups(answer)
    first = [lookups.ask(number) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [lookups.ask(number) for number in (7, 8)]
    assert await asyncio.gather(*first, *later) == ["0", "1", "2", "7", "8"]
    assert seen == [[0, 1, 2], [7, 8]]
    assert await lookups.ask(9) == "9"


async def test_a_failure_is_told_to_all_and_the_next_are_asked_anew() -> None:
    fails = [True]

    async def answer(questions: list[int]) -> list[int]:
        if fails.pop() if fails else False:
            raise ConnectionError
        return questions

    lookups = Lookups(answer)
    told = await asyncio.gather(lookups.ask(1), lookups.ask(2), return_exceptions=True)
    assert [type(one) for one in told] == [ConnectionError, ConnectionError]
    assert await lookups.ask(3) == 3


async def test_one_that_no_longer_waits_takes_nothing_from_the_others() -> None:
    async def answer(questions: list[int]) -> list[int]:
        await asyncio.sleep(0.01)
        return questions

    lookups = Lookups(answer)
    gone, stays = lookups.ask(1), lookups.ask(2)
    gone.cancel()
    assert await stays == 2
    with pytest.raises(asyncio.CancelledError):
        await gone
