"""One broken interchange for each mistake, with every sentence, code and place expected of it.

The expectations stand in `tests/broken/translators/edifact/expected.tsv`, beside the files.
"""

from pathlib import Path

import pytest

from translators.edifact.examining import examine
from translators.findings import Finding

BROKEN = Path(__file__).parents[2] / "broken" / "translators" / "edifact"
FILES = sorted(path.stem for path in BROKEN.glob("*.edi"))
ROWS = [line.split("\t") for line in (BROKEN / "expected.tsv").read_text("utf-8").splitlines()[1:]]


def row(name: str, finding: Finding) -> list[str]:
    place = finding.place
    where = (
        place.message, place.segment, place.segment_position, place.element, place.component, place.repetition,
    )  # fmt: skip
    words = " ".join("-" if each is None else str(each) for each in where)
    return [name, finding.severity, finding.syntax_code or "-", words, finding.text]


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_is_told_with_sentence_code_and_place(name: str) -> None:
    examination = examine((BROKEN / f"{name}.edi").read_bytes())
    assert [row(name, each) for each in examination.all_findings] == [each for each in ROWS if each[0] == name]


def test_every_expectation_has_its_file() -> None:
    assert {each[0] for each in ROWS} <= set(FILES)
    silent = set(FILES) - {each[0] for each in ROWS}
    assert silent == {"code-of-another-list"}  # a code of a list the sender names is not ours to judge
