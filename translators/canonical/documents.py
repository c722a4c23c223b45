"""The kinds of canonical object there are, and what the gateway must know of each without knowing its fields."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical.despatch_advice import DespatchAdvice
from translators.canonical.figures import decode_figure
from translators.canonical.parties import Party
from translators.canonical.production_confirmation import ProductionConfirmation
from translators.canonical.purchase_order import PurchaseOrder

Canonical = PurchaseOrder | DespatchAdvice | ProductionConfirmation


class Facts(Struct, frozen=True, kw_only=True):
    """What identifies and routes a canonical object."""

    number: str
    key: tuple[str, ...]
    lines: int
    ship_to: str | None = None
    site: str | None = None


class Kind(Struct, frozen=True, kw_only=True):
    """One document type: its struct, its major version, how to find its facts."""

    document_type: str
    version: str
    struct: type[Any]
    facts: Callable[[Any], Facts]
    decode: Callable[[bytes], Any]

    @property
    def tag(self) -> str:
        """The value of the field `kind` in JSON, as in `purchase_order/1`."""
        return f"{self.document_type}/{self.version}"


def business_key(facts: Facts) -> str:
    """The parts of the key joined by `|`; a `|` or `%` inside a part is written as in a URL, so keys cannot collide."""
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in facts.key)


def decode(body: bytes) -> Canonical:
    """The canonical object of a document's `body`. Raises msgspec.ValidationError or msgspec.DecodeError.

    Use this (or `KINDS[...].decode`) rather than msgspec directly: figures need our `dec_hook`.
    """
    canonical: Canonical = _any_kind.decode(body)
    return canonical


_encode = msgspec.json.Encoder(decimal_format="string").encode


def encode(canonical: Canonical) -> bytes:
    """The one JSON form: fields in the order of the struct, defaults left out, decimals as text, no white space."""
    return _encode(canonical)


def _gln(party: Party | None) -> str | None:
    return party.identifier("gln") if party is not None else None


def _order(order: PurchaseOrder) -> Facts:
    key = (order.buyer.key(), order.number, order.version)
    return Facts(number=order.number, key=key, lines=len(order.lines), ship_to=_gln(order.ship_to))


def _despatch(despatch: DespatchAdvice) -> Facts:
    key = (despatch.despatcher.key(), despatch.number)
    return Facts(number=despatch.number, key=key, lines=len(despatch.lines), ship_to=_gln(despatch.ship_to))


def _confirmation(done: ProductionConfirmation) -> Facts:
    key = (done.site, done.order_no, done.operation, done.confirmation_no)
    return Facts(number=done.confirmation_no, key=key, lines=max(1, len(done.produced)), site=done.site)


def _kind(document_type: str, struct: type[Any], facts: Callable[[Any], Facts]) -> Kind:
    decode_one = msgspec.json.Decoder(struct, dec_hook=decode_figure).decode
    return Kind(document_type=document_type, version="1", struct=struct, facts=facts, decode=decode_one)


_any_kind = msgspec.json.Decoder(Canonical, dec_hook=decode_figure)

KINDS: dict[str, Kind] = {
    kind.tag: kind
    for kind in (
        _kind("purchase_order", PurchaseOrder, _order),
        _kind("despatch_advice", DespatchAdvice, _despatch),
        _kind("production_confirmation", ProductionConfirmation, _confirmation),
    )
}
