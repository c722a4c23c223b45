"""What an X12 input consists of: interchanges of functional groups of sets, each with what is wrong in it."""

from msgspec import Struct, field

from translators.edifact.structure import GroupInstance
from translators.findings import Finding
from translators.x12.grammar import Grammar
from translators.x12.segments import Segment


class TransactionSet(Struct, eq=False):
    """From ST to SE. `root` is its tree when it could be made and is right; `findings` are its own."""

    id: str
    control: str
    group: "Group"
    convention: str = ""
    segments: list[Segment] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    root: GroupInstance | None = None

    @property
    def is_bad(self) -> bool:
        """Whether there is an error in it."""
        return any(finding.severity == "error" for finding in self.findings)


class Group(Struct, eq=False):
    """From GS to GE. `version` is GS08 as sent, `grammar` None when its release is not taken."""

    functional: str
    sender: str
    receiver: str
    control: str
    version: str
    interchange: "Interchange"
    grammar: Grammar | None
    sets: list[TransactionSet] = field(default_factory=list)
    declared: str = ""
    """How many transaction sets GE says there are."""
    findings: tuple[Finding, ...] = ()
    """Those of GS and GE."""


class Interchange(Struct, eq=False):
    """From ISA to IEA. `notes` are the interchange acknowledgements (TA1) in it."""

    segment: Segment
    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    version: str
    control: str
    wants_acknowledgement: bool
    is_test: bool
    groups: list[Group] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    """Those of ISA and IEA."""


class X12Examination(Struct, eq=False):
    """Everything in an input. `findings` holds all there are, those of the sets too, in the order of the input."""

    interchanges: list[Interchange]
    findings: tuple[Finding, ...]


def interchange_of(segment: Segment) -> Interchange:
    """From the elements of an ISA, without their padding."""
    return Interchange(
        segment=segment,
        sender_qualifier=segment.get(5).strip(),
        sender=segment.get(6).strip(),
        receiver_qualifier=segment.get(7).strip(),
        receiver=segment.get(8).strip(),
        date=segment.get(9),
        time=segment.get(10),
        version=segment.get(12),
        control=segment.get(13),
        wants_acknowledgement=segment.get(14) == "1",
        is_test=segment.get(15) == "T",
    )
