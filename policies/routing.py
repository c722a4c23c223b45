"""Where a document goes, in which order, and what happens to those behind one that fails."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.amounts import Schedule
from policies.facts import DocumentFacts
from policies.reading import Read
from policies.scopes import Names, ScopedRule, Selection, check_scope
from policies.verdicts import Refused, RuleRef
from policies.written import Written, force_of, not_judged
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
            pattern=r"^([a-z][a-z0-9-]*|plant:([a-z0-9][a-z0-9_.-]*|\{plant\}))$",
            description="name a destination, as in `odoo`, `plant:<id>` or `plant:{plant}`",
        ),
    ]
    """`odoo`, `plant:<id>`, or `plant:{plant}` for the plant the document concerns."""
    operation: Annotated[
        str,
        Meta(pattern=r"^[a-z][a-z0-9_.]*$", description="name an operation, as in `sale_order.create_confirmed`"),
    ]
    ordering_key: Annotated[tuple[KeyPart, ...], Meta(min_length=1)]
    when_parked: Literal["hold", "pass"]
    """Whether those behind a parked document in the same lane wait for it."""
    attempts: Schedule
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    """0 goes first."""


class RoutingFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`routing.yaml`."""

    kind: Literal["routing"]
    rules: tuple[RoutingRule, ...]


class Route(Struct, frozen=True, kw_only=True):
    """One delivery to make. `attempts` as written (`10s, 1m, 5m`), `waits` the same in seconds."""

    rule: RuleRef
    destination: str
    operation: str
    ordering_key: tuple[KeyPart, ...]
    when_parked: Literal["hold", "pass"]
    attempts: str
    waits: tuple[int, ...]
    priority: int


def check_routing(written: Written[RoutingRule]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    if not rule.documents:
        yield written.problem(None, "a route names its `documents`")
    if len(set(rule.ordering_key)) != len(rule.ordering_key):
        yield written.problem("ordering_key", "a part of the ordering key is written twice")
    if rule.mode == "observe":
        yield written.problem("mode", "a route delivers or it does not; remove it instead of observing it")


class _Way:
    """A routing rule made ready; one Route per plant it has led to."""

    def __init__(self, written: Written[RoutingRule]) -> None:
        self.rule = written.rule
        self.ref = written.ref
        self.force = force_of(written)
        self.plants = frozenset(written.rule.plants)
        self.needs_plant = "{plant}" in written.rule.destination
        self._routes: dict[str | None, Route] = {}

    def matches(self, document: DocumentFacts) -> bool | None:
        """None when its condition cannot be judged."""
        rule = self.rule
        if self.plants and document.plant not in self.plants:
            return False
        if rule.test is not None and rule.test != document.test:
            return False
        return True if self.force is None else self.force.judge(document)

    def route(self, document: DocumentFacts) -> Route | None:
        """None when it leads to a plant that we do not know."""
        plant = document.plant if self.needs_plant else None
        if self.needs_plant and plant is None:
            return None
        route = self._routes.get(plant)
        if route is None:
            route = self._routes[plant] = self._make(plant)
        return route

    def _make(self, plant: str | None) -> Route:
        rule = self.rule
        return Route(
            rule=self.ref,
            destination=rule.destination.replace("{plant}", plant or ""),
            operation=rule.operation,
            ordering_key=rule.ordering_key,
            when_parked=rule.when_parked,
            attempts=rule.attempts.text,
            waits=rule.attempts.waits,
            priority=rule.priority,
        )


class Routing:
    """All routes of a set."""

    FILE = RoutingFile

    def __init__(self, read: Read) -> None:
        self._ways = Selection(_Way(one) for one in read.lists["rules"])
        self._default = read.default
        self._revision = read.revision

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for written in read.lists["rules"]:
            yield from check_routing(written)

    def of(self, document: DocumentFacts) -> tuple[Route, ...] | Refused:
        """Refused when no rule matches, and when one cannot be judged or leads nowhere: half a routing is none."""
        routes: list[Route] = []
        for way in self._ways.about(document):
            matches = way.matches(document)
            if matches is None:
                return not_judged(way.ref, self._revision)
            if matches:
                route = way.route(document)
                if route is None:
                    return self._nowhere(document)
                routes.append(route)
        return tuple(routes) or self._nowhere(document)

    def _nowhere(self, document: DocumentFacts) -> Refused:
        text = f"no routing rule says where a {document.document_type} for this place goes"
        act = "check the place of delivery, or ask us to add a route"
        return Refused(self._default, "routing.no_route", text, act, revision=self._revision)
