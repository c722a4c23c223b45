"""A test document as we would send it: the example that ships, both sides by their names, in the agreed format."""

import secrets
import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

from gateway.destinations.partner.composing import Composer, Leaving, NotComposed, format_of
from gateway.ledger.parcels import Made, References
from gateway.welcome.samples import NoSample, answering_example
from partners.agreements import Agreement, is_in_force
from partners.directory import Directory
from partners.profile import Partner
from policies.masking import Masking

_MARKED = ("edifact", "x12")
"""Formats in which the receiver sees that it is a test."""


def agreement_to_try(partner: Partner, channel: str, at: datetime) -> Agreement | None:
    """The first that we send by on this channel in a format with a mark for tests; one for tests alone goes first."""
    found = [
        one
        for one in partner.agreements
        if (one.direction, one.channel) == ("out", channel) and is_in_force(one, at) and format_of(one) in _MARKED
    ]
    return next(iter(sorted(found, key=lambda one: not one.test)), None)


def test_document(
    directory: Directory, partner: Partner, agreement: Agreement, masking: Masking, maps: Path, at: datetime
) -> Made:
    """Marked as a test, under a reference that no real one has. Raises NoSample."""
    composer = Composer(maps, lambda: masking, secrets.token_bytes(32))
    body = answering_example(directory, partner, agreement, maps, at)
    leaving = Leaving(
        message_id=UUID(int=0), number=1, document_type=agreement.document, body=body, test=True
    )  # fmt: skip
    number = int(time.time()) % 100_000_000
    reference = f"T{number:08}" if format_of(agreement) == "edifact" else f"9{number:08}"
    try:
        _, make = composer.parcel(partner, agreement, [leaving], id=UUID(int=0), at=at)
        return make(References(reference, ("0001",)))
    except NotComposed as refused:
        raise NoSample(refused.why) from None
