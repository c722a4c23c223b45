"""Whom to believe at a partner's address: the certificates that its profile pins to it, else the authorities."""

from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from gateway.egress.client import NoAnswer
from gateway.egress.trust import Trust, pin_of
from partners.timelines import TimeLine


def trust_of(timeline: TimeLine, at: datetime) -> Trust:
    """Raises NoAnswer when some are pinned and none is in its time: a partner that pins is never believed otherwise."""
    pinned = timeline.valid("tls-server", at)
    if not pinned and timeline.of("tls-server"):
        raise NoAnswer("none of the pinned `tls-server` certificates is in its time", maybe_sent=False)
    return Trust(pins=frozenset(pin_of(one.public_bytes(Encoding.DER)) for one in pinned))
