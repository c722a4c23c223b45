"""When a receipt counts: all conditions together, or the message stays open and the operator sees why."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.channels.as2.mdn import Mdn
from gateway.channels.as2.mic import Mic


class Expected(Struct, frozen=True):
    """What we sent: its Message-ID, its MIC under each algorithm we listed, and whether a signed receipt was asked."""

    message_id: str
    mics: Mapping[str, bytes]
    signed: bool


class Accepted(Struct, frozen=True):
    """The partner has it. `note` is the text of a warning, to be shown."""

    note: str = ""


class Refused(Struct, frozen=True):
    """The partner says that it has not taken it; `text` is its disposition and what it adds."""

    text: str


class Worthless(Struct, frozen=True):
    """No receipt for what we sent, whatever it says: `why` is for the operator, and the message stays open."""

    why: str


Judged = Accepted | Refused | Worthless


def judge_receipt(mdn: Mdn, expected: Expected, *, verified: bool) -> Judged:
    """`verified`: it was signed, by a certificate pinned for this partner.

    A negative word counts only with the same proof as a positive one: else a stranger could stop what is on its way.
    """
    if expected.signed and not verified:
        return Worthless("a signed receipt was asked for and this one is not signed")
    if _bare(mdn.original_message_id) != _bare(expected.message_id):
        return Worthless("it is for another message")
    disposition = mdn.disposition
    if disposition.type not in ("processed", "failed"):
        return Worthless(f"its disposition `{disposition.type}` says neither that it was taken nor that it was not")
    if not disposition.is_positive:
        if _says_duplicate(disposition.text):
            return _with_mic(mdn, expected, f"the partner had it already: {disposition}")
        return Refused(" · ".join(text for text in (str(disposition), mdn.explanation[:500]) if text))
    return _with_mic(mdn, expected, disposition.text)


def _with_mic(mdn: Mdn, expected: Expected, note: str) -> Judged:
    if mdn.mic is None:
        return Worthless("it has no message integrity check that can be compared")
    digest = expected.mics.get(mdn.mic.algorithm)
    if digest is None:
        return Worthless(f"its message integrity check uses `{mdn.mic.algorithm}`, which was not asked for")
    if not Mic(mdn.mic.algorithm, digest).matches(mdn.mic):
        return Worthless("its message integrity check is of other bytes than those that were sent")
    return Accepted(note)


def _says_duplicate(text: str) -> bool:
    """RFC erratum 3055: a sender that takes this for a failure sends for ever."""
    return "duplicate-document" in text.lower().replace(" ", "-")


def _bare(message_id: str) -> str:
    text = message_id.strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text
