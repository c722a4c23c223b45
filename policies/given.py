"""Facts as people write them down to try rules: `{sender: nordlicht, roles: [orders.send], document: purchase_order}`.

Every fact a rule may look at can be given by its name; what is left out is as it usually is.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast, get_args

import msgspec
from msgspec import Meta, Struct

from policies.facts import DocumentFacts, RequestFacts, SenderKind, Verb
from policies.networks import Address
from policies.written import Name
from translators.canonical.fieldgroups import usual_writes
from translators.formats import Format
from translators.moments import Moment

Texts = tuple[str, ...]
Label = Annotated[
    str,
    Meta(
        pattern=rf"^({'|'.join(get_args(Format))}) \S+ \S+$",
        description="write format, name and version, as in `edifact ORDERS D.96A`",
    ),
]


class Given(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request, and one document of it when `document` is given. A test proves that no fact is missing."""

    sender_kind: SenderKind = "partner"
    sender: Name
    client: str | None = None
    """Without it the sender's id."""
    roles: Texts = ()
    scopes: Texts = ()
    plan: str | None = None
    channel: Literal["http", "as2", "sftp"] = "http"
    api_version: str = "v1"
    address: Address | None = None
    """Without it nobody knows from where it calls."""
    binding: Literal["none", "certificate", "dpop"] = "none"
    verb: Verb = "send"
    at: Moment | None = None
    """Without it now."""
    document: Name | None = None
    """The canonical type (`purchase_order`)."""
    format: Label | None = None
    """Without it our own JSON shape of that document, version 1."""
    size: Annotated[int, Meta(ge=0)] = 2_000
    lines: Annotated[int, Meta(ge=0)] = 1
    plant: Name | None = None
    plants: tuple[Name, ...] = ()
    """Where lines say so; else the one plant."""
    ship_to: str | None = None
    test: bool = False
    recipient: Name | None = None
    """The partner it is for, where it names one."""
    writes: Texts | None = None
    """In whose data, each as `create sales_order.order`; without it what such a document usually says."""


def facts_of(given: Given, now: datetime | None = None) -> tuple[RequestFacts, tuple[DocumentFacts, ...]]:
    """The facts, with whatever either kind of facts has under the same name."""
    values = msgspec.structs.asdict(given)
    values["client"] = given.client or given.sender
    values["address"] = given.address.text if given.address is not None else ""
    values["at"] = given.at.at if given.at is not None else now or datetime.now(UTC)
    values["roles"], values["scopes"] = frozenset(given.roles), frozenset(given.scopes)
    request = RequestFacts(**_named(values, RequestFacts))
    if given.document is None:
        return request, ()
    label = given.format or f"json {given.document} 1"
    values["format"], values["name"], values["version"] = label.split(" ")
    plants = given.plants or ((given.plant,) if given.plant is not None else ())
    writes = usual_writes(given.document) if given.writes is None else frozenset(given.writes)
    values |= {"request": request, "document_type": given.document, "plants": frozenset(plants), "writes": writes}
    return request, (DocumentFacts(**_named(values, DocumentFacts)),)


def _named(values: dict[str, Any], facts: type[Struct]) -> dict[str, Any]:
    return {name: values[name] for name in cast(Any, facts).__struct_fields__ if name in values}
