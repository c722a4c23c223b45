"""The carrier `mailbox`: a parcel is laid into its partner's /out, and is delivered once the partner has read it."""

from uuid import UUID

from gateway.channels.sftp.names import BadName, beside, checked
from gateway.destinations.carrying import CarrierName, Parcel
from gateway.destinations.contract import Absent, Delivered, Offered, Outcome, Refused, Unavailable, Verified
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.mailbox import Mailboxes, NewFile
from partners.profile import Partner


class MailboxCarrier:
    """The partner's word is that it read the file to its end and closed it (serving.py)."""

    name: CarrierName = "mailbox"

    def __init__(self, mailboxes: Mailboxes) -> None:
        self._mailboxes = mailboxes

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:
        if partner.sftp is None or partner.sftp.mailbox is None:
            return Refused("destination.refused", f"the profile of `{partner.id}` has no `sftp.mailbox`")
        try:
            return await self._lay(parcel, partner.id)
        except LedgerUnavailable:
            return Unavailable("the ledger does not answer")

    async def look(self, parcel: Parcel, partner: Partner) -> Verified:  # noqa: ARG002 - the id is unique
        """One that was read is there; one that lies unread is laid again, which changes nothing."""
        try:
            known = await self._mailboxes.known(parcel.id)
        except LedgerUnavailable:
            return Unavailable("the ledger does not answer")
        return Delivered(known.name) if known is not None and known.fetched else Absent()

    async def close(self) -> None:
        """Nothing to close."""

    async def _lay(self, parcel: Parcel, partner: str) -> Outcome:
        """Under its own name, or, while another parcel lies there under it, with a part of its id."""
        known = await self._mailboxes.known(parcel.id)
        if known is not None and not (known.fetched and parcel.again):
            return Delivered(known.name) if known.fetched else Offered()
        lay = self._mailboxes.lay if known is None else self._mailboxes.lay_again
        for name in (_name(parcel.file_name, parcel.id), beside(parcel.file_name, parcel.id.hex)):
            file = NewFile(id=parcel.id, partner=partner, folder="out", name=name, content=parcel.content)
            if await lay([file]):
                return Offered()
        return Offered() if await self._mailboxes.known(parcel.id) is not None else Unavailable("its names are taken")


def _name(file_name: str, parcel: UUID) -> str:
    try:
        return checked(file_name.encode())
    except BadName:
        return parcel.hex
