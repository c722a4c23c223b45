"""A company we deal with (UBL Party, OAGIS PartyMaster, UN/EDIFACT PARTIN). Key: partner.

Master data: a later description replaces an earlier one. There are no bank accounts here on purpose: they are changed
by two people, never by a message.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Address, Contact
from translators.canonical.quantities import check_currency
from translators.canonical.references import Note
from translators.canonical.terms import DeliveryTerms, PaymentTerms
from translators.canonical.times import Period

Role = Literal[
    "buyer", "seller", "ship_to", "ship_from", "invoicee", "payee", "carrier", "contract_manufacturer", "manufacturer",
    "customs_agent", "other",
]  # fmt: skip


class PartnerAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An address and what it is for; a place of its own has a GLN among its `identifiers`."""

    purpose: Literal["legal", "delivery", "pick_up", "invoice", "postal", "other"]
    name: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    address: Address
    contacts: tuple[Contact, ...] = ()
    opening: str | None = None
    """When goods are taken, in words."""


class Partner(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="partner/1",
):
    """A company, what it is to us, and how it is reached."""

    partner_id: Annotated[str, Meta(min_length=1)]
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    identifiers: tuple[Identifier, ...] = ()
    """Scheme `eas` is an electronic address (Peppol); its `agency` is the code of the address scheme, such as 0088."""
    legal_name: Annotated[str, Meta(min_length=1)]
    trade_name: str | None = None
    addresses: tuple[PartnerAddress, ...] = ()
    contacts: tuple[Contact, ...] = ()
    language: str | None = None
    currency: str | None = None
    payment_terms: PaymentTerms | None = None
    delivery_terms: DeliveryTerms | None = None
    state: Literal["draft", "active", "blocked", "retired"] = "active"
    valid: Period | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_currency(self.currency)
        if len(set(self.roles)) != len(self.roles):
            raise ValueError("a role stands twice in `roles`")
        if sum(each.purpose == "legal" for each in self.addresses) > 1:
            raise ValueError("`addresses` holds two legal addresses; a company has one")
