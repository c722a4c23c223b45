"""Whose data a canonical object speaks of: its domain, the groups of fields it sets, and whether it creates, updates or
cancels. What may speak of what is decided elsewhere (policies/ownership.py); that it is asked about every field is a
table here, and a test proves the table whole."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import Struct

Verb = Literal["create", "update", "cancel"]


class Write(Struct, frozen=True, order=True):
    """`create sales_order.order` as three words."""

    verb: Verb
    domain: str
    group: str

    def __str__(self) -> str:
        return f"{self.verb} {self.domain}.{self.group}"


class FieldGroups(Struct, frozen=True):
    """Of one document type. The first group is what the object is about; another is set when one of its fields is."""

    domain: str
    groups: dict[str, str]
    """Group -> its fields, separated by blanks; `*` in the first stands for all that are in no other."""
    verb: Callable[[Any], Verb] = lambda _: "create"


def _updates(_: Any) -> Verb:
    return "update"


def _changes(change: Any) -> Verb:
    return "cancel" if change.cancels else "update"


def _reverses(booking: Any) -> Verb:
    return "cancel" if booking.reverses is not None else "create"


def _plans(order: Any) -> Verb:
    if order.state == "cancelled":
        return "cancel"
    return "update" if order.supersedes is not None else "create"


def _requests(request: Any) -> Verb:
    if request.state in ("cancelled", "rejected"):
        return "cancel"
    return "create" if request.state == "requested" else "update"


_TERMS = "currency delivery_terms payment_terms allowances totals"
_NEW_TERMS = "delivery_terms payment_terms allowances"
"""Of an answer to an order: its currency and totals say again what its lines are in, and nearly every one has them."""

FIELD_GROUPS: dict[str, FieldGroups] = {
    "purchase_order": FieldGroups("sales_order", {"order": "*", "terms": _TERMS}),
    "order_change": FieldGroups("sales_order", {"order": "*", "terms": _TERMS}, _changes),
    "order_response": FieldGroups("purchase_order", {"answer": "*", "terms": _NEW_TERMS}, _updates),
    "delivery_schedule": FieldGroups("delivery_schedule", {"demand": "*"}),
    "despatch_advice": FieldGroups("despatch", {"advice": "*"}),
    "receipt": FieldGroups("receipt", {"booking": "*"}, _reverses),
    "invoice": FieldGroups("invoice", {"claim": "*", "bank": "payee payments"}),
    "remittance_advice": FieldGroups("payment", {"remittance": "*"}),
    "price_catalogue": FieldGroups("price", {"list": "*"}, _updates),
    "sales_report": FieldGroups("sales_report", {"figures": "*"}),
    "transport_status": FieldGroups("transport", {"status": "*"}),
    "inventory_movement": FieldGroups("stock", {"movement": "*"}, _reverses),
    "inventory_snapshot": FieldGroups("stock", {"snapshot": "*"}),
    "production_order": FieldGroups("production_order", {"plan": "*", "progress": "state"}, _plans),
    "production_confirmation": FieldGroups(
        "production_confirmation", {"report": "*", "consumption": "consumed"}, _reverses
    ),
    "quality_event": FieldGroups(
        "quality", {"finding": "*", "decision": "disposition decided_by valid_until releases"}
    ),
    "maintenance_request": FieldGroups(
        "maintenance", {"request": "*", "work": "downtime planned actual work_time parts", "cost": "cost"}, _requests
    ),
    "asset": FieldGroups("asset", {"technical": "*", "service": "state criticality in_service_since"}, _updates),
    "product": FieldGroups(
        "product",
        {
            "master": "*",
            "logistics": "net_weight gross_weight volume shelf_life hazard",
            "trade": "commodity_code origin_country",
        },
        _updates,
    ),
    "partner": FieldGroups(
        "partner",
        {"identity": "*", "addresses": "addresses contacts", "terms": "currency payment_terms delivery_terms"},
        _updates,
    ),
    "ack": FieldGroups("acknowledgement", {"answer": "*"}),
}
"""By document type."""


def writes_of(canonical: Any) -> frozenset[str]:
    """What an object says of whose data, each as `create sales_order.order`."""
    struct: type[Struct] = type(canonical)
    groups, always, sometimes = _ready(struct)
    verb = groups.verb(canonical)
    found = always[verb]
    for field, default, group in sometimes:
        if getattr(canonical, field) != default:
            found = found | group[verb]
    return found


def usual_writes(document_type: str) -> frozenset[str]:
    """What an ordinary document of a type says: its first group, created or, of what exists already, updated."""
    groups = FIELD_GROUPS.get(document_type)
    if groups is None:
        return frozenset()
    verb: Verb = "update" if groups.verb in (_updates, _changes) else "create"
    return _by_verb(groups.domain, next(iter(groups.groups)))[verb]


def known_groups() -> dict[str, frozenset[str]]:
    """Domain -> the groups that any document type has in it."""
    known: dict[str, frozenset[str]] = {}
    for one in FIELD_GROUPS.values():
        known[one.domain] = known.get(one.domain, frozenset()) | one.groups.keys()
    return known


def fields_of(document_type: str, group: str) -> tuple[str, ...]:
    """The fields of a group that is not what the object is about; empty when it is."""
    fields = FIELD_GROUPS[document_type].groups.get(group, "*")
    return () if fields == "*" else tuple(fields.split())


_ByVerb = dict[Verb, frozenset[str]]


@cache
def _ready(struct: type[Struct]) -> tuple[FieldGroups, _ByVerb, tuple[tuple[str, Any, _ByVerb], ...]]:
    document_type = str(struct.__struct_config__.tag).partition("/")[0]
    groups = FIELD_GROUPS[document_type]
    always = _by_verb(groups.domain, next(iter(groups.groups)))
    sometimes: list[tuple[str, Any, _ByVerb]] = []
    for field, group in _grouped(groups):
        known = {one.name: one for one in msgspec.structs.fields(struct)}.get(field)
        if known is None:
            continue
        by_verb = _by_verb(groups.domain, group)
        if known.required:
            always = {verb: always[verb] | by_verb[verb] for verb in always}
        else:
            default = () if known.default is msgspec.NODEFAULT else known.default
            sometimes.append((known.name, default, by_verb))
    return groups, always, tuple(sometimes)


def _grouped(groups: FieldGroups) -> Iterator[tuple[str, str]]:
    for group, fields in groups.groups.items():
        for field in fields.split():
            if field != "*":
                yield field, group


def _by_verb(domain: str, group: str) -> _ByVerb:
    verbs: tuple[Verb, ...] = ("create", "update", "cancel")
    return {verb: frozenset({str(Write(verb, domain, group))}) for verb in verbs}
