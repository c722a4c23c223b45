"""Control numbers of what we send: counted in the transaction that keeps the parcel, so none is missing or there twice.

How a counted number is written is translators/edifact/controlnumbers.py.
"""

from msgspec import Struct

from gateway.ledger.database import Connection
from gateway.ledger.statements import statements
from translators.edifact.controlnumbers import ControlNumbers

_SQL = statements("parcels")


class Series(Struct, frozen=True, kw_only=True):
    """What numbers a parcel takes: `numbers` for the interchange, `messages` of those for the messages in it.

    `ours` and `theirs` are the names in the envelope, with their qualifiers. Agreements with the same names, prefix and
    range share a series.
    """

    ours: str
    theirs: str
    numbers: ControlNumbers
    of_messages: ControlNumbers
    messages: int

    @property
    def levels(self) -> tuple[tuple[str, ControlNumbers, int], ...]:
        """Level, how its numbers are written, how many are taken."""
        return ("interchange", self.numbers, 1), ("message", self.of_messages, self.messages)


class References(Struct, frozen=True):
    """As they are written. `previous` is the interchange before, empty for the first."""

    interchange: str = ""
    messages: tuple[str, ...] = ()
    previous: str = ""


async def next_references(held: Connection, series: Series) -> References:
    """What will come next if nobody else takes it."""
    used = [
        await held.fetchval(_SQL["used_numbers"], series.ours, series.theirs, level, _name(numbers)) or 0
        for level, numbers, _ in series.levels
    ]
    return _written(series, used)


async def take_references(held: Connection, series: Series) -> References:
    """Take them, in a transaction. Nobody else takes of this series until its end. Raises ControlNumbersUsedUp."""
    used = [
        await held.fetchval(_SQL["take_numbers"], series.ours, series.theirs, level, _name(numbers), count)
        for level, numbers, count in series.levels
    ]
    return _written(series, used)


def _written(series: Series, used: list[int]) -> References:
    (_, numbers, _), (_, of_messages, count) = series.levels
    before, first = used
    return References(
        interchange=numbers.reference(before),
        messages=tuple(of_messages.reference(first + place) for place in range(count)),
        previous=numbers.reference(before - 1) if before else "",
    )


def _name(numbers: ControlNumbers) -> str:
    return f"{numbers.prefix}:{numbers.first}-{numbers.last}"
