"""Zones, and the conduits between them (IEC 62443): which side may send what to which other side.

A sender is in a zone by its kind, which follows from the issuer of its token, and by the address it calls from. A
destination is in a zone by its name. What no conduit carries from the one to the other is refused, whatever is granted.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from policies.facts import DocumentFacts, RequestFacts, SenderKind
from policies.networks import Addresses, AddressList
from policies.reading import Read
from policies.scopes import Names
from policies.verdicts import Refused, RuleRef
from policies.written import Force, Name, Rule, Why, Written, force_of, not_judged
from translators.yamlfiles import FileProblem
from translators.yamlsentences import enumerate_words, suggest

Destination = Annotated[
    str,
    Meta(
        pattern=r"^([a-z][a-z0-9-]*|[a-z]+:(\*|[a-z0-9][a-z0-9_.-]*))$",
        description="name a destination, as in `odoo`, `plant:<id>`, or `plant:*` for all plants",
    ),
]


class Zone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One side. Senders call from its `addresses` (left out: from anywhere); destinations lie in it."""

    name: Name
    why: Why
    senders: tuple[SenderKind, ...] = ()
    addresses: Names = ()
    destinations: tuple[Destination, ...] = ()


class ConduitRule(Rule, frozen=True, kw_only=True):
    """What may go from one zone to another. A conduit that only observes carries nothing."""

    source: Name
    target: Name
    documents: Annotated[Names, Meta(min_length=1)]


def check_zones(read: Read, lists: set[str]) -> Iterator[FileProblem]:
    zones: dict[str, Zone] = {}
    destinations: dict[str, str] = {}
    for number, zone in enumerate(read.content.zones):
        path = f"$.zones[{number}]"
        yield from _check_zone(read, path, zone, zones, lists)
        for place, destination in enumerate(zone.destinations):
            other = destinations.setdefault(destination, zone.name)
            if other != zone.name:
                yield read.problem(f"{path}.destinations[{place}]", f"`{destination}` already lies in zone `{other}`")
        zones.setdefault(zone.name, zone)
    for written in read.lists["conduits"]:
        yield from _check_conduit(written, zones)


def _check_zone(read: Read, path: str, zone: Zone, before: dict[str, Zone], lists: set[str]) -> Iterator[FileProblem]:
    if zone.name in before:
        yield read.problem(f"{path}.name", f"the zone `{zone.name}` is written twice")
    if not zone.senders and not zone.destinations:
        yield read.problem(path, f"nothing is in the zone `{zone.name}`; name its `senders` or its `destinations`")
    if zone.addresses and not zone.senders:
        yield read.problem(f"{path}.addresses", "only senders call from an address; name the zone's `senders`")
    for number, name in enumerate(zone.addresses):
        if name not in lists:
            text = f"there is no address list `{name}`; {suggest(name, sorted(lists))}"
            yield read.problem(f"{path}.addresses[{number}]", text)
    for other in before.values():
        shared = [kind for kind in zone.senders if kind in other.senders]
        if shared and (not zone.addresses or not other.addresses or set(zone.addresses) & set(other.addresses)):
            text = f"a {shared[0]} may be in zone `{other.name}` as well; give the two zones `addresses` of their own"
            yield read.problem(f"{path}.senders", text)


def _check_conduit(written: Written[ConduitRule], zones: dict[str, Zone]) -> Iterator[FileProblem]:
    for field, what in (("source", "senders"), ("target", "destinations")):
        name = getattr(written.rule, field)
        if name not in zones:
            yield written.problem(field, f"there is no zone `{name}`; {suggest(name, zones)}")
        elif not getattr(zones[name], what):
            yield written.problem(field, f"there are no {what} in zone `{name}`")


class _ReadyZone:
    def __init__(self, zone: Zone, ref: RuleRef, lists: dict[str, AddressList]) -> None:
        self.zone = zone
        self.ref = ref
        self._addresses = Addresses(lists[name] for name in zone.addresses) if zone.addresses else None

    def holds(self, request: RequestFacts) -> bool:
        """An address that is not known is in no zone that lists its addresses."""
        return self._addresses is None or self._addresses.hold(request.address) is True


class _Conduit(Struct, frozen=True):
    ref: RuleRef
    force: Force | None


class Conduits:
    """All zones and conduits of a set."""

    def __init__(self, read: Read, lists: dict[str, AddressList]) -> None:
        self._default = read.default
        self._revision = read.revision
        self._senders: dict[str, list[_ReadyZone]] = {}
        self._destinations: dict[str, str] = {}
        for number, zone in enumerate(read.content.zones):
            line = read.file.places[f"$.zones[{number}]"][0]
            ready = _ReadyZone(zone, RuleRef(read.kind, zone.name, read.file.path.name, line), lists)
            for kind in zone.senders:
                self._senders.setdefault(kind, []).append(ready)
            self._destinations |= dict.fromkeys(zone.destinations, zone.name)
        self._conduits: dict[tuple[str, str, str], list[_Conduit]] = {}
        for written in read.lists["conduits"]:
            rule: ConduitRule = written.rule
            for document in rule.documents if rule.mode == "enforce" else ():
                key = (rule.source, rule.target, document)
                self._conduits.setdefault(key, []).append(_Conduit(written.ref, force_of(written)))

    def refuse_caller(self, request: RequestFacts) -> Refused | None:
        """A refusal when the sender is in no zone."""
        zones = self._senders.get(request.sender_kind, [])
        if any(zone.holds(request) for zone in zones):
            return None
        text = f"a {request.sender_kind} is not taken from this address"
        if not zones:
            text = f"there is no zone for a {request.sender_kind}"
            return Refused(self._default, "access.outside_zone", text, "ask us for access", revision=self._revision)
        known = enumerate_words(name for zone in zones for name in zone.zone.addresses)
        act = f"call from an address in {known}, or ask us to add yours"
        return Refused(zones[0].ref, "access.outside_zone", text, act, revision=self._revision)

    def refuse_way(self, document: DocumentFacts, destination: str) -> Refused | None:
        """A refusal when nothing carries this document from its sender's zone to the destination's."""
        source = self.zone_of(document.request)
        target = self.zone_at(destination)
        unsure: RuleRef | None = None
        for conduit in self._conduits.get((source or "", target or "", document.document_type), ()):
            carries = True if conduit.force is None else conduit.force.judge(document)
            if carries:
                return None
            unsure = conduit.ref if carries is None else unsure
        if unsure is not None:
            return not_judged(unsure, self._revision)
        ways = f"{f'zone `{source}`' if source else 'where you are'} to {f'zone `{target}`' if target else destination}"
        text = f"no conduit carries a {document.document_type} from {ways}"
        act = "ask us; nothing you can change in the message helps"
        return Refused(self._default, "access.no_conduit", text, act, revision=self._revision)

    def may_carry(self, kind: SenderKind, document_type: str, destination: str) -> bool:
        """Whether there is a conduit at all for what a kind of sender sends to a destination of routing.yaml."""
        at = self.zone_at(destination)
        targets = {at} if at is not None else set[str]()
        if destination == "plant:{plant}":
            targets |= {zone for place, zone in self._destinations.items() if place.startswith("plant:")}
        if destination == "partner:{recipient}":
            targets |= {zone for place, zone in self._destinations.items() if place.startswith("partner:")}
        sources = [ready.zone.name for ready in self._senders.get(kind, [])]
        return any((source, target, document_type) in self._conduits for source in sources for target in targets)

    def zone_at(self, destination: str) -> str | None:
        """The zone a destination lies in."""
        return self._destinations.get(destination) or self._destinations.get(f"{destination.partition(':')[0]}:*")

    def zone_of(self, request: RequestFacts) -> str | None:
        """The zone a sender is in."""
        zones = self._senders.get(request.sender_kind, [])
        return next((ready.zone.name for ready in zones if ready.holds(request)), None)
