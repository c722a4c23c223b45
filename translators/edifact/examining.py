"""A whole input examined: every interchange, group and message with its own findings, good beside bad.

A bad message does not keep the others from being examined. What to do with the bad ones is said by an agreement, see
`dispositions`; what to answer, see `acknowledgements`.
"""

from collections.abc import Sequence

from msgspec import Struct

from translators.edifact.collecting import uncollected
from translators.edifact.contents import CodePolicy, check_characters
from translators.edifact.directory import directory, unknown_message
from translators.edifact.examinations import (
    Examination,
    GroupExamination,
    InterchangeExamination,
    MessageExamination,
)
from translators.edifact.faults import Faults
from translators.edifact.guidelines import Guideline, choose
from translators.edifact.interchange import InterchangeReader, Message
from translators.edifact.messagechecks import Memory, check_message
from translators.edifact.segments import Segment
from translators.edifact.streams import runs
from translators.edifact.structure import MessageTree, Placed
from translators.edifact.substitutes import release_for, tell_substitute
from translators.edifact.tokens import Agreement, Tokenizer
from translators.findings import Finding

__all__ = ["Examination", "ExamineLimits", "InterchangeExamination", "MessageExamination", "examine"]


class ExamineLimits(Struct, frozen=True, kw_only=True):
    """How much is taken of one input. `max_findings` holds for the envelopes and for each message."""

    max_interchanges: int = 1_000
    max_messages: int = 10_000
    max_segments: int = 200_000
    max_segment_bytes: int = 64 * 1024
    max_findings: int = 500
    repetition_off: bool = False


def examine(
    content: bytes,
    limits: ExamineLimits = ExamineLimits(),  # noqa: B008 - frozen
    *,
    codes: CodePolicy | None = None,
    guidelines: Sequence[Guideline] = (),
) -> Examination:
    """Everything in `content`, good and bad. Raises nothing, whatever the input.

    `codes` says what an unknown code is (see `messagechecks.policy_for`). Of the `guidelines` each message is checked
    by the first that suits it.
    """
    examiner = _Examiner(limits, codes, guidelines)
    agreement = Agreement(
        repetition_off=limits.repetition_off,
        max_segment_bytes=limits.max_segment_bytes,
        max_findings=limits.max_findings,
    )
    tokenizer = Tokenizer(agreement)
    with uncollected(len(content)):
        for run in runs((content,), tokenizer):
            if isinstance(run, list):
                examiner.take_inner(run)
            else:
                examiner.take(run)
            if examiner.is_full:
                break
        else:
            examiner.finish()
    return examiner.examination(tokenizer.findings)


def guideline_findings(content: bytes, guideline: Guideline) -> tuple[Finding, ...]:
    """What the guideline alone does not take in `content`, and one word where no message is one of its messages."""
    examination = examine(content, guidelines=(guideline,))
    told = tuple(
        finding
        for finding in examination.all_findings
        if finding.code.startswith("edifact.guideline.") and finding.severity == "error"
    )
    messages = (each.message for one in examination.interchanges for each in one.messages)
    if told or any(guideline.suits(message) for message in messages):
        return told
    codes = " or ".join(f"`{code}`" for code in sorted(guideline.association))
    text = f"no message is one of {guideline.name}{f'; its association code is {codes}' if codes else ''}"
    return (Finding("edifact.guideline.unsuited", text),)


_LATE = {"edifact.unt.missing", "edifact.une.missing", "edifact.unz.missing"}
"""Told at a later segment, but of what that segment closes."""
_OF_THE_INTERCHANGE = {"edifact.outside", "edifact.mixed", "edifact.unb.missing", "edifact.messages"}
_ENVELOPES = (b"UNB", b"UNG", b"UNE", b"UNZ")


class _Examiner:
    """Walks with the reader of the interchange and gives every finding to whom it belongs."""

    def __init__(self, limits: ExamineLimits, codes: CodePolicy | None, guidelines: Sequence[Guideline]) -> None:
        self._limits = limits
        self._codes = codes
        self._guidelines = guidelines
        self._faults = Faults(limits.max_findings)
        self._reader = InterchangeReader(self._faults, limits.max_messages, limits.max_segments)
        self._interchanges: list[InterchangeExamination] = []
        self._is_open = False
        self._una: Segment | None = None
        self._group: GroupExamination | None = None
        self._of_message: list[Finding] = []
        self._seen = self._errors = 0
        self._memory: Memory = {}
        self.is_full = False

    def take_inner(self, segments: list[Segment]) -> None:
        """Segments that open and close nothing."""
        self._reader.take_inner(segments)
        if len(self._faults.findings) != self._seen:
            self._settle(None, None)
        self.is_full = self._reader.stopped

    def take(self, segment: Segment) -> None:
        """A segment that may open or close a message, a group or an interchange."""
        tag = segment.raw[:3]
        if tag == b"UNA":
            self._una = segment
        if tag in _ENVELOPES:
            check_characters(Placed(segment, 0), self._faults)
        message = self._reader.take(segment)
        self._settle(message, segment if tag in (b"UNB", b"UNH", b"UNG") else None)
        if tag in _ENVELOPES:
            self._close(segment, tag)
        if self._reader.interchanges > self._limits.max_interchanges:
            text = f"the input has more than {self._limits.max_interchanges} interchanges"
            self._faults.tell("constituents", "edifact.interchanges", text, segment)
            self._settle(None, None)
            self.is_full = True
        self.is_full = self.is_full or self._reader.stopped

    def finish(self) -> None:
        """The end of the input: what is still open is closed."""
        self._settle(self._reader.finish(), None)

    def examination(self, of_tokens: list[Finding]) -> Examination:
        """All of it; what the tokenizer told goes to the interchange it stands in."""
        rest = []
        for finding in of_tokens:
            at = finding.place.offset or 0
            before = [each for each in self._interchanges if each.unb is not None and each.unb.offset <= at]
            if before and (before[-1].unz is None or at < before[-1].unz.offset):
                before[-1].findings.append(finding)
                before[-1].errors += finding.severity == "error"
            else:
                rest.append(finding)
        return Examination(interchanges=self._interchanges, findings=tuple(rest))

    def _settle(self, ended: Message | None, opening: Segment | None) -> None:
        """Give out what was told since the last segment: first to what it closed, then to what it opened."""
        news = self._faults.findings[self._seen :]
        self._seen = len(self._faults.findings)
        late = [finding for finding in news if finding.code in _LATE]
        if ended is not None:
            self._end_message(ended, [finding for finding in late if finding.code == "edifact.unt.missing"], news)
        for finding in late:
            if finding.code == "edifact.une.missing" and self._group is not None:
                _add(self._group, finding)
            elif finding.code != "edifact.unt.missing" and self._interchanges:
                _add(self._interchanges[-1], finding)
        if opening is not None:
            self._open(opening)
        others = [finding for finding in news if finding.code not in _LATE and not self._is_of(finding, ended)]
        for finding in others:
            self._give(finding)
        self._count_dropped()

    def _is_of(self, finding: Finding, ended: Message | None) -> bool:
        return ended is not None and finding.place.segment == "UNT" and finding.code not in _OF_THE_INTERCHANGE

    def _give(self, finding: Finding) -> None:
        tag = finding.place.segment
        if tag == "UNH" and finding.code not in _OF_THE_INTERCHANGE:
            self._of_message.append(finding)
        elif tag in ("UNG", "UNE") and self._group is not None and finding.code not in _OF_THE_INTERCHANGE:
            _add(self._group, finding)
        else:
            _add(self._here(), finding)

    def _count_dropped(self) -> None:
        """Errors beyond the limit are not kept, but the interchange is bad all the same."""
        stored = sum(finding.severity == "error" for finding in self._faults.findings[self._errors :])
        self._errors = len(self._faults.findings)
        dropped, self._faults.errors = self._faults.errors - stored, 0
        if dropped > 0:
            self._here().errors += dropped

    def _open(self, segment: Segment) -> None:
        tag = segment.raw[:3]
        if tag == b"UNB":
            self._interchanges.append(InterchangeExamination(header=self._reader.header, una=self._una, unb=segment))
            self._is_open, self._una, self._group = True, None, None
        elif tag == b"UNG" and self._reader.group is not None:
            self._group = GroupExamination(group=self._reader.group, ung=segment)
            self._here().groups.append(self._group)

    def _here(self) -> InterchangeExamination:
        """The interchange that is being read; one without UNB where there is none."""
        if not self._is_open:
            self._interchanges.append(InterchangeExamination(header=None))
            self._is_open = True
        return self._interchanges[-1]

    def _close(self, segment: Segment, tag: bytes) -> None:
        if tag == b"UNZ":
            self._here().unz = segment
            self._is_open, self._group = False, None
        elif tag == b"UNE" and self._group is not None:
            self._group.une = segment
            self._group = None

    def _end_message(self, message: Message, late: list[Finding], news: list[Finding]) -> None:
        interchange = self._here()
        envelope = [*self._of_message, *(finding for finding in news if self._is_of(finding, message)), *late]
        self._of_message = []
        faults = Faults(self._limits.max_findings)
        faults.open(
            message.header.reference if message.header else "", message.header.version if message.header else "3"
        )
        faults.message = message.reference[:35]
        faults.group = message.group.reference[:35] if message.group else None
        root = self._check(message, faults)
        findings = tuple(sorted((*envelope, *faults.findings), key=lambda finding: finding.place.offset or 0))
        errors = faults.errors + sum(finding.severity == "error" for finding in envelope)
        examined = MessageExamination(
            number=len(interchange.messages) + 1,
            message=message,
            findings=findings,
            errors=errors,
            root=root,
            group=self._group,
        )
        interchange.messages.append(examined)
        if self._group is not None:
            self._group.messages.append(examined)

    def _check(self, message: Message, faults: Faults) -> MessageTree | None:
        version = message.header.version if message.header else "3"
        release = release_for(message.type, message.directory)
        tables = directory(release, version) if release is not None else None
        if release is None or tables is None:
            unknown = unknown_message(message.type, message.directory)
            text = unknown.text if unknown is not None else f"there is no table of message `{message.type[:6]}`"
            faults.tell("agreement", "edifact.message.unknown", text, message.segments[0], 2, 1, position=1)
            return None
        tell_substitute(message, release, faults)
        guideline = choose(self._guidelines, message)
        if guideline is not None:
            tables = guideline.tables(tables)
        root = check_message(message, tables, faults, self._codes, self._memory)
        if guideline is not None and root is not None:
            for finding in guideline.check(message, root, self._limits.max_findings):
                faults.pass_on(finding)
        return root


def _add(level: InterchangeExamination | GroupExamination, finding: Finding) -> None:
    level.findings.append(finding)
    level.errors += finding.severity == "error"
