"""Numbers of banks and accounts: places of a message in which some write one kind of number and others another.

UBL's `FinancialInstitutionBranch/ID` is the BIC in EN 16931, and the registration number of the branch in OIOUBL. Its
`PayeeFinancialAccount/ID` is an IBAN or the number of the account in its country. An IBAN is printed in groups of four
(ISO 13616), and some write it so.
"""

import re
from collections.abc import Callable

from translators.canonical.payments import check_iban

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


def _iban(text: str, _: str = "") -> str:
    """An IBAN without the blanks it is printed with; whether it is one is asked of the payment."""
    return "".join(text.split())


def _right_iban(text: str, _: str = "") -> str | None:
    """What is an IBAN to its check digits, without blanks."""
    number = _iban(text)
    try:
        check_iban(number)
    except ValueError:
        return None
    return number


def _account_number(text: str, _: str = "") -> str | None:
    """What is no IBAN: the number of an account in its country."""
    return None if _right_iban(text) else text


def _same(text: str) -> str:
    return text


BANK_CONVERSIONS: dict[str, Callable[[str, str], str | None]] = {
    "bic": _bic,
    "bank_number": _bank_number,
    "iban": _iban,
    "right_iban": _right_iban,
    "account_number": _account_number,
}
BANK_INVERSES: dict[str, Callable[[str], str]] = {
    "bic": _same,
    "bank_number": _written_number,
    "iban": _same,
    "right_iban": _same,
    "account_number": _same,
}
