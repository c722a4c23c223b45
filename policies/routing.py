"""Where a document goes, in which order, and what happens to those behind one that fails."""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from policies.facts import DocumentFacts
from policies.flows import Flow
from policies.reading import Read
from policies.routes import KeyPart, RoutingFile, RoutingRule, check_routing, flows_in, priority_of
from policies.scopes import Selection
from policies.verdicts import Refused, RuleRef
from policies.written import Written, force_of, not_judged
from translators.yamlfiles import FileProblem


class Route(Struct, frozen=True, kw_only=True):
    """One delivery to make. `attempts` as written (`10s, 1m, 5m`), `waits` the same in seconds, `deadline` in seconds.

    `part`: the plant whose lines alone are delivered; None for the whole document.
    """

    rule: RuleRef
    destination: str
    operation: str
    ordering_key: tuple[KeyPart, ...]
    when_parked: Literal["hold", "pass"]
    attempts: str
    waits: tuple[int, ...]
    priority: int
    deadline: int | None = None
    flow: str | None = None
    part: str | None = None
    for_tests: bool = False
    """The rule says `test: true`: nothing but test documents goes there."""


class _Way:
    """A routing rule made ready; one Route per plant it has led to."""

    def __init__(self, written: Written[RoutingRule], flows: Mapping[str, Flow]) -> None:
        self.rule = rule = written.rule
        self.ref = written.ref
        self.force = force_of(written)
        self.plants = frozenset(rule.plants)
        self.needs_plant = "{plant}" in rule.destination
        self.needs_recipient = "{recipient}" in rule.destination
        self.several = rule.several_plants or ("refuse" if self.needs_plant else "whole")
        flow = flows[rule.flow] if rule.flow is not None else None
        attempts = rule.attempts or (flow.attempts if flow is not None else None)
        assert attempts is not None, "checked when the rules were loaded"
        self._attempts = attempts
        self._priority = priority_of(rule, flow)
        self._deadline = rule.deadline or (flow.deadline if flow is not None else None)
        self._routes: dict[tuple[str | None, bool], Route] = {}
        """By plant, or by the partner it is for."""

    def matches(self, document: DocumentFacts) -> bool | None:
        """None when its condition cannot be judged."""
        rule = self.rule
        if self.plants and document.plant not in self.plants and self.plants.isdisjoint(document.plants):
            return False
        if rule.test is not None and rule.test != document.test:
            return False
        return True if self.force is None else self.force.judge(document)

    def routes(self, document: DocumentFacts) -> tuple[Route, ...]:
        """Several when the document is split; none when it leads to a plant that we do not know."""
        if len(document.plants) > 1 and self.several == "split":
            wanted = sorted(document.plants & self.plants if self.plants else document.plants)
            return tuple(self._route(plant, part=True) for plant in wanted)
        if self.needs_recipient:
            return (self._route(document.recipient),) if document.recipient is not None else ()
        if not self.needs_plant:
            return (self._route(None),)
        return (self._route(document.plant),) if document.plant is not None else ()

    def _route(self, whom: str | None, *, part: bool = False) -> Route:
        route = self._routes.get((whom, part))
        if route is None:
            route = self._routes[whom, part] = self._make(whom, part=part)
        return route

    def _make(self, whom: str | None, *, part: bool) -> Route:
        rule = self.rule
        return Route(
            rule=self.ref,
            destination=rule.destination.replace("{plant}", whom or "").replace("{recipient}", whom or ""),
            operation=rule.operation,
            ordering_key=rule.ordering_key,
            when_parked=rule.when_parked,
            attempts=self._attempts.text,
            waits=self._attempts.waits,
            priority=self._priority,
            deadline=self._deadline.seconds if self._deadline is not None else None,
            flow=rule.flow,
            part=whom if part else None,
            for_tests=rule.test is True,
        )


class Routing:
    """All routes of a set."""

    FILE = RoutingFile

    def __init__(self, read: Read) -> None:
        self.rules: tuple[RoutingRule, ...] = tuple(written.rule for written in read.lists["rules"])
        flows = flows_in(read)
        self._ways = Selection(_Way(one, flows) for one in read.lists["rules"])
        self._default = read.default
        self._revision = read.revision

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        yield from check_routing(read)

    def of(self, document: DocumentFacts) -> tuple[Route, ...] | Refused:
        """Refused when no rule matches, and when one cannot be judged or leads nowhere: half a routing is none."""
        routes: list[Route] = []
        for way in self._ways.about(document):
            matches = way.matches(document)
            if matches is None:
                return not_judged(way.ref, self._revision)
            if matches:
                if len(document.plants) > 1 and way.several == "refuse":
                    return self._several(way, document)
                led = way.routes(document)
                if not led:
                    return self._no_recipient(document) if way.needs_recipient else self._nowhere(document)
                routes += led
        return tuple(routes) or self._nowhere(document)

    def _several(self, way: _Way, document: DocumentFacts) -> Refused:
        plants = sorted(f"`{plant}`" for plant in document.plants)
        named = f"{', '.join(plants[:-1])} and {plants[-1]}"
        text = f"its lines go to several plants, {named}, and route `{way.rule.name}` takes one plant a document"
        act = "send one document for each plant; the findings say which line goes where"
        return Refused(way.ref, "routing.several_plants", text, act, revision=self._revision)

    def _no_recipient(self, document: DocumentFacts) -> Refused:
        text = f"no partner of ours is the one this {document.document_type} is for"
        act = "check the parties in the document, or ask us to add their numbers to the partner's profile"
        return Refused(self._default, "routing.no_route", text, act, revision=self._revision)

    def _nowhere(self, document: DocumentFacts) -> Refused:
        text = f"no routing rule says where a {document.document_type} for this place goes"
        act = "check the place of delivery, or ask us to add a route"
        return Refused(self._default, "routing.no_route", text, act, revision=self._revision)
