"""Despatch advices (DESADV, X12 856) as they are sent: when the goods arrive, and for which order."""

import re
from pathlib import Path

import pytest

from translators.canonical.despatch_advice import DespatchAdvice
from translators.canonical.times import Period
from translators.identify import identify
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"


def arrival(*dates: bytes) -> Period | None:
    content = (SAMPLES / "despatch-advice-d96a.in.edi").read_bytes()
    given = b"DTM+17:20261124:102'"
    assert given in content
    content = content.replace(given, b"\n".join(b"DTM+" + each + b"'" for each in dates), 1)
    count = content[content.index(b"UNH+") :].count(b"'\n") - 1
    content = re.sub(rb"UNT\+\d+", b"UNT+%d" % count, content)
    (document,) = read(content, identify(content, None)).documents
    assert isinstance(document.object, DespatchAdvice)
    return document.object.arrival


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        ((b"358:202611240600:203", b"359:20261126:102"), ("2026-11-24", "06:00:00", "2026-11-26")),
        ((b"358:20261124:102",), ("2026-11-24", "None", "None")),
        ((b"359:20261126:102",), ("None", "None", "2026-11-26")),
        ((b"191:20261125:102",), ("2026-11-25", "None", "2026-11-25")),
        ((b"132:20261125:102",), ("2026-11-25", "None", "2026-11-25")),
        ((b"17:20261124:102", b"191:20261127:102", b"358:20261123:102"), ("2026-11-24", "None", "2026-11-24")),
        ((b"191:20261127:102", b"359:20261128:102"), ("2026-11-27", "None", "2026-11-27")),
    ],
)
def test_goods_arrive_when_they_are_estimated_expected_or_scheduled_to(
    dates: tuple[bytes, ...], days: tuple[str, str, str]
) -> None:
    period = arrival(*dates)
    assert period is not None
    assert (str(period.start), str(period.start_time), str(period.end)) == days


def test_an_x12_despatch_advice_may_name_its_order_among_its_references() -> None:
    content = (SAMPLES / "despatch-advice-x12.in.x12").read_bytes()
    (document,) = read(ordered := content.replace(b"REF*BM*", b"REF*PO*"), identify(ordered, None)).documents
    assert isinstance(document.object, DespatchAdvice)
    assert [(each.kind, each.number, each.qualifier) for each in document.object.references] == [
        ("order", "BL-991", None)
    ]
