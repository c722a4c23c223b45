"""Certificates that end soon or have ended: told once at each threshold, as log line, metric and audit event."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import get_args

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.clock import now
from gateway.ledger.ledger import Ledger
from gateway.ledger.partners import CertificateEnd
from gateway.observing import CERTIFICATE_SECONDS, log_change
from partners.certificatefiles import BadCertificate
from partners.certificates import CertificateUse, OwnUse
from partners.directory import Directory, is_open
from partners.live import LiveDirectory
from partners.ownkeys import OwnKeys, time_of
from partners.profile import Partner

THRESHOLDS = (0, 1, 7, 30, 90)
"""Days before the end; 0 is the end itself."""
_URGENT = 7
_log = logging.getLogger(__name__)

Ending = tuple[str, str, datetime, x509.Certificate]
"""(use, its file or the name of our key, when it ends, the certificate)"""


class CertificateEnds:
    """Looks at the certificates of all open partners and at our keys towards them; any number of workers may."""

    every = 3600.0

    def __init__(
        self, ledger: Ledger, partners: LiveDirectory, keys: OwnKeys, clock: Callable[[], datetime] = now
    ) -> None:
        self._ledger = ledger
        self._partners = partners
        self._keys = keys
        self._clock = clock

    async def look(self) -> None:
        directory, at = self._partners.current, self._clock()
        CERTIFICATE_SECONDS.clear()
        near: list[CertificateEnd] = []
        for partner in directory.partners.values():
            if is_open(partner, at):
                near += _near(partner.id, list(self._last(directory, partner)), at)
        for one in await self._ledger.warn_of_certificates(near):
            log_change(
                "certificate.ending" if one.days else "certificate.ended",
                level=logging.ERROR if one.days <= _URGENT else logging.WARNING,
                partner=one.partner,
                name=one.name,
                use=",".join(one.use),
                days=one.days,
            )

    def _last(self, directory: Directory, partner: Partner) -> Iterator[Ending]:
        """For each use the one that ends last: whatever ends before it has a successor already."""
        for use in get_args(CertificateUse):
            theirs = directory.timeline(partner.id).of(use)
            if theirs:
                one = max(theirs, key=lambda each: each.ends)
                yield use, one.file, one.ends, one.certificate
        for own_use in get_args(OwnUse):
            ours = list(self._ours(partner, own_use))
            if ours:
                yield max(ours, key=lambda each: each[2])

    def _ours(self, partner: Partner, use: str) -> Iterator[Ending]:
        for entry in partner.as2.keys if partner.as2 is not None else ():
            if use not in entry.use:
                continue
            try:
                pair = self._keys.pair(entry.name)
            except BadCertificate as problem:
                _log.error("a key of ours towards %s cannot be used: %s", partner.id, problem)
                continue
            yield use, entry.name, time_of(entry, pair.certificate)[1], pair.certificate


def _near(partner: str, endings: list[Ending], at: datetime) -> Iterator[CertificateEnd]:
    """Only the nearest threshold: who starts a worker a week before the end is not told of 90 days as well."""
    found: dict[tuple[str, int], CertificateEnd] = {}
    for use, name, ends, certificate in endings:
        left = (ends - at).total_seconds()
        CERTIFICATE_SECONDS.labels(partner, use).set(left)
        days = next((days for days in THRESHOLDS if left <= days * 86_400), None)
        if days is None:
            continue
        digest = certificate.fingerprint(SHA256()).hex()
        known = found.get((digest, days))
        uses = (*known.use, use) if known is not None else (use,)
        found[digest, days] = CertificateEnd(
            partner=partner, certificate=digest, days=days, use=uses, name=name, ends=ends
        )
    yield from found.values()
