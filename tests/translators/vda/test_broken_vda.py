"""One broken transmission for each mistake, with every sentence and place expected of it.

The expectations stand in `tests/broken/translators/vda/expected.tsv`; `python tests/translators/vda/test_broken_vda.py`
writes them anew, to be read with care.
"""

import sys
from pathlib import Path

import pytest

from translators.findings import Finding
from translators.vda.translating import translate

BROKEN = Path(__file__).parents[2] / "broken" / "translators" / "vda"
FILES = sorted(path.stem for path in BROKEN.glob("*.vda"))
EXPECTED = BROKEN / "expected.tsv"
HEAD = "file\tseverity\tcode\trecord type, record, column\tsentence"


def row(name: str, finding: Finding) -> str:
    place = finding.place
    where = (place.segment, place.line, place.column)
    words = " ".join("-" if each is None else str(each) for each in where)
    return "\t".join((name, finding.severity, finding.code, words, finding.text))


def told(name: str) -> list[str]:
    findings = translate((BROKEN / f"{name}.vda").read_bytes()).findings
    return [row(name, each) for each in findings if each.severity != "information"]


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_is_told_with_sentence_code_and_place(name: str) -> None:
    rows = EXPECTED.read_text("utf-8").splitlines()[1:]
    expected = [each for each in rows if each.startswith(name + "\t")]
    assert told(name) == expected
    assert expected


if __name__ == "__main__":
    EXPECTED.write_text("\n".join([HEAD, *(line for name in FILES for line in told(name))]) + "\n", "utf-8")
    sys.stdout.write(f"{len(FILES)} files\n")
