"""Reads an X12 input from end to end: envelopes, counts, control numbers, every set against its table; all findings."""

from collections.abc import Callable

from msgspec import Struct

from translators.edifact.collecting import uncollected
from translators.x12.faults import Faults
from translators.x12.grammar import RELEASES, grammar, group_of
from translators.x12.interchanges import Group, Interchange, TransactionSet, X12Examination, interchange_of
from translators.x12.segments import Segment
from translators.x12.setchecks import checked
from translators.x12.tokens import segments_in

_MOST_DIGITS = 18


class X12Limits(Struct, frozen=True, kw_only=True):
    """How much is taken of one input."""

    max_interchanges: int = 1_000
    max_messages: int = 10_000
    max_segments: int = 200_000
    max_segment_bytes: int = 64 * 1024
    max_findings: int = 500


def examine(content: bytes, limits: X12Limits = X12Limits()) -> X12Examination:  # noqa: B008 - frozen
    """Everything in `content` with everything that is wrong. Raises nothing, whatever the input."""
    with uncollected(len(content)):
        faults = Faults(limits.max_findings)
        reader = _Reader(faults, limits)
        for segment in segments_in(content, faults, limits.max_segment_bytes):
            reader.take(segment)
            if reader.stopped:
                break
        else:
            reader.finish()
        if not reader.interchanges and not faults.errors:
            faults.tell("", "x12.isa", "there is no interchange header (ISA)")
        return X12Examination(reader.interchanges, tuple(faults.findings))


class _Reader:
    """Keeps what is open: an interchange, a group in it, a set in that."""

    def __init__(self, faults: Faults, limits: X12Limits) -> None:
        self.faults = faults
        self.limits = limits
        self.interchanges: list[Interchange] = []
        self.stopped = False
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._set: TransactionSet | None = None
        self._begun = 0
        """How many findings there were when the open set began."""
        self._segments = 0
        self._sets = 0
        self._controls: set[str] = set()
        self._takes: dict[str, Callable[[Segment], None]] = {
            "ISA": self._isa, "IEA": self._iea, "GS": self._gs, "GE": self._ge, "ST": self._st, "SE": self._se,
        }  # fmt: skip

    def take(self, segment: Segment) -> None:
        """One segment more."""
        self._segments += 1
        if self._segments > self.limits.max_segments:
            self._stop("x12.segments", f"the input has more than {self.limits.max_segments} segments", segment)
            return
        handler = self._takes.get(segment.tag)
        if handler is not None:
            handler(segment)
        elif self._set is not None:
            self._set.segments.append(segment)
        elif segment.tag == "TA1" and self._group is None and self._interchange is not None:
            self._interchange.notes.append(segment)
        else:
            text = f"the segment {segment.tag[:3]} stands outside of a transaction set"
            self._tell_envelope("TA105:022", "x12.outside", text, segment)

    def finish(self) -> None:
        """The input has ended."""
        self._close_interchange("the end of the input")

    def _isa(self, segment: Segment) -> None:
        self._close_interchange("ISA")
        if len(self.interchanges) >= self.limits.max_interchanges:
            self._stop(
                "x12.interchanges", f"the input has more than {self.limits.max_interchanges} interchanges", segment
            )
            return
        self._interchange = interchange_of(segment)
        self.interchanges.append(self._interchange)
        self.faults.interchange = self._interchange.control[:9]
        self.faults.group = self.faults.message = None
        self._check_isa(segment, self._interchange)

    def _check_isa(self, segment: Segment, interchange: Interchange) -> None:
        version, control = interchange.version, interchange.control
        if not (version.isdigit() and version.isascii() and "00200" <= version <= "00899"):
            text = f"the version of the interchange controls `{version[:5]}` is not known; 00401 to 00801 are"
            self._tell_envelope("TA105:017", "x12.version", text, segment, 12)
        if not (control.isascii() and control.isdigit()):
            text = f"the interchange control number `{control[:9]}` is not one of nine digits"
            self._tell_envelope("TA105:018", "x12.reference", text, segment, 13)
        for at, code, words in ((6, "TA105:006", "sender"), (8, "TA105:008", "receiver")):
            if not segment.get(at).strip():
                self._tell_envelope(code, "x12.isa", f"the interchange does not name its {words}", segment, at)
        if segment.get(15) not in ("P", "T", "I"):
            text = f"the usage indicator is `{segment.get(15)[:1]}`; P (production), T (test) or I is expected"
            self._tell_envelope("TA105:020", "x12.isa", text, segment, 15)

    def _iea(self, segment: Segment) -> None:
        interchange = self._interchange
        if interchange is None:
            self._tell_envelope("TA105:022", "x12.outside", "IEA stands where no interchange is open", segment)
            return
        self._close_group("IEA")
        groups = len(interchange.groups)
        if _number(segment.get(1)) != groups:
            text = f"IEA says there are `{segment.get(1)[:5]}` functional groups; there are {groups}"
            self._tell_envelope("TA105:021", "x12.count", text, segment, 1)
        if segment.get(2) != interchange.control:
            text = f"IEA has the control number `{segment.get(2)[:9]}`, ISA has `{interchange.control[:9]}`"
            self._tell_envelope("TA105:001", "x12.reference", text, segment, 2)
        self._interchange = None

    def _gs(self, segment: Segment) -> None:
        self._close_group("GS")
        interchange = self._interchange
        if interchange is None:
            self._tell_envelope("TA105:022", "x12.outside", "GS stands where no interchange is open", segment)
            return
        version = segment.get(8)
        group = Group(
            functional=segment.get(1), sender=segment.get(2), receiver=segment.get(3), control=segment.get(6),
            version=version, interchange=interchange, grammar=grammar(version[:6]),
        )  # fmt: skip
        self._group = group
        interchange.groups.append(group)
        self._controls = set()
        self.faults.group, self.faults.message = group.control[:9], None
        if group.grammar is None:
            text = f"the release `{version[:12]}` is not taken; known are {RELEASES[0]} to {RELEASES[-1]}"
            self._tell_group("AK905:2", "x12.version", text, segment, 8)
        if not (group.control.isascii() and group.control.isdigit()):
            text = f"the group control number `{group.control[:9]}` is not a number"
            self._tell_group("AK905:6", "x12.reference", text, segment, 6)

    def _ge(self, segment: Segment) -> None:
        self._close_set("GE")
        group = self._group
        if group is None:
            self._tell_envelope("TA105:022", "x12.outside", "GE stands where no functional group is open", segment)
            return
        group.declared = segment.get(1)
        if _number(group.declared) != len(group.sets):
            text = f"GE says there are `{group.declared[:6]}` transaction sets; there are {len(group.sets)}"
            self._tell_group("AK905:5", "x12.count", text, segment, 1)
        if _number(segment.get(2)) != _number(group.control) or not segment.get(2):
            text = f"GE has the control number `{segment.get(2)[:9]}`, GS has `{group.control[:9]}`"
            self._tell_group("AK905:4", "x12.reference", text, segment, 2)
        self._group = None
        self.faults.group = None

    def _st(self, segment: Segment) -> None:
        self._close_set("ST")
        group = self._group
        if group is None:
            self._tell_envelope("TA105:022", "x12.outside", "ST stands where no functional group is open", segment)
            return
        self._sets += 1
        if self._sets > self.limits.max_messages:
            self._stop("x12.sets", f"the input has more than {self.limits.max_messages} transaction sets", segment)
            return
        control = segment.get(2)
        self._set = TransactionSet(segment.get(1), control, group, segment.get(3), [segment])
        group.sets.append(self._set)
        self._begun = len(self.faults.findings)
        self.faults.message = control[:9]
        if control in self._controls:
            text = f"the control number `{control[:9]}` stands twice in the functional group"
            self.faults.tell("AK502:23", "x12.reference", text, segment, 2, position=1)
        self._controls.add(control)
        expected = group_of(self._set.id)
        if expected and group.functional != expected:
            text = f"a transaction set {self._set.id} belongs into a group {expected}, not `{group.functional[:2]}`"
            self.faults.tell("AK502:6", "x12.set.group", text, segment, 1, position=1)

    def _se(self, segment: Segment) -> None:
        own = self._set
        if own is None:
            self._tell_envelope("TA105:022", "x12.outside", "SE stands where no transaction set is open", segment)
            return
        own.segments.append(segment)
        position = len(own.segments)
        if _number(segment.get(1)) != position:
            text = f"SE says there are `{segment.get(1)[:10]}` segments; there are {position}"
            self.faults.tell("AK502:4", "x12.count", text, segment, 1, position=position)
        if segment.get(2) != own.control:
            text = f"SE has the control number `{segment.get(2)[:9]}`, ST has `{own.control[:9]}`"
            self.faults.tell("AK502:3", "x12.reference", text, segment, 2, position=position)
        self._settle(own)

    def _settle(self, own: TransactionSet) -> None:
        """The set is complete: check it, and keep what was found."""
        tables = own.group.grammar
        errors = self.faults.errors
        if tables is not None:
            root = checked(own, self.faults)
            own.root = root if self.faults.errors == errors else None
        own.findings = tuple(self.faults.findings[self._begun :])
        self._set = None
        self.faults.message = None

    def _close_set(self, before: str) -> None:
        own = self._set
        if own is not None:
            text = f"the trailer SE is missing before {before}"
            last = own.segments[-1]
            self.faults.tell("AK502:2", "x12.trailer", text, last, position=len(own.segments))
            own.findings = tuple(self.faults.findings[self._begun :])
            self._set = None
            self.faults.message = None

    def _close_group(self, before: str) -> None:
        self._close_set(before)
        if self._group is not None:
            self._tell_group("AK905:3", "x12.trailer", f"the trailer GE is missing before {before}", None)
            self._group = None
            self.faults.group = None

    def _close_interchange(self, before: str) -> None:
        self._close_group(before)
        if self._interchange is not None:
            self._tell_envelope("TA105:023", "x12.trailer", f"the trailer IEA is missing before {before}", None)
            self._interchange = None

    def _tell_envelope(self, syntax_code: str, code: str, text: str, segment: Segment | None, element: int = 0) -> None:
        before = len(self.faults.findings)
        self.faults.tell(syntax_code, code, text, segment, element)
        if self._interchange is not None:
            self._interchange.findings += tuple(self.faults.findings[before:])

    def _tell_group(self, syntax_code: str, code: str, text: str, segment: Segment | None, element: int = 0) -> None:
        before = len(self.faults.findings)
        self.faults.tell(syntax_code, code, text, segment, element)
        if self._group is not None:
            self._group.findings += tuple(self.faults.findings[before:])

    def _stop(self, code: str, text: str, segment: Segment) -> None:
        self.faults.tell("", code, text, segment)
        self.stopped = True


def _number(text: str) -> int | None:
    """The number a count or control number is, whatever zeros stand before it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
