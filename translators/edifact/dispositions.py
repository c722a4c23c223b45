"""What becomes of an interchange with bad messages: split or kept whole, the bad ones suspended or all of them."""

from msgspec import Struct

from translators.edifact.examinations import InterchangeExamination, MessageExamination


class InboundMode(Struct, frozen=True, kw_only=True):
    """One of four ways an agreement can choose. Without a word: split, and suspend the bad messages only.

    `split`: each message goes its own way; else the good ones stay together. `suspend_all`: one bad message suspends
    all.
    """

    split: bool = True
    suspend_all: bool = False


class Suspended(Struct, frozen=True, kw_only=True):
    """A message that goes no further, and why, in a sentence."""

    message: MessageExamination
    because: str


class Disposition(Struct, frozen=True, kw_only=True):
    """What goes on and what stays. `units` are taken or refused as one; suspended messages keep their order."""

    units: tuple[tuple[MessageExamination, ...], ...]
    suspended: tuple[Suspended, ...]


def dispose(interchange: InterchangeExamination, mode: InboundMode = InboundMode()) -> Disposition:  # noqa: B008 - frozen
    """Which messages of an interchange go on, by the agreement's mode."""
    reasons = {each.number: _own_reason(each, interchange) for each in interchange.messages}
    if mode.suspend_all and any(reasons.values()):
        why = "another message of the interchange is bad, and the agreement suspends all"
        reasons = {number: reason or why for number, reason in reasons.items()}
    good = tuple(each for each in interchange.messages if not reasons[each.number])
    units = tuple((each,) for each in good) if mode.split else (good,) if good else ()
    suspended = tuple(
        Suspended(message=each, because=reason) for each in interchange.messages if (reason := reasons[each.number])
    )
    return Disposition(units=units, suspended=suspended)


def _own_reason(message: MessageExamination, interchange: InterchangeExamination) -> str:
    """Why this message cannot go on; the empty text when it can."""
    if interchange.is_bad:
        return "the envelope of the interchange is wrong"
    if message.group is not None and message.group.is_bad:
        return f"the envelope of group `{message.group.group.reference[:14]}` is wrong"
    return "the message has errors" if message.is_bad else ""
