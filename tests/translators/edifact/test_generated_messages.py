"""Messages made from the directory tables: all right ones are taken, one fault is told once with its code and place."""

import random

import pytest
from support.edifact_generator import KINDS, Generator, one_fault

from translators.edifact.directory import directory
from translators.edifact.examining import examine
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer
from translators.edifact.writing import write

RELEASES = ("D.96A", "D.97A", "D.01B", "D.04A", "D.07A", "D.18A", "D.20B")
MESSAGES = (
    "ORDERS", "DELFOR", "DELJIT", "DESADV", "INVOIC", "RECADV", "APERAK", "INVRPT", "SLSRPT", "REMADV", "HANMOV",
    "QALITY", "PRICAT", "IFTSTA",
)  # fmt: skip


def generator(message: str, release: str, version: str, seed: str) -> Generator:
    tables = directory(release, version)
    assert tables is not None
    return Generator(tables, message, version, random.Random(seed))


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_the_directory_allows_is_taken(message: str, release: str, version: str) -> None:
    for seed in range(2):
        made = generator(message, release, version, f"{message}{release}{version}{seed}").made()
        examination = examine(made.content)
        told = [finding for finding in examination.all_findings if finding.severity != "information"]
        assert [(each.text, each.place) for each in told if each.code != "edifact.segment.missing"] == []
        tokenizer = Tokenizer()
        assert write(tokenize((made.content,), tokenizer), tokenizer.tail) == made.content


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_is_told_with_its_code_and_place(kind: str, version: str) -> None:
    seen = 0
    for message in MESSAGES:
        for release in ("D.96A", "D.01B", "D.20B"):
            maker = generator(message, release, version, f"{kind}{message}{release}{version}")
            faulty = one_fault(maker, kind)
            if faulty is None:
                continue
            seen += 1
            errors = [each for each in examine(faulty.content).all_findings if each.severity == "error"]
            wanted = (faulty.codes[version == "4"], faulty.position)
            assert wanted in [(each.syntax_code, each.place.segment_position) for each in errors], faulty
            assert {each.place.segment_position for each in errors} == {faulty.position}, (faulty, errors)
    assert seen > 5
