"""How money moves: by which means, to which account."""

import re

from msgspec import Struct

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\Z").match
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\Z").match


class PaymentMeans(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How is paid: `code` is one of UN/EDIFACT 4461 (58 SEPA credit transfer, 59 SEPA direct debit)."""

    code: str | None = None
    iban: str | None = None
    bic: str | None = None
    account: str | None = None
    """An account that has no IBAN, in the form of its country."""
    bank: str | None = None
    holder: str | None = None
    reference: str | None = None
    """What the payer writes on the payment, so that the payee finds the invoice."""
    mandate: str | None = None

    def __post_init__(self) -> None:
        if self.iban is not None:
            check_iban(self.iban)
        if self.bic is not None and _BIC(self.bic) is None:
            raise ValueError(f"`{self.bic[:20]}` is not a BIC: 8 or 11 letters and digits are expected (ISO 9362)")


def check_iban(iban: str) -> None:
    """Raise ValueError unless `iban` is written without blanks and its check digits are right (ISO 13616, 7064)."""
    if _IBAN(iban) is None:
        raise ValueError(f"`{iban[:40]}` is not an IBAN: two letters, two digits and 11 to 30 more, without blanks")
    if int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 != 1:
        raise ValueError(f"`{iban[:40]}` is not an IBAN: its check digits are wrong")
