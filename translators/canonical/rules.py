"""Rules several objects share. Each raises ValueError with a sentence that starts with the field it is about."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from translators.canonical.quantities import Quantity

_TIMES = ("SEC", "MIN", "HUR")
_PIECES = ("C62", "H87", "EA")


def check_product(product: tuple[Any, ...], description: str | None) -> None:
    """A line is about something."""
    if not product and not description:
        raise ValueError("a line needs a product identifier or a description")


def check_numbers(lines: Iterable[Any], what: str = "lines") -> None:
    """The numbers of lines are their keys, so no two may have the same."""
    counted = Counter(line.number for line in lines)
    twice = next((number for number, times in counted.items() if times > 1), None)
    if twice is not None:
        raise ValueError(f"two {what} have the number `{twice[:35]}`")


def check_one_unit(**quantities: Quantity | None) -> None:
    """All quantities given are counted in the unit of the first of them."""
    given = [(name, quantity.unit) for name, quantity in quantities.items() if quantity is not None]
    for name, unit in given[1:]:
        if unit != given[0][1]:
            raise ValueError(f"`{name}` is counted in {unit}, `{given[0][0]}` in {given[0][1]}; use one unit")


def check_not_negative(**quantities: Quantity | None) -> None:
    """None of the quantities given is below zero."""
    for name, quantity in quantities.items():
        if quantity is not None and quantity.value < 0:
            raise ValueError(f"`{name}` may not be negative")


def check_durations(**quantities: Quantity | None) -> None:
    """Times are counted in seconds, minutes or hours, and do not run backwards."""
    check_not_negative(**quantities)
    for name, quantity in quantities.items():
        if quantity is not None and quantity.unit not in _TIMES:
            raise ValueError(f"`{name}` is a time; it is counted in SEC, MIN or HUR, not in {quantity.unit}")


def check_reversal(reverses: str | None, number: str, what: str, **quantities: Quantity | None) -> None:
    """What is negative takes back something that was reported before, and names it; nothing takes back itself."""
    if reverses == number:
        raise ValueError(f"`reverses` names the {what} itself")
    for name, quantity in quantities.items():
        if reverses is None and quantity is not None and quantity.value < 0:
            raise ValueError(f"`{name}` is negative, which is a reversal; name the {what} it reverses in `reverses`")


def check_serials(serials: tuple[str, ...], quantity: Quantity | None) -> None:
    """Serial numbers are single pieces: as many as the quantity, each once."""
    if len(set(serials)) != len(serials):
        twice = Counter(serials).most_common(1)[0][0]
        raise ValueError(f"the serial number `{twice[:35]}` stands twice")
    if serials and quantity is not None and quantity.unit in _PIECES and abs(quantity.value) != len(serials):
        raise ValueError(f"there are {len(serials)} serial numbers for a quantity of {plain(quantity.value)}")


def check_either(**moments: object) -> None:
    """Of two ways to say when, exactly one is used."""
    names = " and ".join(f"`{name}`" for name in moments)
    if sum(moment is not None for moment in moments.values()) != 1:
        raise ValueError(f"exactly one of {names} says when; the second is for times whose zone nobody named")


def plain(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
