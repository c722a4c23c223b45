"""References to other documents, and free text."""

from datetime import date
from typing import Literal

from msgspec import Struct

RefKind = Literal[
    "contract", "quotation", "blanket_order", "order", "sales_order", "despatch", "invoice", "price_list", "project",
    "buyer_reference", "production_order", "delivery_schedule", "receipt", "consignment", "other",
]  # fmt: skip


class Ref(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Another document by its number; `line` is a line of it. `qualifier` is the sender's word for kind `other`."""

    kind: RefKind
    number: str
    line: str | None = None
    issued_on: date | None = None
    qualifier: str | None = None


class Note(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Free text; `subject` is a code of UN/EDIFACT 4451 (AAI general, DEL delivery, PUR purchasing)."""

    text: str
    subject: str | None = None
    language: str | None = None
