"""The quick ways say what the careful ways say: the same findings, documents and trees, over good and damaged messages.

Quick are the match that takes a whole segment, the table that arranges a message, the program of a map. Careful are the
walk over single values, the state machine that tells, and the closures of the map.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from msgspec import structs
from support.edifact_generator import Generator

from translators.edifact import arranging, contents, messagechecks, shortways
from translators.edifact.contents import ContentsCheck
from translators.edifact.directory import directory
from translators.edifact.examining import examine
from translators.edifact.programs import listing, program
from translators.edifact.segments import Syntax, split
from translators.edifact.segments import _split_piecewise as split_piecewise
from translators.edifact.separators import DEFAULT, from_una
from translators.edifact.shortways import ShortWay
from translators.edifact.translating import MAPS, compiled_map
from translators.findings import Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.mapping.specs import Row
from translators.reading import read

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.in.edi"))
KINDS = sorted(MAPS)


@pytest.fixture(autouse=True)
def _programs_at_once() -> Iterator[None]:
    with patch.object(shortways, "WORTH_A_PROGRAM", 0):
        yield


@contextmanager
def only_careful() -> Iterator[None]:
    """No quick way is taken."""
    with (
        patch.object(contents, "segment_pattern", lambda *_: re.compile(r"(?!)")),
        patch.object(messagechecks, "contents_check", ContentsCheck),
        patch.object(arranging, "quickly_arranged", lambda *_: None),
        patch.object(ShortWay, "__call__", side_effect=ValueError),
    ):
        yield


def label() -> Label:
    return identify(b"UNB+UNOC:3+S+R+261123:1200+1'UNH+1+ORDERS:D:96A:UN'", None)


def said(content: bytes) -> tuple[Any, ...]:
    """Everything reading and examining tell of an input."""
    found = examine(content)
    try:
        reading = read(content, label())
        outcome: Any = [(each.body, each.number, each.test) for each in reading.documents], reading.findings
    except Unreadable as refused:
        outcome = refused.findings
    return found.all_findings, [message.errors for each in found.interchanges for message in each.messages], outcome


def agree(content: bytes) -> None:
    quick = said(content)
    with only_careful():
        careful = said(content)
    assert quick == careful, content


def made(message: str, release: str, version: str, seed: int) -> bytes:
    tables = directory(release, version)
    assert tables is not None
    return Generator(tables, message, version, random.Random(f"{message}{release}{version}{seed}")).made().content


def damaged(content: bytes, draw: random.Random) -> bytes:
    """One thing wrong, or odd: a segment gone, twice or elsewhere; a byte more, less or other; an element changed."""
    segments = content.split(b"'")
    at, place = draw.randrange(len(segments)), draw.randrange(len(content))
    odd = bytes([draw.choice(b"?+:'*AZ09 -.,\n\x00\xe4\xff")])
    elements = segments[at].split(b"+")
    number = draw.randrange(len(elements))
    other = draw.choice(draw.choice(segments).split(b"+"))
    ways: list[Callable[[], bytes]] = [
        lambda: b"'".join([*segments[:at], *segments[at + 1 :]]),
        lambda: b"'".join([*segments[:at], segments[at], *segments[at:]]),
        lambda: b"'".join([*segments[:at], draw.choice(segments), *segments[at:]]),
        lambda: content[:place] + odd + content[place:],
        lambda: content[:place] + content[place + 1 :],
        lambda: content[:place] + odd + content[place + 1 :],
    ]
    for value in (b"", elements[number] + b":", elements[number] + b"*" + elements[number], b"a?+b??", other):
        changed = b"+".join([*elements[:number], value, *elements[number + 1 :]])
        ways.append(lambda changed=changed: b"'".join([*segments[:at], changed, *segments[at + 1 :]]))  # type: ignore[misc]
    return draw.choice(ways)()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_and_their_damaged_copies_are_read_alike(sample: Path) -> None:
    content, draw = sample.read_bytes(), random.Random(sample.name)
    agree(content)
    for _ in range(25):
        broken = damaged(content, draw)
        agree(broken)
        agree(damaged(broken, draw))


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize(("message", "release"), KINDS, ids=str)
def test_generated_messages_and_their_damaged_copies_are_read_alike(message: str, release: str, version: str) -> None:
    draw = random.Random(f"{message}{release}{version}")
    for seed in range(3):
        content = made(message, release, version, seed)
        agree(content)
        for _ in range(4):
            agree(damaged(content, draw))


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize(("message", "release"), KINDS, ids=str)
def test_every_map_that_ships_has_a_program(message: str, release: str, version: str) -> None:
    compiled, tables = compiled_map(message, release), directory(release, version)
    assert compiled is not None
    assert tables is not None
    assert callable(program(compiled.file, compiled.source, tables))  # type: ignore[arg-type]


def test_the_samples_take_the_short_way() -> None:
    """Else the tests above would compare the careful way with itself. Repetitions do not lie flat."""
    long_ways = []
    for sample in SAMPLES:
        ways: list[bool] = []
        plain = ShortWay.__call__

        def watched(self: ShortWay, run: Any, plain: Any = plain, ways: list[bool] = ways) -> Any:
            ways.append(False)
            data = plain(self, run)
            ways[-1] = True
            return data

        with patch.object(ShortWay, "__call__", watched):
            read(sample.read_bytes(), label())
        if not ways or not all(ways):
            long_ways.append(sample.name)
    assert long_ways == ["delivery-schedule-d04a.in.edi"]


def test_what_a_map_says_is_text_in_its_program_whatever_it_says() -> None:
    compiled, tables = compiled_map("ORDERS", "D.96A"), directory("D.96A")
    assert compiled is not None
    assert tables is not None
    hostile = "'); raise SystemExit('taken over') #\n\\\"\"\""
    rows = (
        *(row for row in compiled.spec.rows if row.to != "version"),
        Row(to=hostile.replace(".", ""), value=hostile),
        Row(to="version", from_="BGM/C002.1000", otherwise=hostile, join=hostile),
        Row(from_="BGM/1004", write=hostile),
    )
    file = structs.replace(compiled.file, spec=structs.replace(compiled.spec, rows=rows))
    read_program = program(file, compiled.source, tables)  # type: ignore[arg-type]
    found = examine((SAMPLES[0].parent / "order-d96a.in.edi").read_bytes())
    data = read_program(found.interchanges[0].messages[0].root)
    assert data["version"] == hostile
    assert data[hostile.replace(".", "")] == hostile


def test_a_program_can_be_read() -> None:
    compiled, tables = compiled_map("ORDERS", "D.96A"), directory("D.96A")
    assert compiled is not None
    assert tables is not None
    assert "f['version'] = '0'" in listing(compiled.file, compiled.source, tables)  # type: ignore[arg-type]


@pytest.mark.parametrize("una", [b"UNA:+.? '", b"UNA:+.?*'", b"UNA|^.~*#", b"UNA:+.  '"])
def test_released_characters_are_cut_alike_in_one_go_and_piece_by_piece(una: bytes) -> None:
    separators, draw = from_una(una), random.Random(una)
    for _ in range(4_000):
        letters = [
            *separators.special * 2,
            *DEFAULT.special,
            "a",
            "B ",
            "é",
            *("\ue000\ue002" if draw.random() < 0.1 else ""),
        ]
        text = "".join(draw.choice(letters) for _ in range(draw.randint(0, 14)))
        plain = split_piecewise(text, separators, separators.release) if separators.release else split(text, separators)
        assert Syntax(separators, "4", "UNOY", "utf-8").elements_of(text.encode()) == plain == split(text, separators)
