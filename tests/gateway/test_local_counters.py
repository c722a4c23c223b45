"""GCRA in integers against an exact model in fractions, and what is given while the store is away."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.local_counters import LocalCounters
from policies.charges import Charge, Charges, Pace, State
from policies.verdicts import RuleRef

RULE = RuleRef("limits", "one", "limits.yaml", 3)


def charge(key: str = "a", *, interval_us: int = 1_000, burst: int = 3, **rest: object) -> Charge:
    return replace(Charge(rule=RULE, key=key, measure=Pace(interval_us, burst)), **rest)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


class Bucket:
    """The model: a bucket of `burst` units into which one flows every `interval` µs, exact."""

    def __init__(self, one: Charge, now: int) -> None:
        self.one = one
        self.units = Fraction(one.measure.most)
        self.at = now

    def flow(self, now: int) -> None:
        grown = Fraction(now - self.at, self.one.measure.interval_us)
        self.units = min(Fraction(self.one.measure.most), self.units + grown)
        self.at = now

    def fits(self) -> bool:
        return self.units >= self.one.cost

    def state(self, fits: bool, *, made: bool) -> State:
        if made and fits:
            self.units -= self.one.cost
        missing = (self.one.units - self.units) if not fits else (self.one.measure.most - self.units)
        wait = missing * self.one.measure.interval_us
        assert wait.denominator == 1
        return State(fits, int(self.units // 1) if self.units > 0 else 0, int(wait))


@st.composite
def _limits(draw: st.DrawFn) -> list[Charge]:
    count = draw(st.integers(1, 3))
    return [
        charge(
            f"k{number}",
            interval_us=draw(st.integers(1, 5_000)),
            burst=draw(st.integers(1, 6)),
            cost=draw(st.integers(1, 3)),
            enforced=draw(st.booleans()),
        )
        for number in range(count)
    ]


@given(_limits(), st.lists(st.integers(0, 12_000), max_size=40))
def test_every_answer_is_that_of_the_exact_model(limits: list[Charge], pauses: list[int]) -> None:
    clock = Clock()
    counters = LocalCounters(clock)
    buckets = [Bucket(one, clock.now) for one in limits]
    for pause in pauses:
        clock.now += pause
        for bucket in buckets:
            bucket.flow(clock.now)
        fitting = [bucket.fits() for bucket in buckets]
        made = all(fits or not one.enforced for fits, one in zip(fitting, limits, strict=True))
        expected = tuple(b.state(fits, made=made) for b, fits in zip(buckets, fitting, strict=True))
        assert counters.charge(Charges(limits)).states == expected


@given(st.integers(1, 3_000), st.integers(1, 6), st.lists(st.integers(0, 4_000), min_size=1, max_size=60))
def test_no_stretch_of_time_admits_more_than_the_burst_and_what_grew_back(
    interval: int, burst: int, pauses: list[int]
) -> None:
    clock = Clock()
    counters = LocalCounters(clock)
    one = charge(interval_us=interval, burst=burst)
    admitted = []
    for pause in pauses:
        clock.now += pause
        if counters.charge(Charges([one])).states[0].allowed:
            admitted.append(clock.now)
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            assert last - first + 1 <= burst + Fraction(admitted[last] - admitted[first], interval)


@given(st.integers(1, 3_000), st.integers(1, 6), st.lists(st.integers(0, 4_000), min_size=1, max_size=30))
def test_what_a_field_promises_is_given(interval: int, burst: int, pauses: list[int]) -> None:
    clock = Clock()
    counters = LocalCounters(clock)
    one = charge(interval_us=interval, burst=burst)
    for pause in pauses:
        clock.now += pause
        state = counters.charge(Charges([one])).states[0]
    remaining = state.remaining
    assert all(counters.charge(Charges([one])).states[0].allowed for _ in range(remaining))
    refused = counters.charge(Charges([one])).states[0]
    assert not refused.allowed
    clock.now += refused.reset_us - 1
    assert not counters.charge(Charges([one])).states[0].allowed
    clock.now += 1
    assert counters.charge(Charges([one])).states[0].allowed


def test_a_refused_request_consumes_nothing_of_any_limit() -> None:
    counters = LocalCounters(Clock())
    wide, narrow = charge("wide", burst=5), charge("narrow", burst=1)
    assert [state.allowed for state in counters.charge(Charges([wide, narrow])).states] == [True, True]
    assert [state.allowed for state in counters.charge(Charges([wide, narrow])).states] == [True, False]
    assert counters.charge(Charges([wide])).states[0].remaining == 3


def test_a_share_is_a_limit_divided_by_the_gateways() -> None:
    clock = Clock()
    counters = LocalCounters(clock)
    one = charge(interval_us=1_000, burst=9)
    states = [counters.charge_share(Charges([one]), 3).states[0] for _ in range(4)]
    assert [state.allowed for state in states] == [True, True, True, False]
    assert states[3] == State(False, 0, 3_000, "share")
    clock.now += 3_000
    assert counters.charge_share(Charges([one]), 3).states[0].allowed


def test_a_share_never_becomes_nothing() -> None:
    assert LocalCounters(Clock()).charge_share(Charges([charge(burst=2)]), 10).states[0].allowed


def test_a_charge_larger_than_a_share_waits_for_it_instead_of_for_ever() -> None:
    clock = Clock()
    counters = LocalCounters(clock)
    large = charge(interval_us=1_000, burst=9, cost=6)
    assert counters.charge_share(Charges([large]), 3).states[0].allowed
    waiting = counters.charge_share(Charges([large]), 3).states[0]
    assert (waiting.allowed, waiting.reset_us) == (False, 6 * 3_000)
    assert not counters.charge_share(Charges([charge(burst=9, cost=10)]), 3).states[0].allowed


def test_each_limit_says_itself_what_happens_without_the_store() -> None:
    counters = LocalCounters(Clock())
    shared, closed = charge("shared", burst=9), charge("closed", on_store_loss="refuse")
    opened = charge("open", on_store_loss="allow")
    states = counters.charge_share(Charges([shared, opened]), 3).states
    assert states == (State(True, 2, 3_000, "share"), State(True, 3, 0, "none"))
    states = counters.charge_share(Charges([shared, closed]), 3).states
    assert [state.allowed for state in states] == [True, False]
    assert states[1] == State(False, 0, 2_000_000, "none")
    left = counters.charge_share(Charges([shared]), 3).states[0].remaining
    assert left == 1, "the refused request had consumed nothing"


def test_counts_that_are_whole_again_do_not_pile_up() -> None:
    clock = Clock()
    counters = LocalCounters(clock)
    for number in range(50_500):
        clock.now += 10
        counters.charge(Charges([charge(f"k{number}", interval_us=5)]))
    assert len(counters._arrivals) < 50_002
