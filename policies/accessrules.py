"""Who may do what, as written in `access.yaml`, and what may be wrong with it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.networks import AddressList, covered
from policies.reading import Read
from policies.scopes import Names, ScopedRule, check_scope
from policies.written import Written
from policies.zones import ConduitRule, Zone, check_zones
from translators.yamlfiles import FileProblem
from translators.yamlsentences import suggest

Words = tuple[str, ...]
Doing = Literal["call", "send", "read", "fetch"]
EARLY: tuple[Doing, ...] = ("call", "read", "fetch")
"""What is judged before there is a document."""


class AccessRule(ScopedRule, frozen=True, kw_only=True):
    """A grant, or a deny.

    `may: call` is about using the API at all, `send` about documents, `read` about asking for one's own messages and
    receipts, `fetch` about a plant's inbox or a partner's outbox. Whoever may read or fetch must be let call as well.
    """

    effect: Literal["allow", "deny"] = "allow"
    may: Doing
    roles: Words = ()
    """The sender has at least one of them."""
    scopes: Words = ()
    """The token has all of them."""
    bindings: tuple[Literal["none", "certificate", "dpop"], ...] = ()
    """How the credential is bound; empty means any."""
    channels: tuple[Literal["http", "as2", "sftp"], ...] = ()
    addresses: Names = ()
    """The sender calls from an address of one of these lists."""
    outside: Names = ()
    """The sender calls from an address of none of these lists."""
    plants: Literal["own"] | Names = ()
    """The plant the document concerns: listed, or `own`, the sender itself."""

    def is_early(self) -> bool:
        return self.may in EARLY


class AccessFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access.yaml`: lists of addresses, zones and the conduits between them, and who may do what."""

    kind: Literal["access"]
    addresses: tuple[AddressList, ...] = ()
    zones: Annotated[tuple[Zone, ...], Meta(min_length=1)]
    conduits: tuple[ConduitRule, ...] = ()
    rules: tuple[AccessRule, ...]


def check_access(read: Read) -> Iterator[FileProblem]:
    lists = {one.name for one in read.content.addresses}
    yield from _check_lists(read)
    yield from check_zones(read, lists)
    for written in read.lists["rules"]:
        yield from _check_rule(written, lists)


def _check_lists(read: Read) -> Iterator[FileProblem]:
    seen: set[str] = set()
    for number, one in enumerate(read.content.addresses):
        path = f"$.addresses[{number}]"
        if one.name in seen:
            yield read.problem(f"{path}.name", f"the address list `{one.name}` is written twice")
        seen.add(one.name)
        for place, network, other in covered(one.networks):
            text = f"`{network.text}` is already held by `{other.text}` of this list"
            yield read.problem(f"{path}.networks[{place}]", text)


def _check_rule(written: Written[AccessRule], lists: set[str]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    if rule.may in EARLY:
        for field in ("documents", "plants"):
            if getattr(rule, field):
                text = f"`{field}` are known with `may: send` alone, once the document is read"
                yield written.problem(field, text)
    if rule.may == "fetch" and not set(rule.senders) <= {"plant", "partner"}:
        text = "only plants and partners have something to fetch; set `senders: [plant]` or `senders: [partner]`"
        yield written.problem("senders", text)
    if rule.plants == "own" and rule.senders != ("plant",):
        yield written.problem("plants", "only a plant has an own plant; set `senders: [plant]`")
    if rule.effect == "allow" and rule.may == "send" and not rule.documents:
        yield written.problem(None, "a grant to send names its `documents`")
    for field in ("addresses", "outside"):
        for number, name in enumerate(getattr(rule, field)):
            if name not in lists:
                text = f"there is no address list `{name}`; {suggest(name, sorted(lists))}"
                yield written.problem(f"{field}[{number}]", text)
    if both := set(rule.addresses) & set(rule.outside):
        yield written.problem("outside", f"no address is inside and outside of `{min(both)}`")
