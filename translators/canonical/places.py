"""Where the lines of one document go, and the document divided by it."""

from typing import Any

from msgspec.structs import replace

from translators.canonical.delivery_schedule import DeliverySchedule
from translators.canonical.order_change import OrderChange
from translators.canonical.parties import Party
from translators.canonical.purchase_order import PurchaseOrder

Divided = PurchaseOrder | DeliverySchedule
"""What may be divided: its lines stand for themselves. The totals of an order do not; a part has none."""
_WITH_PLACES = (PurchaseOrder, DeliverySchedule, OrderChange)


def line_places(canonical: Any) -> dict[str, str | None]:
    """Number of each line -> GLN of the place it goes to, None without one; empty when no line has its own place."""
    if not isinstance(canonical, _WITH_PLACES) or all(line.ship_to is None for line in canonical.lines):
        return {}
    whole = _gln(canonical.ship_to)
    return {line.number: _gln(line.ship_to) if line.ship_to else whole for line in canonical.lines}


def part_of(canonical: Divided, lines: frozenset[str]) -> Divided:
    """The document with these lines alone, shipped to the place of the first of them."""
    if isinstance(canonical, PurchaseOrder):
        ordered = tuple(line for line in canonical.lines if line.number in lines)
        return replace(canonical, lines=ordered, ship_to=ordered[0].ship_to or canonical.ship_to, totals=None)
    planned = tuple(line for line in canonical.lines if line.number in lines)
    return replace(canonical, lines=planned, ship_to=planned[0].ship_to or canonical.ship_to)


def _gln(party: Party | None) -> str | None:
    if party is None:
        return None
    return next((one.value for one in party.identifiers if one.scheme == "gln"), None)
