"""What is told of a message that becomes no document."""

import pytest

from translators.edifact.unmapped import unmapped

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
