"""Which certificate of a partner holds for a use at a moment. Overlaps are how a certificate is changed.

directory.timeline("acme").valid("verify", now())     inbound: any of these
directory.timeline("acme").current("encrypt", now())  outbound: this one, or None
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from msgspec import Struct

from partners.certificates import Certificate, CertificateUse


class Dated(Struct, frozen=True, kw_only=True):
    """A certificate with its uses and the time both the profile and the certificate itself leave it."""

    certificate: x509.Certificate
    use: tuple[CertificateUse, ...]
    file: str
    begins: datetime
    ends: datetime

    def holds(self, at: datetime, early: timedelta = timedelta()) -> bool:
        return self.begins - early <= at < self.ends


def dated(entry: Certificate, certificate: x509.Certificate) -> Dated:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Dated(
        certificate=certificate,
        use=entry.use,
        file=entry.file,
        begins=begins if entry.from_ is None else max(begins, entry.from_.at),
        ends=ends if entry.until is None else min(ends, entry.until.at),
    )


class TimeLine:
    """All certificates of one partner, the one whose time begins last first."""

    def __init__(self, entries: Iterable[Dated] = ()) -> None:
        self.entries = tuple(sorted(entries, key=lambda one: one.begins, reverse=True))

    def of(self, use: CertificateUse) -> tuple[Dated, ...]:
        return tuple(one for one in self.entries if use in one.use)

    def valid(
        self,
        use: CertificateUse,
        at: datetime,
        *,
        early: timedelta = timedelta(),
    ) -> tuple[x509.Certificate, ...]:
        """Inbound: whatever is in its time at this moment (aware), or will be within `early`."""
        return tuple(one.certificate for one in self.of(use) if one.holds(at, early))

    def current(self, use: CertificateUse, at: datetime) -> x509.Certificate | None:
        """Outbound: of those in their time the one whose time began last."""
        return next(iter(self.valid(use, at)), None)
