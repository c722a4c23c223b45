"""What was found in an input: interchanges, groups and messages, each with its own findings."""

from msgspec import Struct, field

from translators.edifact.headers import Header
from translators.edifact.interchange import Group, Message
from translators.edifact.segments import Segment
from translators.edifact.structure import MessageTree
from translators.findings import Finding


class MessageExamination(Struct, kw_only=True, eq=False):
    """One message: `number` counts from 1 in its interchange; `root` is None when it could not be arranged.

    `group` is the group it stands in, if any.
    """

    number: int
    message: Message
    findings: tuple[Finding, ...]
    errors: int
    root: MessageTree | None
    group: "GroupExamination | None" = None

    @property
    def is_bad(self) -> bool:
        """Whether it has an error of its own, or no UNT."""
        return self.errors > 0


class GroupExamination(Struct, kw_only=True, eq=False):
    """A functional group: its UNG and UNE, what is wrong with them, and its messages."""

    group: Group
    ung: Segment
    une: Segment | None = None
    findings: list[Finding] = field(default_factory=list)
    errors: int = 0
    messages: list[MessageExamination] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether UNG or UNE is wrong; its messages may be right all the same."""
        return self.errors > 0


class InterchangeExamination(Struct, kw_only=True, eq=False):
    """An interchange: UNA, UNB and UNZ, what is wrong with them, and all messages, those in groups too."""

    header: Header | None
    una: Segment | None = None
    unb: Segment | None = None
    unz: Segment | None = None
    findings: list[Finding] = field(default_factory=list)
    errors: int = 0
    groups: list[GroupExamination] = field(default_factory=list)
    messages: list[MessageExamination] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether its envelope is wrong, so that nothing in it can be relied on."""
        return self.errors > 0

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Of the envelope, the groups and the messages, in the order of the input as far as places are known."""
        of_groups = [finding for group in self.groups for finding in group.findings]
        of_messages = [finding for message in self.messages for finding in message.findings]
        found = [*self.findings, *of_groups, *of_messages]
        return tuple(sorted(found, key=lambda finding: finding.place.offset or 0))


class Examination(Struct, kw_only=True, eq=False):
    """What an input holds. `findings` are those of no interchange: not EDIFACT at all, text after UNZ, a limit."""

    interchanges: list[InterchangeExamination]
    findings: tuple[Finding, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Every finding of every level."""
        return (*self.findings, *(finding for each in self.interchanges for finding in each.all_findings))

    @property
    def is_good(self) -> bool:
        """Whether there is something, and nothing is wrong with any of it."""
        return bool(self.interchanges) and not any(finding.severity == "error" for finding in self.all_findings)
