"""The ledger against a model of a hundred lines: whatever happens in whatever order, nothing is lost, nothing is sent
blindly twice, lanes keep their order, the balance is 0 and the audit verifies."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import asyncpg
import hypothesis.strategies as st
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from support.ledgering import an_entry

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import (
    Absent,
    Delivered,
    Delivery,
    Outcome,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
    Verified,
)
from gateway.destinations.plant import PlantDestination
from gateway.identifiers import external_id, split_delivery_id
from gateway.ledger.checkpoints import SigningKey
from gateway.ledger.database import connection, open_pool
from gateway.ledger.entries import Acceptance, Conflicting, NewDelivery, Recorded
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import PayloadKey, Sealer

SINK, PLANT = "sink", "plant:ulm"
LANES = {"hold 1": SINK, "hold 2": SINK, "pass": SINK, "gate": PLANT}
KEY = SigningKey("gateway.test/model", Ed25519PrivateKey.generate())
MISHAPS = ["ok", "ok", "postponed", "refused", "unavailable", "lost", "answer lost", "raises", "raises after"]


class Sink:
    """A system with a memory: does as it is told, and fails the test when it is sent again what it has."""

    name, concurrency, batch = SINK, 4, 4

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.mishaps: list[str] = []
        self.troubled: set[str] = set()

    async def start(self) -> None: ...
    async def close(self) -> None: ...

    async def deliver(self, delivery: Delivery) -> Outcome:
        assert delivery.external_id not in self.effects, "sent blindly what may have been there"
        mishap = self.mishaps.pop() if self.mishaps else "ok"
        if mishap != "ok":
            self.troubled.add(delivery.external_id)
        if mishap in ("ok", "answer lost", "raises after"):
            self.effects.append(delivery.external_id)
        if mishap.startswith("raises"):
            raise RuntimeError("a defect")
        return {
            "ok": Delivered(reference="S1"),
            "postponed": Postponed(why="busy", after=60),
            "refused": Refused(code="no", why="never"),
            "unavailable": Unavailable(why="out", after=60),
        }.get(mishap, Unknown(why="nothing heard"))

    async def verify(self, delivery: Delivery) -> Verified:
        if self.mishaps and self.mishaps[-1] == "unavailable":
            self.mishaps.pop()
            return Unavailable(why="out", after=60)
        return Delivered(reference="S1") if delivery.external_id in self.effects else Absent()


class Model(RuleBasedStateMachine):
    """`accepted`: every message in order; `cancelled`, `parked_once`: what was given up, or let others pass."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.url = url
        self.sink = Sink()
        self.sealer = Sealer([PayloadKey("test", secrets.token_bytes(32))])
        self.accepted: list[Acceptance] = []
        self.cancelled: set[str] = set()
        self.parked_once: set[str] = set()
        self.fetched: dict[str, str] = {}
        self.refused_by_plant: set[str] = set()
        self.ended_by_plant: list[str] = []
        self.workers = 0
        self.runner.run(self._clear())
        self._new_worker()

    # -- what happens ----------------------------------------------------------------------------------------------

    @rule(lane=st.sampled_from(sorted(LANES)))
    def receive(self, lane: str) -> None:
        number = f"{len(self.accepted):04}"
        name = external_id("nordwind", "po", number)
        rule_of = "pass" if lane == "pass" else "hold"
        entry = an_entry(number, deliveries=(NewDelivery(1, LANES[lane], "record", lane, name, "1, 1, 1", rule_of),))
        assert self._run(self.ledger.record(entry)) == Recorded(entry.message_id, entry.statement, duplicate=False)
        self.accepted.append(entry)

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        first = data.draw(st.sampled_from(self.accepted))
        again = an_entry(key=first.key, content=first.content, deliveries=first.deliveries)
        assert self._run(self.ledger.record(again)) == Recorded(first.message_id, first.statement, duplicate=True)
        other = an_entry(key=first.key, content=b'{"other":1}')
        assert self._run(self.ledger.record(other)) == Conflicting(first.message_id)

    @rule(mishaps=st.lists(st.sampled_from(MISHAPS), max_size=8), probing=st.booleans())
    def work(self, mishaps: list[str], probing: bool) -> None:
        self.sink.mishaps = mishaps
        self._run(self._deliver(once=True, probing=probing))

    @rule(mishaps=st.lists(st.sampled_from(MISHAPS), max_size=8))
    def crash_before_settling(self, mishaps: list[str]) -> None:
        """The worker dies with its results; another has its shards at once. What it would have parked is tried anew,
        after those its rule let pass."""
        self.sink.mishaps, self.sink.troubled = mishaps, set()
        dead, settle = self.ledger, self.ledger.settle

        async def die(*_: Any) -> None:
            raise ConnectionAbortedError

        dead.settle = die  # type: ignore[method-assign]
        self._run(self._deliver(once=True))
        dead.settle = settle  # type: ignore[method-assign]
        self.parked_once |= self.sink.troubled
        self._run(dead.leases.release())
        self._run(dead.close())
        self._new_worker()

    @rule()
    def wait(self) -> None:
        """Until everything that waits is due, and no fetch hides anything."""
        self._sql("update exceptions set due_at = now() where due_at > now()")
        self.fetched.clear()

    @rule(count=st.integers(1, 3))
    def replay(self, count: int) -> None:
        self._run(self.ledger.replay(Selection(), actor="op", reason="fixed", per_second=1000, limit=count))

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.accepted))
        if self._run(self.ledger.cancel(entry.message_id, 1, actor="op", reason="withdrawn")):
            self.cancelled.add(_name(entry))

    @rule(limit=st.integers(1, 3))
    def fetch(self, limit: int) -> None:
        found = self._run(self.ledger.fetch_offered(PLANT, limit=limit, seconds=600))
        for one in found:
            number = one.business_number
            assert number not in self.fetched, "handed out twice at once"
            before = [entry for entry in self._of("gate") if _number(entry) < number]
            open_before = [entry for entry in before if not self._is_over(entry)]
            got = [each.business_number for each in found if each.business_number < number]
            assert [_number(entry) for entry in open_before] == got, "handed out before an earlier one of its lane"
            self.fetched[number] = one.id

    @precondition(lambda self: self.fetched)
    @rule(data=st.data(), accepted=st.booleans())
    def acknowledge(self, data: st.DataObject, accepted: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.fetched)))
        message_id, place = split_delivery_id(self.fetched[number])
        said = self._run(
            self.ledger.acknowledge(PLANT, message_id, place, accepted=accepted, reference="r", actor="ulm")
        )
        name = external_id("nordwind", "po", number)
        if name in self.cancelled:
            assert said == "contradicted"
        elif number in self.ended_by_plant:
            assert said == ("repeated" if accepted else "contradicted")
        elif accepted and said == "recorded":
            self.ended_by_plant.append(number)

    # -- what holds ------------------------------------------------------------------------------------------------

    @invariant()
    def everything_is_somewhere(self) -> None:
        balance = self._run(self.ledger.balance())
        assert balance.imbalance == 0
        assert balance.accepted == len(self.accepted)
        self.parked_once |= {row["external_id"] for row in self._sql(
            "select external_id from deliveries join exceptions using (message_id, number) where state = 'parked'"
        )}  # fmt: skip

    @invariant()
    def effects_keep_the_order_of_their_lane(self) -> None:
        assert len(set(self.sink.effects)) == len(self.sink.effects)
        for lane in ("hold 1", "hold 2", "pass"):
            passed = self.parked_once if lane == "pass" else set()
            names = [_name(entry) for entry in self._of(lane) if _name(entry) not in passed]
            assert [name for name in self.sink.effects if name in names] == [n for n in names if n in self.sink.effects]

    def teardown(self) -> None:
        try:
            self._run(self._come_to_rest())
            open_rows = self._sql("select state, cause from exceptions")
            assert open_rows == []
            for entry in self.accepted:
                if _name(entry) not in self.cancelled and entry.deliveries[0].destination == SINK:
                    assert _name(entry) in self.sink.effects, "lost"
            self.everything_is_somewhere()
            self.effects_keep_the_order_of_their_lane()
            self._run(self._audit())
        finally:
            self._run(self.ledger.close())
            self.runner.close()

    # -- the words above -------------------------------------------------------------------------------------------

    def _run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    def _of(self, lane: str) -> list[Acceptance]:
        return [entry for entry in self.accepted if entry.deliveries[0].lane == lane]

    def _is_over(self, entry: Acceptance) -> bool:
        return _name(entry) in self.cancelled or _number(entry) in self.ended_by_plant

    def _new_worker(self) -> None:
        self.workers += 1

        async def begin() -> Ledger:
            ledger = Ledger(await open_pool(self.url, size=2), Payloads(self.sealer), f"worker {self.workers}")
            await ledger.leases.seat([SINK, PLANT])
            await ledger.leases.rebalance([SINK, PLANT])
            return ledger

        self.ledger = self._run(begin())

    async def _deliver(self, *, once: bool, probing: bool = False) -> None:
        for destination in (self.sink, PlantDestination("ulm")):
            breaker = Breaker(failures=1000)
            breaker.circuit = "probing" if probing else "closed"
            leases = {lease.shard: lease for lease in self.ledger.leases.of(destination.name)}
            for shard in await self.ledger.shards_with_work(destination.name, list(leases)):
                try:
                    taken = await deliver(self.ledger, destination, breaker, leases[shard])
                    assert taken, "a shard was said to have work and had none"
                    while not once and await deliver(self.ledger, destination, breaker, leases[shard]):
                        pass
                except ConnectionAbortedError:
                    pass

    async def _come_to_rest(self) -> None:
        """Everything goes well from here on: replay what is parked, take what is offered."""
        self.sink.mishaps = []
        for _ in range(3):
            await self.ledger.replay(Selection(), actor="op", reason="end", per_second=1000)
            async with connection(self.ledger._pool) as held:
                await held.execute("update exceptions set due_at = now() where due_at > now()")
            await self._deliver(once=False)
            while found := await self.ledger.fetch_offered(PLANT, limit=50, seconds=600):
                for one in found:
                    await self.ledger.acknowledge(
                        PLANT, *split_delivery_id(one.id), accepted=True, reference="r", actor="ulm"
                    )

    async def _audit(self) -> None:
        async with connection(self.ledger._pool) as held:
            await self.ledger.sequencer(KEY).sequence(held)
        verdict = await self.ledger.verify([KEY.verifier])
        assert verdict.problem is None
        assert verdict.events >= len(self.accepted)

    def _sql(self, statement: str) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            async with connection(self.ledger._pool) as held:
                return await held.fetch(statement)

        return self._run(fetch())

    async def _clear(self) -> None:
        connected = await asyncpg.connect(self.url)
        await connected.execute(
            "truncate messages, submissions_seen, data_keys, payloads, documents, deliveries, shards, workers, "
            "exceptions, attempts, events, leaves, tiles, checkpoints"
        )
        await connected.execute("update tree_head set size = 0, tick = 0, event = 0, frontier = ''")
        await connected.close()


def _name(entry: Acceptance) -> str:
    return entry.deliveries[0].external_id


def _number(entry: Acceptance) -> str:
    return entry.documents[0].business_number


def test_the_ledger_behaves_like_the_model(database: str) -> None:
    machine: Callable[[], Model] = lambda: Model(database)  # noqa: E731 - named for its type
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
