"""One message against its directory, in the order of work: characters, contents with codes and dates, structure."""

from translators.edifact.arranging import arrange
from translators.edifact.contents import CodePolicy, ContentsCheck, Seen, are_plain, check_characters, contents_check
from translators.edifact.directory import Directory
from translators.edifact.faults import Faults
from translators.edifact.interchange import Message
from translators.edifact.segments import Segment
from translators.edifact.structure import MessageTree, Placed

MOST_CONSTITUENTS = 999
"""Elements, repetitions and components of one segment; the largest segments of the directories have some forty."""

Memory = dict[ContentsCheck, Seen]
"""The right segments of one input so far, by what they were checked against. It ends with its input."""


def check_message(
    message: Message,
    tables: Directory,
    faults: Faults,
    codes: CodePolicy | None = None,
    memory: Memory | None = None,
) -> MessageTree | None:
    """The message as a tree of groups; everything wrong goes to `faults`.

    None when the directory has no such message or its bytes are not of its character set. `codes` says what a code is
    that the directory does not have; without a word see `policy_for`. `memory` is for the messages of one input.
    """
    structure = tables.structure(message.type)
    if structure is None:
        return None
    segments = message.segments
    raws = [segment.raw for segment in segments]
    if max(map(len, raws)) > MOST_CONSTITUENTS and not _are_of_a_size(segments, faults):
        return None
    syntax = segments[0].syntax
    joined = syntax.terminator.join(raws)
    if not joined.isascii():
        _tell_of_another_encoding(segments, joined, faults)
    if not are_plain(joined, syntax):
        are_readable = [check_characters(Placed(segment, at), faults) for at, segment in enumerate(segments, 1)]
        if not all(are_readable):
            return None
    check = contents_check(tables, syntax.separators, syntax.version)
    seen = memory.setdefault(check, {}) if memory is not None else {}
    tree = arrange(
        check.check_all(segments, raws, faults, codes or policy_for(message, tables), seen), structure, faults
    )
    tree.tables = tables
    return tree


def _tell_of_another_encoding(segments: list[Segment], joined: bytes, faults: Faults) -> None:
    """Text that is UTF-8 throughout is so on purpose; read as a set of single bytes, every umlaut is two letters."""
    syntax = segments[0].syntax
    if syntax.encoding in ("ascii", "utf-8"):
        return
    try:
        joined.decode("utf-8")
    except UnicodeDecodeError:
        return
    at, first = next((at, segment) for at, segment in enumerate(segments, 1) if not segment.raw.isascii())
    text = f"the text is UTF-8, and read as {syntax.encoding.upper()} as the UNB says: UNOY or UNOW would say UTF-8"
    faults.tell("", "edifact.character", text, first, position=at, severity="warning")


def _are_of_a_size(segments: list[Segment], faults: Faults) -> bool:
    """Whether no segment has more elements or components than anybody may send; such a one is not split at all."""
    crowded = [
        (position, segment)
        for position, segment in enumerate(segments, 1)
        if len(segment.raw) > MOST_CONSTITUENTS and segment.constituents() > MOST_CONSTITUENTS
    ]
    for position, segment in crowded:
        text = f"the segment has more than {MOST_CONSTITUENTS} elements and components"
        faults.tell("constituents", "edifact.segment.constituents", text, segment, position=position)
    return not crowded


def policy_for(message: Message, tables: Directory) -> CodePolicy:
    """Unknown codes are wrong, but only remarkable where an association (0057) has code lists of its own, or a release
    of which there is no table: the nearest one does not know the codes that came with it.

    EANCOM, Odette and VDA take codes of later directories into messages of an earlier one.
    """
    is_substitute = tables.release != message.directory and message.type != "CONTRL"  # whose release is its syntax
    return "warning" if message.association or is_substitute else "error"
