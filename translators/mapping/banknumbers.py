"""One place of a message in which some write a BIC and others the number a bank has in its country.

UBL's `FinancialInstitutionBranch/ID` is the BIC in EN 16931, and the registration number of the branch in OIOUBL.
"""

import re
from collections.abc import Callable

_NUMBER = re.compile(r"[0-9][0-9 -]*\Z", re.ASCII).match


def _bic(text: str, _: str = "") -> str | None:
    """What names a bank and is no number of its country; whether it is a BIC is asked of the payment."""
    return None if _NUMBER(text) else text


def _bank_number(text: str, _: str = "") -> str | None:
    """The number of a bank or its branch in its country."""
    return text if _NUMBER(text) else None


def _written_number(text: str) -> str:
    if not _NUMBER(text):
        raise ValueError(f"`{text[:40]}` is not the number of a bank: digits are expected")
    return text


BANK_CONVERSIONS: dict[str, Callable[[str, str], str | None]] = {"bic": _bic, "bank_number": _bank_number}
BANK_INVERSES: dict[str, Callable[[str], str]] = {"bic": lambda text: text, "bank_number": _written_number}
