"""Delivery schedules (DELFOR) as customers send them: how fine they plan, for which days, what they received last."""

from pathlib import Path

import pytest
from support.changed_samples import edifact_as_sent

from translators.canonical.delivery_schedule import DeliverySchedule, ScheduleLine

SAMPLES = Path(__file__).parents[1] / "samples"


def line(name: str, *replaced: tuple[bytes, bytes]) -> ScheduleLine:
    """Of the sample with what is replaced in it."""
    (document,) = edifact_as_sent(name, *replaced).documents
    assert isinstance(document.object, DeliverySchedule)
    return document.object.lines[0]


@pytest.mark.parametrize("name", ["delivery-schedule-d97a", "delivery-schedule-d04a"])
@pytest.mark.parametrize(("pattern", "per"), [(b"W", "week"), (b"M", "month"), (b"D", "period"), (b"F", "period")])
def test_how_fine_the_customer_plans_is_read_from_the_firmness_around(name: str, pattern: bytes, per: str) -> None:
    buckets = line(name, (b"SCC+4++M'", b"SCC+4++" + pattern + b"'")).buckets
    assert [each.per for each in buckets] == ["day", "day", per]


@pytest.mark.parametrize("name", ["delivery-schedule-d97a", "delivery-schedule-d04a"])
def test_a_quantity_is_for_the_days_between_158_and_159(name: str) -> None:
    weekly = line(name, (b"DTM+2:2027010120270131:718'", b"DTM+158:20270104:102'\nDTM+159:20270110:102'")).buckets[-1]
    assert weekly.period is not None
    assert (str(weekly.period.start), str(weekly.period.end)) == ("2027-01-04", "2027-01-10")


@pytest.mark.parametrize("name", ["delivery-schedule-d97a", "delivery-schedule-d04a"])
def test_what_was_received_and_accepted_last_is_the_last_despatch(name: str) -> None:
    received = (b"QTY+48:400:PCE'\nDTM+50:20261125:102'\nRFF+AAU:90211'",
                b"QTY+194:380:PCE'\nRFF+AAU:90211'\nDTM+171:20261119:102'")  # fmt: skip
    last = line(name, received).last_despatch
    assert last is not None
    assert last.quantity is not None
    assert (last.number, str(last.quantity.value), str(last.despatched_on)) == ("90211", "380", "2026-11-19")


def test_what_was_despatched_last_goes_before_what_was_accepted_last() -> None:
    both = (b"QTY+48:400:PCE'", b"QTY+194:380:PCE'\nRFF+AAU:90100'\nQTY+48:400:PCE'")
    last = line("delivery-schedule-d97a", both).last_despatch
    assert last is not None
    assert last.number == "90211"


def test_an_ordered_quantity_without_a_firmness_is_no_need() -> None:
    told = line("delivery-schedule-d96a")
    told_with_order = line("delivery-schedule-d96a", (b"QTY+70:", b"QTY+21:90000:PCE'\nQTY+70:"))
    assert told_with_order.buckets == told.buckets
