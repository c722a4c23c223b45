"""What was agreed about delivery and payment, and what is taken off or put on a price."""

from datetime import date
from typing import Literal

from msgspec import Struct

from translators.canonical.figures import Figure
from translators.canonical.quantities import Money


class DeliveryTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who carries cost and risk up to where; `incoterms` is a code of three letters, such as DAP."""

    incoterms: str | None = None
    place: str | None = None
    text: str | None = None


class Discount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is taken off for paying early: within `days` of the invoice, or until `until`."""

    percent: Figure
    days: str | None = None
    until: date | None = None


class PaymentTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When to pay: days after the invoice, or in words."""

    net_days: str | None = None
    text: str | None = None
    discounts: tuple[Discount, ...] = ()


class Allowance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Money or per cent taken off (`allowance`) or put on (`charge`)."""

    kind: Literal["allowance", "charge"]
    code: str | None = None
    reason: str | None = None
    percent: Figure | None = None
    amount: Money | None = None


class Tax(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tax on the line: its kind (`VAT`), category (UN/EDIFACT 5305) and rate in per cent."""

    kind: str
    category: str | None = None
    rate: Figure | None = None
