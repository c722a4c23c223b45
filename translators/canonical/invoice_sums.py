"""The sums of an invoice, checked against their parts (EN 16931, BR-CO-10 to BR-CO-16 and BR-DEC)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from translators.canonical.codes import minor_units
from translators.canonical.quantities import Money
from translators.canonical.rules import plain

_NAMES = ("lines", "allowances", "charges", "net", "tax", "gross", "prepaid", "rounding", "payable")


class Totals(Protocol):
    """The sums an invoice states, each if it states it."""

    @property
    def lines(self) -> Money | None: ...
    @property
    def allowances(self) -> Money | None: ...
    @property
    def charges(self) -> Money | None: ...
    @property
    def net(self) -> Money | None: ...
    @property
    def tax(self) -> Money | None: ...
    @property
    def gross(self) -> Money | None: ...
    @property
    def prepaid(self) -> Money | None: ...
    @property
    def rounding(self) -> Money | None: ...
    @property
    def payable(self) -> Money | None: ...


def check_sums(
    currency: str,
    lines: list[tuple[str, Money | None]],
    allowances: list[tuple[str, Money]],
    taxes: list[Money],
    totals: Totals,
) -> None:
    """Raise ValueError with the first sum that is not what its parts make. Amounts that are not given are not judged.

    `lines` are (number, net amount), `allowances` are ("allowance" or "charge", amount), `taxes` the amounts of tax.
    """
    _check_currencies(currency, lines, [*(amount for _, amount in allowances), *taxes], totals)
    if all(amount is not None for _, amount in lines):
        _check("lines", totals.lines, _sum(amount for _, amount in lines), "the lines sum to")
    between = Decimal(0)  # the lines and the net: what is not stated as a sum is still charged
    for kind, sign, stated in (("allowance", -1, totals.allowances), ("charge", 1, totals.charges)):
        made = _sum(amount for each, amount in allowances if each == kind)
        if allowances:
            _check(f"{kind}s", stated, made, f"the {kind}s sum to")
        between += sign * (stated.amount if stated is not None else made)
    if totals.lines is not None:
        _check("net", totals.net, totals.lines.amount + between, "lines − allowances + charges is")
    if taxes:
        _check("tax", totals.tax, _sum(taxes), "the taxes sum to")
    if not _is_rounded_in_gross(totals):
        _check_gross(totals)


def _check_gross(totals: Totals) -> None:
    if totals.net is not None and totals.tax is not None:
        _check("gross", totals.gross, totals.net.amount + totals.tax.amount, "net + tax is")
    if totals.gross is not None:
        payable = totals.gross.amount - _value(totals.prepaid) + _value(totals.rounding)
        _check("payable", totals.payable, payable, "gross − prepaid + rounding is")


def _is_rounded_in_gross(totals: Totals) -> bool:
    """Whether the rounding is in the gross already, as the profiles before EN 16931 have it (BII2-T10-R053)."""
    if totals.rounding is None or None in (totals.net, totals.tax, totals.gross, totals.payable):
        return False
    rounded = _value(totals.net) + _value(totals.tax) + totals.rounding.amount
    return _value(totals.gross) == rounded and _value(totals.payable) == rounded - _value(totals.prepaid)


def _check_currencies(
    currency: str, lines: list[tuple[str, Money | None]], amounts: list[Money], totals: Totals
) -> None:
    digits = minor_units(currency)
    for number, amount in lines:
        if amount is not None and amount.currency != currency:
            raise ValueError(f"line `{number[:35]}` is in {amount.currency}, the invoice in {currency}")
    stated = [amount for name in _NAMES if (amount := getattr(totals, name)) is not None]
    for amount in (*amounts, *stated):
        if amount.currency != currency:
            raise ValueError(f"an amount is in {amount.currency}, the invoice in {currency}")
        exponent = amount.amount.as_tuple().exponent
        if digits is not None and isinstance(exponent, int) and -exponent > digits:
            raise ValueError(f"the sum {plain(amount.amount)} has more decimals than {currency} has ({digits})")


def _check(name: str, stated: Money | None, made: Decimal, how: str) -> None:
    if stated is not None and stated.amount != made:
        raise ValueError(f"`totals.{name}` is {plain(stated.amount)}, but {how} {plain(made)}")


def _sum(amounts: Iterable[Money | None]) -> Decimal:
    return sum((amount.amount for amount in amounts if amount is not None), Decimal(0))


def _value(amount: Money | None) -> Decimal:
    return amount.amount if amount is not None else Decimal(0)
