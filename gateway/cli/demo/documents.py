"""The documents of one telling: the shipped examples under numbers of their own, so that every run tells new ones."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from translators.examples import example

_ORDER, _INTERCHANGE, _DESPATCH = b"PO-4711", b"NL000815", b"LS-90817"
_BUYER = b"4012345000009"
EDIFACT, XML, JSON = "application/edifact", "application/xml", "application/json"


class Content(Struct, frozen=True):
    """Bytes as a partner sends them."""

    media_type: str
    content: bytes


class Documents(Struct, frozen=True):
    """`run` is twelve digits, the moment the demo was started; numbers and references are made of it."""

    run: str

    @classmethod
    def of_now(cls) -> "Documents":
        return cls(datetime.now(UTC).strftime("%y%m%d%H%M%S"))

    def order_number(self, suffix: str = "") -> str:
        return f"PO-{self.run}{suffix}"

    def order_in_edifact(self, suffix: str = "") -> Content:
        """An interchange's counts are of segments and messages, so a new number leaves them right; its reference
        stands at both ends and has at most 14 characters."""
        content = _replaced(example("order.edi"), _ORDER, self.order_number(suffix))
        return Content(EDIFACT, _replaced(content, _INTERCHANGE, self.interchange(suffix)))

    def interchange(self, suffix: str = "") -> str:
        """The control reference of an order in EDIFACT."""
        return f"D{self.run}{suffix.removeprefix('-')}"

    def order_of(self, suffix: str, gln: str) -> Content:
        """The order in EDIFACT, given by the partner that has this GLN."""
        order = self.order_in_edifact(suffix)
        return Content(EDIFACT, order.content.replace(_BUYER, gln.encode()))

    def order_in_ubl(self) -> Content:
        return Content(XML, _replaced(example("order.ubl.xml"), _ORDER, self.order_number()))

    def order_in_json(self, suffix: str = "") -> Content:
        return Content(JSON, _replaced(example("order.json"), _ORDER, self.order_number(suffix)))

    def wrong_order_in_edifact(self) -> Content:
        """A quantity that is none, in an order that is right otherwise."""
        order = self.order_in_edifact("-W").content
        return Content(EDIFACT, _replaced(order, b"QTY+21:48:PCE", "QTY+21:4B:PCE"))

    def wrong_order_in_ubl(self) -> Content:
        """A date of no calendar."""
        return Content(XML, _replaced(self.order_in_ubl().content, b"2026-11-20<", "2026-11-31<"))

    def despatch_advice(self) -> Content:
        return Content(XML, _replaced(example("despatch-advice.ubl.xml"), _DESPATCH, self.despatch_number()))

    def despatch_number(self) -> str:
        return f"LS-{self.run}"

    def production_number(self) -> str:
        return f"WH/MO/D{self.run}"

    def production_confirmation(self) -> Content:
        """The first and last confirmation of 24 pieces, all in one lot of its own."""
        said = msgspec.json.decode(example("production-confirmation.json"))
        said |= {
            "order_no": self.production_number(),
            "confirmation_no": "1",
            "occurred_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cumulative": said["delta"],
            "produced": [{"lot": f"GM{self.run}", "quantity": said["delta"]["good"]}],
            "consumed": [_used("RAD-25", "25", "C62"), _used("FETT-7", "0.38", "KGM")],
        }
        return Content(JSON, msgspec.json.encode(said))


def _used(product: str, quantity: str, unit: str) -> dict[str, Any]:
    identified = [{"scheme": "supplier_code", "value": product}]
    return {"product": identified, "quantity": {"value": quantity, "unit": unit}}


def _replaced(content: bytes, old: bytes, new: str) -> bytes:
    """Raises ValueError when `old` is not there: an example was changed, and this file must follow."""
    if old not in content:
        raise ValueError(f"the example has no `{old.decode()}` to replace")
    return content.replace(old, new.encode())
