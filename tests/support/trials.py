"""Damaged inputs through everything there is: identified, read, mapped, checked, answered, written.

Nothing may raise but what is documented: `Unreadable` and `Unwritable`, with their findings.
"""

import random
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import get_args

from support.damaging import damaged

from translators.edifact.acknowledgements import (
    Acknowledgement,
    AcknowledgementTerms,
    ControlReferences,
    Detail,
    acknowledge,
)
from translators.edifact.answers import read_answers
from translators.edifact.applicationerrors import ApplicationReferences, ErrorCodes, application_answer
from translators.edifact.dispositions import InboundMode, dispose
from translators.edifact.guidelines import shipped_guidelines
from translators.edifact.outgoing import Party
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer
from translators.edifact.writing import write as joined
from translators.findings import Finding, Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.reading import Document, read
from translators.readingeach import MessageReading, read_each
from translators.writing import Envelope, Unwritable, written

TESTS = Path(__file__).parents[1]
GOOD = sorted((TESTS / "samples").glob("*.in.*"))
INPUTS = [
    *GOOD,
    *sorted((TESTS / "broken" / "translators").glob("*.xml")),
    *sorted((TESTS / "broken" / "translators" / "edifact").glob("*.edi")),
    *sorted((TESTS / "broken" / "translators" / "messages").glob("*.edi")),
]
PREPARED = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 - an interchange has no zone
CONTROL = ControlReferences(interchange="C1", message="1", prepared=PREPARED)
APPLICATION = ApplicationReferences(interchange="A1", message="1", number="E-1", prepared=PREPARED)
CODES = ErrorCodes(otherwise="900")
TERMS = [
    AcknowledgementTerms(detail=detail, names_accepted=is_named)
    for detail in get_args(Detail)
    for is_named in (False, True)
]
MODES = [InboundMode(split=split, suspend_all=suspend) for split in (True, False) for suspend in (True, False)]


class Trial:
    """Damages of the inputs, one after the other, and what becomes of them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.originals = [path.read_bytes() for path in INPUTS]
        self.labels = [_label(content) for content in self.originals]
        self.outcomes: Counter[str] = Counter()

    def run(self, rounds: int) -> Iterator[tuple[bytes, str]]:
        """Each input that raised what it should not, with the traceback."""
        for _ in range(rounds):
            number = self.chance.randrange(len(GOOD) if self.chance.random() < 0.8 else len(INPUTS))
            content = damaged(self.originals[number], self.originals, self.chance)
            try:
                self.outcomes[self.one(content, self.labels[number])] += 1
            except Exception:
                self.outcomes["raised"] += 1
                yield content, traceback.format_exc()

    def one(self, content: bytes, label: Label | None) -> str:
        """What became of an input: `read`, `refused`, or `not known`."""
        if label is None or label.format == "edifact":
            self.examine(content)
        known = _label(content)
        outcome = "not known"
        for each in dict.fromkeys(one for one in (known, label) if one is not None):
            outcome = "refused"
            try:
                reading = read(content, each, trace=self.chance.random() < 0.1)
            except Unreadable as unreadable:
                told(unreadable.findings)
                continue
            outcome = "read"
            for document in reading.documents:
                self.write(document, each)
        return outcome

    def write(self, document: Document, label: Label) -> None:
        """Back into its own format, and into JSON."""
        version = self.chance.choice("34")
        envelope = Envelope(
            sender=Party(id="A"), recipient=Party(id="B"), prepared=PREPARED, reference="1", version=version
        )
        assert written(document.object, "json").content == document.body or label.format == "json"
        try:
            written(document.object, f"{label.format}:{label.name}:{label.version}", envelope=envelope)
        except Unwritable as unwritable:
            told(unwritable.findings)

    def examine(self, content: bytes) -> None:
        """Message by message, with guidelines; disposed of, answered, the answers read; the bytes kept."""
        read_all = read_each(content, guidelines=shipped_guidelines())
        for interchange in read_all.examination.interchanges:
            disposition = dispose(interchange, self.chance.choice(MODES))
            made = acknowledge(interchange, disposition, self.chance.choice(TERMS), CONTROL, is_sender_known=True)
            if isinstance(made, Acknowledgement):
                (control,) = read_answers(made.content).controls
                assert control.action == made.action
        for message in read_all.messages:
            self.answer(message)
        read_answers(content)
        tokenizer = Tokenizer()
        segments = list(tokenize((content,), tokenizer))
        assert tokenizer.dead or joined(segments, tokenizer.tail) == content

    def answer(self, message: MessageReading) -> None:
        """The APERAK for one message."""
        made = application_answer(message.interchange, message.message, message.findings, CODES, APPLICATION)
        if isinstance(made, bytes):
            read_answers(made)


def _label(content: bytes) -> Label | None:
    try:
        return identify(content[:4096], None)
    except Unreadable:
        return None


def told(findings: Sequence[Finding]) -> None:
    """A refusal says why, in words."""
    assert findings
    assert all(each.text and each.code for each in findings)
