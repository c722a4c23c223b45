"""Transmissions made up from the tables are right by them; damaged ones end in findings, never in anything else.

The seeds are fixed, so that a failure can be looked at; `VDA_DAMAGED` in the environment asks for more damaged inputs.
"""

import os
import string
from pathlib import Path
from random import Random

import pytest
from support.damage import damaged

from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read
from translators.vda.faults import Faults
from translators.vda.layout import FILLED, LENGTH, Field, records
from translators.vda.translating import translate
from translators.vda.transmissions import VdaLimits, transmissions_in

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.in.vda"))
DAMAGED = int(os.environ.get("VDA_DAMAGED", "2000"))
COUNTED = {
    "519": ("511", "512", "513", "514", "517", "518", "519", "515"),
    "719": ("711", "712", "713", "714", "715", "716", "718", "719", "717"),
}


def record(tag: str, random: Random) -> str:
    """Any record the layout allows; call-offs are days, one after the other."""
    known = records()[tag]
    text, day = "", random.randint(1, 4)
    for index, (rule, place) in enumerate(zip(known.rules, known.places, strict=True), 1):
        if index == 1:
            text += tag
        elif index == 2:
            text += random.choice(known.versions)
        elif place.width:
            for _ in range(rule.repeats):
                for number, width in enumerate(place.parts):
                    part = rule.components[number]
                    assert isinstance(part, Field)
                    is_asked = rule.mandatory or part.mandatory
                    if part.type == "C":
                        day += random.randint(1, 3)
                        text += f"2612{day:02}" if day < 29 else "000000"
                    elif part.name == "quantity" and rule.id in ("513-08", "514-03"):
                        text += f"{random.randint(0, 999) if day < 29 else 0:09}"
                    else:
                        text += value(part, width, random) if is_asked or random.random() < 0.5 else empty(part, width)
    assert len(text) == LENGTH
    return text


def empty(part: Field, width: int) -> str:
    return ("0" if part.type in FILLED else " ") * width


def value(part: Field, width: int, random: Random) -> str:
    if part.type == "B":
        return " " * width
    if part.type == "D":
        return f"26{random.randint(1, 12):02}{random.randint(1, 28):02}"
    if part.type == "T":
        return f"{random.randint(0, 23):02}{random.randint(0, 59):02}"
    if part.type in FILLED:
        return f"{random.randint(1, 10 ** min(width, 9) - 1):0{width}}"
    letters = string.ascii_uppercase + string.digits + "-/.ÄÖÜß"
    return "".join(random.choice(letters) for _ in range(random.randint(1, width))).ljust(width)


def transmission(message: str, random: Random) -> list[str]:
    tags = schedules(random) if message == "4905" else notes(random)
    first, trailer = ("511", "519") if message == "4905" else ("711", "719")
    lines = [record(tag, random) for tag in (first, *tags)]
    counts = [sum(line[:3] == tag for line in lines) + (tag == trailer) for tag in COUNTED[trailer]]
    end = trailer + records()[trailer].versions[0] + "".join(f"{count:07}" for count in counts)
    return [*lines, end.ljust(LENGTH)]


def schedules(random: Random) -> list[str]:
    tags: list[str] = []
    for _ in range(random.randint(1, 3)):
        tags += ["512", "513", *(["515"] if random.random() < 0.5 else [])]
        tags += ["517"] * random.randint(0, 2) + ["518"] * random.randint(0, 2)
    return tags


def notes(random: Random) -> list[str]:
    tags: list[str] = []
    for _ in range(random.randint(1, 2)):
        tags.append("712")
        for _ in range(random.randint(1, 2)):
            tags += ["713", *(["716"] if random.random() < 0.3 else [])]
            for _ in range(random.randint(1, 3)):
                tags += ["714", *(["716"] if random.random() < 0.3 else []), *["718"] * random.randint(0, 1)]
    return tags


@pytest.mark.parametrize("message", ["4905", "4913"])
def test_a_transmission_the_tables_allow_is_taken(message: str) -> None:
    for seed in range(60):
        random = Random(f"{message} {seed}")
        lines = transmission(message, random)
        content = random.choice(("", "\n", "\r\n")).join(lines).encode(random.choice(("utf-8", "latin-1")))
        faults = Faults()
        found = transmissions_in(content, faults, VdaLimits())
        assert [(each.text, each.place) for each in faults.findings] == [], "\n".join(lines)
        assert sum(len(own.units) for own in found) == sum(line[:3] in ("512", "713") for line in lines)


def test_a_damaged_transmission_ends_in_findings() -> None:
    seen = 0
    for number in range(DAMAGED):
        random = Random(f"damage {number}")
        content = damaged(random.choice(SAMPLES).read_bytes(), random)
        translate(content)
        try:
            reading = read(content, identify(content[:4096], None))
            seen += bool(reading.documents)
        except Unreadable as refused:
            assert any(finding.severity == "error" for finding in refused.findings)  # noqa: PT017 - many inputs
    assert 0 < seen < DAMAGED


@pytest.mark.parametrize("content", [b"", b"511", b"51102" * 4, b"711" + b"\x00" * 300, b"\xff" * 300, b"519"])
def test_what_is_no_transmission_is_told(content: bytes) -> None:
    assert any(each.severity == "error" for each in translate(content).findings)


def test_the_reading_is_bounded() -> None:
    content = SAMPLES[0].read_bytes()
    limits = VdaLimits(max_records=20, max_transmissions=2)
    assert any("more than 20 records" in each.text for each in translate(content * 5, limits).findings)
    limits = VdaLimits(max_transmissions=2)
    assert any("more than 2 transmissions" in each.text for each in translate(content * 5, limits).findings)
    limits = VdaLimits(max_messages=2)
    assert any("more than 2 schedules" in each.text for each in translate(content * 5, limits).findings)
