"""Each EDIFACT map with documents nobody wrote by hand: its golden ones with parts left out, doubled and exchanged.

What is written is valid and reads back as it was, or every difference is told with its place. Each in syntax version 3
and 4, so that repetitions of elements are written and read as well.
"""

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.edifact_generator import Generator

from translators.canonical.documents import decode, encode
from translators.differences import differences
from translators.edifact.directory import directory
from translators.edifact.examining import examine
from translators.edifact.outgoing import Party
from translators.identify import identify
from translators.mapping.catalogue import Entry, entries
from translators.mapping.files import load
from translators.reading import read
from translators.readingeach import read_each
from translators.writing import Envelope, Unwritable, written

SAMPLES = Path(__file__).parents[1] / "samples"
MAPS = [entry for entry in entries() if entry.format == "edifact"]
TEXTS = ("Müller & Söhne", "O'Brien? + Co: 7*3", "x" * 60, "7", "A", "zwei\nZeilen")


def altered(data: Any, chance: random.Random) -> Any:
    """A copy of a document with one to six parts of it otherwise; it need not be a document any more."""
    data = msgspec.json.decode(msgspec.json.encode(data))
    for _ in range(chance.randint(1, 6)):
        holder, key = chance.choice(list(_places(data)))
        if key not in holder if isinstance(holder, dict) else key >= len(holder):
            continue  # an alteration before took it away
        value = holder[key]
        if chance.random() < 0.4:
            del holder[key]
        elif isinstance(value, list):
            value.append(value[-1]) if value else None
        elif isinstance(value, str) and value.replace(".", "", 1).isdigit() and len(value) < 8:
            holder[key] = chance.choice(("1", "2", "0.5", "12.5", "1000000", "7.125"))
        elif isinstance(value, str):
            holder[key] = chance.choice(TEXTS)
    return data


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)):
        if key != "kind":
            yield value, key
            if isinstance(value[key], dict | list):
                yield from _places(value[key])


def documents(entry: Entry, chance: random.Random, wanted: int) -> Iterator[Any]:
    """Documents made of the map's own golden ones."""
    golden = [(SAMPLES / f"{name}.out.json").read_bytes() for name in load(entry.path).spec.samples]
    made = 0
    for _ in range(60 * wanted):
        try:
            yield decode(msgspec.json.encode(altered(msgspec.json.decode(chance.choice(golden)), chance)))
        except (msgspec.ValidationError, msgspec.DecodeError):
            continue  # the types say no
        made += 1
        if made == wanted:
            return


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_what_is_written_reads_back_as_it_was_or_is_told(entry: Entry, version: str) -> None:
    envelope = Envelope(
        sender=Party(id="A"),
        recipient=Party(id="B"),
        prepared=datetime(2026, 11, 23, 12, 0),  # noqa: DTZ001 - UNB knows no zone
        reference="1",
        version=version,
    )
    outcomes = []
    for document in documents(entry, random.Random(entry.name + version), 12):
        try:
            done = written(document, f"edifact:{entry.message}:{entry.version}", envelope=envelope)
        except Unwritable as unwritable:
            outcomes.append("refused")
            outcomes += [finding.text for finding in unwritable.findings]
            continue
        outcomes.append("written")
        assert [each.text for each in examine(done.content).all_findings if each.severity == "error"] == []
        again = read(done.content, identify(done.content[:4096], None)).documents[0]
        told = tuple(finding.place.path or "" for finding in done.findings)
        untold = [
            pointer
            for pointer, _ in differences(msgspec.json.decode(encode(document)), msgspec.json.decode(again.body))
            if not any(pointer.startswith(path) or path.startswith(pointer) for path in told)
        ]
        assert untold == []
    assert outcomes.count("written") >= 6, outcomes


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_whatever_the_directory_allows_is_read_or_refused_in_words(entry: Entry, version: str) -> None:
    tables = directory(entry.version, version)
    assert tables is not None
    for seed in range(4):
        made = Generator(tables, entry.message, version, random.Random(f"{entry.name}{version}{seed}")).made()
        (message,) = read_each(made.content).messages
        assert not message.message.is_bad
        assert message.documents or message.application_findings
        assert all(each.text and each.place.segment_position for each in message.application_findings)
