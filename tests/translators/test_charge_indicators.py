"""Whether an amount is added or taken off is a boolean of XML Schema, which has two ways to say each: true or 1."""

import re
from pathlib import Path

import pytest

from translators.identify import identify
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
INDICATORS = re.compile(rb"(<(?:cbc:Charge|udt:)Indicator>)(true|false)<")
CHARGED = sorted(path for path in SAMPLES.glob("*.in.xml") if INDICATORS.search(path.read_bytes()))


def body(content: bytes) -> bytes:
    return read(content, identify(content[:4096], None)).documents[0].body


def test_there_are_samples_of_each_document_that_charges() -> None:
    assert {path.name.partition("-")[0] for path in CHARGED} >= {"invoice", "credit", "order"}


@pytest.mark.parametrize("path", CHARGED, ids=lambda path: path.name)
def test_one_and_zero_are_true_and_false(path: Path) -> None:
    content = path.read_bytes()
    in_digits = INDICATORS.sub(lambda found: found[1] + {b"true": b"1", b"false": b"0"}[found[2]] + b"<", content)
    assert in_digits != content
    assert body(in_digits) == body(content)
