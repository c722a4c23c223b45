"""One broken transmission for each mistake, with every sentence and place expected of it.

`PYTHONPATH=tests python tests/translators/vda/test_broken_vda.py` writes the expectations anew, to be read with care.
"""

import pytest
from support.broken_inputs import BrokenInputs, words

from translators.findings import Finding
from translators.vda.translating import translate


def row(finding: Finding) -> tuple[str, ...]:
    place = finding.place
    where = (place.segment, place.line, place.column)
    return (finding.severity, finding.code, words(where), finding.text)


BROKEN = BrokenInputs(
    "vda",
    "file\tseverity\tcode\trecord type, record, column\tsentence",
    lambda content: translate(content).findings,
    row,
)


@pytest.mark.parametrize("name", BROKEN.names)
def test_a_mistake_is_told_with_its_sentence_and_place(name: str) -> None:
    assert BROKEN.told(name) == BROKEN.expected(name)
    assert BROKEN.expected(name)


if __name__ == "__main__":
    BROKEN.rewrite()
