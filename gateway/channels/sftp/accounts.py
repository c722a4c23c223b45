"""Who may log in: accounts of the profiles in force, with their keys or the hash of a password."""

import asyncio
import logging
from pathlib import Path

import asyncssh
from msgspec import Struct

from gateway.channels.sftp.passwords import BadHash, LockOut, nobodys, read_hash
from gateway.clock import now
from partners.directory import Directory, is_open
from partners.live import LiveDirectory
from partners.profile import Partner
from partners.sftpaccounts import SftpMailbox

_log = logging.getLogger(__name__)


class Login(Struct, frozen=True):
    """How somebody proved to be an account: with a key (its public data), or with a password (the file of its hash)."""

    account: str
    key: bytes | None = None
    password: str | None = None


class Accounts:
    """Asks the profiles of this moment, each time."""

    def __init__(self, partners: LiveDirectory, keys: Path | None, lock_out: LockOut | None = None) -> None:
        """`keys`: the operators' folder, with the hashes of passwords."""
        self._partners = partners
        self._keys = keys
        self._lock_out = lock_out or LockOut()
        self._read: tuple[Directory | None, dict[str, frozenset[bytes]]] = (None, {})
        self._trying = asyncio.Semaphore(2)

    def find(self, account: str) -> tuple[Partner, SftpMailbox] | None:
        """None for one that is not there, or whose partner is not open."""
        partner = self._partners.current.by_account(account)
        if partner is None or partner.sftp is None or partner.sftp.mailbox is None or not is_open(partner, now()):
            return None
        return partner, partner.sftp.mailbox

    @property
    def takes_passwords(self) -> bool:
        return self._keys is not None

    def owner(self, login: Login) -> str | None:
        """The partner whose account it is, while it is open."""
        found = self.find(login.account)
        return found[0].id if found is not None else None

    def has_key(self, account: str, key: bytes) -> bool:
        """Whether the profile lists this public key, while its partner is open."""
        return self.find(account) is not None and key in self._keys_of(account)

    async def has_password(self, account: str, password: str, address: str) -> str | None:
        """The file of the hash it fits; None otherwise, also while the account is locked."""
        found = self.find(account)
        file = found[1].password if found is not None else None
        if self._lock_out.holds(account, address):
            _log.warning(
                "sftp: passwords of `%s` are locked for an address", account if found else "an unknown account"
            )
            return None
        async with self._trying:  # each takes 32 MB and a tenth of a second: strangers must not fill the machine
            fits = await asyncio.to_thread(self._fits, file, password)
        if fits:
            self._lock_out.right(account, address)
            return file
        self._lock_out.wrong(account, address)
        return None

    def still_holds(self, login: Login) -> bool:
        """Whether what was shown at login would be taken now."""
        found = self.find(login.account)
        if found is None:
            return False
        if login.key is not None:
            return login.key in self._keys_of(login.account)
        return login.password is not None and login.password == found[1].password

    def _fits(self, file: str | None, password: str) -> bool:
        if file is None or self._keys is None:
            nobodys().fits(password)
            return False
        try:
            kept = read_hash(self._keys / file)
        except (BadHash, OSError) as error:
            _log.error("sftp: a password cannot be checked: %s", error)
            nobodys().fits(password)
            return False
        return kept.fits(password)

    def _keys_of(self, account: str) -> frozenset[bytes]:
        directory, read = self._read
        if directory is not self._partners.current:
            directory, read = self._partners.current, {}
            self._read = (directory, read)
        if account not in read:
            partner = directory.by_account(account)
            mailbox = partner.sftp.mailbox if partner is not None and partner.sftp is not None else None
            read[account] = frozenset(_public_data(account, mailbox.keys)) if mailbox is not None else frozenset()
        return read[account]


def _public_data(account: str, lines: tuple[str, ...]) -> list[bytes]:
    found = []
    for line in lines:
        try:
            found.append(asyncssh.import_public_key(line).public_data)
        except asyncssh.KeyImportError:
            _log.error("sftp: a public key in the profile with account `%s` cannot be read", account)
    return found
