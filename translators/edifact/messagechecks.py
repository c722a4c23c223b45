"""One message against its directory, in the order of work: characters, contents with codes and dates, structure."""

from translators.edifact.contents import CodePolicy, are_plain, check_characters, contents_check
from translators.edifact.directory import Directory
from translators.edifact.faults import Faults
from translators.edifact.interchange import Message
from translators.edifact.structure import GroupInstance, Placed, arrange


def check_message(
    message: Message, tables: Directory, faults: Faults, codes: CodePolicy | None = None
) -> GroupInstance | None:
    """The message as a tree of groups; everything wrong goes to `faults`.

    None when the directory has no such message or its bytes are not of its character set. `codes` says what a code is
    that the directory does not have; without a word see `policy_for`.
    """
    structure = tables.structure(message.type)
    if structure is None:
        return None
    segments = message.segments
    placed = [Placed(segment, position) for position, segment in enumerate(segments, 1)]
    syntax = segments[0].syntax
    if not are_plain([segment.raw for segment in segments], syntax):
        are_readable = [check_characters(each, faults) for each in placed]
        if not all(are_readable):
            return None
    policy = codes or policy_for(message)
    check = contents_check(tables, syntax.separators, syntax.version).check
    for each in placed:
        check(each, faults, policy)
    return arrange(placed, structure, faults)


def policy_for(message: Message) -> CodePolicy:
    """Unknown codes are wrong, but only remarkable where an association (0057) has code lists of its own.

    EANCOM, Odette and VDA take codes of later directories into messages of an earlier one.
    """
    return "warning" if message.association else "error"
