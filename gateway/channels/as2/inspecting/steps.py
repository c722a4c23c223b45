"""What a look into a message tells: one step for each layer, from the outside in."""

from datetime import datetime

from cryptography import x509
from msgspec import Struct

from gateway.channels.as2.windows import Window


class Step(Struct, frozen=True, kw_only=True):
    """`facts` are label and value, `proofs` what was checked and holds, `problems` what was checked and does not."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    proofs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Attachment(Struct, frozen=True):
    """A file in the message. `name` is None where it has none that may be used; `content` is without encoding."""

    name: str | None
    media_type: str
    content: Window


class Inspection(Struct, frozen=True):
    """`attachments` can be read as long as the spools they lie in are open."""

    steps: tuple[Step, ...]
    attachments: tuple[Attachment, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(problem for step in self.steps for problem in step.problems)


def described(certificate: x509.Certificate) -> str:
    """`CN=Nordwind, serial number 3abf, valid 2025-12-04 to 2026-09-30`."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    subject = certificate.subject.rfc4514_string() or "no subject"
    return f"{subject}, serial number {certificate.serial_number:x}, valid {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"


def out_of_time(certificate: x509.Certificate, at: datetime) -> str | None:
    """A sentence when it does not hold at this moment (aware)."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < begins:
        return f"the certificate is not valid before {begins:%Y-%m-%d}"
    return f"the certificate expired on {ends:%Y-%m-%d}" if at > ends else None
