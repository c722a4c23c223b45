"""A key is new once."""

import pytest

from gateway.identity.replays import ProcessReplays, ReplaysUnavailable


async def test_a_key_is_new_once_until_its_time_is_over(clock):
    replays = ProcessReplays(clock=clock)
    assert await replays.first_use("a", 60)
    assert not await replays.first_use("a", 60)
    clock.now += 60
    assert await replays.first_use("a", 60)
    assert not await replays.first_use("a", 60)


async def test_a_full_record_refuses_rather_than_forgetting_a_live_key(clock):
    replays = ProcessReplays(size=2, clock=clock)
    assert await replays.first_use("a", 60)
    assert await replays.first_use("b", 60)
    with pytest.raises(ReplaysUnavailable):
        await replays.first_use("c", 60)
    clock.now += 60
    assert await replays.first_use("c", 60)
