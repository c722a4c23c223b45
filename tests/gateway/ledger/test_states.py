"""The table of states: complete, reachable, and the one the code and the database use."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.delivery import _hold, _result
from gateway.destinations.contract import (
    Delivered,
    Delivery,
    Offered,
    Outcome,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
)
from gateway.identifiers import new_message_id
from gateway.ledger.states import TRANSITIONS, Event, State
from gateway.ledger.work import Work

TAKEN = {
    (State.PENDING, False), (State.PENDING, True), (State.WAITING, False), (State.HELD, False), (State.UNKNOWN, True),
}  # fmt: skip
"""State and `maybe_sent` of what the ledger hands to the delivery loop."""
OUTCOMES: list[Outcome] = [
    Delivered(reference="S"), Offered(), Postponed(why="w"), Unavailable(why="w"), Refused(code="c", why="w"),
    Unknown(why="w"),
]  # fmt: skip
BY_OTHERS = {
    (State.OFFERED, Event.DOCUMENT_DELIVERED), (State.OFFERED, Event.DOCUMENT_PARKED),
    (State.OFFERED, Event.DOCUMENT_CANCELLED), (State.PARKED, Event.DOCUMENT_CANCELLED),
    (State.WAITING, Event.DOCUMENT_CANCELLED), (State.HELD, Event.DOCUMENT_CANCELLED),
    (State.PARKED, Event.DOCUMENT_REPLAYED),
}  # fmt: skip
"""The transitions of receivers and operators: offering.py and operating.py, each proven in the tests of its own."""


def a_work(state: State, *, maybe_sent: bool, retries: str = "1") -> Work:
    delivery = Delivery(
        id="m.1", message_id="m", document_number=1, document_type="t", destination="d", operation="o", lane="l",
        sender="s", business_key="k", external_id="e", body=b"",
    )  # fmt: skip
    facts: dict[str, Any] = {"tick": 1, "position": 1, "exceptional": state is not State.PENDING, "blocked": False}
    return Work(
        delivery=delivery, message_id=new_message_id(), number=1, state=state, maybe_sent=maybe_sent, retries=retries,
        when_parked="hold", **facts,
    )  # fmt: skip


def by_the_loop() -> set[tuple[State, Event]]:
    """Every transition the delivery loop can ask for."""
    found = set()
    for (state, maybe_sent), outcome, retries in product(TAKEN, OUTCOMES, ("1", "")):
        found.add((state, _result(a_work(state, maybe_sent=maybe_sent, retries=retries), outcome).event))
    return found | {(state, _hold(a_work(state, maybe_sent=sent)).event) for state, sent in TAKEN}


def test_every_transition_the_code_uses_is_in_the_table_and_the_table_has_no_other() -> None:
    table = {(state, event) for state, ways in TRANSITIONS.items() for event in ways}
    assert by_the_loop() | BY_OTHERS == table


def test_every_state_is_in_the_table_and_can_be_reached_from_pending() -> None:
    assert set(TRANSITIONS) == set(State)
    reached, ahead = {State.PENDING}, [State.PENDING]
    while ahead:
        for target in TRANSITIONS[ahead.pop()].values():
            if target not in reached:
                reached.add(target)
                ahead.append(target)
    assert reached == set(State)


def test_from_every_state_there_is_a_way_to_an_end() -> None:
    def ends(state: State, seen: frozenset[State]) -> bool:
        return not TRANSITIONS[state] or any(
            ends(target, seen | {target}) for target in TRANSITIONS[state].values() if target not in seen
        )

    assert all(ends(state, frozenset({state})) for state in State)


def test_what_may_have_been_sent_never_becomes_something_that_is_sent_blindly_by_being_held() -> None:
    for state, maybe_sent in TAKEN:
        assert (_hold(a_work(state, maybe_sent=maybe_sent)).state is State.UNKNOWN) == maybe_sent


async def test_the_database_takes_exactly_the_states_that_have_a_row(database: str) -> None:
    connection = await asyncpg.connect(database)
    constraint = await connection.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'exceptions'::regclass and contype = 'c'"
    )
    await connection.close()
    assert set(re.findall(r"'(\w+)'", constraint)) == set(State) - {State.PENDING, State.DELIVERED, State.CANCELLED}


@pytest.mark.parametrize("event", list(Event))
def test_an_event_is_called_source_subject_action(event: Event) -> None:
    assert re.fullmatch(
        r"(intake|delivery|operator|policy|retention|sandbox|as2|pickup|pgp|partners)\.[a-z]+\.[a-z]+", event
    )


def test_the_diagram_in_the_documentation_is_the_table(repository: Path) -> None:
    text = (repository / "docs" / "how-a-message-travels.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (.+)$", text, re.MULTILINE))
    found = {
        (State(source), State(target), action) for source, target, actions in drawn for action in actions.split(" / ")
    }
    assert found == {
        (state, target, event.rpartition(".")[2])
        for state, ways in TRANSITIONS.items()
        for event, target in ways.items()
    }
