"""Every EDIFACT file there is: read without an exception, given back byte for byte, and written again when it is right.

Ours always; `EDIFACT_SAMPLES` may name a folder of others, such as what partners have sent.
"""

import os
from pathlib import Path

import pytest
from support.trials import PREPARED

from translators.edifact.examining import examine
from translators.edifact.outgoing import Party
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer
from translators.edifact.writing import write
from translators.readingeach import MessageReading, read_each
from translators.writing import Envelope, Unwritable, written

TESTS = Path(__file__).parents[1]
FOLDERS = [TESTS / "samples", TESTS / "broken" / "translators"]
OTHERS = os.environ.get("EDIFACT_SAMPLES")
STARTS = (b"UNA", b"UNB", b"UNG", b"UNH")


def is_edifact(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(STARTS)


FILES = [
    path
    for folder in (*FOLDERS, *([Path(OTHERS)] if OTHERS else []))
    for path in sorted(folder.rglob("*"))
    if is_edifact(path)
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_read_told_and_given_back(path: Path) -> None:
    content = path.read_bytes()
    tokenizer = Tokenizer()
    segments = list(tokenize((content,), tokenizer))
    assert tokenizer.dead or write(segments, tokenizer.tail) == content
    reading = read_each(content)
    assert reading.messages or any(each.severity == "error" for each in examine(content).all_findings)
    for message in reading.messages:
        assert message.documents or message.is_bad
        for document in message.documents:
            _written_back(message, document.object)


def _written_back(message: MessageReading, document: object) -> None:
    own = message.message.message
    envelope = Envelope(
        sender=Party(id="A"),
        recipient=Party(id="B"),
        prepared=PREPARED,
        reference="1",
        association=own.association,
        version=own.header.version if own.header else "3",
    )
    try:
        done = written(document, f"edifact:{own.type}:{own.directory}", envelope=envelope)
    except Unwritable as unwritable:
        told = [finding.code for finding in unwritable.findings]
        assert told == ["map.target"], "there is no map of this very release"
    else:
        assert [each.text for each in examine(done.content).all_findings if each.severity == "error"] == []
