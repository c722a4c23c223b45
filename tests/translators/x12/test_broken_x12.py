"""One broken interchange for each mistake, with every sentence, code and place expected of it.

`PYTHONPATH=tests python tests/translators/x12/test_broken_x12.py` writes the expectations anew, to be read with care.
"""

import pytest
from support.broken_inputs import BrokenInputs, words

from translators.findings import Finding
from translators.x12.translating import translate


def row(finding: Finding) -> tuple[str, ...]:
    place = finding.place
    where = (place.message, place.segment, place.segment_position, place.element, place.component)
    return (finding.severity, finding.syntax_code or "-", words(where), finding.text)


BROKEN = BrokenInputs(
    "x12",
    "file\tseverity\tcode of the acknowledgement\tset, segment, position, element, component\tsentence",
    lambda content: translate(content).findings,
    row,
)


@pytest.mark.parametrize("name", BROKEN.names)
def test_a_mistake_is_told_with_its_sentence_and_place(name: str) -> None:
    assert BROKEN.told(name) == BROKEN.expected(name)
    assert BROKEN.expected(name)


if __name__ == "__main__":
    BROKEN.rewrite()
