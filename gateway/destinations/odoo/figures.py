"""Exact figures against Odoo's floats: what would be rounded is refused before anything is written."""

from decimal import ROUND_HALF_UP, Decimal, Inexact, localcontext

from gateway.destinations.odoo.refusals import refuse

_FLOAT_DIGITS = 15  # a double keeps fifteen decimal digits, whatever they are


def exact(value: float) -> Decimal:
    """The decimal a float of Odoo stands for: the shortest that reads back as the same float."""
    return Decimal(repr(float(value)))


def keep(value: Decimal, digits: int | None, what: str) -> Decimal:
    """`value` unchanged. Raises `Stopped` with `odoo.precision_loss` when a field with `digits` would round it."""
    normal = value.normalize()
    _, figures, exponent = normal.as_tuple()
    assert isinstance(exponent, int)
    if digits is not None and -exponent > digits:
        raise refuse("odoo.precision_loss", f"{what} has {-exponent} decimals and Odoo keeps {digits}")
    if len(figures) > _FLOAT_DIGITS:
        raise refuse("odoo.precision_loss", f"{what} has {len(figures)} digits and Odoo keeps {_FLOAT_DIGITS}")
    return value


def divide(amount: Decimal, basis: Decimal, what: str) -> Decimal:
    """The exact quotient; raises `Stopped` with `odoo.precision_loss` when there is none."""
    with localcontext(prec=28) as context:
        context.traps[Inexact] = True
        try:
            return amount / basis
        except (Inexact, ZeroDivisionError):
            raise refuse("odoo.precision_loss", f"{what} has no exact value for one unit") from None


def round_as_odoo(value: Decimal, digits: int) -> Decimal:
    """What Odoo would make of a figure we have calculated (never of one that was told)."""
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """For a cell of `load` or a sentence: no exponent, no zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
