"""Who: companies and places, as the document names them."""

from msgspec import Struct

from translators.canonical.codes import COUNTRIES
from translators.canonical.identifiers import Identifier


class Address(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A postal address; `country` is a code of ISO 3166-1 alpha-2."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    postcode: str | None = None
    subdivision: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        check_country(self.country)

    def text(self) -> str:
        """In one line."""
        parts = (*self.lines, self.postcode, self.city, self.subdivision, self.country)
        return ", ".join(part for part in parts if part)


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person or department to ask."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    role: str | None = None
    """A code of UN/EDIFACT 3139, such as PD (purchasing)."""


class Party(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A company or place; its role is the field it stands in. Has an identifier, a name or an address, mostly all."""

    identifiers: tuple[Identifier, ...] = ()
    name: str | None = None
    address: Address | None = None
    contacts: tuple[Contact, ...] = ()

    def __post_init__(self) -> None:
        if not self.identifiers and not self.name and self.address is None:
            raise ValueError("a party needs an identifier, a name or an address")

    def identifier(self, scheme: str) -> str | None:
        """The first identifier of `scheme`, or None."""
        return next((each.value for each in self.identifiers if each.scheme == scheme), None)

    def key(self) -> str:
        """What names the party in a business key: its GLN, its first identifier, its name, or else its address."""
        first = self.identifiers[0].value if self.identifiers else None
        return self.identifier("gln") or first or self.name or (self.address.text() if self.address else "")


def check_country(country: str | None) -> None:
    """Raise ValueError unless `country` is a code of ISO 3166-1 alpha-2, or not given."""
    if country is not None and country not in COUNTRIES:
        raise ValueError(f"unknown country `{country[:20]}`; use two letters of ISO 3166-1, such as DE")
