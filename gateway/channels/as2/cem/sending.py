"""Our letters about certificates on their way: messages as any other over AS2, signed, with a receipt."""

import logging
from collections.abc import Callable

from gateway.channels.as2.carrier import As2Carrier
from gateway.clock import now
from gateway.destinations.carrying import Parcel
from gateway.destinations.contract import Delivered, Offered, Refused, Unavailable
from gateway.destinations.partner.destination import open_partner
from gateway.ledger.certificates import Letter
from gateway.ledger.ledger import Ledger
from gateway.observing import log_change
from partners.directory import Directory
from partners.profile import Partner

LEASE = 360.0
"""Seconds a letter is one worker's: longer than an attempt."""
FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS = 15.0, 3600.0, 48


class CertificateLetters:
    """`look` sends what is due; the same Message-ID in every attempt makes a repetition harmless."""

    every = 2.0

    def __init__(self, ledger: Ledger, carrier: As2Carrier, directory: Callable[[], Directory]) -> None:
        self._ledger = ledger
        self._carrier = carrier
        self._directory = directory

    async def look(self) -> None:
        for letter in await self._ledger.certificates.take_letters(LEASE):
            await self._send(letter)
        for exchange, partner, by in await self._ledger.certificates.remind():
            log_change("certificate.unanswered", level=logging.WARNING, partner=partner, exchange=str(exchange), by=by)

    async def _send(self, letter: Letter) -> None:
        keep = self._ledger.certificates.keep_letter
        if letter.state == "sent" and await self._is_heard(letter):
            return
        partner = open_partner(self._directory(), letter.partner)
        if isinstance(partner, Unavailable):
            await self._again(letter, partner.why)
            return
        outcome = await self._carrier.carry(_parcel(letter), partner)
        match outcome:
            case Delivered():
                await keep(letter, "arrived")
            case Offered():
                await keep(letter, "sent", after=_patience(partner))
            case Refused(_, why):
                await self._give_up(letter, why)
            case _:
                await self._again(letter, outcome.why)

    async def _is_heard(self, letter: Letter) -> bool:
        """Whether an asynchronous receipt has come meanwhile."""
        sent = await self._ledger.exchanges.of_parcel(letter.id)
        if sent is None or sent.state not in ("receipted", "refused"):
            return False
        if sent.state == "receipted":
            await self._ledger.certificates.keep_letter(letter, "arrived")
        else:
            await self._give_up(letter, sent.disposition or "their receipt says no")
        return True

    async def _again(self, letter: Letter, why: str) -> None:
        if letter.attempts >= MOST_ATTEMPTS:
            await self._give_up(letter, why)
            return
        after = min(FIRST_PAUSE * 2 ** min(letter.attempts - 1, 16), LONGEST_PAUSE)
        await self._ledger.certificates.keep_letter(letter, "waiting", why, after=after)

    async def _give_up(self, letter: Letter, why: str) -> None:
        await self._ledger.certificates.keep_letter(letter, "failed", why)
        log_change("certificate.letter_failed", level=logging.ERROR, partner=letter.partner, why=why)


def _patience(partner: Partner) -> float:
    """Seconds until an asynchronous receipt is given up and the letter sent again."""
    send = partner.as2.send if partner.as2 is not None else None
    return float(send.receipt_within.seconds) if send is not None else FIRST_PAUSE


def _parcel(letter: Letter) -> Parcel:
    """As what the carrier takes; no delivery is in it."""
    return Parcel(
        id=letter.id,
        partner=letter.partner,
        agreement="certificates",
        document_types=(),
        deliveries=(),
        content=letter.content,
        media_type=letter.media_type,
        file_name="certificates.xml",
        made_at=now(),
        attempt=letter.attempts,
    )
