"""Golden pairs: every `tests/samples/*.in.*` becomes exactly its `*.out.json`.

Add a case by adding the input and running `python tests/translators/test_golden_pairs.py`, which writes the outputs;
read a new output with care before committing it.
"""

import sys
from pathlib import Path

import msgspec
import pytest

from translators.examples import example
from translators.identify import identify
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
INPUTS = sorted(SAMPLES.glob("*.in.*"))


def output_of(path: Path) -> Path:
    return path.with_name(path.name.partition(".in.")[0] + ".out.json")


def bodies(content: bytes) -> bytes:
    documents = read(content, identify(content[:4096], None)).documents
    return b"".join(msgspec.json.format(document.body, indent=2) + b"\n" for document in documents)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_a_sample_becomes_its_golden_output(path: Path) -> None:
    assert bodies(path.read_bytes()) == output_of(path).read_bytes()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_the_maps_leave_nothing_of_a_golden_sample_behind(path: Path) -> None:
    content = path.read_bytes()
    findings = read(content, identify(content[:4096], None)).findings
    assert [finding.text for finding in findings if finding.code.endswith(".residue")] == []


def test_one_order_in_three_formats_has_the_same_bytes() -> None:
    contents = [example(name) for name in ("order.edi", "order.ubl.xml", "order.json")]
    documents = [read(content, identify(content[:4096], None)).documents[0] for content in contents]
    assert documents[0].body == documents[1].body == documents[2].body
    assert {document.business_key for document in documents} == {"4012345000009|PO-4711|0"}
    assert {document.ship_to for document in documents} == {"4012345000016"}


if __name__ == "__main__":
    for sample in INPUTS:
        output_of(sample).write_bytes(bodies(sample.read_bytes()))
        sys.stdout.write(f"{output_of(sample).name}\n")
