"""Exact or refused: decimals against floats, and units against Odoo's names."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.destinations.contract import Refused
from gateway.destinations.odoo.figures import divide, exact, keep, plain, round_as_odoo
from gateway.destinations.odoo.refusals import Stopped
from gateway.destinations.odoo.units import NAMES, Units
from translators.canonical.codes import UNITS

RECORDS = [
    {"id": 1, "name": "Units", "parent_path": "1/"},
    {"id": 2, "name": "Dozens", "parent_path": "1/2/"},
    {"id": 15, "name": "g", "parent_path": "15/"},
    {"id": 16, "name": "kg", "parent_path": "15/16/"},
]


def _refusal(stopped: pytest.ExceptionInfo[Stopped]) -> Refused:
    assert isinstance(stopped.value.outcome, Refused)
    return stopped.value.outcome


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False))
def test_a_kept_figure_survives_a_float(value: Decimal) -> None:
    assert exact(float(keep(value, None, "it"))) == value


@pytest.mark.parametrize("text", ["12.5", "12.50", "100", "0", "-3.25", "0.10"])
def test_zeros_at_the_end_are_no_loss(text: str) -> None:
    assert keep(Decimal(text), 2, "it") == Decimal(text)


@pytest.mark.parametrize(
    ("text", "digits", "why"),
    [
        ("0.125", 2, "it has 3 decimals and Odoo keeps 2"),
        ("1.5", 0, "it has 1 decimals and Odoo keeps 0"),
        ("1234567890123456", None, "it has 16 digits and Odoo keeps 15"),
        ("123456789012.123456", None, "it has 18 digits and Odoo keeps 15"),
    ],
)
def test_a_figure_odoo_would_round_is_refused(text: str, digits: int | None, why: str) -> None:
    with pytest.raises(Stopped) as stopped:
        keep(Decimal(text), digits, "it")
    assert _refusal(stopped) == Refused("odoo.precision_loss", why)


def test_an_exact_quotient_is_taken_and_another_refused() -> None:
    assert divide(Decimal("12.35"), Decimal(100), "it") == Decimal("0.1235")
    for basis in (Decimal(3), Decimal(0)):
        with pytest.raises(Stopped) as stopped:
            divide(Decimal(1), basis, "it")
        assert _refusal(stopped) == Refused("odoo.precision_loss", "it has no exact value for one unit")


def test_figures_are_written_without_exponent_and_zeros() -> None:
    assert [plain(Decimal(text)) for text in ("1E+3", "2.50", "0.000001", "100", "0")] == [
        "1000", "2.5", "0.000001", "100", "0",
    ]  # fmt: skip


def test_calculated_figures_are_rounded_half_up() -> None:
    assert round_as_odoo(Decimal("1.005"), 2) == Decimal("1.01")


def test_every_unit_of_the_table_is_a_code_of_rec_20() -> None:
    assert set(NAMES) <= UNITS


def test_units_of_one_kind_are_known_as_such() -> None:
    units = Units(RECORDS)
    assert units.of("KGM").id == 16
    assert units.same_kind(units.of("DZN"), 1)
    assert not units.same_kind(units.of("KGM"), 1)
    assert not units.same_kind(units.of("KGM"), 999)


@pytest.mark.parametrize("code", ["BX", "LTR", "XYZ"])
def test_a_unit_without_a_counterpart_is_refused_and_never_taken_for_pieces(code: str) -> None:
    with pytest.raises(Stopped) as stopped:
        Units(RECORDS).of(code)
    assert _refusal(stopped) == Refused("odoo.unit.unknown", f"Odoo has no active unit for `{code}`")
