"""Connections to our server: who may open one, who is let in, and when it ends."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import cast

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED
from msgspec import Struct

from gateway.channels.sftp.accounts import Accounts, Login
from gateway.channels.sftp.session import MailboxSession
from gateway.observing import SFTP_CONNECTIONS, SFTP_LOGINS, log_change

Serve = Callable[["asyncssh.SSHServerChannel[bytes]", "Visitor"], asyncssh.SFTPServer]


class Bounds(Struct, frozen=True, kw_only=True):
    """How much of it at once, in this process. Times in seconds."""

    connections: int = 500
    strangers: int = 50
    """Connections that have not logged in yet."""
    by_account: int = 10
    by_address: int = 60
    """New connections from one address in a minute."""
    sessions: int = 4
    """SFTP sessions in one connection."""
    idle: float = 900
    longest: float = 12 * 3600


class Connections:
    """All of this process; `look` ends those that may not go on."""

    def __init__(self, accounts: Accounts, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self.accounts = accounts
        self.bounds = bounds
        self.clock = clock
        self._all: set[Visitor] = set()
        self._opened: dict[str, deque[float]] = {}

    def admits(self, visitor: "Visitor") -> bool:
        """Whether one more may be opened from there."""
        recent = self._opened.setdefault(visitor.address, deque())
        now = self.clock()
        while recent and recent[0] < now - 60:
            recent.popleft()
        recent.append(now)
        strangers = sum(one.login is None or not one.is_in for one in self._all)
        if len(self._all) >= self.bounds.connections or strangers >= self.bounds.strangers:
            return False
        if len(recent) > self.bounds.by_address:
            recent.pop()
            return False
        self._all.add(visitor)
        SFTP_CONNECTIONS.set(len(self._all))
        return True

    def has_room(self, account: str) -> bool:
        return (
            Counter(one.login.account for one in self._all if one.is_in and one.login)[account] < self.bounds.by_account
        )

    def left(self, visitor: "Visitor") -> None:
        self._all.discard(visitor)
        SFTP_CONNECTIONS.set(len(self._all))

    def look(self) -> None:
        """Several times a second: a suspension, a key taken out of a profile and a new password hold at once."""
        now = self.clock()
        for visitor in list(self._all):
            if visitor.is_in and visitor.login is not None:
                if (
                    not self.accounts.still_holds(visitor.login)
                    or self.accounts.owner(visitor.login) != visitor.partner
                ):
                    visitor.end("the account is not open any more, or its key or password has changed")
                elif now - visitor.stirred_at > self.bounds.idle or now - visitor.opened_at > self.bounds.longest:
                    visitor.end("the connection was idle, or open, for too long")
        self._opened = {address: recent for address, recent in self._opened.items() if recent and recent[-1] > now - 60}

    def end_all(self) -> None:
        for visitor in list(self._all):
            visitor.end("the server stops")


class Visitor(asyncssh.SSHServer):
    """One connection, from its first byte to its last."""

    def __init__(self, connections: Connections, serve: Serve) -> None:
        self._connections = connections
        self._serve = serve
        self._connection: asyncssh.SSHServerConnection | None = None
        self._sessions = 0
        self.address = ""
        self.login: Login | None = None
        self.partner: str | None = None
        self.is_in = False
        self.opened_at = self.stirred_at = connections.clock()

    def stir(self) -> None:
        self.stirred_at = self._connections.clock()

    def end(self, why: str) -> None:
        if self._connection is not None:
            log_change("sftp.ended", partner=self.partner, reason=why)
            self._connection.disconnect(asyncssh.DISC_BY_APPLICATION, why)

    # -- what asyncssh asks ----------------------------------------------------------------------------------------

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self.address = str((conn.get_extra_info("peername") or ("",))[0])
        if not self._connections.admits(self):
            SFTP_LOGINS.labels("turned away").inc()
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._connections.left(self)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - nobody is told which accounts there are
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Asked for each key that is offered, and once more when its signature held: the last one counts."""
        if not self._connections.accounts.has_key(username, key.public_data):
            SFTP_LOGINS.labels("refused").inc()
            return False
        self.login = Login(username, key=key.public_data)
        return True

    def password_auth_supported(self) -> bool:
        return self._connections.accounts.takes_passwords

    async def validate_password(self, username: str, password: str) -> bool:
        file = await self._connections.accounts.has_password(username, password, self.address)
        if file is None:
            SFTP_LOGINS.labels("refused").inc()
            return False
        self.login = Login(username, password=file)
        return True

    def auth_completed(self) -> None:
        login = self.login
        self.partner = self._connections.accounts.owner(login) if login is not None else None
        if login is None or self.partner is None:
            self.end("the account is not open")
        elif not self._connections.has_room(login.account):
            SFTP_LOGINS.labels("turned away").inc()
            self.end("the account has too many connections open")
        else:
            self.is_in = True
            SFTP_LOGINS.labels("in").inc()
            way = "a key" if login.key is not None else "a password"
            log_change("sftp.login", partner=self.partner, way=way, address=self.address)

    def session_requested(self) -> "asyncssh.SSHServerSession[bytes]":
        if not self.is_in or self._sessions >= self._connections.bounds.sessions:
            raise asyncssh.ChannelOpenError(OPEN_ADMINISTRATIVELY_PROHIBITED, "no more sessions in this connection")
        self._sessions += 1
        return cast("asyncssh.SSHServerSession[bytes]", MailboxSession(lambda channel: self._serve(channel, self)))


logging.getLogger("asyncssh").setLevel(logging.WARNING)  # it logs names of accounts and files at every login
