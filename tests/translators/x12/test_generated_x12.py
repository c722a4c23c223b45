"""Sets made up from the tables are right by the tables, in every release; damaged ones end in findings alone.

The seeds are fixed, so that a failure can be looked at; `X12_DAMAGED` in the environment asks for more damaged inputs.
"""

import os
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from support.damage import damaged
from support.x12_generator import set_of

from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read
from translators.x12.acknowledgements import AnswerEnvelope, acknowledge
from translators.x12.examining import examine
from translators.x12.grammar import RELEASES, grammar, group_of, messages
from translators.x12.interchanges import Interchange
from translators.x12.writing import CannotWrite

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.in.x12"))
DAMAGED = int(os.environ.get("X12_DAMAGED", "1500"))
ANSWER = AnswerEnvelope(control="1", prepared=datetime(2026, 1, 1))  # noqa: DTZ001 - ISA knows no zone


def interchange(message: str, release: str, random: Random) -> bytes:
    tables = grammar(release)
    assert tables is not None
    lines = set_of(message, tables, random)
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'A':15}*ZZ*{'B':15}*260101*0000*^*{release[:5]}*000000001*0*P*>"
    head = [isa, f"GS*{group_of(message)}*AA*BB*20260101*0000*1*X*{release}", f"ST*{message}*0001"]
    tail = [f"SE*{len(lines) + 2}*0001", "GE*1*1", "IEA*1*000000001"]
    return "".join(line + "~" for line in (*head, *lines, *tail)).encode()


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("message", messages())
def test_a_set_the_tables_allow_is_taken(message: str, release: str) -> None:
    for seed in range(3):
        content = interchange(message, release, Random(f"{message}{release}{seed}"))
        examination = examine(content)
        told = [each for each in examination.findings if each.severity == "error"]
        assert [(each.text, each.place) for each in told] == [], content.decode().replace("~", "~\n")


def test_a_damaged_interchange_ends_in_findings_and_its_answer_can_be_read() -> None:
    answered = 0
    for number in range(DAMAGED):
        random = Random(f"damage {number}")
        content = damaged(random.choice(SAMPLES).read_bytes(), random)
        assert _documents_or_errors(content)
        for each in examine(content).interchanges:
            answered += _is_answered(each)
    assert answered > DAMAGED // 3


def _documents_or_errors(content: bytes) -> bool:
    """Raises whatever a reader may not raise."""
    try:
        reading = read(content, identify(content[:4096], None))
    except Unreadable as refused:
        return any(finding.severity == "error" for finding in refused.findings)
    return bool(reading.documents or reading.findings)


def _is_answered(received: Interchange) -> bool:
    try:
        answer = acknowledge(received, ANSWER)
    except CannotWrite:
        return False
    if answer is None:
        return False
    told = [each.text for each in examine(answer).findings if each.severity == "error"]
    assert told == [], answer
    return True
