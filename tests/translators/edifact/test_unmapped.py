"""What is told of a message that becomes no document."""

from pathlib import Path

import pytest

from translators.edifact.substitutes import release_for
from translators.edifact.unmapped import unmapped
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read
from translators.readingeach import read_each

SAMPLES = Path(__file__).parents[2] / "samples"

MAPS = [("ORDERS", "D.96A"), ("ORDERS", "D.01B"), ("INVOIC", "D.96A")]


@pytest.mark.parametrize(
    ("message", "release", "code", "sentence"),
    [
        (
            "ORDERS",
            "D.05B",
            "document.unmapped",
            "ORDERS D.05B can be checked, but there is no map to make a document of it; "
            "there are maps for ORDERS of D.01B, D.96A",
        ),
        (
            "STATAC",
            "D.96A",
            "document.unmapped",
            "STATAC D.96A can be checked, but there is no map to make a document of it; "
            "there are maps for INVOIC, ORDERS",
        ),
        (
            "ORDERS",
            "D.97B",
            "edifact.message.unknown",
            "there is no directory table of release `D.97B`; the nearest release with ORDERS is D.98A",
        ),
        ("BAPLIE", "D.96A", "edifact.message.unknown", "there is no table of message `BAPLIE` in release D.96A"),
    ],
)
def test_it_is_said_what_is_lacking(message: str, release: str, code: str, sentence: str) -> None:
    finding = unmapped(message, release, MAPS)
    assert (finding.code, finding.text, finding.syntax_code) == (code, sentence, "17")


def test_not_more_than_thirty_messages_are_named() -> None:
    many = [(f"M{number:05}", "D.96A") for number in range(100)]
    assert unmapped("STATAC", "D.96A", many).text.endswith(", M00029")


@pytest.mark.parametrize(
    ("message", "release", "read_by"),
    [
        ("ORDERS", "D.96A", "D.96A"),
        ("ORDERS", "D.10A", "D.10A"),  # there is a table, and a map is carried over to it
        ("ORDERS", "D.96B", "D.97A"),
        ("INVOIC", "D.97B", "D.97A"),  # D.98A is as near, and no map was written for it
        ("ORDERS", "D.93A", "D.95B"),
        ("ORDERS", "D.11A", "D.10A"),
        ("BAPLIE", "D.97B", None),
        ("QUOTES", "D.96A", None),
        ("ORDERS", "91.1", None),
        ("ORDERS", "S.93A", "D.95B"),
        ("ORDERS", "D.9XA", None),
    ],
)
def test_a_release_without_a_table_is_read_by_the_nearest(message: str, release: str, read_by: str | None) -> None:
    assert release_for(message, release) == read_by


def test_an_order_of_a_release_without_a_table_is_read_and_told() -> None:
    content = (SAMPLES / "order-d97a.in.edi").read_bytes().replace(b"ORDERS:D:97A", b"ORDERS:D:97B")
    label = identify(content[:4096], None)
    reading = read(content, label)
    assert label.version == "D.97B"
    assert [each.text for each in reading.findings if each.severity != "information"] == [
        "there is no table of release `D.97B`; the message is read by D.97A, the nearest"
    ]
    assert len(reading.documents) == len(read_each(content).messages[0].documents) == 1
    with pytest.raises(Unreadable):
        read(content.replace(b"BGM+", b"BGX+"), label)
