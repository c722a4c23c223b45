"""The step of a receipt, with its disposition in words."""

from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.inspecting.steps import Step
from gateway.channels.as2.mdn import read_mdn
from gateway.channels.as2.mime import Entity
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools

_MODIFIERS = {
    "authentication-failed": "the receiver does not know the signer, or the signature is not right",
    "decompression-failed": "the receiver could not decompress the content",
    "decryption-failed": "the receiver could not open it: most often it was encrypted to an old certificate",
    "duplicate-document": "the receiver had it already",
    "duplicate-filename": "the receiver already has a file of that name",
    "illegal-filename": "the receiver does not allow that file name",
    "insufficient-message-security": "the receiver wants it signed or encrypted, or by stronger algorithms",
    "integrity-check-failed": "the content is another than the one that was signed",
    "invalid-message-id": "the receiver does not take the Message-ID",
    "unexpected-processing-error": "something went wrong at the receiver that it does not tell",
    "unknown-trading-relationship": "the receiver does not know this pair of AS2 names",
    "unsupported format": "the receiver cannot sign a receipt in the format that was asked for",
    "unsupported mic-algorithms": "the receiver computes none of the digests that were asked for",
    "sender-equals-receiver": "AS2-From and AS2-To are the same",
}


def look_at_receipt(entity: Entity, spools: Spools) -> Step:
    title = "Receipt (message disposition notification)"
    try:
        mdn = read_mdn(entity, spools)
    except Unacceptable as refused:
        return Step(title=title, problems=(refused.detail,))
    facts = [
        ("for the message", mdn.original_message_id),
        ("disposition", str(mdn.disposition)),
        ("that means", in_words(mdn.disposition)),
        ("message integrity check", str(mdn.mic) if mdn.mic is not None else "none that can be compared"),
        ("receiver", mdn.final_recipient or "not named"),
    ]
    if mdn.explanation:
        facts.append(("the receiver says", mdn.explanation))
    return Step(title=title, facts=tuple(facts))


def in_words(disposition: Disposition) -> str:
    """What a disposition says, as a sentence."""
    modifier = disposition.text.strip().lower()
    why = _MODIFIERS.get(modifier, f"in the receiver's words: {disposition.text}" if modifier else "no reason is told")
    if disposition.type not in ("processed", "failed"):
        return f"`{disposition.type}` says neither that it was taken nor that it was not"
    if disposition.kind is None:
        return "the receiver took the message" if disposition.is_positive else f"the receiver did not take it: {why}"
    if disposition.is_positive:
        return f"the receiver took the message, with a warning: {why}"
    return f"the receiver did not take the message: {why}"
