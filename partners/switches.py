"""The time lines of all certificates and keys between a partner and us, use by use: what holds when, what overlaps.

lines = spans(directory, partner, keys)
at_use(lines, "verify")      the ones of a use, the first to begin first
stretches(lines, "verify")   [(begins, ends, what holds in between)], where nothing holds included
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal, get_args

from cryptography import x509
from msgspec import Struct

from partners.certificatefiles import BadCertificate
from partners.certificates import CertificateUse, OwnUse
from partners.directory import Directory
from partners.ownkeys import OwnKeys, time_of
from partners.profile import Partner

Use = CertificateUse | OwnUse
USES: tuple[Use, ...] = (*get_args(OwnUse), *get_args(CertificateUse))
"""Ours first."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Span(Struct, frozen=True, kw_only=True):
    """A certificate of theirs, by its file, or a key of ours, by its name, for one use. `certificate` is None where
    `problem` says why it cannot be read."""

    use: Use
    owner: Literal["ours", "theirs"]
    name: str
    begins: datetime | None = None
    ends: datetime | None = None
    certificate: x509.Certificate | None = None
    problem: str | None = None

    def holds(self, at: datetime) -> bool:
        return self.begins is not None and self.ends is not None and self.begins <= at < self.ends


class Stretch(Struct, frozen=True, kw_only=True):
    """Between two moments the same ones hold, the one whose time began last first: outbound that one is used. Nothing
    holds where `names` is empty."""

    begins: datetime
    ends: datetime
    names: tuple[str, ...]


def spans(directory: Directory, partner: Partner, keys: OwnKeys | None) -> list[Span]:
    """Of every use. Without `keys` ours are left out."""
    found = [
        Span(use=use, owner="theirs", name=one.file, begins=one.begins, ends=one.ends, certificate=one.certificate)
        for one in directory.timeline(partner.id).entries
        for use in one.use
    ]
    return found if keys is None else [*found, *_ours(partner, keys)]


def at_use(lines: Iterable[Span], use: Use) -> list[Span]:
    return sorted((one for one in lines if one.use == use), key=lambda one: (one.begins or _NEVER, one.name))


def stretches(lines: Iterable[Span], use: Use) -> Iterator[Stretch]:
    """From the first that begins to the last that ends."""
    held = [one for one in at_use(lines, use) if one.begins is not None and one.ends is not None]
    turns = sorted({moment for one in held for moment in (one.begins, one.ends) if moment is not None})
    for begins, ends in pairwise(turns):
        names = tuple(one.name for one in reversed(held) if one.holds(begins))
        yield Stretch(begins=begins, ends=ends, names=names)


def current(lines: Iterable[Span], use: Use, at: datetime) -> Span | None:
    """Outbound: of those in their time the one whose time began last."""
    held = [one for one in at_use(lines, use) if one.holds(at)]
    return held[-1] if held else None


def _ours(partner: Partner, keys: OwnKeys) -> Iterator[Span]:
    for entry in partner.as2.keys if partner.as2 is not None else ():
        for use in entry.use:
            try:
                certificate = keys.pair(entry.name).certificate
            except BadCertificate as problem:
                yield Span(use=use, owner="ours", name=entry.name, problem=str(problem))
                continue
            begins, ends = time_of(entry, certificate)
            yield Span(use=use, owner="ours", name=entry.name, begins=begins, ends=ends, certificate=certificate)
