"""The types all canonical objects are made of."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.canonical.codes import COUNTRIES, CURRENCIES, UNITS
from translators.canonical.documents import KINDS
from translators.canonical.figures import Figure, decode_figure, figure
from translators.canonical.identifiers import Identifier, check_digit
from translators.canonical.quantities import Quantity
from translators.canonical.schema import json_schema
from translators.canonical.times import Period
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.conversions import CONVERSIONS, decimal
from translators.reading import read


@pytest.mark.parametrize(
    ("text", "value"), [("0", "0"), ("-0", "0"), ("12.50", "12.5"), ("-3.000000", "-3"), ("1" * 18, "1" * 18)]
)
def test_a_figure_has_one_spelling(text: str, value: str) -> None:
    assert str(figure(text)) == value


@pytest.mark.parametrize(
    "text", ["", " 1", "1_000", "1e3", "+1", ".5", "5.", "NaN", "Infinity", "٣", "1,5", "0x1", "1\n"]
)
def test_what_decimal_would_take_is_still_not_a_figure(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal"):
        figure(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**17), max_value=10**17))
def test_a_figure_is_exact(value: Decimal) -> None:
    assert figure(f"{value:f}") == value
    assert decode_figure(Figure, value) == value


@given(st.decimals())
def test_any_decimal_is_a_figure_or_refused(value: Decimal) -> None:
    try:
        assert decode_figure(Figure, value) == value
    except ValueError:
        assert not value.is_finite() or value.adjusted() >= 18 or value != round(value, 6)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("gtin", "4006381333931"),
        ("gtin", "96385074"),
        ("gtin", "10614141000415"),
        ("gln", "4012345000009"),
        ("sscc", "340123450000000017"),
        ("grai", "04012345000009S17"),
        ("duns", "150483782"),
        ("vat", "DE811234567"),
    ],
)
def test_a_right_identifier_is_taken(scheme: str, value: str) -> None:
    assert Identifier(scheme=scheme, value=value).value == value


@pytest.mark.parametrize(
    ("scheme", "value", "sentence"),
    [
        ("gtin", "4006381333932", "`4006381333932` is not a GTIN: its check digit should be 1"),
        ("sscc", "34012345000000001", "`34012345000000001` is not a SSCC: 18 digits are expected"),
        ("gln", "40123450000٠9", "`40123450000٠9` is not a GLN: 13 digits are expected"),
        ("grai", "04012345000008S17", "`04012345000008S17` is not a GRAI: its check digit should be 9"),
        ("vat", "", "an identifier needs a value"),
    ],
)
def test_a_wrong_identifier_is_refused(scheme: str, value: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Identifier(scheme=scheme, value=value)


@given(st.text("0123456789", min_size=7, max_size=17))
def test_a_check_digit_finds_every_single_wrong_digit(digits: str) -> None:
    right = check_digit(digits)
    changed = str((int(digits[0]) + 1) % 10) + digits[1:]
    assert check_digit(changed) != right


def test_a_unit_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown unit `PCE`"):
        Quantity(value=Decimal(1), unit="PCE")


def test_a_period_does_not_run_backwards() -> None:
    day = date(2026, 11, 23)
    with pytest.raises(ValueError, match="a period may not end before it starts"):
        Period(start=day, start_time=time(10), end=day, end_time=time(9))
    with pytest.raises(ValueError, match="a period needs a start or an end"):
        Period()
    with pytest.raises(ValueError, match="a time needs its date"):
        Period(start=day, end_time=time(9))
    assert Period(start=day, start_time=time(10), end=day).end == day


def test_the_code_lists_are_whole() -> None:
    assert {"C62", "H87", "KGM", "MTR", "LTR", "HUR", "XPX"} <= UNITS
    assert {"EUR", "USD", "CHF", "JPY"} <= CURRENCIES
    assert {"DE", "NL", "US", "CN"} <= COUNTRIES
    assert "PCE" not in UNITS


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_has_a_schema_that_forbids_unknown_fields(kind: object) -> None:
    schema = json_schema(kind.document_type)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"]["enum"] == [kind.tag]
    assert all(each.get("additionalProperties") is False for each in schema["$defs"].values())


@pytest.mark.parametrize(
    ("text", "value"),
    [("00048", "48"), ("+5,00", "5"), (".5", "0.5"), ("-0,50", "-0.5"), ("0", "0"), ("000", "0"), ("5.", "5")],
)
def test_numbers_of_other_formats_become_figures(text: str, value: str) -> None:
    assert decimal(text) == value


@pytest.mark.parametrize("text", ["", "-", ".", "1e3", "1.2.3", "x", "1 000"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        decimal(text)


@given(
    st.sampled_from(sorted(CONVERSIONS)), st.text(max_size=24), st.sampled_from(["", "2", "102", "203", "616", "718"])
)
def test_a_conversion_converts_or_refuses(name: str, text: str, code: str) -> None:
    try:
        converted = CONVERSIONS[name](text, code)
    except ValueError:
        return
    assert converted is None or isinstance(converted, str)


@given(st.dates(date(1980, 1, 1), date(2079, 12, 31)))
def test_a_day_is_the_same_in_every_edifact_format(day: date) -> None:
    year, week, weekday = day.isocalendar()
    convert = CONVERSIONS["edifact_date"]
    spelled = {convert(f"{day:%Y%m%d}", "102"), convert(f"{day:%y%m%d}", "101"), convert(f"{day:%d%m%y}", "2")}
    assert spelled == {day.isoformat()}
    monday = date.fromisoformat(str(convert(f"{year}{week:02}", "616")))
    assert (day - monday).days == weekday - 1


def test_a_large_wrong_json_document_is_told_without_a_long_search() -> None:
    content = b'{"kind":"purchase_order/1","x":[' + b"1," * 600_000 + b"1]}"
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    assert [finding.text for finding in refused.value.findings] == ["there is an unknown field `x`"]
