"""What people write in `routing.yaml`, and what is wrong with it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.amounts import Duration, Schedule
from policies.flows import Flow, flow_of
from policies.reading import Read
from policies.scopes import Names, ScopedRule, check_scope
from policies.written import Name, Written
from translators.yamlfiles import FileProblem

KeyPart = Literal["sender", "number", "site", "order", "ship_to", "plant", "document_type"]
"""The facts of a document that may make up an ordering key; the gateway knows how to find each."""


class RoutingRule(ScopedRule, frozen=True, kw_only=True):
    """Every rule that matches adds a delivery."""

    plants: Names = ()
    test: bool | None = None
    """True: only test documents, false: only real ones; without it both."""
    destination: Annotated[
        str,
        Meta(
            pattern=r"^([a-z][a-z0-9-]*|plant:([a-z0-9][a-z0-9_.-]*|\{plant\})|partner:([a-z0-9][a-z0-9-]*|\{recipient\}))$",
            description="name a destination, as in `odoo`, `plant:<id>`, `plant:{plant}` or `partner:{recipient}`",
        ),
    ]
    """`odoo`, `plant:<id>`, `plant:{plant}` for the plant the document concerns, `partner:<id>`, or
    `partner:{recipient}` for the partner the document names as the one it is for."""
    operation: Annotated[
        str,
        Meta(pattern=r"^[a-z][a-z0-9_.]*$", description="name an operation, as in `sale_order.create_confirmed`"),
    ]
    ordering_key: Annotated[tuple[KeyPart, ...], Meta(min_length=1)]
    when_parked: Literal["hold", "pass"]
    """Whether those behind a parked document in the same lane wait for it."""
    flow: Name | None = None
    """A class of `flows.yaml`: attempts, priority and deadline follow from it."""
    attempts: Schedule | None = None
    priority: Annotated[int, Meta(ge=0, le=9)] | None = None
    """0 goes first; 5 without a flow."""
    deadline: Duration | None = None
    """How long after it was taken it should have ended; later it is overdue, and told."""
    several_plants: Literal["refuse", "split", "whole"] | None = None
    """When the lines of one document go to several plants: refuse it, deliver to each plant its lines, or leave it
    whole. Without it a route to `plant:{plant}` refuses, and any other leaves it whole."""


class RoutingFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`routing.yaml`."""

    kind: Literal["routing"]
    rules: tuple[RoutingRule, ...]


def priority_of(rule: RoutingRule, flow: Flow | None) -> int:
    if rule.priority is not None:
        return rule.priority
    return flow.priority if flow is not None else 5


def flows_in(read: Read) -> dict[str, Flow]:
    """The flow classes of the same set."""
    flows = read.others.get("flows")
    return {one.rule.name: flow_of(one.rule) for one in flows.lists["rules"]} if flows is not None else {}


def check_routing(read: Read) -> Iterator[FileProblem]:
    flows = flows_in(read)
    written: list[Written[RoutingRule]] = read.lists["rules"]
    for one in written:
        yield from _check(one)
        if one.rule.flow is not None and one.rule.flow not in flows and "flows" in read.others:
            yield one.problem("flow", f"there is no flow `{one.rule.flow}` in flows.yaml")
    yield from _check_lanes(written, flows)


def _check(written: Written[RoutingRule]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    if not rule.documents:
        yield written.problem(None, "a route names its `documents`")
    if len(set(rule.ordering_key)) != len(rule.ordering_key):
        yield written.problem("ordering_key", "a part of the ordering key is written twice")
    if rule.mode == "observe":
        yield written.problem("mode", "a route delivers or it does not; remove it instead of observing it")
    if rule.flow is None and rule.attempts is None:
        yield written.problem(None, "a route says how often to try: name a `flow`, or write `attempts`")
    if rule.several_plants == "split" and "{plant}" not in rule.destination:
        yield written.problem("several_plants", "only what goes to `plant:{plant}` is split")


def _check_lanes(written: list[Written[RoutingRule]], flows: dict[str, Flow]) -> Iterator[FileProblem]:
    """A lane is worked off in order, so all of it is equally urgent (gateway/ledger/sharding.py)."""
    for number, one in enumerate(written):
        for other in written[:number]:
            urgencies = [_urgency(priority_of(each.rule, flows.get(each.rule.flow or ""))) for each in (other, one)]
            if urgencies[0] != urgencies[1] and _share_lanes(other.rule, one.rule):
                text = (
                    f"route `{other.rule.name}` ({other.ref.file}:{other.ref.line}) fills the same lanes with another "
                    "urgency; priorities 0 to 2, 3 to 6 and 7 to 9 each need lanes of their own"
                )
                yield one.problem("priority" if one.rule.priority is not None else "flow", text)


def _share_lanes(one: RoutingRule, other: RoutingRule) -> bool:
    if one.destination != other.destination or set(one.ordering_key) != set(other.ordering_key):
        return False
    if "document_type" in one.ordering_key and set(one.documents).isdisjoint(other.documents):
        return False
    if "sender" in one.ordering_key:
        if set(one.senders).isdisjoint(other.senders):
            return False
        return not (one.partners and other.partners and set(one.partners).isdisjoint(other.partners))
    return True


def _urgency(priority: int) -> int:
    return 0 if priority <= 2 else 1 if priority <= 6 else 2
