"""The one way in which opening a message fails. Outside nobody learns which: the detail is for the audit alone."""

from enum import StrEnum


class Reason(StrEnum):
    """What went wrong, as coarse as the dispositions of a receipt are (RFC 4130, 7.4.3)."""

    MALFORMED = "malformed"
    INSUFFICIENT_SECURITY = "insufficient-message-security"
    DECRYPTION = "decryption-failed"
    DECOMPRESSION = "decompression-failed"
    INTEGRITY = "integrity-check-failed"
    AUTHENTICATION = "authentication-failed"


class CryptographicFailure(Exception):  # noqa: N818 - a refusal of what came, not a defect
    """The message cannot be opened. Its text is the same for every reason, so that it may stand in an answer.

    `reason` may be told to the sender of a message that was not encrypted; whoever sent an encrypted one is told
    `Reason.DECRYPTION`, whatever happened, or he could learn the plaintext by trying. `detail` is a sentence for the
    audit and for the command line; it holds nothing of the content.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__("the message cannot be opened")
        self.reason = reason
        self.detail = detail


def malformed(detail: str) -> CryptographicFailure:
    return CryptographicFailure(Reason.MALFORMED, detail)
