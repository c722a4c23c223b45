"""What a worker does for mailboxes, whichever process serves them."""

from gateway.ledger.mailbox import Mailboxes
from gateway.observing import SFTP_FILES

KEPT_SECONDS = 30 * 24 * 3600.0
"""How long files lie in /ack and /error, and in /out after their partner has read them."""


class Tending:
    """`look`, `every` so many seconds."""

    every = 5.0

    def __init__(self, mailboxes: Mailboxes, seconds: float = KEPT_SECONDS) -> None:
        self._mailboxes = mailboxes
        self._seconds = seconds

    async def look(self) -> None:
        """Tells of what was read when a server ended in between; removes what is past its time."""
        await self._mailboxes.settle()
        await self._mailboxes.clear(self._seconds)

    async def measure(self) -> None:
        SFTP_FILES.clear()
        for lying in await self._mailboxes.lying():
            SFTP_FILES.labels(lying.folder, "unread").set(lying.unread)
            SFTP_FILES.labels(lying.folder, "read").set(lying.files - lying.unread)
