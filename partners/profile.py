"""A partner or a plant as one file describes it. Nothing here grants a right: rules do, and look at plain facts."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from partners.agreements import Agreement
from partners.as2relations import As2Relation
from partners.certificates import Certificate
from partners.names import Client, CxmlNames, EdifactNames, Id, X12Names
from partners.oauth import OAuth
from partners.sftpaccounts import Sftp
from partners.webhooks import Webhook
from translators.canonical.identifiers import check_gs1_key
from translators.moments import Moment

Binding = Literal["none", "certificate", "dpop"]
"""How tokens must be bound to their holder: not at all, RFC 8705 or RFC 9449."""


class Gln:
    """A Global Location Number of 13 digits, check digit verified (GS1 General Specifications, 7.9)."""

    __slots__ = ("value",)
    SCHEMA = "^[0-9]{13}$"

    def __init__(self, value: str) -> None:
        self.value = value

    @classmethod
    def from_text(cls, text: str) -> "Gln":
        check_gs1_key("gln", text)
        return cls(text)

    def __repr__(self) -> str:
        return f"Gln({self.value!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gln) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


class Identifiers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How documents name them. The first GLN is the one of the company or plant itself."""

    gln: tuple[Gln, ...] = ()
    duns: Annotated[str, Meta(pattern="^[0-9]{9}$", description="a DUNS number has nine digits")] | None = None
    vat: (
        Annotated[
            str, Meta(pattern="^[A-Z]{2}[A-Z0-9+*]{2,13}$", description="begin with the country, as in `DE811234567`")
        ]
        | None
    ) = None


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to write to; a mailbox of a team, not of a person."""

    email: Annotated[
        str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200, description="write a mail address")
    ]
    about: Literal["technical", "business", "security"]


class Partner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A trading partner."""

    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Literal["distributor", "supplier", "carrier", "customer"]
    state: Literal["active", "testing", "suspended"]
    """`testing`: until somebody approves the partner, only documents marked as tests are exchanged with it."""
    plan: Id
    """Which limits hold; `policies/rules/limits.yaml` says what they are."""
    binding: Binding
    clients: tuple[Client, ...] = ()
    oauth: OAuth | None = None
    as2: As2Relation | None = None
    sftp: Sftp | None = None
    webhook: Webhook | None = None
    edifact: EdifactNames | None = None
    x12: X12Names | None = None
    cxml: CxmlNames | None = None
    identifiers: Identifiers
    certificates: tuple[Certificate, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    unagreed: Literal["take", "refuse"] = "take"
    """What becomes of a document they send of which nothing is agreed on its channel: the rules alone decide, or it is
    refused. What is agreed otherwise than it comes is refused in any case."""
    contacts: tuple[Contact, ...] = ()
    from_: Moment | None = None
    until: Moment | None = None


class Plant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A plant of ours. Its id is the `site` in what it reports."""

    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Literal["plant"]
    state: Literal["active", "suspended"]
    binding: Binding
    clients: Annotated[tuple[Client, ...], Meta(min_length=1)]
    identifiers: Identifiers
    contacts: tuple[Contact, ...] = ()
    from_: Moment | None = None
    until: Moment | None = None
