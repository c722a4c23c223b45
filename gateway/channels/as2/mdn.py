"""Message disposition notifications: the receipts of AS2 (RFC 4130 section 7, RFC 8098), read and written.

Written once, as bytes that are kept and sent however often they are asked for. The signature around them is made by the
caller (`signed_report`), who holds the key.
"""

import re
from collections.abc import Callable, Iterator
from secrets import token_hex

from msgspec import Struct

from gateway.channels.as2.dispositions import MODE, Disposition, read_disposition
from gateway.channels.as2.mic import Mic, read_mic, spelled
from gateway.channels.as2.mime import Entity, decoded, read_entity, read_header, split
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools

LARGEST_REPORT = 64 * 1024
PRODUCT = "partner-gateway"


class Mdn(Struct, frozen=True, kw_only=True):
    """What a receipt says. `original_message_id` stands as received, brackets and all; `mic` is None where it names
    none that can be compared. `explanation` is the sender's own text, shown to people and never acted on."""

    original_message_id: str
    disposition: Disposition
    mic: Mic | None = None
    final_recipient: str = ""
    explanation: str = ""


class Receipted(Struct, frozen=True, kw_only=True):
    """What our receipt is about: the message as it came. `explanation` says more about an error, in our words."""

    message_id: str
    sender: str
    receiver: str
    subject: str
    date: str
    disposition: Disposition
    mic: Mic | str | None
    """As Received-Content-MIC has it, where it was kept so."""
    explanation: str = ""


class Report(Struct, frozen=True):
    """A multipart ready to be sent: the Content-Type it needs, and its body."""

    content_type: str
    body: bytes

    @property
    def entity(self) -> bytes:
        """With its header: what is signed, and what is kept."""
        return f"Content-Type: {self.content_type}\r\n\r\n".encode() + self.body


def report(about: Receipted) -> Report:
    """The multipart/report, not signed."""
    boundary = f"=_report_{token_hex(12)}"
    fields = [
        f"Reporting-UA: {PRODUCT}",
        f"Original-Recipient: rfc822; {about.receiver}",
        f"Final-Recipient: rfc822; {about.receiver}",
        f"Original-Message-ID: {about.message_id}",
        f"Disposition: {MODE}; {about.disposition}",
    ]
    if about.mic is not None:
        fields.append(f"Received-Content-MIC: {about.mic}")
    if about.explanation and about.disposition.kind is not None:
        fields.append(f"{about.disposition.kind.title()}: {_printable(about.explanation)}")
    body = (
        f"--{boundary}\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        f"{_text(about)}\r\n"
        f"--{boundary}\r\n"
        "Content-Type: message/disposition-notification\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        + "\r\n".join(fields)
        + f"\r\n\r\n--{boundary}--\r\n"
    )
    return Report(f'multipart/report; report-type=disposition-notification; boundary="{boundary}"', body.encode())


def signed_report(plain: Report, algorithm: str, sign: Callable[[bytes], bytes]) -> Report:
    """The report in a multipart/signed; `sign` makes the detached signature over the bytes it is given."""
    return signed(plain.entity, algorithm, sign(plain.entity))


def signed(part: bytes, algorithm: str, signature: bytes) -> Report:
    """A multipart/signed around these bytes and their detached signature (RFC 1847, RFC 8551 section 3.5.3)."""
    boundary = f"=_signed_{token_hex(12)}"
    body = b"".join(
        (
            f"--{boundary}\r\n".encode(),
            part,
            f"\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
            "Content-Disposition: attachment; filename=smime.p7s\r\n"
            "Content-Transfer-Encoding: binary\r\n\r\n".encode(),
            signature,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    micalg = spelled(algorithm)
    protocol = 'protocol="application/pkcs7-signature"'
    return Report(f'multipart/signed; {protocol}; micalg={micalg}; boundary="{boundary}"', body)


def read_mdn(entity: Entity, spools: Spools) -> Mdn:
    """What a multipart/report says. Raises Unacceptable (`as2.malformed`)."""
    if entity.header.media_type != "multipart/report":
        raise Unacceptable("as2.malformed", "a receipt is no multipart/report")
    notification, explanation = None, ""
    for part in map(read_entity, split(entity).parts):
        if part.body.size > LARGEST_REPORT:
            raise Unacceptable("as2.malformed", f"a part of the receipt is larger than {LARGEST_REPORT} bytes")
        match part.header.media_type:
            case "message/disposition-notification" if notification is None:
                notification = decoded(part, spools).read()
            case "message/disposition-notification":
                raise Unacceptable("as2.malformed", "the receipt has two disposition notifications")
            case "text/plain":
                explanation = explanation or decoded(part, spools).read().decode("utf-8", "replace").strip()
    if notification is None:
        raise Unacceptable("as2.malformed", "the receipt has no disposition notification")
    return _notification(notification, explanation)


def _notification(block: bytes, explanation: str) -> Mdn:
    fields = read_header(block.strip()).fields
    notes: dict[str, str] = {name: fields[name] for name in ("error", "failure", "warning") if name in fields}
    disposition = read_disposition(fields.get("disposition", ""), notes)
    if disposition is None:
        raise Unacceptable("as2.malformed", "the receipt has no disposition")
    if not fields.get("original-message-id"):
        raise Unacceptable("as2.malformed", "the receipt does not say for which message it is")
    return Mdn(
        original_message_id=fields["original-message-id"],
        disposition=disposition,
        mic=read_mic(fields.get("received-content-mic", "")),
        final_recipient=fields.get("final-recipient", "").partition(";")[2].strip(),
        explanation="\n".join([*notes.values(), explanation]).strip(),
    )


def _text(about: Receipted) -> str:
    lines = [
        f"The message {_printable(about.message_id)} from {_printable(about.sender)} to {_printable(about.receiver)}"
        + (f", sent {_printable(about.date)}" if about.date else "")
        + (f", subject {_printable(about.subject)}" if about.subject else "")
        + " has been received.",
        "",
        "It was taken. This is no guarantee that its content was understood or will be acted on."
        if about.disposition.is_positive
        else f"It was not taken: {about.disposition}.",
    ]
    if about.explanation:
        lines += ["", _printable(about.explanation)]
    return "\r\n".join(line for text in lines for line in _wrapped(text))


def _wrapped(text: str) -> Iterator[str]:
    """Lines of up to 76 characters, broken between words alone; `textwrap` took a tenth of the time of a message."""
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > 76:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _printable(text: str) -> str:
    """What somebody else wrote, as one line of ASCII."""
    return re.sub(r"[^\x20-\x7e]", "?", text)[:500]
