"""SFTP with a partner: whether our server is found and shows our key, and whether we get into theirs."""

from msgspec import Struct

from gateway.channels.sftp.hostkeys import BadHostKeys
from gateway.channels.sftp.passwords import BadHash, read_hash
from gateway.channels.sftp.probing import NotOurs, missing_folders, shown_at
from gateway.channels.sftp.publickeys import fingerprint, host_keys
from gateway.channels.sftp.reaching import NotReached, Obstacle
from gateway.egress.client import Egress
from gateway.probing.steps import Acts, Failed
from gateway.settings import Settings
from partners.sftpaccounts import SftpMailbox, SftpServer

_ACTS: dict[Obstacle, Acts] = {
    "away": "partner", "not let in": "partner", "host key": "partner", "forbidden": "us", "ours": "us",
}  # fmt: skip


class MailboxProbing(Struct, frozen=True):
    settings: Settings
    mailbox: SftpMailbox

    async def connection(self) -> str:
        host, port = self.settings.sftp_public
        try:
            seen = await shown_at(host, port, host_keys(self.settings.sftp_host_keys))
        except (BadHostKeys, NotOurs) as problem:
            raise Failed("us", str(problem)) from None
        return f"{host} port {port} shows our host key {seen}"

    async def login(self) -> str:
        """Only the partner has the other half; what is here can be read."""
        told = [fingerprint(line) for line in self.mailbox.keys]
        if self.mailbox.password is not None:
            try:
                read_hash(self.settings.partner_keys / self.mailbox.password)
            except (BadHash, OSError) as problem:
                raise Failed("us", str(problem)) from None
            told.append("a password")
        return f"account `{self.mailbox.account}` is let in with {' or '.join(told)}"


class ServerProbing(Struct, frozen=True):
    settings: Settings
    server: SftpServer
    egress: Egress

    async def connection(self) -> str:
        server = self.server
        try:
            missing = await missing_folders(server, self.egress.guard, self.settings.partner_keys)
        except NotReached as problem:
            raise Failed(_ACTS[problem.obstacle], str(problem)) from None
        if missing:
            folders = " and ".join(f"`{one}`" for one in missing)
            raise Failed("partner", f"{server.host}: `{server.user}` is let in and sees no folder {folders}")
        folders = " and ".join(f"`{one}`" for one in (server.push, server.poll) if one is not None)
        return f"{server.host} port {server.port} shows the pinned key, lets `{server.user}` in and has {folders}"
