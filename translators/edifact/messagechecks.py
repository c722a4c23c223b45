"""One message against its directory, in the order of work: characters, contents with codes and dates, structure."""

from translators.edifact.arranging import arrange
from translators.edifact.contents import (
    CodePolicy,
    ContentsCheck,
    Seen,
    are_plain,
    check_characters,
    check_release,
    contents_check,
)
from translators.edifact.directory import Directory
from translators.edifact.faults import Faults
from translators.edifact.interchange import Message
from translators.edifact.segments import Segment, Syntax
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
    if not _are_of_a_size(segments, faults):
        return None
    syntax = segments[0].syntax
    texts = _texts(segments, syntax)
    if not _are_readable(segments, texts, syntax, faults):
        return None
    check = contents_check(tables, syntax.separators, syntax.version)
    seen = memory.setdefault(check, {}) if memory is not None else {}
    placed = check.check_all(segments, texts, faults, codes or policy_for(message), seen)
    tree = arrange(placed, structure, faults)
    tree.tables = tables
    return tree


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


def _are_readable(segments: list[Segment], texts: list[str], syntax: Syntax, faults: Faults) -> bool:
    """Whether all bytes are of the character set; everything odd is told. Nearly always one look at all will do."""
    if are_plain([segment.raw for segment in segments], syntax):
        release = syntax.separators.release
        if release is not None:
            for at, text in enumerate(texts):
                if release in text:
                    check_release(Placed(segments[at], at + 1), faults)
        return True
    are_readable = [check_characters(Placed(segment, at), faults) for at, segment in enumerate(segments, 1)]
    return all(are_readable)


def _texts(segments: list[Segment], syntax: Syntax) -> list[str]:
    """The segments decoded: all at once where no terminator can stand inside one."""
    joined = syntax.terminator.join([segment.raw for segment in segments])
    if joined.isascii() or syntax.encoding != "ascii":  # who sends more than ASCII may do so otherwise in each
        texts = syntax.text(joined).split(syntax.separators.terminator)
        if len(texts) == len(segments):
            return texts
    return [syntax.text(segment.raw) for segment in segments]


def policy_for(message: Message) -> CodePolicy:
    """Unknown codes are wrong, but only remarkable where an association (0057) has code lists of its own.

    EANCOM, Odette and VDA take codes of later directories into messages of an earlier one.
    """
    return "warning" if message.association else "error"
