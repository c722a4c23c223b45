"""Our SFTP server in this process, on a real PostgreSQL, real rules and real profiles, and clients of partners."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import asyncssh
from support.serving import an_order, write_profiles

from gateway.channels.sftp.accounts import Accounts
from gateway.channels.sftp.connections import Bounds
from gateway.channels.sftp.listening import SftpServer
from gateway.channels.sftp.passwords import LockOut
from gateway.channels.sftp.pgp import PgpDesk
from gateway.channels.sftp.submitting import Submitting
from gateway.counters import Counters
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.settings import PACKAGED
from partners.live import LiveDirectory
from policies.live import LivePolicies
from translators.reading import Limits

ACCOUNT, OTHERS = "nordlicht", "stahlhof"
MOST = 1 << 20


@cache
def a_key(name: str) -> asyncssh.SSHKey:
    """Of a client, or of a host; the same in all tests of a process."""
    return asyncssh.generate_private_key("ssh-ed25519", comment=name)


def public(name: str) -> str:
    return a_key(name).export_public_key().decode().strip()


def order_bytes(number: str = "PO-1", **changes: Any) -> bytes:
    return json.dumps(an_order(number=number, **changes)).encode()


@dataclass
class SftpWorld:
    """`folder` holds the files people edit: `partners/`, `rules/`, `keys/`; the uploads are in `spool/`."""

    ledger: Ledger
    folder: Path
    server: SftpServer
    partners: LiveDirectory
    policies: LivePolicies
    intake: Intake
    _connections: list[asyncssh.SSHClientConnection] = field(default_factory=list)

    async def connect(
        self, account: str = ACCOUNT, *, key: str | None = "nordlicht", **given: Any
    ) -> asyncssh.SSHClientConnection:
        options: dict[str, Any] = {
            "username": account,
            "client_keys": [a_key(key)] if key else None,
            "known_hosts": ([a_key("host").convert_to_public()], [], []),
            "agent_path": None,
            "config": None,
            **given,
        }
        connection = await asyncssh.connect("127.0.0.1", self.server.port, **options)
        self._connections.append(connection)
        return connection

    async def client(self, account: str = ACCOUNT, **given: Any) -> asyncssh.SFTPClient:
        connection = await self.connect(account, **given)
        return await connection.start_sftp_client()

    async def drop(self, name: str, content: bytes, client: asyncssh.SFTPClient | None = None) -> None:
        """As `put` does it: open, write, close."""
        client = client or await self.client()
        async with client.open(f"/in/{name}", "wb") as file:
            await file.write(content)

    async def read(self, folder: str, client: asyncssh.SFTPClient | None = None) -> dict[str, bytes]:
        """All files of a folder as the partner reads them."""
        client = client or await self.client()
        found = {}
        for name in sorted(str(one) for one in await client.listdir(f"/{folder}")):
            async with client.open(f"/{folder}/{name}", "rb") as file:
                found[name] = bytes(await file.read())
        return found

    async def acknowledgements(self) -> list[dict[str, Any]]:
        """What lies in /ack, the oldest first."""
        found = [json.loads(content) for content in (await self.read("ack")).values()]
        return sorted(found, key=lambda told: str(told["message"]))

    async def messages(self) -> int:
        return int(await self.ledger._pool.fetchval("select count(*) from messages"))

    async def close(self) -> None:
        for connection in self._connections:
            connection.abort()
            await connection.wait_closed()

    def spooled(self) -> list[str]:
        """Names of our files for uploads under way, without their labels."""
        return sorted(one.name for one in (self.folder / "spool").glob("*/*") if not one.name.endswith(".label"))

    def profile(self, partner: str) -> Path:
        return self.folder / "partners" / "profiles" / f"{partner}.yaml"

    def change(self, partner: str, old: str, new: str) -> None:
        file = self.profile(partner)
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))
        assert self.partners.reload(), self.partners.problems


def mailbox_profile(account: str, key: str, **given: Any) -> str:
    """As it is appended to a profile."""
    return "\nsftp:\n  mailbox: " + json.dumps({"account": account, "keys": [public(key)], **given}) + "\n"


GRANTS = """
- name: partners-drop
  why: over SFTP there are no roles; a key has proven who sends
  mode: enforce
  may: call
  senders: [partner]
  channels: [sftp]

- name: distributors-drop-orders
  why: each is named, because a file carries no role
  mode: enforce
  may: send
  senders: [partner]
  partners: [nordlicht]
  channels: [sftp]
  documents: [purchase_order]
"""


def write_files(folder: Path, **mailbox: Any) -> None:
    """Profiles with two accounts, and the rules."""
    write_profiles(folder / "partners")
    shutil.copytree(PACKAGED / "policies" / "rules", folder / "rules")
    with (folder / "rules" / "access.yaml").open("a") as rules:
        rules.write(GRANTS)
    for account, key, given in ((ACCOUNT, "nordlicht", mailbox), (OTHERS, "stahlhof", {})):
        with (folder / "partners" / "profiles" / f"{account}.yaml").open("a") as profile:
            profile.write(mailbox_profile(account, key, **given))
    (folder / "keys").mkdir()


def a_desk(folder: Path, partners: LiveDirectory, keys: Path, ledger: Ledger) -> PgpDesk:
    """Opens what comes protected with OpenPGP, by the profiles of a world."""
    return PgpDesk(lambda: partners.current, keys, folder / "partners" / "certificates", MOST, ledger.note)


@asynccontextmanager
async def sftp_world(
    ledger: Ledger, folder: Path, *, bounds: Bounds | None = None, lock_out: LockOut | None = None,
    seconds: float = 20, **mailbox: Any,
) -> AsyncIterator[SftpWorld]:  # fmt: skip
    """`mailbox`: of nordlicht's profile."""
    write_files(folder, **mailbox)
    partners, policies = LiveDirectory(folder / "partners"), LivePolicies(folder / "rules")
    intake = Intake(policies, partners, Counters(None), ledger, Limits(max_bytes=MOST))
    server = SftpServer(
        Accounts(partners, folder / "keys", lock_out),
        Submitting(intake, ledger.mailboxes, seconds, a_desk(folder, partners, folder / "keys", ledger)),
        ledger.mailboxes,
        folder / "spool",
        MOST,
        bounds or Bounds(),
    )
    async with server.listening("127.0.0.1", 0, [a_key("host")]):
        world = SftpWorld(ledger, folder, server, partners, policies, intake)
        try:
            yield world
        finally:
            await world.close()
