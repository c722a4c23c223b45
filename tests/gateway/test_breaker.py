"""The breaker: opens after failures in a row, probes one at a time, waits longer each time, closes with one answer."""

from gateway.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_breaker() -> tuple[Breaker, Clock]:
    clock = Clock()
    return Breaker(failures=3, pause=1.0, longest=60.0, clock=clock), clock


def opened() -> tuple[Breaker, Clock]:
    breaker, clock = a_breaker()
    for _ in range(3):
        breaker.failed()
    return breaker, clock


def test_it_opens_after_failures_in_a_row_and_an_answer_between_starts_the_count_anew() -> None:
    breaker, _ = a_breaker()
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert (breaker.circuit, breaker.admits()) == ("closed", True)
    breaker.failed()
    assert (breaker.circuit, breaker.admits()) == ("open", False)


def test_after_the_pause_one_probe_is_admitted_and_no_second() -> None:
    breaker, clock = opened()
    clock.now += 0.99
    assert not breaker.admits()
    clock.now += 0.01
    assert [breaker.admits(), breaker.circuit, breaker.admits()] == [True, "probing", False]


def test_each_probe_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    breaker, clock = opened()
    pauses = []
    for _ in range(9):
        start = clock.now
        while not breaker.admits():
            clock.now += 0.5
        pauses.append(clock.now - start)
        breaker.failed()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_probe_that_succeeds_closes_it_and_the_next_outage_starts_with_the_short_pause() -> None:
    breaker, clock = opened()
    clock.now += 1
    breaker.admits()
    breaker.failed()
    clock.now += 2
    breaker.admits()
    breaker.succeeded()
    assert breaker.circuit == "closed"
    for _ in range(3):
        breaker.failed()
    clock.now += 1
    assert breaker.admits()


def test_it_waits_as_long_as_the_destination_asks_but_never_longer_than_the_longest() -> None:
    for asked, waits in ((30.0, 30.0), (86_400.0, 60.0)):
        breaker, clock = opened()
        breaker.failed(asked)
        clock.now += waits - 0.1
        assert not breaker.admits()
        clock.now += 0.1
        assert breaker.admits()


def test_a_probe_that_found_nothing_to_send_may_be_repeated_at_once() -> None:
    breaker, clock = opened()
    clock.now += 1
    breaker.admits()
    breaker.gave_up_probing()
    assert breaker.circuit == "open"
    assert breaker.admits()


def test_giving_up_a_probe_that_was_answered_changes_nothing() -> None:
    breaker, clock = opened()
    clock.now += 1
    breaker.admits()
    breaker.succeeded()
    breaker.gave_up_probing()
    assert breaker.circuit == "closed"


def test_what_was_under_way_when_it_opened_and_fails_late_does_not_make_the_pause_longer() -> None:
    breaker, clock = opened()
    clock.now += 0.5
    breaker.failed()
    clock.now += 1
    assert breaker.admits()
